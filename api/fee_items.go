package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
)

// FeeItems keeps the ways of charging and their versions.
type FeeItems interface {
	FeeItems(ctx context.Context, s access.Scope, communityID string) ([]money.FeeItem, error)
	FeeItem(ctx context.Context, s access.Scope, id string) (money.FeeItemDetail, error)
	CreateFeeItem(ctx context.Context, s access.Scope, item money.NewFeeItem) (money.FeeItem, error)
	// AddFeeItemVersion refuses when the newest version is another than ifVersion; 0 follows any.
	AddFeeItemVersion(ctx context.Context, s access.Scope, feeItemID string, t money.FeeTerms, ifVersion int) (money.FeeItemDetail, error)
	WithdrawFeeItemVersion(ctx context.Context, s access.Scope, feeItemID, versionID string) (money.FeeItemDetail, error)
	PreviewFeeItem(ctx context.Context, s access.Scope, p money.FeeItemTrial) (money.FeeItemTried, error)
	FeeFigures(ctx context.Context, s access.Scope, feeItemID, period string) ([]money.FeeEntry, error)
	EnterFeeFigures(ctx context.Context, s access.Scope, feeItemID, period string, entries []money.FeeEntry) ([]money.FeeEntry, error)
}

type feeItemPath struct {
	ID string `path:"id"`
}

type addFeeItemVersionInput struct {
	ID string `path:"id"`
	Versioned
	Body money.FeeTerms
}

type feeFiguresBody struct {
	Period  string           `json:"period" maxLength:"24"`
	Entries []money.FeeEntry `json:"entries" minItems:"1" maxItems:"2000"`
}

func (s *Server) registerFeeItems() {
	register(s, op{Method: http.MethodGet, Path: "/fee-items", ID: "list-fee-items", Summary: "The fee items of a community at their newest versions", Tag: "money"},
		func(ctx context.Context, in *struct {
			CommunityID string `query:"community_id" maxLength:"40" doc:"All that the caller may see when left out."`
		}) (*answer[page.Of[money.FeeItem]], error) {
			items, err := s.store.FeeItems(ctx, scopeOf(ctx), in.CommunityID)
			return reply(page.Of[money.FeeItem]{Items: items}), err
		})
	register(s, op{Method: http.MethodGet, Path: "/fee-items/{id}", ID: "read-fee-item", Summary: "One fee item with all its versions", Tag: "money"},
		func(ctx context.Context, in *feeItemPath) (*answer[money.FeeItemDetail], error) {
			d, err := s.store.FeeItem(ctx, scopeOf(ctx), in.ID)
			return reply(d), err
		})
	register(s, op{Method: http.MethodPost, Path: "/fee-items", ID: "create-fee-item", Summary: "Define a way of charging in a community", Tag: "money", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body money.NewFeeItem }) (*answer[money.FeeItem], error) {
			item, err := s.store.CreateFeeItem(ctx, scopeOf(ctx), in.Body)
			return reply(item), err
		})
	register(s, op{Method: http.MethodPost, Path: "/fee-items/preview", ID: "preview-fee-item", Summary: "Compute a fee item on one unit and period; keeps nothing", Tag: "money"},
		func(ctx context.Context, in *struct{ Body money.FeeItemTrial }) (*answer[money.FeeItemTried], error) {
			tried, err := s.store.PreviewFeeItem(ctx, scopeOf(ctx), in.Body)
			return reply(tried), err
		})
	register(s, op{Method: http.MethodPost, Path: "/fee-items/{id}/versions", ID: "add-fee-item-version", Summary: "Give a fee item other terms from a day on", Tag: "money", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *addFeeItemVersionInput) (*answer[money.FeeItemDetail], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			d, err := s.store.AddFeeItemVersion(ctx, scopeOf(ctx), in.ID, in.Body, version)
			return reply(d), err
		})
	register(s, op{Method: http.MethodPost, Path: "/fee-items/{id}/versions/{version_id}/withdraw", ID: "withdraw-fee-item-version", Summary: "Take back the newest version before anything stands on it", Tag: "money", Idempotent: true, NoBodyNeeded: true},
		func(ctx context.Context, in *struct {
			ID        string `path:"id"`
			VersionID string `path:"version_id"`
		}) (*answer[money.FeeItemDetail], error) {
			d, err := s.store.WithdrawFeeItemVersion(ctx, scopeOf(ctx), in.ID, in.VersionID)
			return reply(d), err
		})
	s.registerFeeFigures()
}

func (s *Server) registerFeeFigures() {
	register(s, op{Method: http.MethodGet, Path: "/fee-items/{id}/figures", ID: "list-fee-figures", Summary: "What was entered for a fee item and a period", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID     string `path:"id"`
			Period string `query:"period" required:"true" maxLength:"24" doc:"2026-03, 2026Q1, 2026H1 or 2026, by the item's cycle."`
		}) (*answer[page.Of[money.FeeEntry]], error) {
			list, err := s.store.FeeFigures(ctx, scopeOf(ctx), in.ID, in.Period)
			return reply(page.Of[money.FeeEntry]{Items: list}), err
		})
	register(s, op{Method: http.MethodPost, Path: "/fee-items/{id}/figures", ID: "enter-fee-figures", Summary: "Enter amounts, quantities or the shared total of a period", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body feeFiguresBody
		}) (*answer[page.Of[money.FeeEntry]], error) {
			list, err := s.store.EnterFeeFigures(ctx, scopeOf(ctx), in.ID, in.Body.Period, in.Body.Entries)
			return reply(page.Of[money.FeeEntry]{Items: list}), err
		})
}
