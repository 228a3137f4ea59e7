package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/report"
)

// Reports are the figures that people decide by.
type Reports interface {
	Report(ctx context.Context, s access.Scope, ask report.Ask) (report.Report, error)
}

type reportInput struct {
	Name        string        `path:"name" maxLength:"40" doc:"takings, arrears-age, advances, deposits, collection-rate or online-share."`
	CommunityID string        `query:"community_id"`
	From        calendar.Date `query:"from" doc:"The first day of to's month when left out."`
	To          calendar.Date `query:"to" doc:"Today when left out."`
	AsOf        calendar.Date `query:"as_of" doc:"Only what was booked by the end of this day; today when left out."`
	Accept      string        `header:"Accept"`
}

// reportOutput is a report as JSON, or a file.
type reportOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

// reportTimeout: a report reads every booking of a community's year.
const reportTimeout = 60 * time.Second

const jsonType = "application/json"

func (s *Server) registerReports() {
	register(s, op{Method: http.MethodGet, Path: "/reports/{name}", ID: "read-report", Summary: "A report as JSON, or as .xlsx where Accept asks for it", Tag: "money", Timeout: reportTimeout}, s.report)
	answers := s.api.OpenAPI().Paths[basePath+"/reports/{name}"].Get.Responses["200"]
	answers.Content = map[string]*huma.MediaType{
		jsonType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[report.Report](), true, "Report")},
		xlsxType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}

func (s *Server) report(ctx context.Context, in *reportInput) (*reportOutput, error) {
	form, ok := choose(in.Accept, jsonType, xlsxType)
	if !ok {
		return nil, &statusRefusal{status: http.StatusNotAcceptable, code: "not-acceptable", message: "报表提供 JSON 和 .xlsx 两种格式，请在 Accept 里选择其中一种。"}
	}
	if form == xlsxType && s.deps.Sheets == nil {
		return nil, errors.New("write a report: no writer of spreadsheets is wired")
	}
	r, err := s.store.Report(ctx, scopeOf(ctx), report.Ask{Name: report.Name(in.Name), CommunityID: in.CommunityID, From: in.From, To: in.To, AsOf: in.AsOf, File: form == xlsxType})
	if err != nil {
		return nil, err
	}
	if form == jsonType {
		content, err := json.Marshal(r)
		return &reportOutput{ContentType: jsonType, Body: content}, err
	}
	var file bytes.Buffer
	if err := s.deps.Sheets.WriteReport(&file, r); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%s-%s.xlsx", r.Title, r.Community, r.To)
	return &reportOutput{ContentType: xlsxType, Body: file.Bytes(),
		ContentDisposition: fmt.Sprintf(`attachment; filename="%s-%s.xlsx"; filename*=UTF-8''%s`, r.Name, r.To, url.PathEscape(name))}, nil
}

// choose gives the first of the caller's media types that is offered; a caller who takes anything gets the first offer.
func choose(accept string, offers ...string) (string, bool) {
	if strings.TrimSpace(accept) == "" {
		return offers[0], true
	}
	for part := range strings.SplitSeq(accept, ",") {
		wanted, _, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		for _, offer := range offers {
			family, _, _ := strings.Cut(offer, "/")
			if wanted == offer || wanted == "*/*" || wanted == family+"/*" {
				return offer, true
			}
		}
	}
	return "", false
}
