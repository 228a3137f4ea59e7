package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
)

// Cases tells one household's collection and takes orders on it. A version of 0 follows whatever version is there.
type Cases interface {
	Case(ctx context.Context, s access.Scope, id string) (dunning.CaseDetail, error)
	CommandCase(ctx context.Context, s access.Scope, id string, o dunning.CaseOrder) (dunning.CaseDetail, error)
	PromiseToPay(ctx context.Context, s access.Scope, id string, p dunning.Promise, version int) (dunning.CaseDetail, error)
	DisputeBill(ctx context.Context, s access.Scope, caseID, billID, reason string) (dunning.CaseDetail, error)
	ResolveDispute(ctx context.Context, s access.Scope, caseID, billID, outcome, note string) (dunning.CaseDetail, error)
}

type caseOrderInput struct {
	ID string `path:"id"`
	Versioned
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
		Until  Until  `json:"until,omitempty" doc:"Of a hold: an instant, or a day, which counts to its end; empty waits for a release."`
	}
}

type promiseInput struct {
	ID string `path:"id"`
	Versioned
	Body promiseBody
}

type promiseBody struct {
	AmountFen int64         `json:"amount_fen"`
	Date      calendar.Date `json:"date"`
	Note      string        `json:"note,omitempty" maxLength:"250"`
}

func (b promiseBody) promise() dunning.Promise {
	return dunning.Promise{AmountFen: b.AmountFen, Date: b.Date, Note: b.Note}
}

type disputeInput struct {
	ID   string `path:"id"`
	Body struct {
		BillID string `json:"bill_id"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

type resolveInput struct {
	ID   string `path:"id"`
	Body struct {
		BillID  string `json:"bill_id"`
		Outcome string `json:"outcome" enum:"upheld,rejected,adjusted"`
		Note    string `json:"note,omitempty" maxLength:"400"`
	}
}

func (s *Server) registerCases() {
	register(s, op{Method: http.MethodGet, Path: "/cases/{id}", ID: "read-case", Summary: "One household's collection with its timeline", Tag: "collections"},
		func(ctx context.Context, in *idInput) (*answer[dunning.CaseDetail], error) {
			c, err := s.store.Case(ctx, scopeOf(ctx), in.ID)
			return reply(c), err
		})
	for _, o := range []struct{ command, summary string }{
		{dunning.OrderHold, "Hold a case until a time, or until it is released"},
		{dunning.OrderRelease, "Let a held case go on"},
		{dunning.OrderExclude, "Take a household out of the campaign"},
		{dunning.OrderSendNow, "Take the next stage now"},
		{dunning.OrderSkip, "Pass the next stage over"},
	} {
		register(s, op{Method: http.MethodPost, Path: "/cases/{id}/" + o.command, ID: o.command + "-case", Summary: o.summary, Tag: "collections", Idempotent: true, NoBodyNeeded: o.command == dunning.OrderRelease},
			func(ctx context.Context, in *caseOrderInput) (*answer[dunning.CaseDetail], error) {
				version, err := in.expectedVersion()
				if err != nil {
					return nil, err
				}
				until, err := in.Body.Until.instant()
				if err != nil {
					return nil, err
				}
				c, err := s.store.CommandCase(ctx, scopeOf(ctx), in.ID, dunning.CaseOrder{Command: o.command, Reason: in.Body.Reason, Until: until, Version: version})
				return reply(c), err
			})
	}
	register(s, op{Method: http.MethodPost, Path: "/cases/{id}/promise", ID: "promise-case", Summary: "Write down a promise to pay", Tag: "collections", Idempotent: true},
		func(ctx context.Context, in *promiseInput) (*answer[dunning.CaseDetail], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			c, err := s.store.PromiseToPay(ctx, scopeOf(ctx), in.ID, in.Body.promise(), version)
			return reply(c), err
		})
	register(s, op{Method: http.MethodPost, Path: "/cases/{id}/dispute", ID: "dispute-bill", Summary: "Take a disputed bill out of collection", Tag: "collections", Idempotent: true},
		func(ctx context.Context, in *disputeInput) (*answer[dunning.CaseDetail], error) {
			c, err := s.store.DisputeBill(ctx, scopeOf(ctx), in.ID, in.Body.BillID, in.Body.Reason)
			return reply(c), err
		})
	register(s, op{Method: http.MethodPost, Path: "/cases/{id}/dispute/resolve", ID: "resolve-dispute", Summary: "Answer a dispute", Tag: "collections", Idempotent: true},
		func(ctx context.Context, in *resolveInput) (*answer[dunning.CaseDetail], error) {
			c, err := s.store.ResolveDispute(ctx, scopeOf(ctx), in.ID, in.Body.BillID, in.Body.Outcome, in.Body.Note)
			return reply(c), err
		})
}
