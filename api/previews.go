package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Previews tells what a campaign would do, without sending anything.
type Previews interface {
	PreviewCampaign(ctx context.Context, s access.Scope, req dunning.PreviewRequest) (dunning.Preview, error)
	PreviewItems(ctx context.Context, s access.Scope, previewID string, q page.Query) (page.Of[dunning.PreviewItem], error)
}

func (s *Server) registerPreviews() {
	register(s, op{Method: http.MethodPost, Path: "/campaigns/preview", ID: "preview-campaign", Summary: "What a campaign would do; sends nothing", Tag: "collections"},
		func(ctx context.Context, in *struct{ Body dunning.PreviewRequest }) (*answer[dunning.Preview], error) {
			p, err := s.store.PreviewCampaign(ctx, scopeOf(ctx), in.Body)
			return reply(p), err
		})
	register(s, op{Method: http.MethodGet, Path: "/campaigns/previews/{id}/items", ID: "list-preview-items", Summary: "The debtors of a preview, those left out included", Tag: "collections"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
			PageQuery
		}) (*answer[page.Of[dunning.PreviewItem]], error) {
			items, err := s.store.PreviewItems(ctx, scopeOf(ctx), in.ID, in.page())
			return reply(items), err
		})
}
