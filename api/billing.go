package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/money"
	"steward/domain/page"
)

// Billing computes, approves, issues and voids a community's bills for a period.
type Billing interface {
	PreviewBilling(ctx context.Context, s access.Scope, communityID, period string) (billingrun.Preview, error)
	OpenBillingRun(ctx context.Context, s access.Scope, communityID, period string) (billingrun.Detail, error)
	BillingRuns(ctx context.Context, s access.Scope, communityID string, q page.Query) (page.Of[billingrun.Run], error)
	BillingRun(ctx context.Context, s access.Scope, id string) (billingrun.Detail, error)
	BillingLines(ctx context.Context, s access.Scope, runID string, only billingrun.Only, q page.Query) (page.Of[billingrun.Line], error)
	ApproveBillingRun(ctx context.Context, s access.Scope, id string) (billingrun.Detail, error)
	CancelBillingRun(ctx context.Context, s access.Scope, id, reason string) (billingrun.Detail, error)
	RetryBillingRun(ctx context.Context, s access.Scope, id string) (billingrun.Detail, error)
}

type billingBody struct {
	CommunityID string `json:"community_id" maxLength:"40"`
	Period      string `json:"period" maxLength:"24" doc:"2026-03 bills what that month begins or ends; 2026Q1, 2026H1 and 2026 the fee items of that cycle."`
}

type billingInput struct{ Body billingBody }

type billingReasonInput struct {
	ID   string `path:"id"`
	Body reasonBody
}

type billingLinesInput struct {
	ID   string `path:"id"`
	Only string `query:"only" doc:"problems, changed, new, gone, same or nothing; empty is all."`
	PageQuery
}

// voidAsked is the answer to a request to void a run.
type voidAsked struct {
	ApprovalID string         `json:"approval_id"`
	Approval   money.Approval `json:"approval"`
}

type voidAskedAnswer struct {
	Status int
	Body   voidAsked
}

// previewTimeout is for computing every unit of the largest community.
const previewTimeout = 2 * time.Minute

func (s *Server) registerBilling() {
	register(s, op{Method: http.MethodPost, Path: "/billing-runs/preview", ID: "preview-billing-run", Summary: "Compute what a run would bill now; nothing is kept", Tag: "money", Timeout: previewTimeout},
		func(ctx context.Context, in *billingInput) (*answer[billingrun.Preview], error) {
			p, err := s.store.PreviewBilling(ctx, scopeOf(ctx), in.Body.CommunityID, in.Body.Period)
			return reply(p), err
		})
	register(s, op{Method: http.MethodPost, Path: "/billing-runs", ID: "open-billing-run", Summary: "Open a billing run: it is computed, and issued once another person has approved it", Tag: "money", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *billingInput) (*answer[billingrun.Detail], error) {
			r, err := s.store.OpenBillingRun(ctx, scopeOf(ctx), in.Body.CommunityID, in.Body.Period)
			return reply(r), err
		})
	register(s, op{Method: http.MethodGet, Path: "/billing-runs", ID: "list-billing-runs", Summary: "Billing runs, newest first", Tag: "money"},
		func(ctx context.Context, in *struct {
			CommunityID string `query:"community_id"`
			PageQuery
		}) (*answer[page.Of[billingrun.Run]], error) {
			list, err := s.store.BillingRuns(ctx, scopeOf(ctx), in.CommunityID, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/billing-runs/{id}", ID: "read-billing-run", Summary: "A billing run with its sums and how they differ from the last period", Tag: "money"},
		func(ctx context.Context, in *idInput) (*answer[billingrun.Detail], error) {
			r, err := s.store.BillingRun(ctx, scopeOf(ctx), in.ID)
			return reply(r), err
		})
	register(s, op{Method: http.MethodGet, Path: "/billing-runs/{id}/lines", ID: "list-billing-lines", Summary: "The lines of a run with explanation, problem and difference to the last period", Tag: "money"},
		func(ctx context.Context, in *billingLinesInput) (*answer[page.Of[billingrun.Line]], error) {
			list, err := s.store.BillingLines(ctx, scopeOf(ctx), in.ID, billingrun.Only(in.Only), in.page())
			return reply(list), err
		})
	s.registerBillingCommands()
}

func (s *Server) registerBillingCommands() {
	for _, c := range []struct {
		name, summary string
		do            func(ctx context.Context, sc access.Scope, id, reason string) (billingrun.Detail, error)
	}{
		{"approve", "Approve a run that another person, or the calendar, has opened: its bills are issued",
			func(ctx context.Context, sc access.Scope, id, _ string) (billingrun.Detail, error) {
				return s.store.ApproveBillingRun(ctx, sc, id)
			}},
		{"cancel", "End a run of which nothing is issued", s.store.CancelBillingRun},
		{"retry", "Let a run that needs attention go on where it stopped",
			func(ctx context.Context, sc access.Scope, id, _ string) (billingrun.Detail, error) {
				return s.store.RetryBillingRun(ctx, sc, id)
			}},
	} {
		register(s, op{Method: http.MethodPost, Path: "/billing-runs/{id}/" + c.name, ID: c.name + "-billing-run", Summary: c.summary, Tag: "money", Idempotent: true, NoBodyNeeded: true},
			func(ctx context.Context, in *billingReasonInput) (*answer[billingrun.Detail], error) {
				r, err := c.do(ctx, scopeOf(ctx), in.ID, in.Body.Reason)
				return reply(r), err
			})
	}
	register(s, op{Method: http.MethodPost, Path: "/billing-runs/{id}/void", ID: "void-billing-run", Summary: "Ask to void an issued run as a whole; another person decides", Tag: "money", Status: http.StatusAccepted, Idempotent: true},
		func(ctx context.Context, in *billingReasonInput) (*voidAskedAnswer, error) {
			asked, err := s.store.AskApproval(ctx, scopeOf(ctx), money.CorrectionRequest{Kind: money.VoidIssued, SubjectID: in.ID, Reason: in.Body.Reason})
			return &voidAskedAnswer{Status: http.StatusAccepted, Body: voidAsked{ApprovalID: asked.ID, Approval: asked}}, err
		})
}
