package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Messages tells what was sent to whom, and what became of it.
type Messages interface {
	Message(ctx context.Context, s access.Scope, id string) (dunning.OutboxMessage, error)
	Messages(ctx context.Context, s access.Scope, f dunning.MessageFilter, q page.Query) (page.Of[dunning.OutboxMessage], error)
}

type listMessagesInput struct {
	CampaignID string `query:"campaign_id"`
	CaseID     string `query:"case_id"`
	UnitID     string `query:"unit_id"`
	Stage      string `query:"stage"`
	Status     string `query:"status" doc:"queued, sending, sent, delivered, failed, unknown or cancelled."`
	PageQuery
}

func (s *Server) registerMessages() {
	register(s, op{Method: http.MethodGet, Path: "/messages", ID: "list-messages", Summary: "Messages, oldest first", Tag: "collections"},
		func(ctx context.Context, in *listMessagesInput) (*answer[page.Of[dunning.OutboxMessage]], error) {
			list, err := s.store.Messages(ctx, scopeOf(ctx), dunning.MessageFilter{
				CampaignID: in.CampaignID, CaseID: in.CaseID, UnitID: in.UnitID, Stage: in.Stage, Status: in.Status}, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/messages/{id}", ID: "read-message", Summary: "One message", Tag: "collections"},
		func(ctx context.Context, in *idInput) (*answer[dunning.OutboxMessage], error) {
			m, err := s.store.Message(ctx, scopeOf(ctx), in.ID)
			return reply(m), err
		})
}
