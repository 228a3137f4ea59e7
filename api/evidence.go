package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/money"
	"steward/domain/page"
)

// Evidence is what a case comes to before a mediator or a court: what was owed, and what was said to whom, when, how, and
// with which receipt. Every text carries its hash.
type Evidence struct {
	MadeAt   time.Time               `json:"made_at" doc:"Business time."`
	Case     dunning.CaseDetail      `json:"case"`
	Bills    []money.Bill            `json:"bills" doc:"All bills of the debtor in the community, paid ones included."`
	Messages []dunning.OutboxMessage `json:"messages"`
}

func (s *Server) registerEvidence() {
	register(s, op{Method: http.MethodGet, Path: "/cases/{id}/evidence", ID: "read-evidence", Summary: "What a case comes to as evidence; for callers who see money in detail", Tag: "collections"},
		func(ctx context.Context, in *struct {
			ID     string `path:"id"`
			Accept string `header:"Accept"`
		}) (*answer[Evidence], error) {
			e, err := s.evidence(ctx, in.ID)
			if err == nil && strings.HasPrefix(strings.TrimSpace(in.Accept), "application/pdf") {
				err = &statusRefusal{status: http.StatusNotAcceptable, code: "not-acceptable", message: "证据目前只提供 JSON 格式，请使用 Accept: application/json。"}
			}
			return reply(e), err
		})
}

func (s *Server) evidence(ctx context.Context, caseID string) (Evidence, error) {
	scope := scopeOf(ctx)
	e := Evidence{MadeAt: s.deps.Clock.Now().In(calendar.Shanghai)}
	var err error
	if e.Case, err = s.store.Case(ctx, scope, caseID); err != nil {
		return e, err
	}
	e.Bills, err = everyPage(func(q page.Query) (page.Of[money.Bill], error) {
		return s.store.Bills(ctx, scope, money.BillFilter{CommunityID: e.Case.CommunityID, DebtorID: e.Case.DebtorID}, q)
	})
	if err != nil {
		return e, err
	}
	e.Messages, err = everyPage(func(q page.Query) (page.Of[dunning.OutboxMessage], error) {
		return s.store.Messages(ctx, scope, dunning.MessageFilter{CaseID: caseID}, q)
	})
	return e, err
}

// everyPage reads a list to its end.
func everyPage[T any](read func(page.Query) (page.Of[T], error)) ([]T, error) {
	all, q := []T{}, page.Query{Limit: 500}
	for {
		p, err := read(q)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			return all, nil
		}
	}
}
