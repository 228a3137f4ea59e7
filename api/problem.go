package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"steward/domain/refusal"
)

// Problem is the body of every answer that is not a success (RFC 9457). Code is stable; Extra members appear beside it.
type Problem struct {
	Type      string          `json:"type" doc:"Always about:blank; code tells problems apart." example:"about:blank"`
	Title     string          `json:"title"`
	Status    int             `json:"status" example:"422"`
	Detail    string          `json:"detail" doc:"For people, in Chinese, with the next step."`
	Code      string          `json:"code" doc:"For programs, kebab-case, stable."`
	RequestID string          `json:"request_id"`
	Errors    []refusal.Field `json:"errors,omitempty"`
	Extra     map[string]any  `json:"-"`
	_         struct{}        `json:"-" additionalProperties:"true"`

	retryAfterSeconds int
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfterSeconds > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfterSeconds))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="steward"`)
	}
	return h
}

// MarshalJSON writes the extra members beside the fixed ones, which they cannot replace.
func (p *Problem) MarshalJSON() ([]byte, error) {
	members := maps.Clone(p.Extra)
	if members == nil {
		members = map[string]any{}
	}
	members["type"], members["title"], members["status"] = "about:blank", p.Title, p.Status
	members["detail"], members["code"], members["request_id"] = p.Detail, p.Code, p.RequestID
	if len(p.Errors) > 0 {
		members["errors"] = p.Errors
	}
	return json.Marshal(members)
}

var statusOfKind = map[refusal.Kind]int{
	refusal.Malformed:   http.StatusBadRequest,
	refusal.SignedOut:   http.StatusUnauthorized,
	refusal.Forbidden:   http.StatusForbidden,
	refusal.NotFound:    http.StatusNotFound,
	refusal.Conflict:    http.StatusConflict,
	refusal.Stale:       http.StatusPreconditionFailed,
	refusal.TooLarge:    http.StatusRequestEntityTooLarge,
	refusal.Unsupported: http.StatusUnsupportedMediaType,
	refusal.Rule:        http.StatusUnprocessableEntity,
	refusal.TooMany:     http.StatusTooManyRequests,
	refusal.Unavailable: http.StatusServiceUnavailable,
}

// statusRefusal is a refusal of HTTP itself, for statuses that no rule speaks of.
type statusRefusal struct {
	status        int
	code, message string
}

func (r *statusRefusal) Error() string { return r.code + ": " + r.message }

// retryAfter is the member of a refusal that says in how many seconds to come again; it is also sent as the header.
const retryAfter = "retry_after_s"

// problemOf turns any error into the answer. An unexpected one is logged with its cause, and nothing of the cause is
// shown. commands says that the operation changes something, so that a lost database leaves its outcome unknown.
func (s *Server) problemOf(ctx context.Context, err error, commands bool) *Problem {
	p := &Problem{RequestID: requestIDOf(ctx)}
	var status *statusRefusal
	r, refused := refusal.As(err)
	switch {
	case refused:
		p.Status = statusOfKind[r.Kind]
		p.Code, p.Detail, p.Errors, p.Extra = r.Code, r.Message, publicFields(r.Fields), r.Extra
		if seconds, ok := r.Extra[retryAfter].(int); ok {
			p.retryAfterSeconds = seconds
		}
	case errors.As(err, &status):
		p.Status, p.Code, p.Detail = status.status, status.code, status.message
	case s.deps.Unavailable(err) || errIs(err, context.DeadlineExceeded, context.Canceled):
		p.Status, p.Code, p.Detail = http.StatusServiceUnavailable, "unavailable", "系统暂时无法处理，请稍后重试。"
		if commands {
			p.Code, p.Detail = "outcome-unknown", "尚不能确定操作是否已生效，请用同一个 Idempotency-Key 再次提交。"
		}
		s.log.WarnContext(ctx, "request could not be served", slog.String("request_id", p.RequestID), slog.Any("error", err))
	case s.deps.BadValue(err):
		p.Status, p.Code, p.Detail = http.StatusUnprocessableEntity, "invalid-field", "填写的内容过长、超出范围或含有不能保存的字符，请检查后重新提交。"
		s.log.WarnContext(ctx, "a value reached the database unchecked", slog.String("request_id", p.RequestID), slog.Any("error", err))
	default:
		p.Status, p.Code, p.Detail = http.StatusInternalServerError, "internal", "系统内部错误，请稍后重试；如仍出现，请把请求编号告诉管理员。"
		s.log.ErrorContext(ctx, "request failed", slog.String("request_id", p.RequestID), slog.Any("error", err))
	}
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	if p.Status == http.StatusServiceUnavailable && p.retryAfterSeconds == 0 {
		p.retryAfterSeconds = 2
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// refuse answers outside huma.
func (s *Server) refuse(c *gin.Context, err error) {
	p := s.problemOf(c.Request.Context(), err, false)
	s.writeProblem(c, p)
}

func (s *Server) writeProblem(c *gin.Context, p *Problem) {
	for k, v := range p.GetHeaders() {
		c.Writer.Header()[k] = v
	}
	body, err := json.Marshal(p)
	if err != nil {
		s.log.ErrorContext(c.Request.Context(), "problem could not be written", slog.Any("error", err))
		body = []byte(`{"code":"internal"}`)
	}
	c.Abort()
	c.Data(p.Status, "application/problem+json", body)
}
