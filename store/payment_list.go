package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

type paymentRow struct {
	ID             string     `db:"id"`
	CommunityID    string     `db:"community_id"`
	DebtorID       string     `db:"debtor_id"`
	UnitID         string     `db:"unit_id"`
	AmountFen      int64      `db:"amount_fen"`
	UnallocatedFen int64      `db:"unallocated_fen"`
	Method         string     `db:"method"`
	Channel        string     `db:"channel"`
	ExternalNo     string     `db:"external_no"`
	PaidAt         time.Time  `db:"paid_at"`
	KnownAt        time.Time  `db:"known_at"`
	Status         string     `db:"status"`
	ReversedAt     *time.Time `db:"reversed_at"`
	ReversedWhy    string     `db:"reversed_why"`
	RecordedBy     string     `db:"recorded_by"`
	Version        int        `db:"version"`
	PurposeID      string     `db:"purpose_id"`
	DepositKind    string     `db:"deposit_kind"`
	DepositFen     int64      `db:"deposit_fen"`
	RefundedFen    int64      `db:"refunded_fen"`
	RoundOffFen    int64      `db:"round_off_fen"`
	ShiftID        string     `db:"shift_id"`
	ReceiptNo      string     `db:"receipt_no"`
}

const selectPayments = `SELECT p.id, p.community_id, p.debtor_id, COALESCE(p.unit_id, '') AS unit_id, p.amount_fen, p.unallocated_fen, p.method, p.channel,
	p.external_no, p.paid_at, p.known_at, p.status, p.reversed_at, COALESCE(p.reversed_why, '') AS reversed_why, p.recorded_by, p.version,
	COALESCE(p.purpose_id, '') AS purpose_id, COALESCE(p.deposit_kind, '') AS deposit_kind, p.deposit_fen, p.refunded_fen, p.round_off_fen,
	COALESCE(p.shift_id, '') AS shift_id, COALESCE(r.display_no, '') AS receipt_no
	FROM payment p LEFT JOIN receipt r ON r.org_id = p.org_id AND r.payment_id = p.id `

func (r paymentRow) payment() money.Payment {
	return money.Payment{ID: r.ID, CommunityID: r.CommunityID, DebtorID: r.DebtorID, UnitID: r.UnitID, AmountFen: r.AmountFen, Method: r.Method,
		Channel: r.Channel, ExternalNo: r.ExternalNo, PaidAt: r.PaidAt, KnownAt: r.KnownAt, Status: money.PaymentStatus(r.Status), ReceiptNo: r.ReceiptNo,
		Allocations: []money.Allocation{}, AdvanceFen: r.UnallocatedFen, ReversedAt: r.ReversedAt, ReversedWhy: r.ReversedWhy, RecordedBy: r.RecordedBy,
		Version: r.Version, PurposeID: r.PurposeID, DepositKind: r.DepositKind, DepositFen: r.DepositFen, RefundedFen: r.RefundedFen,
		RoundOffFen: r.RoundOffFen, ShiftID: r.ShiftID}
}

// readPayments runs a query that begins with selectPayments and adds what each payment pays now.
func readPayments(ctx context.Context, q sqlx.QueryerContext, orgID, query string, args ...any) ([]money.Payment, error) {
	var rows []paymentRow
	if err := selectIn(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	payments := make([]money.Payment, len(rows))
	at := map[string]int{}
	for i, r := range rows {
		payments[i] = r.payment()
		at[r.ID] = i
	}
	for chunk := range slices.Chunk(rows, rowsPerStatement) {
		var parts []struct {
			PaymentID    string `db:"payment_id"`
			BillID       string `db:"bill_id"`
			PrincipalFen int64  `db:"principal_fen"`
			LateFeeFen   int64  `db:"late_fee_fen"`
		}
		err := selectIn(ctx, q, &parts, `SELECT payment_id, bill_id, SUM(principal_fen) AS principal_fen, SUM(late_fee_fen) AS late_fee_fen FROM allocation
			WHERE org_id = ? AND payment_id IN (?) GROUP BY payment_id, bill_id HAVING SUM(principal_fen) <> 0 OR SUM(late_fee_fen) <> 0 ORDER BY MIN(id)`,
			orgID, distinct(chunk, func(r paymentRow) string { return r.ID }))
		if err != nil {
			return nil, fmt.Errorf("read allocations: %w", err)
		}
		for _, a := range parts {
			p := &payments[at[a.PaymentID]]
			p.Allocations = append(p.Allocations, money.Allocation{BillID: a.BillID, PrincipalFen: a.PrincipalFen, LateFeeFen: a.LateFeeFen})
		}
	}
	return payments, nil
}

// paymentsByNumber finds payments by channel and external number.
func paymentsByNumber(ctx context.Context, tx *sqlx.Tx, orgID string, items []*paymentItem) (map[paymentKey]money.Payment, error) {
	where, args := numbers(orgID, items)
	payments, err := readPayments(ctx, tx, orgID, selectPayments+strings.ReplaceAll(where, "@", "p."), args...)
	if err != nil {
		return nil, err
	}
	found := map[paymentKey]money.Payment{}
	for _, p := range payments {
		found[paymentKey{p.Channel, p.ExternalNo}] = p
	}
	return found, nil
}

// suspenseByNumber finds money that waits in suspense by channel and external number, and gives its id.
func suspenseByNumber(ctx context.Context, tx *sqlx.Tx, orgID string, items []*paymentItem) (map[paymentKey]string, error) {
	where, args := numbers(orgID, items)
	var rows []struct {
		ID         string `db:"id"`
		Channel    string `db:"channel"`
		ExternalNo string `db:"external_no"`
	}
	if err := tx.SelectContext(ctx, &rows, `SELECT id, channel, external_no FROM suspense `+strings.ReplaceAll(where, "@", ""), args...); err != nil {
		return nil, fmt.Errorf("look into suspense: %w", err)
	}
	found := map[paymentKey]string{}
	for _, r := range rows {
		found[paymentKey{r.Channel, r.ExternalNo}] = r.ID
	}
	return found, nil
}

// numbers is the condition on the unique key of payment and suspense; "@" stands for the table's alias.
func numbers(orgID string, items []*paymentItem) (string, []any) {
	byChannel := map[string][]any{}
	for _, it := range items {
		byChannel[it.Channel] = append(byChannel[it.Channel], it.ExternalNo)
	}
	var alternatives []string
	args := []any{orgID}
	for _, channel := range sortedKeys(byChannel) {
		nos := byChannel[channel]
		alternatives = append(alternatives, `@channel = ? AND @external_no IN (?`+strings.Repeat(",?", len(nos)-1)+`)`)
		args = append(append(args, channel), nos...)
	}
	return `WHERE @org_id = ? AND (` + strings.Join(alternatives, " OR ") + `)`, args
}

// Payment gives one payment to callers who may see details of its community, or whose own it is.
func (s *Store) Payment(ctx context.Context, sc access.Scope, id string) (money.Payment, error) {
	if !isID(id) {
		return money.Payment{}, s.hidden(sc, "payment-not-found", "没有找到这笔缴费，请核对编号。")
	}
	payments, err := readPayments(ctx, s.db, sc.OrgID, selectPayments+`WHERE p.org_id = ? AND p.id = ?`, sc.OrgID, id)
	if err != nil {
		return money.Payment{}, err
	}
	if len(payments) == 0 || !seesDetail(sc, payments[0].CommunityID, payments[0].DebtorID) {
		return money.Payment{}, s.hidden(sc, "payment-not-found", "没有找到这笔缴费，请核对编号。")
	}
	return payments[0], nil
}

// hidden refuses callers without any sight of money, and says "not found" to those who see some, so that ids of other
// communities are not confirmed.
func (s *Store) hidden(sc access.Scope, code, message string) error {
	if err := sc.Require(access.SeeMoney, ""); err != nil {
		return err
	}
	return refusal.New(refusal.NotFound, code, "%s", message)
}

// Payments lists payments that the caller may see in detail, in order of recording.
func (s *Store) Payments(ctx context.Context, sc access.Scope, f money.PaymentFilter, q page.Query) (page.Of[money.Payment], error) {
	where, args, err := detailReach(sc, "p.", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.Payment]{}, err
	}
	for _, c := range []struct{ column, value string }{{"p.debtor_id", f.DebtorID}, {"p.unit_id", f.UnitID}, {"p.status", f.Status}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if !f.Date.IsZero() {
		where += ` AND p.paid_at >= ? AND p.paid_at < ?`
		args = append(args, f.Date.At(0, 0).UTC(), f.Date.AddDays(1).At(0, 0).UTC())
	}
	where += ` AND p.id > ? ORDER BY p.id LIMIT ?`
	args = append(args, q.Cursor, q.Limit+1)
	payments, err := readPayments(ctx, s.db, sc.OrgID, selectPayments+`WHERE `+where, args...)
	if err != nil {
		return page.Of[money.Payment]{}, err
	}
	return page.Cut(payments, q.Limit, func(p money.Payment) string { return p.ID }), nil
}

func checkCursor(q page.Query) error {
	if q.Cursor == "" || isID(q.Cursor) {
		return nil
	}
	return badCursor(q.Cursor)
}

func badCursor(text string) error {
	return refusal.New(refusal.Malformed, "invalid-cursor", "cursor 只能使用上一页返回的 next_cursor。").At("query.cursor", "不是有效的 cursor", text)
}

// seesDetail tells whether the caller may see bills and payments of a debtor in a community.
func seesDetail(sc access.Scope, communityID, debtorID string) bool {
	return sc.Money(communityID) == access.MoneyDetail || sc.PersonID != "" && sc.PersonID == debtorID && sc.Require(access.SeeMoney, "") == nil
}

// detailReach is the condition that limits a list of bills or payments to what the caller may see in detail.
func detailReach(sc access.Scope, alias, communityID string) (string, []any, error) {
	if err := sc.Require(access.SeeMoney, ""); err != nil {
		return "", nil, err
	}
	where, args := alias+`org_id = ?`, []any{sc.OrgID}
	if communityID != "" {
		where, args = where+` AND `+alias+`community_id = ?`, append(args, asciiKey(communityID))
	}
	all, within := detailCommunities(sc)
	switch {
	case all || communityID != "" && slices.Contains(within, communityID):
		return where, args, nil
	case communityID == "" && len(within) > 0:
		return where + ` AND ` + alias + `community_id IN (?)`, append(args, within), nil
	case sc.PersonID != "":
		return where + ` AND ` + alias + `debtor_id = ?`, append(args, sc.PersonID), nil
	}
	return "", nil, refusal.New(refusal.Forbidden, "forbidden", "您没有查看账单和缴费明细的权限，请联系管理员授权。")
}

// detailCommunities gives the communities whose bills and payments the caller may see.
func detailCommunities(sc access.Scope) (all bool, communityIDs []string) {
	all, _ = sc.Reach(access.SeeMoney)
	if all && sc.Money("") == access.MoneyDetail {
		return true, nil
	}
	for _, g := range sc.Grants {
		for _, c := range g.Communities {
			if g.Level != access.LevelOwn && sc.Money(c) == access.MoneyDetail && !slices.Contains(communityIDs, c) {
				communityIDs = append(communityIDs, c)
			}
		}
	}
	return false, communityIDs
}
