package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
)

// Corrections puts bills and payments right by entries, and tells what that does.
type Corrections interface {
	Correct(ctx context.Context, s access.Scope, r money.CorrectionRequest) (money.Corrected, error)
	PreviewCorrection(ctx context.Context, s access.Scope, r money.CorrectionRequest) (money.Effect, error)
	Corrections(ctx context.Context, s access.Scope, billID string) ([]money.Correction, error)
	Refunds(ctx context.Context, s access.Scope, f money.RefundFilter, q page.Query) (page.Of[money.Refund], error)
	PayRefund(ctx context.Context, s access.Scope, id string, how money.PayOut) (money.Refund, error)
	DropRefund(ctx context.Context, s access.Scope, id, reason string) (money.Refund, error)
}

// CorrectionBody is what any correction may say; what a kind does not know is passed over.
type CorrectionBody struct {
	Reason      string             `json:"reason,omitempty" maxLength:"500" doc:"Needed, but not for a preview."`
	AmountFen   *int64             `json:"amount_fen,omitempty" doc:"Of a refund or a waiver: all that is there when left out. Of an adjustment: signed."`
	LateFeeFen  *int64             `json:"late_fee_fen,omitempty" doc:"Of a waiver: the part of the late fee."`
	Source      money.RefundSource `json:"source,omitempty" enum:"advance,deposit" doc:"Of a refund: what it is taken from."`
	UnitID      string             `json:"unit_id,omitempty" doc:"Of a transfer: the unit that was meant."`
	DebtorID    string             `json:"debtor_id,omitempty" doc:"Of a transfer: the debtor who was meant."`
	CommunityID string             `json:"community_id,omitempty" doc:"Of a transfer to a debtor of several communities."`
}

func (b CorrectionBody) request(kind money.CorrectionKind, subjectID string) money.CorrectionRequest {
	return money.CorrectionRequest{Kind: kind, SubjectID: subjectID, Reason: b.Reason, AmountFen: b.AmountFen, LateFeeFen: b.LateFeeFen,
		Source: b.Source, UnitID: b.UnitID, DebtorID: b.DebtorID, CommunityID: b.CommunityID}
}

type correctionInput struct {
	ID   string `path:"id"`
	Body CorrectionBody
}

// correctedPayment is what a reversal or a transfer left: the payment that is reversed, or the one that took its place.
type correctedPayment struct {
	money.Payment
	MovedFromID string        `json:"moved_from_id,omitempty"`
	Effect      *money.Effect `json:"effect,omitempty"`
}

// askedBody is what waits for a checker.
type askedBody struct {
	ApprovalID string         `json:"approval_id"`
	Approval   money.Approval `json:"approval"`
	Effect     *money.Effect  `json:"effect,omitempty"`
}

type correction struct {
	path, id, summary string
	kind              money.CorrectionKind
}

var (
	paymentCorrections = []correction{
		{"/payments/{id}/reverse", "reverse-payment", "Take a payment back: its bills are open again, its receipt is void", money.Reverse},
		{"/payments/{id}/transfer", "transfer-payment", "Move a payment to the unit or debtor that was meant: the old receipt is void, the money gets its own", money.Transfer},
	}
	askedCorrections = []correction{
		{"/payments/{id}/refund", "refund-payment", "Ask to give money back that no bill uses", money.GiveBack},
		{"/bills/{id}/waivers", "waive-bill", "Ask to forgive principal or late fee of a bill", money.Waive},
		{"/bills/{id}/adjustments", "adjust-bill", "Ask to make a bill larger or smaller", money.Adjust},
		{"/bills/{id}/void", "void-bill", "Ask to take a bill out: what was paid on it goes back to the payers' advance", money.VoidBill},
	}
)

func (s *Server) registerCorrections() {
	for _, c := range paymentCorrections {
		register(s, op{Method: http.MethodPost, Path: c.path, ID: c.id, Summary: c.summary, Tag: "money", Idempotent: true},
			func(ctx context.Context, in *correctionInput) (*answer[correctedPayment], error) {
				done, err := s.store.Correct(ctx, scopeOf(ctx), in.Body.request(c.kind, in.ID))
				if err != nil {
					return nil, err
				}
				body := correctedPayment{Payment: *done.Payment, Effect: done.Effect}
				if c.kind == money.Transfer {
					body.MovedFromID = in.ID
				}
				return reply(body), nil
			})
		s.registerCorrectionPreview(c)
	}
	for _, c := range askedCorrections {
		register(s, op{Method: http.MethodPost, Path: c.path, ID: c.id, Summary: c.summary, Tag: "money", Status: http.StatusAccepted, Idempotent: true},
			func(ctx context.Context, in *correctionInput) (*answer[askedBody], error) {
				asked, err := s.store.Correct(ctx, scopeOf(ctx), in.Body.request(c.kind, in.ID))
				if err != nil {
					return nil, err
				}
				return reply(askedBody{ApprovalID: asked.Approval.ID, Approval: *asked.Approval, Effect: asked.Effect}), nil
			})
		s.registerCorrectionPreview(c)
	}
	register(s, op{Method: http.MethodGet, Path: "/bills/{id}/corrections", ID: "list-corrections", Summary: "What was corrected on a bill", Tag: "money"},
		func(ctx context.Context, in *idInput) (*answer[page.Of[money.Correction]], error) {
			list, err := s.store.Corrections(ctx, scopeOf(ctx), in.ID)
			return reply(page.Of[money.Correction]{Items: list}), err
		})
	s.registerRefunds()
}

// registerCorrectionPreview adds the route that tells what a correction would do now. It changes nothing and needs no key.
func (s *Server) registerCorrectionPreview(c correction) {
	register(s, op{Method: http.MethodPost, Path: c.path + "/preview", ID: "preview-" + c.id, Summary: "What this would do now to bills, receipts, advances and collection cases; nothing is done", Tag: "money"},
		func(ctx context.Context, in *correctionInput) (*answer[money.Effect], error) {
			effect, err := s.store.PreviewCorrection(ctx, scopeOf(ctx), in.Body.request(c.kind, in.ID))
			return reply(effect), err
		})
}

type listRefundsInput struct {
	CommunityID string             `query:"community_id"`
	PaymentID   string             `query:"payment_id"`
	Status      money.RefundStatus `query:"status" enum:"due,paying,paid,failed,dropped"`
	PageQuery
}

func (s *Server) registerRefunds() {
	register(s, op{Method: http.MethodGet, Path: "/refunds", ID: "list-refunds", Summary: "Refunds that were approved, and what became of them", Tag: "money"},
		func(ctx context.Context, in *listRefundsInput) (*answer[page.Of[money.Refund]], error) {
			f := money.RefundFilter{CommunityID: in.CommunityID, PaymentID: in.PaymentID, Status: in.Status}
			list, err := s.store.Refunds(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodPost, Path: "/refunds/{id}/pay", ID: "pay-refund", Summary: "Hand a refund out by the way the money came", Tag: "money", Idempotent: true, NoBodyNeeded: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Serial  string `json:"serial,omitempty" maxLength:"96" doc:"Of the bank or channel; needed unless it was cash."`
				Channel string `json:"channel,omitempty" maxLength:"32" doc:"Another way out, for a refund that the provider would not give."`
			}
		}) (*answer[money.Refund], error) {
			r, err := s.store.PayRefund(ctx, scopeOf(ctx), in.ID, money.PayOut{Serial: in.Body.Serial, Channel: in.Body.Channel})
			return reply(r), err
		})
	register(s, op{Method: http.MethodPost, Path: "/refunds/{id}/drop", ID: "drop-refund", Summary: "Give a refund up: the money is an advance or deposit again", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Reason string `json:"reason" maxLength:"500"`
			}
		}) (*answer[money.Refund], error) {
			r, err := s.store.DropRefund(ctx, scopeOf(ctx), in.ID, in.Body.Reason)
			return reply(r), err
		})
}
