package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Policies keeps dunning policies and their versions.
type Policies interface {
	Policies(ctx context.Context, s access.Scope, q page.Query) (page.Of[dunning.PolicyVersion], error)
	Policy(ctx context.Context, s access.Scope, policyID string) (dunning.PolicyVersion, error)
	CreatePolicy(ctx context.Context, s access.Scope, d dunning.Draft) (dunning.PolicyVersion, error)
	// AddPolicyVersion refuses when the newest version is another than ifVersion; 0 follows any.
	AddPolicyVersion(ctx context.Context, s access.Scope, policyID string, d dunning.Draft, ifVersion int) (dunning.PolicyVersion, error)
}

type addVersionInput struct {
	ID string `path:"id"`
	Versioned
	Body dunning.Draft
}

func (s *Server) registerPolicies() {
	register(s, op{Method: http.MethodGet, Path: "/dunning-policies", ID: "list-dunning-policies", Summary: "Dunning policies, newest versions", Tag: "collections"},
		func(ctx context.Context, in *struct{ PageQuery }) (*answer[page.Of[dunning.PolicyVersion]], error) {
			list, err := s.store.Policies(ctx, scopeOf(ctx), in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/dunning-policies/{id}", ID: "read-dunning-policy", Summary: "The newest version of a policy", Tag: "collections"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[dunning.PolicyVersion], error) {
			v, err := s.store.Policy(ctx, scopeOf(ctx), in.ID)
			return reply(v), err
		})
	register(s, op{Method: http.MethodPost, Path: "/dunning-policies", ID: "create-dunning-policy", Summary: "Add a policy", Tag: "collections", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body dunning.Draft }) (*answer[dunning.PolicyVersion], error) {
			v, err := s.store.CreatePolicy(ctx, scopeOf(ctx), in.Body)
			return reply(v), err
		})
	register(s, op{Method: http.MethodPost, Path: "/dunning-policies/{id}/versions", ID: "add-dunning-policy-version", Summary: "Add the next version of a policy; campaigns that run keep theirs", Tag: "collections", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *addVersionInput) (*answer[dunning.PolicyVersion], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			v, err := s.store.AddPolicyVersion(ctx, scopeOf(ctx), in.ID, in.Body, version)
			return reply(v), err
		})
}
