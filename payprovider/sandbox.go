package payprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"

	"steward/domain/checkout"
	"steward/domain/clock"
	"steward/domain/sandbox"
)

// SandboxName is the channel of the sandbox's payments.
const SandboxName = "sandbox"

// Books is the sandbox provider's side: what a real provider keeps in its own database.
type Books interface {
	SandboxPayments(ctx context.Context) (sandbox.Payments, error)
	// SandboxPlace keeps an order, or finds the one that has its number.
	SandboxPlace(ctx context.Context, o sandbox.PayOrder) (sandbox.PayOrder, error)
	// SandboxPayOrder gives an order; found is false for a number that was never placed.
	SandboxPayOrder(ctx context.Context, no string) (o sandbox.PayOrder, found bool, err error)
	// SandboxMove takes an order from one of the named states to o.State with o's receipt; false when it stands elsewhere.
	SandboxMove(ctx context.Context, o sandbox.PayOrder, from ...string) (bool, error)
	// SandboxRefund keeps a refund, or finds the one that has its number.
	SandboxRefund(ctx context.Context, r sandbox.PayRefund) (sandbox.PayRefund, error)
	SandboxRefundOf(ctx context.Context, no string) (r sandbox.PayRefund, found bool, err error)
}

// Sandbox is the payment provider of dev and tests.
type Sandbox struct {
	Books  Books
	Clock  clock.Source
	Secret string // signs its notices; without one every notice is refused
	// BaseURL is where its page is served. The notices are made by a Till, in the process that serves the page.
	BaseURL string
}

var _ checkout.Provider = (*Sandbox)(nil)

// Name implements checkout.Provider.
func (p *Sandbox) Name() string { return SandboxName }

// PagePath is where the sandbox's page of an order is served, below the base URL.
func PagePath(no string) string { return "/sandbox/pay/" + no }

// ready misbehaves as the mode says before a call does anything.
func (p *Sandbox) ready(ctx context.Context) (sandbox.Payments, error) {
	mode, err := p.Books.SandboxPayments(ctx)
	switch {
	case err != nil:
		return mode, fmt.Errorf("read how the sandbox behaves: %w", err)
	case mode.Mode == sandbox.PayHang:
		<-ctx.Done()
		return mode, fmt.Errorf("the sandbox hangs: %w", ctx.Err())
	case mode.Mode == sandbox.PayFail:
		return mode, errors.New("the sandbox answers with an error")
	}
	return mode, nil
}

// Create implements checkout.Provider.
func (p *Sandbox) Create(ctx context.Context, a checkout.Ask) (checkout.Placed, error) {
	if _, err := p.ready(ctx); err != nil {
		return checkout.Placed{}, err
	}
	o, err := p.Books.SandboxPlace(ctx, sandbox.PayOrder{
		No: a.No, ProviderNo: "SB" + a.No, AmountFen: a.AmountFen, Subject: a.Subject, NotifyURL: a.NotifyURL, ReturnURL: a.ReturnURL,
		State: sandbox.OrderWaiting, ExpiresAt: a.ExpiresAt,
	})
	if err != nil {
		return checkout.Placed{}, fmt.Errorf("place the order: %w", err)
	}
	if o.AmountFen != a.AmountFen {
		return checkout.Placed{}, &checkout.Denied{Code: "OUT_TRADE_NO_USED", Message: "该商户单号已用于另一笔金额不同的订单"}
	}
	url := strings.TrimRight(p.BaseURL, "/") + PagePath(a.No)
	return checkout.Placed{ProviderNo: o.ProviderNo, PayURL: url, QR: url}, nil
}

// Query implements checkout.Provider.
func (p *Sandbox) Query(ctx context.Context, no string) (checkout.Standing, error) {
	if _, err := p.ready(ctx); err != nil {
		return checkout.Standing{}, err
	}
	o, found, err := p.Books.SandboxPayOrder(ctx, no)
	if err != nil {
		return checkout.Standing{}, fmt.Errorf("look up the order: %w", err)
	}
	if !found {
		return checkout.Standing{State: checkout.Unknown}, nil
	}
	s := checkout.Standing{State: checkout.State(o.State)}
	if o.State == sandbox.OrderPaid {
		s.Receipt = receiptOf(o)
	}
	return s, nil
}

func receiptOf(o sandbox.PayOrder) checkout.Receipt {
	return checkout.Receipt{TransactionNo: o.TransactionNo, Method: o.Method, PaidFen: o.PaidFen, PaidAt: o.PaidAt}
}

// Close implements checkout.Provider.
func (p *Sandbox) Close(ctx context.Context, no string) error {
	if _, err := p.ready(ctx); err != nil {
		return err
	}
	_, err := p.Books.SandboxMove(ctx, sandbox.PayOrder{No: no, State: sandbox.OrderClosed}, sandbox.OrderWaiting)
	return err
}

// Refund implements checkout.Provider.
func (p *Sandbox) Refund(ctx context.Context, a checkout.RefundAsk) (checkout.RefundStanding, error) {
	mode, err := p.ready(ctx)
	if err != nil {
		return checkout.RefundStanding{}, err
	}
	r := sandbox.PayRefund{No: a.No, TransactionNo: a.TransactionNo, AmountFen: a.AmountFen, State: sandbox.RefundAccepted, DoneAt: time.Now().UTC()}
	switch mode.Refunds {
	case sandbox.RefundLate:
		r.DoneAt = r.DoneAt.Add(mode.Delay)
	case sandbox.RefundFail:
		r.State = sandbox.RefundRefused
	}
	if r, err = p.Books.SandboxRefund(ctx, r); err != nil {
		return checkout.RefundStanding{}, fmt.Errorf("keep the refund: %w", err)
	}
	return refundStanding(r), nil
}

// QueryRefund implements checkout.Provider.
func (p *Sandbox) QueryRefund(ctx context.Context, a checkout.RefundAsk) (checkout.RefundStanding, error) {
	if _, err := p.ready(ctx); err != nil {
		return checkout.RefundStanding{}, err
	}
	r, found, err := p.Books.SandboxRefundOf(ctx, a.No)
	if err != nil {
		return checkout.RefundStanding{}, fmt.Errorf("look up the refund: %w", err)
	}
	if !found {
		return checkout.RefundStanding{State: checkout.RefundUnknown}, nil
	}
	return refundStanding(r), nil
}

func refundStanding(r sandbox.PayRefund) checkout.RefundStanding {
	s := checkout.RefundStanding{State: checkout.RefundAccepted, ProviderNo: "SR" + r.No}
	switch {
	case r.State == sandbox.RefundRefused:
		s.State, s.Why = checkout.RefundRefused, "沙箱渠道设置为退款失败"
	case !r.DoneAt.After(time.Now()):
		s.State = checkout.RefundDone
	}
	return s
}

// sandboxNotice is the body of a notice. One without order_no is money that was paid without an order of ours.
type sandboxNotice struct {
	OrderNo     string    `json:"order_no,omitempty"`
	UnitID      string    `json:"unit_id,omitempty"`
	DebtorID    string    `json:"debtor_id,omitempty"`
	CommunityID string    `json:"community_id,omitempty"`
	BillIDs     []string  `json:"bill_ids,omitempty"`
	ExternalNo  string    `json:"external_no"`
	AmountFen   int64     `json:"amount_fen"`
	Method      string    `json:"method"`
	PaidAt      time.Time `json:"paid_at"`
}

// ParseNotice implements checkout.Provider.
func (p *Sandbox) ParseNotice(header textproto.MIMEHeader, body []byte) (checkout.Notice, error) {
	if why := checkSignature(p.Secret, header.Get(SignatureHeader), body, time.Now()); why != "" {
		return checkout.Notice{}, &checkout.BadSignature{Reason: why}
	}
	var n sandboxNotice
	if err := decodeObject(body, &n); err != nil {
		return checkout.Notice{}, fmt.Errorf("%w: %w", checkout.ErrMalformedNotice, err)
	}
	if n.PaidAt.IsZero() {
		n.PaidAt = p.Clock.Now()
	}
	return checkout.Notice{
		OrderNo: n.OrderNo,
		Receipt: checkout.Receipt{TransactionNo: n.ExternalNo, Method: strings.ToLower(n.Method), PaidFen: n.AmountFen, PaidAt: n.PaidAt},
		For:     checkout.Payee{UnitID: n.UnitID, DebtorID: n.DebtorID, CommunityID: n.CommunityID, BillIDs: n.BillIDs},
	}, nil
}

// decodeObject reads exactly one JSON object.
func decodeObject(body []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return errors.New("not an object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
