package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// PersonMatches are records that may be one person, for a person to decide.
type PersonMatches interface {
	PersonMatches(ctx context.Context, s access.Scope, f estate.MatchFilter, q page.Query) (page.Of[estate.PersonMatch], error)
	DecidePersonMatch(ctx context.Context, s access.Scope, id string, same bool, version int) (estate.PersonMatch, error)
}

type personMatchesInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	Status      string `query:"status" maxLength:"12" doc:"open, same or different; empty for all."`
}

type decideMatchInput struct {
	ID string `path:"id" maxLength:"40"`
	Versioned
	Body struct {
		Same    bool `json:"same" doc:"true merges the newer record into the older one; false is never asked again."`
		Version int  `json:"version,omitempty" minimum:"1" doc:"The version that was read, where If-Match is not sent."`
	}
}

func (s *Server) registerPersonMatches() {
	register(s, op{Method: http.MethodGet, Path: "/person-matches", ID: "list-person-matches", Summary: "Records that may be one person, oldest first", Tag: "Estate"},
		func(ctx context.Context, in *personMatchesInput) (*answer[page.Of[estate.PersonMatch]], error) {
			p, err := s.store.PersonMatches(ctx, scopeOf(ctx), estate.MatchFilter{CommunityID: in.CommunityID, Status: in.Status}, in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodPost, Path: "/person-matches/{id}/decide", ID: "decide-person-match", Summary: "Say whether two records are one person", Tag: "Estate", Idempotent: true},
		func(ctx context.Context, in *decideMatchInput) (*answer[estate.PersonMatch], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			if version == 0 {
				version = in.Body.Version
			}
			m, err := s.store.DecidePersonMatch(ctx, scopeOf(ctx), in.ID, in.Body.Same, version)
			return reply(m), err
		})
}
