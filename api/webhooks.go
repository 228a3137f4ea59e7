package api

import (
	"context"
	"errors"
	"net/http"
	"net/textproto"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/refusal"
)

const maxWebhookBody = 64 << 10

// NoticeHeaders are the headers of a provider's notice, whatever their names. (huma resolves exported embedded structs only.)
type NoticeHeaders struct{ header http.Header }

// Resolve implements huma.Resolver.
func (n *NoticeHeaders) Resolve(hc huma.Context) []error {
	n.header = humagin.Unwrap(hc).Request.Header
	return nil
}

type webhookInput struct {
	Provider  string `path:"provider"`
	Signature string `header:"X-Steward-Signature" doc:"Of the sandbox: t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\">. Other providers have headers of their own."`
	RawBody   []byte
	NoticeHeaders
}

func (s *Server) registerWebhooks() {
	register(s, op{Method: http.MethodPost, Path: "/webhooks/payments/{provider}", ID: "payment-notice", Summary: "A payment provider's signed notice; may be repeated", Tag: "money",
		Status: http.StatusNoContent, Public: true, MaxBody: maxWebhookBody}, s.takeNotice)
}

// takeNotice books what a provider tells, however often it tells it. Of a notice that is not believed only a count is kept.
func (s *Server) takeNotice(ctx context.Context, in *webhookInput) (*struct{}, error) {
	provider, ok := s.deps.Noticing[in.Provider]
	if !ok {
		return nil, refusal.New(refusal.NotFound, "provider-unknown", "没有这个支付渠道。")
	}
	n, err := provider.ParseNotice(textproto.MIMEHeader(in.header), in.RawBody)
	var bad *checkout.BadSignature
	switch {
	case errors.As(err, &bad):
		if err := s.store.CountWebhookRefusal(ctx, in.Provider, bad.Reason); err != nil {
			return nil, err
		}
		return nil, refusal.New(refusal.SignedOut, "bad-signature", "签名无效或已过期，请检查密钥和时间。")
	case err != nil:
		return nil, refusal.New(refusal.Malformed, "malformed-body", "通知内容不是有效的 JSON，或字段类型不正确。")
	}
	scope, err := s.systemScope(ctx)
	if err != nil {
		return nil, err
	}
	if n.OrderNo != "" {
		return nil, s.store.SettlePayOrder(ctx, scope, in.Provider, n.OrderNo, n.Receipt)
	}
	return nil, s.store.ReceivePayment(ctx, scope, money.NewPayment{
		CommunityID: n.For.CommunityID, UnitID: n.For.UnitID, DebtorID: n.For.DebtorID, BillIDs: n.For.BillIDs,
		AmountFen: n.PaidFen, Method: n.Method, Channel: in.Provider, ExternalNo: n.TransactionNo, PaidAt: n.PaidAt,
		Source: money.Source{Kind: money.FromWebhook, ID: in.Provider},
	})
}
