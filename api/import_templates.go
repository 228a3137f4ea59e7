package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"steward/domain/importing"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

type templateInput struct {
	Kind string `path:"kind" maxLength:"20" doc:"roster, owners, tenants, vehicles, receivables, payments, fee_items, meter_readings, bank_statements, equipment or staff."`
}

// templateFile is a file to keep. Its name is given in the plain form and in that of RFC 5987.
type templateFile struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (s *Server) registerImportTemplates() {
	register(s, op{Method: http.MethodGet, Path: "/import-templates/{kind}", ID: "read-import-template", Tag: "Imports",
		Summary: "An empty form of a kind of import, with examples, lists to choose from and what to write (.xlsx)"}, s.importTemplate)
	answers := s.api.OpenAPI().Paths[basePath+"/import-templates/{kind}"].Get.Responses["200"]
	answers.Content = map[string]*huma.MediaType{xlsxType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
}

func (s *Server) importTemplate(ctx context.Context, in *templateInput) (*templateFile, error) {
	kind := importing.Kind(in.Kind)
	if err := scopeOf(ctx).Require(kind.Needs(), ""); err != nil {
		return nil, err
	}
	if err := kind.Accept(); err != nil {
		return nil, err
	}
	if s.deps.Sheets == nil {
		return nil, errors.New("make a template: no writer of spreadsheets is wired")
	}
	name, content, err := s.deps.Sheets.Template(kind)
	if err != nil {
		return nil, err
	}
	return &templateFile{ContentType: xlsxType, Body: content,
		ContentDisposition: fmt.Sprintf(`attachment; filename="template-%s.xlsx"; filename*=UTF-8''%s`, kind, url.PathEscape(name))}, nil
}
