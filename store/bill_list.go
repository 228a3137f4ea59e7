package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

type billRow struct {
	ID            string          `db:"id"`
	CommunityID   string          `db:"community_id"`
	UnitID        string          `db:"unit_id"`
	Unit          string          `db:"unit"`
	DebtorID      string          `db:"debtor_id"`
	FeeItemID     string          `db:"fee_item_id"`
	FeeItem       string          `db:"fee_item"`
	Period        string          `db:"period"`
	LineNo        int             `db:"line_no"`
	PeriodFrom    calendar.Date   `db:"period_from"`
	PeriodTo      calendar.Date   `db:"period_to"`
	BilledOn      calendar.Date   `db:"billed_on"`
	DueOn         calendar.Date   `db:"due_on"`
	GraceEndOn    calendar.Date   `db:"grace_end_on"`
	LateFeeFrom   calendar.Date   `db:"late_fee_from_on"`
	AmountFen     int64           `db:"amount_fen"`
	PaidFen       int64           `db:"paid_fen"`
	AdjustedFen   int64           `db:"adjusted_fen"`
	WaivedFen     int64           `db:"waived_fen"`
	UnpaidFen     int64           `db:"unpaid_fen"`
	LateFeePaid   int64           `db:"late_fee_paid_fen"`
	LateFeeWaived int64           `db:"late_fee_waived_fen"`
	Disputed      bool            `db:"disputed"`
	VoidedAt      *time.Time      `db:"voided_at"`
	Basis         json.RawMessage `db:"basis"`
	IssuedAt      time.Time       `db:"issued_at"`
	Version       int             `db:"version"`
}

// selectBills begins with the bills whatever else is there: beginning with the units, MariaDB reads and sorts all bills of a community for one page.
const selectBills = `SELECT STRAIGHT_JOIN b.id, b.community_id, b.unit_id, u.display AS unit, b.debtor_id, b.fee_item_id, f.name AS fee_item, b.period, b.line_no,
	b.period_from, b.period_to, b.billed_on, b.due_on, b.grace_end_on, b.late_fee_from_on, b.amount_fen, b.paid_fen, b.adjusted_fen, b.waived_fen,
	b.unpaid_fen, b.late_fee_paid_fen, b.late_fee_waived_fen, b.disputed, b.voided_at, COALESCE(b.basis, '{}') AS basis, b.issued_at, b.version
	FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id `

func (r billRow) bill() money.Bill {
	var basis struct {
		Formula string          `json:"formula"`
		Inputs  json.RawMessage `json:"inputs"`
	}
	_ = json.Unmarshal(r.Basis, &basis) // a basis in another form explains nothing, the amounts stand
	return money.Bill{ID: r.ID, CommunityID: r.CommunityID, UnitID: r.UnitID, Unit: r.Unit, DebtorID: r.DebtorID, FeeItemID: r.FeeItemID, FeeItem: r.FeeItem,
		Period: r.Period, LineNo: r.LineNo, PeriodFrom: r.PeriodFrom, PeriodTo: r.PeriodTo, BillDate: r.BilledOn, DueDate: r.DueOn, GraceEnd: r.GraceEndOn,
		LateFeeFrom: r.LateFeeFrom, Status: money.StatusOf(r.UnpaidFen, r.PaidFen, r.VoidedAt != nil), PrincipalFen: r.AmountFen, PaidFen: r.PaidFen,
		AdjustedFen: r.AdjustedFen, WaivedFen: r.WaivedFen, UnpaidFen: r.UnpaidFen,
		LateFeePaidFen: r.LateFeePaid, LateFeeWaivedFen: r.LateFeeWaived, PayableFen: max(r.UnpaidFen, 0), Disputed: r.Disputed, Formula: basis.Formula, Inputs: basis.Inputs,
		IssuedAt: r.IssuedAt, Version: r.Version}
}

var billStatusConditions = map[money.BillStatus]string{
	money.BillUnpaid:   `b.unpaid_fen > 0 AND b.paid_fen = 0 AND b.voided_at IS NULL`,
	money.BillPartPaid: `b.unpaid_fen > 0 AND b.paid_fen > 0 AND b.voided_at IS NULL`,
	money.BillPaid:     `b.unpaid_fen <= 0 AND b.voided_at IS NULL`,
	money.BillVoid:     `b.voided_at IS NOT NULL`,
}

// Bills lists bills that the caller may see, in order of issue.
func (s *Store) Bills(ctx context.Context, sc access.Scope, f money.BillFilter, q page.Query) (page.Of[money.Bill], error) {
	where, args, err := detailReach(sc, "b.", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.Bill]{}, err
	}
	for _, c := range []struct{ column, value string }{{"b.unit_id", f.UnitID}, {"b.debtor_id", f.DebtorID}, {"b.period", f.Period}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if f.Status != "" {
		condition, ok := billStatusConditions[f.Status]
		if !ok {
			return page.Of[money.Bill]{}, refusal.New(refusal.Rule, "status-unknown", "账单状态只能是 unpaid、part_paid、paid 或 void。").
				At("query.status", "没有这种状态", f.Status)
		}
		where += ` AND ` + condition
	}
	bills, err := readBills(ctx, s.db, selectBills+`WHERE `+where+` AND b.id > ? ORDER BY b.id LIMIT ?`, append(args, q.Cursor, q.Limit+1)...)
	if err != nil {
		return page.Of[money.Bill]{}, err
	}
	if err := addLateFees(ctx, s.db, sc.OrgID, bills, moneyView{day: calendar.DateOf(s.clock.Now())}); err != nil {
		return page.Of[money.Bill]{}, err
	}
	return page.Cut(bills, q.Limit, func(b money.Bill) string { return b.ID }), nil
}

func readBills(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]money.Bill, error) {
	var rows []billRow
	if err := selectIn(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read bills: %w", err)
	}
	bills := make([]money.Bill, len(rows))
	for i, r := range rows {
		bills[i] = r.bill()
	}
	return bills, nil
}
