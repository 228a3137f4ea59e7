package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/estate"
)

// GoLives keeps the guard that lets a new community's messages reach test phones only.
type GoLives interface {
	GoLive(ctx context.Context, s access.Scope, communityID string) (estate.GoLive, error)
	// ChangeGoLive refuses when the version is another than ifVersion; 0 takes any.
	ChangeGoLive(ctx context.Context, s access.Scope, communityID string, c estate.GoLiveChange, ifVersion int) (estate.GoLive, error)
}

// goLiveBody takes a change, or the whole as it was read.
type goLiveBody struct {
	estate.GoLiveChange
	CommunityID string    `json:"community_id,omitempty" doc:"As read; not changed."`
	SignedOffAt time.Time `json:"signed_off_at,omitzero" doc:"As read; not changed."`
	SignedOffBy string    `json:"signed_off_by,omitempty" doc:"As read; not changed."`
	Version     int       `json:"version,omitempty" doc:"As read; used where no If-Match is given."`
}

type changeGoLiveInput struct {
	ID string `path:"id"`
	Versioned
	Body goLiveBody
}

func (s *Server) registerGoLive() {
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/go-live", ID: "read-go-live", Summary: "The go-live guard of a community", Tag: "estate"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*versioned[estate.GoLive], error) {
			g, err := s.store.GoLive(ctx, scopeOf(ctx), in.ID)
			return atVersion(g, g.Version), err
		})
	register(s, op{Method: http.MethodPut, Path: "/communities/{id}/go-live", ID: "change-go-live", Summary: "Set the guard, its test phones, and sign off", Tag: "estate"},
		func(ctx context.Context, in *changeGoLiveInput) (*versioned[estate.GoLive], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			if version == 0 {
				version = in.Body.Version
			}
			g, err := s.store.ChangeGoLive(ctx, scopeOf(ctx), in.ID, in.Body.GoLiveChange, version)
			return atVersion(g, g.Version), err
		})
}
