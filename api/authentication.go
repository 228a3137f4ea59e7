package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"steward/domain/access"
	"steward/domain/refusal"
)

// sessionCookie carries the token for reads by a browser; commands want the header, so no other site can give one.
const sessionCookie = "steward_session"

func signedOut() error {
	return refusal.New(refusal.SignedOut, "signed-out", "登录已失效或未登录，请重新登录。")
}

// tokenOf gives the caller's token: the Authorization header, or on reads the cookie.
func tokenOf(c *gin.Context) string {
	if header := c.GetHeader("Authorization"); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		token, _ := c.Cookie(sessionCookie)
		return token
	}
	return ""
}

// authenticate resolves the token to the caller's scope on every request, so that a new or withdrawn grant counts at once.
func (s *Server) authenticate(hc huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(hc)
	scope, err := s.resolve(c.Request.Context(), tokenOf(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), scopeKey, scope))
	if err := checkAddress(c); err != nil {
		s.refuse(c, err)
		return
	}
	next(hc)
}

func (s *Server) resolve(ctx context.Context, token string) (access.Scope, error) {
	if token == "" || len(token) > 200 {
		return access.Scope{}, signedOut()
	}
	scope, found, err := s.store.SessionScope(ctx, token)
	if err != nil {
		return access.Scope{}, err
	}
	if !found {
		return access.Scope{}, signedOut()
	}
	scope.RequestID = requestIDOf(ctx)
	return scope, nil
}

// checkAddress refuses what can name nothing before the database sees it: ids are plain ASCII.
func checkAddress(c *gin.Context) error {
	for _, p := range c.Params {
		if !plain(p.Value) {
			return refusal.New(refusal.NotFound, "not-found", "没有找到对应的记录。")
		}
	}
	for name, values := range c.Request.URL.Query() {
		if !strings.HasSuffix(name, "_id") && name != "cursor" && name != "status" && name != "kind" && name != "stage" {
			continue
		}
		for _, v := range values {
			if !plain(v) {
				return refusal.New(refusal.Malformed, "invalid-parameter", "请求参数不正确，请按提示修改。").At("query."+name, "含有不允许的字符", nil)
			}
		}
	}
	return nil
}

func plain(text string) bool {
	return len(text) <= 160 && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
