package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/refusal"
)

// PayOrderHead gives what an order's process has to know before it asks the provider.
func (s *Store) PayOrderHead(ctx context.Context, r checkout.Ref) (checkout.OrderHead, error) {
	rows, err := payOrderRows(ctx, s.db, `WHERE o.org_id = ? AND o.id = ?`, r.OrgID, r.ID)
	if err != nil {
		return checkout.OrderHead{}, err
	}
	if len(rows) == 0 {
		return checkout.OrderHead{}, payOrderUnknown()
	}
	o := rows[0]
	return checkout.OrderHead{Order: o.order(), Asked: o.AskedAt != nil, LinkID: o.LinkID, LookWanted: o.LookWanted,
		Ending: o.CloseWanted || !time.Now().Before(o.ExpiresAt)}, nil
}

// PayOrderAsked notes that the provider is about to be asked for the order: from here on it may know of it.
func (s *Store) PayOrderAsked(ctx context.Context, r checkout.Ref) error {
	return s.execRetried(ctx, "note that the provider is asked", `UPDATE pay_order SET asked_at = ? WHERE org_id = ? AND id = ? AND asked_at IS NULL`, time.Now().UTC(), r.OrgID, r.ID)
}

// PayOrderPlaced keeps what the provider gave for an order.
func (s *Store) PayOrderPlaced(ctx context.Context, r checkout.Ref, p checkout.Placed) error {
	return s.movePayOrder(ctx, r, `UPDATE pay_order SET status = 'waiting', provider_no = ?, pay_url = ?, qr = ?, needs_attention = FALSE, why = NULL, version = version + 1
		WHERE org_id = ? AND id = ? AND status IN ('created','waiting')`, nullable(p.ProviderNo), nullable(p.PayURL), nullable(p.QR), r.OrgID, r.ID)
}

// PayOrderEnded closes an order, or notes that the provider did not take it. One that is paid stays paid.
func (s *Store) PayOrderEnded(ctx context.Context, r checkout.Ref, status checkout.Status, why string) error {
	return s.movePayOrder(ctx, r, `UPDATE pay_order SET status = ?, why = ?, needs_attention = FALSE, look_wanted = FALSE, ended_at = ?, version = version + 1
		WHERE org_id = ? AND id = ? AND status IN ('created','waiting')`, string(status), nullable(shorten(why, 480)), time.Now().UTC(), r.OrgID, r.ID)
}

// PayOrderLooked notes that a look that somebody wanted has been taken.
func (s *Store) PayOrderLooked(ctx context.Context, r checkout.Ref) error {
	return s.movePayOrder(ctx, r, `UPDATE pay_order SET look_wanted = FALSE, version = version + 1 WHERE org_id = ? AND id = ?`, r.OrgID, r.ID)
}

// PayOrderAttention puts an order before a person; "" takes it from there.
func (s *Store) PayOrderAttention(ctx context.Context, r checkout.Ref, why string) error {
	return s.movePayOrder(ctx, r, `UPDATE pay_order SET needs_attention = ?, why = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		why != "", nullable(shorten(why, 480)), r.OrgID, r.ID)
}

// movePayOrder changes an order's row and puts the change on the feed.
func (s *Store) movePayOrder(ctx context.Context, r checkout.Ref, update string, args ...any) error {
	return s.inTx(ctx, "move a pay order", func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, update, args...); err != nil {
			return err
		}
		return tellPayOrder(ctx, tx, r, s.clock.Now())
	})
}

func tellPayOrder(ctx context.Context, tx *sqlx.Tx, r checkout.Ref, at time.Time) error {
	var community []string
	if err := tx.SelectContext(ctx, &community, `SELECT community_id FROM pay_order WHERE org_id = ? AND id = ?`, r.OrgID, r.ID); err != nil {
		return err
	}
	return recordChange(ctx, tx, r.OrgID, at, Change{Kind: "payment", SubjectID: r.ID, CommunityID: first(community)})
}

// SettlePayOrder books money that a provider has taken for an order, once however often it is told and by whichever way.
// Money is never refused: an order that was closed is paid all the same, what differs from the order is booked as it came and
// put before a person, and what matches nobody goes to suspense.
func (s *Store) SettlePayOrder(ctx context.Context, sc access.Scope, provider, no string, r checkout.Receipt) error {
	if !sc.System {
		return access.Forbidden()
	}
	var orders []checkout.Order
	if isID(no) {
		var err error
		if orders, err = s.payOrders(ctx, s.db, `WHERE o.org_id = ? AND o.id = ? AND o.provider = ?`, sc.OrgID, no, provider); err != nil {
			return err
		}
	}
	if len(orders) == 0 {
		return s.ReceivePayment(ctx, sc, s.receipt(provider, r, money.Source{Kind: money.FromWebhook, ID: provider}))
	}
	o := orders[0]
	if o.TransactionNo == r.TransactionNo && o.PaymentID != "" {
		return nil
	}
	p := s.receipt(provider, r, money.Source{Kind: money.FromOrder, ID: o.ID})
	p.CommunityID, p.DebtorID, p.UnitID, p.BillIDs = o.CommunityID, o.DebtorID, o.UnitID, o.BillIDs
	if err := s.bookReceipt(ctx, sc, p); err != nil {
		return err
	}
	return s.inTx(ctx, "settle a pay order", func(tx *sqlx.Tx) error { return s.settleTx(ctx, tx, sc, o.ID, p) })
}

// receipt makes a payment of what a provider has taken. A clock that runs ahead elsewhere does not keep money out.
func (s *Store) receipt(provider string, r checkout.Receipt, from money.Source) money.NewPayment {
	at, now := r.PaidAt, s.clock.Now()
	if at.IsZero() || at.After(now) {
		at = now
	}
	return money.NewPayment{AmountFen: r.PaidFen, Method: or(r.Method, "online"), Channel: provider, ExternalNo: r.TransactionNo, PaidAt: at, Source: from}
}

// bookReceipt records the payment for what was chosen, else for its debtor, else as money that matches nobody.
func (s *Store) bookReceipt(ctx context.Context, sc access.Scope, p money.NewPayment) error {
	_, _, err := s.RecordPayment(ctx, sc, p)
	if no, refused := refusal.As(err); refused && unmatched[no.Code] {
		p.UnitID, p.BillIDs = "", nil
		return s.ReceivePayment(ctx, sc, p)
	}
	if refusal.Is(err, "payment-in-suspense") || refusal.Is(err, "payment-differs") {
		return nil // the money is booked; the order says how
	}
	return err
}

// settleTx ties the order to its payment.
func (s *Store) settleTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, p money.NewPayment) error {
	if _, err := tx.ExecContext(ctx, `SELECT id FROM pay_order WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, id); err != nil {
		return err
	}
	rows, err := payOrderRows(ctx, tx, `WHERE o.org_id = ? AND o.id = ?`, sc.OrgID, id)
	if err != nil || len(rows) == 0 {
		return err
	}
	o := rows[0]
	var booked []struct {
		ID        string `db:"id"`
		DebtorID  string `db:"debtor_id"`
		AmountFen int64  `db:"amount_fen"`
	}
	err = tx.SelectContext(ctx, &booked, `SELECT id, debtor_id, amount_fen FROM payment WHERE org_id = ? AND channel = ? AND external_no = ?`, sc.OrgID, p.Channel, p.ExternalNo)
	if err != nil {
		return fmt.Errorf("find the payment: %w", err)
	}
	attention, why := false, ""
	switch {
	case o.ExternalNo != "" && o.ExternalNo != p.ExternalNo:
		attention, why = true, "同一订单收到两笔付款，第二笔流水号 "+p.ExternalNo+"，已计入缴费人账户，请核对是否需要退款。"
	case len(booked) == 0:
		attention, why = true, "款项已收到，但找不到缴费人，已放入待认领款，请认领。"
	case booked[0].DebtorID != o.DebtorID || booked[0].AmountFen != p.AmountFen:
		attention, why = true, "该流水号已登记过另一笔缴费，请核对。"
	case p.AmountFen != o.AmountFen:
		attention, why = true, fmt.Sprintf("实付 %s 与订单 %s 不符，已按实付入账，请核对。", money.Format(p.AmountFen), money.Format(o.AmountFen))
	case checkout.Status(o.Status) == checkout.OrderClosed:
		why = "订单关闭后到账，已计入缴费人账户。"
	}
	paymentID := ""
	if len(booked) > 0 {
		paymentID = booked[0].ID
	}
	_, err = tx.ExecContext(ctx, `UPDATE pay_order SET status = 'paid', external_no = COALESCE(external_no, ?), paid_fen = COALESCE(paid_fen, ?), paid_at = COALESCE(paid_at, ?),
		payment_id = COALESCE(payment_id, ?), ended_at = COALESCE(ended_at, ?), needs_attention = ?, why = ?, look_wanted = FALSE, version = version + 1 WHERE org_id = ? AND id = ?`,
		p.ExternalNo, p.AmountFen, p.PaidAt.UTC(), nullable(paymentID), time.Now().UTC(), attention, nullable(why), sc.OrgID, id)
	if err != nil {
		return fmt.Errorf("mark the order paid: %w", err)
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverPayOrder, id); err != nil {
		return err
	}
	return tellPayOrder(ctx, tx, checkout.Ref{OrgID: sc.OrgID, ID: id}, s.clock.Now())
}

// LivePayOrders lists the orders of all organizations whose process has something to do.
func (s *Store) LivePayOrders(ctx context.Context) ([]checkout.Ref, error) {
	var refs []checkout.Ref
	err := s.db.SelectContext(ctx, &refs, `SELECT org_id, id FROM pay_order WHERE status IN ('created','waiting') ORDER BY org_id, id`)
	if err != nil {
		return nil, fmt.Errorf("list live pay orders: %w", err)
	}
	return refs, nil
}
