package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
)

// Flags marks people whom collection must leave alone or treat with care.
type Flags interface {
	FlagDebtor(ctx context.Context, s access.Scope, debtorID string, c estate.FlagChange) (estate.Flag, error)
}

func (s *Server) registerFlags() {
	register(s, op{Method: http.MethodPost, Path: "/debtors/{id}/flags", ID: "flag-debtor", Summary: "Flag a debtor; a flag that stops collection holds the open cases at once", Tag: "estate", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Flag   string `json:"flag" doc:"hold, deceased, hardship, wrong_contact"`
				Reason string `json:"reason" maxLength:"500"`
				Until  Until  `json:"until,omitempty" doc:"The last day, or an instant on it; empty for no end."`
			}
		}) (*answer[estate.Flag], error) {
			until, err := in.Body.Until.day()
			if err != nil {
				return nil, err
			}
			f, err := s.store.FlagDebtor(ctx, scopeOf(ctx), in.ID, estate.FlagChange{Flag: in.Body.Flag, Reason: in.Body.Reason, Until: until})
			return reply(f), err
		})
}
