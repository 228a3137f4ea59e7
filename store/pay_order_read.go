package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/page"
	"steward/domain/refusal"
)

type payOrderRow struct {
	ID             string     `db:"id"`
	CommunityID    string     `db:"community_id"`
	DebtorID       string     `db:"debtor_id"`
	UnitID         string     `db:"unit_id"`
	BillIDs        []byte     `db:"bill_ids"`
	AmountFen      int64      `db:"amount_fen"`
	Subject        string     `db:"subject"`
	Provider       string     `db:"provider"`
	ProviderNo     string     `db:"provider_no"`
	PayURL         string     `db:"pay_url"`
	QR             string     `db:"qr"`
	Status         string     `db:"status"`
	CloseWanted    bool       `db:"close_wanted"`
	LookWanted     bool       `db:"look_wanted"`
	NeedsAttention bool       `db:"needs_attention"`
	Why            string     `db:"why"`
	CreatedAt      time.Time  `db:"created_at"`
	ExpiresAt      time.Time  `db:"expires_at"`
	AskedAt        *time.Time `db:"asked_at"`
	EndedAt        *time.Time `db:"ended_at"`
	ExternalNo     string     `db:"external_no"`
	PaidFen        int64      `db:"paid_fen"`
	PaidAt         *time.Time `db:"paid_at"`
	PaymentID      string     `db:"payment_id"`
	ReceiptNo      string     `db:"receipt_no"`
	MadeBy         string     `db:"made_by"`
	LinkID         string     `db:"link_id"`
	Version        int        `db:"version"`
}

const selectPayOrders = `SELECT o.id, o.community_id, o.debtor_id, COALESCE(o.unit_id, '') AS unit_id, o.bill_ids, o.amount_fen, o.subject, o.provider,
	COALESCE(o.provider_no, '') AS provider_no, COALESCE(o.pay_url, '') AS pay_url, COALESCE(o.qr, '') AS qr, o.status, o.close_wanted, o.look_wanted,
	o.needs_attention, COALESCE(o.why, '') AS why, o.created_at, o.expires_at, o.asked_at, o.ended_at, COALESCE(o.external_no, '') AS external_no,
	COALESCE(o.paid_fen, 0) AS paid_fen, o.paid_at, COALESCE(o.payment_id, '') AS payment_id, o.made_by, COALESCE(o.link_id, '') AS link_id, o.version,
	COALESCE((SELECT MIN(r.display_no) FROM receipt r WHERE r.org_id = o.org_id AND r.payment_id = o.payment_id), '') AS receipt_no FROM pay_order o `

func (r payOrderRow) order() checkout.Order {
	o := checkout.Order{ID: r.ID, CommunityID: r.CommunityID, DebtorID: r.DebtorID, UnitID: r.UnitID, BillIDs: []string{}, AmountFen: r.AmountFen, Subject: r.Subject,
		Status: checkout.Status(r.Status), Provider: r.Provider, ProviderNo: r.ProviderNo, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, EndedAt: r.EndedAt,
		TransactionNo: r.ExternalNo, PaidFen: r.PaidFen, PaidAt: r.PaidAt, PaymentID: r.PaymentID, ReceiptNo: r.ReceiptNo, MadeBy: r.MadeBy, ByLink: r.LinkID != "",
		Closing: r.CloseWanted && checkout.Status(r.Status).Live(), NeedsAttention: r.NeedsAttention, Why: r.Why, Version: r.Version}
	_ = json.Unmarshal(r.BillIDs, &o.BillIDs)
	if o.Status == checkout.OrderWaiting && !r.CloseWanted { // where nobody should pay any more, nobody is sent
		o.PayURL, o.QR = r.PayURL, r.QR
	}
	return o
}

func payOrderRows(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]payOrderRow, error) {
	var rows []payOrderRow
	if err := selectIn(ctx, q, &rows, selectPayOrders+where, args...); err != nil {
		return nil, fmt.Errorf("read pay orders: %w", err)
	}
	return rows, nil
}

func (s *Store) payOrders(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]checkout.Order, error) {
	rows, err := payOrderRows(ctx, q, where, args...)
	orders := make([]checkout.Order, len(rows))
	for i, r := range rows {
		orders[i] = r.order()
	}
	return orders, err
}

func payOrderUnknown() error {
	return refusal.New(refusal.NotFound, "pay-order-not-found", "没有找到这个支付订单，请核对编号。")
}

// PayOrder gives one order to callers who may see details of its community, or whose own it is; with a link, only an order
// that was made by it.
func (s *Store) PayOrder(ctx context.Context, sc access.Scope, id string, link *checkout.Link) (checkout.Order, error) {
	if !isID(id) {
		return checkout.Order{}, payOrderUnknown()
	}
	rows, err := payOrderRows(ctx, s.db, `WHERE o.org_id = ? AND o.id = ?`, sc.OrgID, id)
	if err != nil {
		return checkout.Order{}, err
	}
	if link == nil {
		if err := sc.Require(access.SeeMoney, ""); err != nil {
			return checkout.Order{}, err
		}
	}
	if len(rows) == 0 || link != nil && rows[0].LinkID != link.ID || link == nil && !seesDetail(sc, rows[0].CommunityID, rows[0].DebtorID) {
		return checkout.Order{}, payOrderUnknown()
	}
	return rows[0].order(), nil
}

// PayOrders lists orders that the caller may see in detail, the newest first.
func (s *Store) PayOrders(ctx context.Context, sc access.Scope, f checkout.OrderFilter, q page.Query) (page.Of[checkout.Order], error) {
	where, args, err := detailReach(sc, "o.", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[checkout.Order]{}, err
	}
	for _, c := range []struct{ column, value string }{{"o.debtor_id", f.DebtorID}, {"o.status", f.Status}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if f.NeedsAttention {
		where += ` AND o.needs_attention`
	}
	if q.Cursor != "" {
		where, args = where+` AND o.id < ?`, append(args, q.Cursor)
	}
	orders, err := s.payOrders(ctx, s.db, `WHERE `+where+` ORDER BY o.id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return page.Of[checkout.Order]{}, err
	}
	return page.Cut(orders, q.Limit, func(o checkout.Order) string { return o.ID }), nil
}

// ClosePayOrder asks the process to close an order; whoever has paid by then has paid. One that has ended is given as it is.
func (s *Store) ClosePayOrder(ctx context.Context, sc access.Scope, id string, link *checkout.Link) (checkout.Order, error) {
	return s.commandPayOrder(ctx, sc, id, link, "close-pay-order", func(tx *sqlx.Tx, o checkout.Order) error {
		if !o.Status.Live() {
			return nil
		}
		return s.wantClosed(ctx, tx, sc.OrgID, id)
	})
}

// LookAtPayOrder has the provider asked again, whatever the order's status, and takes the order from those that need
// attention.
func (s *Store) LookAtPayOrder(ctx context.Context, sc access.Scope, id string) (checkout.Order, error) {
	return s.commandPayOrder(ctx, sc, id, nil, "ask-provider", func(tx *sqlx.Tx, _ checkout.Order) error {
		_, err := tx.ExecContext(ctx, `UPDATE pay_order SET look_wanted = TRUE, needs_attention = FALSE, version = version + 1 WHERE org_id = ? AND id = ?`, sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("ask for a look: %w", err)
		}
		return enqueueDelivery(ctx, tx, sc.OrgID, DeliverPayOrder, id)
	})
}

func (s *Store) commandPayOrder(ctx context.Context, sc access.Scope, id string, link *checkout.Link, action string, do func(*sqlx.Tx, checkout.Order) error) (checkout.Order, error) {
	o, err := s.PayOrder(ctx, sc, id, link)
	if err != nil {
		return o, err
	}
	if link == nil && o.MadeBy != sc.ActorID {
		if err := sc.Require(access.TakeMoney, o.CommunityID); err != nil {
			return o, err
		}
	}
	err = s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		if err := do(tx, o); err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: action, SubjectKind: "pay_order", SubjectID: id, CommunityID: o.CommunityID})
	})
	if err != nil {
		return o, err
	}
	return s.PayOrder(ctx, sc, id, link)
}
