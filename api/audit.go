package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/audit"
	"steward/domain/page"
)

// Audits reads the trail; it is written by the deeds themselves.
type Audits interface {
	ListAudit(ctx context.Context, s access.Scope, f audit.Filter, q page.Query) (page.Of[audit.Entry], error)
}

type auditInput struct {
	PageQuery
	Actor   string `query:"actor" maxLength:"64" doc:"The user's id."`
	Subject string `query:"subject" maxLength:"64" doc:"The subject's id."`
	Action  string `query:"action" maxLength:"40"`
}

func (s *Server) registerAudit() {
	register(s, op{Method: http.MethodGet, Path: "/audit", ID: "list-audit", Summary: "Who did what, newest first", Tag: "access"},
		func(ctx context.Context, in *auditInput) (*answer[page.Of[audit.Entry]], error) {
			entries, err := s.store.ListAudit(ctx, scopeOf(ctx), audit.Filter{Actor: in.Actor, Subject: in.Subject, Action: in.Action}, in.page())
			return reply(entries), err
		})
}
