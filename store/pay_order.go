package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/refusal"
)

// CreatePayOrder makes an order for what a debtor owes, or for a named amount. A resident makes it for the own debts, staff
// for those of a community where they take money, a link for its own debtor. An order that is live for the same debtor and
// was made by the same caller is closed: the payer has started anew.
func (s *Store) CreatePayOrder(ctx context.Context, sc access.Scope, n checkout.NewOrder, link *checkout.Link) (checkout.Order, error) {
	if done, err := s.payOrders(ctx, s.db, `WHERE o.org_id = ? AND o.id = ?`, sc.OrgID, sc.CommandID); err != nil || len(done) > 0 {
		return first(done), err
	}
	if len(n.BillIDs) > checkout.MaxOrderBills {
		return checkout.Order{}, refusal.New(refusal.Rule, "too-many-bills", "一次最多支付 %d 张账单。", checkout.MaxOrderBills).At("bill_ids", "账单过多", len(n.BillIDs))
	}
	if link != nil {
		n.CommunityID, n.DebtorID, n.UnitID = link.CommunityID, link.DebtorID, ""
	} else if err := s.mayOrder(ctx, sc, &n); err != nil {
		return checkout.Order{}, err
	}
	if err := s.nameDebtor(ctx, sc, &n, link == nil); err != nil {
		return checkout.Order{}, err
	}
	if link == nil && n.DebtorID != sc.PersonID {
		if err := sc.Require(access.TakeMoney, n.CommunityID); err != nil {
			return checkout.Order{}, err
		}
	}
	if err := s.priceOrder(ctx, sc, &n); err != nil {
		return checkout.Order{}, err
	}
	o, err := s.newPayOrder(ctx, sc, n, link)
	if err != nil {
		return o, err
	}
	err = s.inTx(ctx, "make a pay order", func(tx *sqlx.Tx) error { return s.insertPayOrder(ctx, tx, sc, o, link) })
	return o, err
}

func first[T any](items []T) (item T) {
	if len(items) > 0 {
		item = items[0]
	}
	return item
}

// owedBy is who owes something, and where.
type owedBy struct {
	DebtorID    string `db:"debtor_id"`
	CommunityID string `db:"community_id"`
}

// mayOrder refuses who may not ask for an order before anything is looked up: whether somebody owes is money too. Who takes no
// money anywhere orders for nobody but themselves.
func (s *Store) mayOrder(ctx context.Context, sc access.Scope, n *checkout.NewOrder) error {
	if err := sc.Require(access.TakeMoney, ""); err != nil {
		if sc.PersonID == "" || n.DebtorID != "" && n.DebtorID != sc.PersonID {
			return err
		}
		n.DebtorID = sc.PersonID
		return nil
	}
	var community []string
	if err := s.db.SelectContext(ctx, &community, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(n.UnitID)); err != nil {
		return fmt.Errorf("read the unit of an order: %w", err)
	}
	if len(community) == 0 || sc.PersonID != "" && n.DebtorID == sc.PersonID {
		return nil
	}
	return sc.Require(access.TakeMoney, community[0])
}

// nameDebtor finds whom and where an order is for, from what the caller has named; reached leaves out what the caller does
// not reach.
func (s *Store) nameDebtor(ctx context.Context, sc access.Scope, n *checkout.NewOrder, reached bool) error {
	for _, id := range append([]string{n.CommunityID, n.DebtorID, n.UnitID}, n.BillIDs...) {
		if id != "" && !isID(id) {
			return refusal.New(refusal.Rule, "id-malformed", "编号不正确，请刷新页面后重试。")
		}
	}
	if n.DebtorID == "" && n.UnitID == "" || sc.ResidentOnly() && n.DebtorID == "" {
		n.DebtorID = sc.PersonID
	}
	if n.DebtorID == "" && n.UnitID == "" {
		return refusal.New(refusal.Rule, "unit-or-debtor-needed", "请指明缴费的房屋或缴费人。").At("unit_id", "房屋和缴费人至少填一个", nil)
	}
	var owing []owedBy
	q, args := `SELECT DISTINCT debtor_id, community_id FROM bill WHERE org_id = ? AND voided_at IS NULL`, []any{sc.OrgID}
	for _, part := range []struct{ column, value string }{{"debtor_id", n.DebtorID}, {"unit_id", n.UnitID}, {"community_id", n.CommunityID}} {
		if part.value != "" {
			q, args = q+` AND `+part.column+` = ?`, append(args, part.value)
		}
	}
	if all, within := sc.Reach(access.TakeMoney); reached && !all {
		q, args = q+` AND (community_id IN (?) OR debtor_id = ?)`, append(args, orNone(within), sc.PersonID)
	}
	if len(n.BillIDs) > 0 {
		q, args = q+` AND id IN (?)`, append(args, n.BillIDs)
	} else {
		q += ` AND unpaid_fen > 0`
	}
	if err := selectIn(ctx, s.db, &owing, q, args...); err != nil {
		return fmt.Errorf("read who owes: %w", err)
	}
	debtors := distinct(owing, func(k owedBy) string { return k.DebtorID })
	communities := distinct(owing, func(k owedBy) string { return k.CommunityID })
	switch {
	case len(owing) == 0 && (n.DebtorID == "" || n.CommunityID == ""):
		return nothingOwed()
	case n.DebtorID == "" && len(debtors) > 1:
		return refusal.New(refusal.Rule, "debtor-needed", "这套房屋有多人欠费，请指明缴费人。").At("debtor_id", "请指明缴费人", nil)
	case n.CommunityID == "" && len(communities) > 1:
		return refusal.New(refusal.Rule, "community-needed", "该缴费人在多个小区有欠费，请指明小区或账单。").At("community_id", "请指明小区", nil)
	}
	if n.DebtorID == "" {
		n.DebtorID = debtors[0]
	}
	if n.CommunityID == "" {
		n.CommunityID = communities[0]
	}
	return nil
}

func nothingOwed() error {
	return refusal.New(refusal.Rule, "nothing-owed", "没有需要支付的账单，无需缴费。如要预存，请填写金额。").At("amount_fen", "没有欠费", nil)
}

// priceOrder checks the chosen bills and fills in the amount: what settles them today, late fee included.
func (s *Store) priceOrder(ctx context.Context, sc access.Scope, n *checkout.NewOrder) error {
	bills, err := s.owedBills(ctx, sc.OrgID, n.DebtorID, n.CommunityID)
	if err != nil {
		return err
	}
	var owedFen int64
	for _, b := range bills {
		if len(n.BillIDs) == 0 && (n.UnitID == "" || b.UnitID == n.UnitID) || slices.Contains(n.BillIDs, b.ID) {
			owedFen += b.PayableFen
		}
	}
	for i, id := range n.BillIDs {
		if slices.Contains(n.BillIDs[:i], id) || !slices.ContainsFunc(bills, func(b money.Bill) bool { return b.ID == id && (n.UnitID == "" || b.UnitID == n.UnitID) }) {
			return refusal.New(refusal.Rule, "bill-not-payable", "所选账单已经缴清，或不属于该缴费人，请刷新后重新选择。").At("bill_ids", "账单不可支付", id)
		}
	}
	if n.AmountFen == 0 {
		if owedFen == 0 {
			return nothingOwed()
		}
		n.AmountFen = owedFen
	}
	return money.CheckAmount(n.AmountFen)
}

// owedBills gives the open bills of a debtor in a community with what settles each today.
func (s *Store) owedBills(ctx context.Context, orgID, debtorID, communityID string) ([]money.Bill, error) {
	account, err := s.DebtorAccount(ctx, access.ForSystem(orgID), debtorID, calendar.Date{})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(account.Bills, func(b money.Bill) bool { return b.CommunityID != communityID || b.PayableFen <= 0 }), nil
}

func (s *Store) newPayOrder(ctx context.Context, sc access.Scope, n checkout.NewOrder, link *checkout.Link) (checkout.Order, error) {
	var community []string
	if err := s.db.SelectContext(ctx, &community, `SELECT name FROM community WHERE org_id = ? AND id = ?`, sc.OrgID, n.CommunityID); err != nil {
		return checkout.Order{}, fmt.Errorf("read the community: %w", err)
	}
	if len(community) == 0 {
		return checkout.Order{}, refusal.New(refusal.Rule, "community-unknown", "没有找到该小区，请核对后重试。").At("community_id", "小区不存在", n.CommunityID)
	}
	if n.BillIDs == nil {
		n.BillIDs = []string{}
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	return checkout.Order{
		ID: or(sc.CommandID, NewID()), CommunityID: n.CommunityID, DebtorID: n.DebtorID, UnitID: n.UnitID, BillIDs: n.BillIDs, AmountFen: n.AmountFen,
		Subject: shorten(community[0]+" 物业缴费", 60), Status: checkout.OrderCreated, Provider: n.Provider, CreatedAt: now, ExpiresAt: now.Add(checkout.OrderLife),
		MadeBy: sc.ActorID, ByLink: link != nil, Version: 1,
	}, nil
}

func (s *Store) insertPayOrder(ctx context.Context, tx *sqlx.Tx, sc access.Scope, o checkout.Order, link *checkout.Link) error {
	var before []string
	err := tx.SelectContext(ctx, &before, `SELECT id FROM pay_order WHERE org_id = ? AND debtor_id = ? AND community_id = ? AND status IN ('created','waiting') AND made_by = ?
		AND NOT close_wanted FOR UPDATE`, sc.OrgID, o.DebtorID, o.CommunityID, sc.ActorID)
	if err != nil {
		return fmt.Errorf("read the orders before: %w", err)
	}
	for _, id := range before {
		if err := s.wantClosed(ctx, tx, sc.OrgID, id); err != nil {
			return err
		}
	}
	bills, err := json.Marshal(o.BillIDs)
	if err != nil {
		return err
	}
	var linkID any
	if link != nil {
		linkID = link.ID
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO pay_order (org_id, id, community_id, debtor_id, unit_id, bill_ids, amount_fen, subject, provider, status, created_at, expires_at, made_by, link_id)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, o.ID, o.CommunityID, o.DebtorID, nullable(o.UnitID), string(bills), o.AmountFen, o.Subject, o.Provider,
		string(o.Status), o.CreatedAt, o.ExpiresAt, o.MadeBy, linkID)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverPayOrder, o.ID); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "make-pay-order", SubjectKind: "pay_order", SubjectID: o.ID, CommunityID: o.CommunityID,
		Detail: map[string]any{"amount_fen": o.AmountFen, "provider": o.Provider, "by_link": link != nil}})
}

// wantClosed asks the process of a live order to close it.
func (s *Store) wantClosed(ctx context.Context, tx *sqlx.Tx, orgID, id string) error {
	_, err := tx.ExecContext(ctx, `UPDATE pay_order SET close_wanted = TRUE, version = version + 1 WHERE org_id = ? AND id = ? AND status IN ('created','waiting')`, orgID, id)
	if err != nil {
		return fmt.Errorf("ask for the order to be closed: %w", err)
	}
	return enqueueDelivery(ctx, tx, orgID, DeliverPayOrder, id)
}
