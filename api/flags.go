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
			Body estate.FlagChange
		}) (*answer[estate.Flag], error) {
			f, err := s.store.FlagDebtor(ctx, scopeOf(ctx), in.ID, in.Body)
			return reply(f), err
		})
}
