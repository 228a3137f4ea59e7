package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"steward/domain/money"
)

// Printer draws the papers of the desk as PDF.
type Printer interface {
	// Ready tells why nothing can be printed, nil when it can.
	Ready() error
	Receipt(r money.Receipt, print money.ReceiptPrint, paper money.ReceiptPaper, layout money.ReceiptLayout) ([]byte, error)
	PayInSlip(sh money.Shift) ([]byte, error)
	ClosingSheet(c money.Closing, community string) ([]byte, error)
	Statement(st money.Statement) ([]byte, error)
}

const pdfType = "application/pdf"

// Asked is embedded in the input of operations that answer with JSON or a paper. (huma finds the fields of exported embedded
// structs only.)
type Asked struct {
	Accept string `header:"Accept" doc:"application/json, or application/pdf for the paper."`
}

// paperOutput is a document as JSON or as PDF. A paper is never kept by anyone on its way.
type paperOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	CacheControl       string `header:"Cache-Control"`
	Vary               string `header:"Vary"`
	Body               []byte
}

// describePaper says in the OpenAPI file that an operation answers in two forms.
func describePaper[T any](s *Server, path, name string) {
	answers := s.api.OpenAPI().Paths[basePath+path].Get.Responses["200"]
	answers.Content = map[string]*huma.MediaType{
		jsonType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, name)},
		pdfType:  {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}

// wantsPaper tells which form the caller asked for; one that is neither is refused.
func (s *Server) wantsPaper(ctx context.Context, a Asked) (bool, error) {
	form, ok := choose(a.Accept, jsonType, pdfType)
	if !ok {
		return false, &statusRefusal{status: http.StatusNotAcceptable, code: "not-acceptable", message: "此处提供 JSON 和 PDF 两种格式，请在 Accept 里选择其中一种。"}
	}
	if form != pdfType {
		return false, nil
	}
	if s.deps.Printer == nil {
		return true, noPrinter()
	}
	if err := s.deps.Printer.Ready(); err != nil {
		s.log.ErrorContext(ctx, "nothing can be printed", "error", err)
		return true, noPrinter()
	}
	return true, nil
}

// inTwoForms answers with a document as JSON, or drawn where the caller asked for the paper.
func inTwoForms[T any](ctx context.Context, s *Server, a Asked, read func() (T, error), draw func(T) (*paperOutput, error)) (*paperOutput, error) {
	paper, err := s.wantsPaper(ctx, a)
	if err != nil {
		return nil, err
	}
	document, err := read()
	if err != nil {
		return nil, err
	}
	if !paper {
		return asJSON(document)
	}
	return draw(document)
}

func noPrinter() error {
	return &statusRefusal{status: http.StatusServiceUnavailable, code: "printing-unavailable", message: "服务器缺少打印字体，暂时不能打印。收款不受影响；请管理员按部署文档安装字体后再打印。"}
}

func asJSON(body any) (*paperOutput, error) {
	content, err := json.Marshal(body)
	return &paperOutput{ContentType: jsonType, Vary: "Accept", Body: content}, err
}

// asPDF gives a paper to look at; name is what it is called when it is kept.
func asPDF(name string, content []byte, err error) (*paperOutput, error) {
	if err != nil {
		return nil, err
	}
	return &paperOutput{ContentType: pdfType, CacheControl: "no-store", Vary: "Accept", Body: content,
		ContentDisposition: fmt.Sprintf(`inline; filename*=UTF-8''%s`, url.PathEscape(name+".pdf"))}, nil
}
