package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/metric/noop"

	"steward/domain/page"
	"steward/domain/refusal"
)

// basePath leads every operation.
const basePath = "/api/v1"

const (
	defaultMaxBody = 1 << 20
	defaultTimeout = 30 * time.Second
)

// op describes one operation. Path is below the base; parameters are {id}-style, and the router wants the same name at
// the same place of every path.
type op struct {
	Method, Path, ID, Summary, Tag string
	Status                         int           // of success; 0 is 200
	Idempotent                     bool          // wants an Idempotency-Key
	Public                         bool          // needs no session
	NoBodyNeeded                   bool          // nothing in its body is required, so it may be left out altogether
	MaxBody                        int64         // bytes; 0 is 1 MiB
	Timeout                        time.Duration // for the work after the body is read; 0 is 30 s
}

// register adds a typed operation. Handlers return plain errors: refusals become problem+json with their status,
// everything else is logged with its cause and answered as `internal` or `unavailable`.
func register[I, O any](s *Server, o op, handle func(context.Context, *I) (*O, error)) {
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	operation := huma.Operation{
		Method: o.Method, Path: basePath + o.Path, OperationID: o.ID, Summary: o.Summary, Tags: []string{o.Tag},
		DefaultStatus:   o.Status,
		MaxBodyBytes:    o.MaxBody + 1, // huma refuses a body that fills the limit
		BodyReadTimeout: -1,            // the body is read, with its own deadline, before huma sees it
		Metadata:        map[string]any{"idempotent": o.Idempotent, "public": o.Public},
	}
	if !o.Public {
		operation.Security = []map[string][]string{{"token": {}}}
		operation.Middlewares = append(operation.Middlewares, s.authenticate)
	}
	operation.Middlewares = append(operation.Middlewares, s.acceptBody(o))
	if o.Idempotent {
		operation.Parameters = append(operation.Parameters, idempotencyParameter())
		operation.Middlewares = append(operation.Middlewares, s.idempotent())
	}
	operation.Middlewares = append(operation.Middlewares, boundTime(o.Timeout))
	if o.NoBodyNeeded {
		operation.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{}}
		defer func() { operation.RequestBody.Required = false }() // huma requires the body of a plain struct
	}
	huma.Register(s.api, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, err, o.Idempotent)
		}
		return out, nil
	})
}

// answer is an output that is nothing but a body.
type answer[T any] struct {
	Body T
}

func reply[T any](body T) *answer[T] { return &answer[T]{Body: body} }

// PageQuery is embedded in the input of every list. (huma finds the fields of exported embedded structs only.)
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Rows on a page."`
	Cursor string `query:"cursor" maxLength:"120" doc:"next_cursor of the page before."`
}

func (q PageQuery) page() page.Query { return page.Query{Limit: q.Limit, Cursor: q.Cursor} }

// Versioned is embedded in the input of operations that edit a versioned resource.
type Versioned struct {
	IfMatch string `header:"If-Match" doc:"The version that was read; a stale one is 412."`
}

// expectedVersion gives the version that the caller read, 0 when it named none.
func (m Versioned) expectedVersion() (int, error) {
	text := strings.Trim(strings.TrimPrefix(strings.TrimSpace(m.IfMatch), "W/"), `"`)
	if text == "" || text == "*" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refusal.New(refusal.Malformed, "invalid-parameter", "If-Match 应为读取时得到的版本号。").At("header.If-Match", "不是版本号", m.IfMatch)
	}
	return n, nil
}

func boundTime(limit time.Duration) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(hc)
		ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		next(hc)
	}
}

func (s *Server) buildRouter() error {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false
	r.ContextWithFallback = true
	if err := r.SetTrustedProxies(s.deps.TrustedProxies); err != nil {
		return fmt.Errorf("read the trusted proxies: %w", err)
	}
	// For traces only: its measurements carry what a caller writes into Host. observe measures.
	traced := otelgin.Middleware("steward-api", otelgin.WithMeterProvider(noop.NewMeterProvider()), otelgin.WithFilter(untold))
	r.Use(traced, s.identify, s.observe, s.survive, s.bound, secureHeaders)
	r.NoRoute(s.noRoute)
	r.NoMethod(func(c *gin.Context) {
		s.refuse(c, &statusRefusal{status: http.StatusMethodNotAllowed, code: "method-not-allowed", message: "此地址不支持该请求方法。"})
	})
	s.router = r

	teachHuma()
	config := huma.DefaultConfig("Steward", s.deps.Version)
	config.Info.Description = "Billing, the cash desk, collection and estate operations of property companies. Amounts (..._fen) are whole fen, 1/100 yuan; decimals such as prices, areas " +
		"and readings are text. Instants are RFC 3339, days and months are those of China. A POST that changes something takes an Idempotency-Key: repeated with " +
		"the same key and body it answers the same and does nothing twice. A preview changes nothing. Refusals are problem+json with a stable code."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no $schema members in answers
	config.AllowAdditionalPropertiesByDefault = true
	config.Components.Schemas = newSchemas()
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	s.api = humagin.New(r, config)
	return nil
}

// untold keeps addresses that are secrets out of traces: the page of a link holds its token.
func untold(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, "/pay/") }

// errIs is errors.Is over several targets.
func errIs(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}
