package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// moneyRules are what a community's money goes by: the settlement version in force, or what holds without one (no late fee,
// no small change), and the last day that is closed.
type moneyRules struct {
	money.Settlement
	SettlementID       string // "" before anything was signed off
	LateFeeAgreed      bool   // by the version in force or an earlier one, of which a late fee may be left
	ClosedThrough      calendar.Date
	MonthClosedThrough calendar.Date
}

// lateFeeAgreed is whether a community, aliased c, has ever signed off a late fee.
const lateFeeAgreed = `EXISTS (SELECT 1 FROM settlement_version g WHERE g.org_id = c.org_id AND g.community_id = c.id AND g.status = 'signed'
	AND JSON_CONTAINS(g.body, 'true', '$.late_fee.enabled'))`

// readMoneyRules reads the rules of some communities. A transaction that writes money holds their books, so that neither
// changes before it ends.
func readMoneyRules(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string) (map[string]moneyRules, error) {
	rules := make(map[string]moneyRules, len(communityIDs))
	if len(communityIDs) == 0 {
		return rules, nil
	}
	var rows []struct {
		ID            string        `db:"id"`
		Order         money.Order   `db:"allocation_order"`
		ClosedThrough calendar.Date `db:"closed_through"`
		MonthClosed   calendar.Date `db:"month_closed_through"`
		SettlementID  string        `db:"settlement_id"`
		LateFeeAgreed bool          `db:"late_fee_agreed"`
		Body          []byte        `db:"body"`
	}
	err := selectIn(ctx, q, &rows, `SELECT c.id, c.allocation_order, c.closed_through, c.month_closed_through, COALESCE(v.id, '') AS settlement_id, v.body,
			`+lateFeeAgreed+` AS late_fee_agreed
		FROM community c LEFT JOIN settlement_version v ON v.org_id = c.org_id AND v.id = c.settlement_id
		WHERE c.org_id = ? AND c.id IN (?)`, orgID, communityIDs)
	if err != nil {
		return nil, fmt.Errorf("read the money rules of communities: %w", err)
	}
	for _, r := range rows {
		in := moneyRules{SettlementID: r.SettlementID, LateFeeAgreed: r.LateFeeAgreed, ClosedThrough: r.ClosedThrough, MonthClosedThrough: r.MonthClosed}
		if len(r.Body) > 0 {
			if err := json.Unmarshal(r.Body, &in.Settlement); err != nil {
				return nil, fmt.Errorf("read settlement version %s: %w", r.SettlementID, err)
			}
		}
		if in.AllocationOrder == "" {
			in.AllocationOrder = r.Order
		}
		rules[r.ID] = in
	}
	return rules, nil
}

// open tells whether money may still be booked on a day.
func (r moneyRules) open(day calendar.Date) bool {
	return r.ClosedThrough.IsZero() || day.After(r.ClosedThrough)
}

// bookedAt gives the instant on which something of a value date is booked: the value date itself while its day is open,
// else now, and the first instant of the next open day where today itself is closed. A closed day never changes; what comes
// later for it is an entry of the open period.
func (r moneyRules) bookedAt(value, now time.Time) time.Time {
	switch {
	case r.open(calendar.DateOf(value)):
		return value
	case r.open(calendar.DateOf(now)):
		return now
	}
	return r.ClosedThrough.AddDays(1).At(0, 0).UTC()
}

// bookedNow gives the instant on which what is done now in a community is booked. The transaction holds its book.
func bookedNow(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, now time.Time) (time.Time, error) {
	rules, err := readMoneyRules(ctx, tx, orgID, []string{communityID})
	return rules[communityID].bookedAt(now, now), err
}

// checkValueDate refuses a value date that the desk may not use any more, because its day or month is closed.
func (r moneyRules) checkValueDate(value time.Time) error {
	day := calendar.DateOf(value)
	switch {
	case !r.MonthClosedThrough.IsZero() && !day.After(r.MonthClosedThrough):
		return refusal.New(refusal.Rule, "month-closed", "%d年%d月已月结，不能再登记该月的收款。请按实际收款日期登记到未结账的日期，或联系财务。", day.Year, int(day.Month)).
			At("paid_at", "缴费日期所在月份已月结", value).With("closed_through", r.MonthClosedThrough)
	case !r.open(day):
		return refusal.New(refusal.Rule, "day-closed", "%s 已日结，不能再登记到当天。刚收到的款项请不要填写缴费时间，系统会记入下一个未结账的日期；其他情况请联系财务。", day).
			At("paid_at", "缴费日期已日结", value).With("closed_through", r.ClosedThrough)
	}
	return nil
}
