package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
)

// Approvals keeps what one person asks and another decides.
type Approvals interface {
	Approvals(ctx context.Context, s access.Scope, f money.ApprovalFilter, q page.Query) (page.Of[money.Approval], error)
	Approval(ctx context.Context, s access.Scope, id string) (money.Approval, error)
	AskApproval(ctx context.Context, s access.Scope, r money.CorrectionRequest) (money.Approval, error)
	Approve(ctx context.Context, s access.Scope, id, note string) (money.Approval, error)
	Reject(ctx context.Context, s access.Scope, id, reason string) (money.Approval, error)
	Withdraw(ctx context.Context, s access.Scope, id string) (money.Approval, error)
}

type listApprovalsInput struct {
	CommunityID string               `query:"community_id"`
	Status      money.ApprovalStatus `query:"status" enum:"asked,approved,rejected,timed_out,withdrawn"`
	Kind        money.ApprovalKind   `query:"kind" enum:"refund,waiver,adjustment,void-bill,void-run"`
	SubjectID   string               `query:"subject_id"`
	PageQuery
}

type askInput struct {
	Body struct {
		Kind      money.CorrectionKind `json:"kind" enum:"refund,waiver,adjustment,void-bill,void-run"`
		SubjectID string               `json:"subject_id" doc:"The payment, the bill or the billing run that it is about."`
		CorrectionBody
	}
}

// decideInput may come without a body where no reason is needed.
type decideInput struct {
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

func (s *Server) registerApprovals() {
	register(s, op{Method: http.MethodGet, Path: "/approvals", ID: "list-approvals", Summary: "Requests that another person decides on, newest first", Tag: "approvals"},
		func(ctx context.Context, in *listApprovalsInput) (*answer[page.Of[money.Approval]], error) {
			f := money.ApprovalFilter{CommunityID: in.CommunityID, Status: in.Status, Kind: in.Kind, SubjectID: in.SubjectID}
			list, err := s.store.Approvals(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/approvals/{id}", ID: "read-approval", Summary: "One request with its effect as it was when it was asked", Tag: "approvals"},
		func(ctx context.Context, in *idInput) (*answer[money.Approval], error) {
			a, err := s.store.Approval(ctx, scopeOf(ctx), in.ID)
			return reply(a), err
		})
	register(s, op{Method: http.MethodPost, Path: "/approvals", ID: "ask-approval", Summary: "Ask another person to decide on a correction", Tag: "approvals", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *askInput) (*answer[money.Approval], error) {
			a, err := s.store.AskApproval(ctx, scopeOf(ctx), in.Body.request(in.Body.Kind, in.Body.SubjectID))
			return reply(a), err
		})
	register(s, op{Method: http.MethodPost, Path: "/approvals/{id}/approve", ID: "approve", Summary: "Approve a request: it is carried out at once. Not by who asked", Tag: "approvals", Idempotent: true, NoBodyNeeded: true},
		func(ctx context.Context, in *decideInput) (*answer[money.Approval], error) {
			a, err := s.store.Approve(ctx, scopeOf(ctx), in.ID, in.Body.Reason)
			return reply(a), err
		})
	register(s, op{Method: http.MethodPost, Path: "/approvals/{id}/reject", ID: "reject", Summary: "Refuse what was asked, with a reason", Tag: "approvals", Idempotent: true},
		func(ctx context.Context, in *decideInput) (*answer[money.Approval], error) {
			a, err := s.store.Reject(ctx, scopeOf(ctx), in.ID, in.Body.Reason)
			return reply(a), err
		})
	register(s, op{Method: http.MethodPost, Path: "/approvals/{id}/withdraw", ID: "withdraw-approval", Summary: "Take the own request back", Tag: "approvals", Idempotent: true, NoBodyNeeded: true},
		func(ctx context.Context, in *decideInput) (*answer[money.Approval], error) {
			a, err := s.store.Withdraw(ctx, scopeOf(ctx), in.ID)
			return reply(a), err
		})
}
