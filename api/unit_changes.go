package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
)

// UnitChanges writes down what a unit is, and who is in it, from a day on.
type UnitChanges interface {
	UnitChanges(ctx context.Context, s access.Scope, unitID string) ([]estate.UnitState, error)
	ChangeUnit(ctx context.Context, s access.Scope, unitID string, c estate.NewUnitChange) (estate.ChangedUnit, error)
	ChangePeople(ctx context.Context, s access.Scope, unitID string, n estate.NewOccupancy) (estate.ChangedPeople, error)
}

type unitStates struct {
	Items []estate.UnitState `json:"items"`
}

func (s *Server) registerUnitChanges() {
	register(s, op{Method: http.MethodGet, Path: "/units/{id}/changes", ID: "list-unit-changes", Summary: "What a unit was on which days", Tag: "Estate"},
		func(ctx context.Context, in *unitInput) (*answer[unitStates], error) {
			items, err := s.store.UnitChanges(ctx, scopeOf(ctx), in.ID)
			return reply(unitStates{Items: items}), err
		})
	register(s, op{Method: http.MethodPost, Path: "/units/{id}/changes", ID: "change-unit", Summary: "Change a unit's area or vacancy from a day on; issued bills are listed, not rewritten", Tag: "Estate",
		Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body estate.NewUnitChange
		}) (*answer[estate.ChangedUnit], error) {
			changed, err := s.store.ChangeUnit(ctx, scopeOf(ctx), in.ID, in.Body)
			return reply(changed), err
		})
	register(s, op{Method: http.MethodPost, Path: "/units/{id}/occupancies", ID: "change-occupancy", Summary: "A new owner or tenant from a day on; old debts stay with the old one", Tag: "Estate",
		Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body estate.NewOccupancy
		}) (*answer[estate.ChangedPeople], error) {
			changed, err := s.store.ChangePeople(ctx, scopeOf(ctx), in.ID, in.Body)
			return reply(changed), err
		})
}
