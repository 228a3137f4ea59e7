package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"steward/domain/access"
	"steward/domain/command"
	"steward/domain/refusal"
)

// Requests keeps commands and their first answers for 24 hours.
type Requests interface {
	BeginRequest(ctx context.Context, s access.Scope, r command.Request) (command.Kept, error)
	FinishRequest(ctx context.Context, s access.Scope, r command.Request, lease time.Time, status int, answer []byte) error
	// DropRequest forgets a run without an answer, so that the same key runs again, with the same CommandID.
	DropRequest(ctx context.Context, s access.Scope, r command.Request, lease time.Time) error
}

// keptAnswer is what is sealed into the row.
type keptAnswer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// keptHeaders are the headers that belong to the answer and not to the transport.
var keptHeaders = []string{"Content-Type", "Location", "Etag"}

func idempotencyParameter() *huma.Param {
	least, most := 1, 128
	return &huma.Param{
		Name: "Idempotency-Key", In: "header", Required: true,
		Description: "The same key with the same body gives the first answer again for 24 hours.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most},
	}
}

// idempotent answers a repeated command with its first answer.
func (s *Server) idempotent() func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(hc)
		key, err := idempotencyKey(c)
		if err != nil {
			s.refuse(c, err)
			return
		}
		sum, err := hashBody(c)
		if err != nil {
			s.refuse(c, err)
			return
		}
		request := command.Request{Route: routeOf(c), Key: key, BodySHA256: sum}
		scope := scopeOf(c.Request.Context())
		kept, err := s.store.BeginRequest(c.Request.Context(), scope, request)
		if err != nil {
			s.refuse(c, err)
			return
		}
		switch kept.State {
		case command.Other:
			s.refuse(c, refusal.New(refusal.Rule, "idempotency-key-reused", "此 Idempotency-Key 已用于另一份内容，请换一个新的键再提交。"))
		case command.Running:
			s.refuse(c, refusal.New(refusal.Conflict, "in-progress", "相同的请求正在处理，请稍候再用同一个键查询结果。").With(retryAfter, 1))
		case command.Done:
			s.replay(c, kept.Answer)
		default:
			s.runOnce(c, scope, request, kept, func() { next(hc) })
		}
	}
}

func idempotencyKey(c *gin.Context) (string, error) {
	key := c.GetHeader("Idempotency-Key")
	if key == "" {
		return "", refusal.New(refusal.Malformed, "idempotency-key-required", "缺少 Idempotency-Key 请求头，请为每次操作生成一个唯一的键。")
	}
	if len(key) > 128 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", refusal.New(refusal.Malformed, "idempotency-key-invalid", "Idempotency-Key 只能包含不超过 128 个可打印的 ASCII 字符。")
	}
	return key, nil
}

// runOnce runs the command with its answer held back until it is kept.
func (s *Server) runOnce(c *gin.Context, scope access.Scope, request command.Request, kept command.Kept, run func()) {
	scope.CommandID = kept.CommandID
	ctx := c.Request.Context()
	c.Request = c.Request.WithContext(context.WithValue(ctx, scopeKey, scope))
	held := &heldWriter{ResponseWriter: c.Writer, status: http.StatusOK}
	c.Writer = held
	settled := false
	defer func() {
		c.Writer = held.ResponseWriter
		if !settled { // a panic on its way to the recovery
			s.drop(ctx, scope, request, kept.Lease)
		}
	}()
	run()
	if repeatable(held.status) {
		s.drop(ctx, scope, request, kept.Lease)
	} else {
		s.keep(ctx, scope, request, kept.Lease, held)
	}
	settled = true
	held.release()
}

// repeatable tells whether an answer is one of the moment, which the next try must not get again.
func repeatable(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

func (s *Server) keep(ctx context.Context, scope access.Scope, request command.Request, lease time.Time, held *heldWriter) {
	answer := keptAnswer{Status: held.status, Header: http.Header{}, Body: held.body.Bytes()}
	for _, name := range keptHeaders {
		if v := held.Header().Values(name); len(v) > 0 {
			answer.Header[name] = v
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	packed, err := json.Marshal(answer)
	if err == nil {
		err = s.store.FinishRequest(ctx, scope, request, lease, held.status, packed)
	}
	if err != nil {
		// The command has happened and its answer is true; a repeat finds the same CommandID after the lease.
		s.log.WarnContext(ctx, "answer could not be kept", slog.String("request_id", requestIDOf(ctx)), slog.Any("error", err))
	}
}

func (s *Server) drop(ctx context.Context, scope access.Scope, request command.Request, lease time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.store.DropRequest(ctx, scope, request, lease); err != nil {
		s.log.WarnContext(ctx, "request could not be dropped", slog.String("request_id", requestIDOf(ctx)), slog.Any("error", err))
	}
}

func (s *Server) replay(c *gin.Context, packed []byte) {
	var answer keptAnswer
	if err := json.Unmarshal(packed, &answer); err != nil {
		s.refuse(c, fmt.Errorf("read the kept answer: %w", err))
		return
	}
	s.metrics.replays.Inc()
	for name, values := range answer.Header {
		c.Writer.Header()[name] = values
	}
	c.Header("Idempotency-Replayed", "true")
	c.Abort()
	c.Status(answer.Status)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.Write(answer.Body)
}

// routeOf gives the path as it is kept: the column is ASCII and bounded.
func routeOf(c *gin.Context) string {
	path := c.Request.URL.Path
	if plain(path) {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// hashBody hashes what the request says rather than how it is written: JSON by its values, a form by its parts, because
// a client that repeats may order members anew and draws a new boundary.
func hashBody(c *gin.Context) ([32]byte, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, c.Request.URL.RawQuery)
	_, _ = h.Write([]byte{0})
	var sum [32]byte
	body, ok := c.Request.Body.(*spooled)
	if !ok {
		return [32]byte(h.Sum(sum[:0])), nil
	}
	kind, parameters, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	var err error
	switch {
	case kind == "multipart/form-data":
		err = hashForm(h, multipart.NewReader(body, parameters["boundary"]))
	case body.file == nil:
		_, err = h.Write(canonical(body.head))
	default:
		_, err = io.Copy(h, body)
	}
	if err != nil {
		return sum, refusal.New(refusal.Malformed, "malformed-body", "请求内容无法解析，请检查后重新提交。")
	}
	if err := body.rewind(); err != nil {
		return sum, err
	}
	return [32]byte(h.Sum(sum[:0])), nil
}

func hashForm(h io.Writer, form *multipart.Reader) error {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content := sha256.New()
		if _, err := io.Copy(content, part); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(h, "%q %q %x\n", part.FormName(), part.FileName(), content.Sum(nil)); err != nil {
			return err
		}
	}
}

// canonical writes JSON with sorted members and without spaces; what is no JSON stays as it is.
func canonical(body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return body
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return body
	}
	sorted, err := json.Marshal(value)
	if err != nil {
		return body
	}
	return sorted
}

// heldWriter keeps an answer until it is released. Headers go straight through: they are sent with the release.
type heldWriter struct {
	gin.ResponseWriter
	status  int
	written bool
	body    bytes.Buffer
}

func (w *heldWriter) WriteHeader(code int) {
	if code > 0 && !w.written {
		w.status = code
	}
}
func (w *heldWriter) WriteHeaderNow()             { w.written = true }
func (w *heldWriter) Status() int                 { return w.status }
func (w *heldWriter) Written() bool               { return w.written }
func (w *heldWriter) Size() int                   { return w.body.Len() }
func (w *heldWriter) Flush()                      {}
func (w *heldWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *heldWriter) Write(p []byte) (int, error) {
	w.written = true
	return w.body.Write(p)
}

func (w *heldWriter) WriteString(s string) (int, error) {
	w.written = true
	return w.body.WriteString(s)
}

func (w *heldWriter) release() {
	w.ResponseWriter.WriteHeader(w.status)
	w.ResponseWriter.WriteHeaderNow()
	_, _ = w.ResponseWriter.Write(w.body.Bytes())
}
