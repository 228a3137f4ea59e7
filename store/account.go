package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// accountQuery is one account to be read: whose, of which unit, in which communities, as of when.
type accountQuery struct {
	orgID       string
	unitID      string
	debtorID    string   // "" for everyone's account of a unit
	communities []string // nil for all
	knownOn     calendar.Date
	view        moneyView // in a past one the account is put together from the ledger
}

// UnitAccount gives what is owed for a unit. Staff see all debtors of the unit, a resident only the own part. asOf, when
// given, is the end of that day; the advance is what was paid for this unit, or by its debtors for no unit in particular.
func (s *Store) UnitAccount(ctx context.Context, sc access.Scope, unitID string, asOf calendar.Date) (money.AccountView, error) {
	return s.UnitAccountKnown(ctx, sc, unitID, asOf, calendar.Date{})
}

// UnitAccountKnown is UnitAccount of only what was posted by the end of the day knownOn.
func (s *Store) UnitAccountKnown(ctx context.Context, sc access.Scope, unitID string, asOf, knownOn calendar.Date) (money.AccountView, error) {
	if err := sc.Require(access.SeeMoney, ""); err != nil {
		return money.AccountView{}, err
	}
	var community []string
	if err := s.db.SelectContext(ctx, &community, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(unitID)); err != nil {
		return money.AccountView{}, fmt.Errorf("read unit: %w", err)
	}
	if len(community) == 0 {
		return money.AccountView{}, refusal.New(refusal.NotFound, "unit-not-found", "没有找到这套房屋，请核对编号。")
	}
	view, debtorID, err := s.unitView(ctx, sc, unitID, community[0])
	if err != nil {
		return money.AccountView{}, err
	}
	q := s.accountQuery(sc, asOf, knownOn)
	q.unitID, q.debtorID = unitID, debtorID
	return s.account(ctx, sc, q, view)
}

// unitView gives how much of a unit's account the caller sees, and for a resident whose part.
func (s *Store) unitView(ctx context.Context, sc access.Scope, unitID, communityID string) (access.MoneyView, string, error) {
	if view := sc.Money(communityID); view != access.MoneyNone {
		return view, "", nil
	}
	if sc.PersonID != "" {
		var ties int
		err := s.db.GetContext(ctx, &ties, `SELECT (SELECT COUNT(*) FROM bill WHERE org_id = ? AND unit_id = ? AND debtor_id = ?)
			+ (SELECT COUNT(*) FROM occupancy WHERE org_id = ? AND unit_id = ? AND person_id = ?)`, sc.OrgID, unitID, sc.PersonID, sc.OrgID, unitID, sc.PersonID)
		if err != nil {
			return "", "", fmt.Errorf("look for the resident's tie to the unit: %w", err)
		}
		if ties > 0 {
			return access.MoneyDetail, sc.PersonID, nil
		}
	}
	return "", "", refusal.New(refusal.Forbidden, "forbidden", "您没有查看该账户的权限，请联系管理员授权。")
}

// DebtorAccount gives what a debtor owes in the communities that the caller may see.
func (s *Store) DebtorAccount(ctx context.Context, sc access.Scope, debtorID string, asOf calendar.Date) (money.AccountView, error) {
	return s.DebtorAccountKnown(ctx, sc, debtorID, asOf, calendar.Date{})
}

// DebtorAccountKnown is DebtorAccount of only what was posted by the end of the day knownOn.
func (s *Store) DebtorAccountKnown(ctx context.Context, sc access.Scope, debtorID string, asOf, knownOn calendar.Date) (money.AccountView, error) {
	q, view, err := s.debtorQuery(ctx, sc, debtorID, asOf, knownOn)
	if err != nil {
		return money.AccountView{}, err
	}
	return s.account(ctx, sc, q, view)
}

// debtorQuery is the account of a debtor in the communities that the caller may see, and how much of it.
func (s *Store) debtorQuery(ctx context.Context, sc access.Scope, debtorID string, asOf, knownOn calendar.Date) (accountQuery, access.MoneyView, error) {
	q := s.accountQuery(sc, asOf, knownOn)
	q.debtorID = debtorID
	if err := sc.Require(access.SeeMoney, ""); err != nil {
		return q, "", err
	}
	var found []string
	err := s.db.SelectContext(ctx, &found, `SELECT id FROM person WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(debtorID))
	if err != nil {
		return q, "", fmt.Errorf("read debtor: %w", err)
	}
	if len(found) == 0 {
		return q, "", refusal.New(refusal.NotFound, "debtor-not-found", "没有找到该缴费人，请核对编号。")
	}
	view := access.MoneyDetail
	if debtorID != sc.PersonID {
		view, q.communities, err = s.debtorView(ctx, sc, debtorID)
	}
	return q, view, err
}

// debtorView gives the communities of a debtor's dealings that the caller may see, and the narrowest view of them.
func (s *Store) debtorView(ctx context.Context, sc access.Scope, debtorID string) (access.MoneyView, []string, error) {
	var ties []string
	err := s.db.SelectContext(ctx, &ties, `SELECT community_id FROM bill WHERE org_id = ? AND debtor_id = ?
		UNION SELECT community_id FROM payment WHERE org_id = ? AND debtor_id = ?
		UNION SELECT u.community_id FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id WHERE o.org_id = ? AND o.person_id = ?`,
		sc.OrgID, debtorID, sc.OrgID, debtorID, sc.OrgID, debtorID)
	if err != nil {
		return "", nil, fmt.Errorf("read the debtor's communities: %w", err)
	}
	order := []access.MoneyView{access.MoneyNone, access.MoneyStatus, access.MoneyTotals, access.MoneyDetail}
	view, within := access.MoneyDetail, []string{}
	for _, c := range ties {
		if v := sc.Money(c); v != access.MoneyNone {
			within = append(within, c)
			view = order[min(slices.Index(order, view), slices.Index(order, v))]
		}
	}
	if len(within) == 0 {
		if view = sc.Money(""); len(ties) > 0 || view == access.MoneyNone {
			return "", nil, refusal.New(refusal.Forbidden, "forbidden", "您没有查看该账户的权限，请联系管理员授权。")
		}
	}
	return view, within, nil
}

// accountQuery looks at what was booked by the end of the day asOf, of what was known by the end of the day knownOn. Without
// asOf it is knownOn, without both it is now.
func (s *Store) accountQuery(sc access.Scope, asOf, knownOn calendar.Date) accountQuery {
	today := calendar.DateOf(s.clock.Now())
	q := accountQuery{orgID: sc.OrgID, knownOn: knownOn, view: moneyView{day: today}}
	if !knownOn.IsZero() && knownOn.Before(today) {
		q.view.knownBefore = knownOn.AddDays(1).At(0, 0).UTC()
		q.view.day = knownOn
	}
	if !asOf.IsZero() {
		q.view.day = asOf
		if asOf.Before(today) {
			q.view.bookedBefore = asOf.AddDays(1).At(0, 0).UTC()
		}
	}
	return q
}

// account reads one account and leaves out what the view does not show.
func (s *Store) account(ctx context.Context, sc access.Scope, q accountQuery, view access.MoneyView) (money.AccountView, error) {
	a := money.AccountView{UnitID: q.unitID, DebtorID: q.debtorID, AsOf: q.view.day, KnownOn: q.knownOn}
	bills, overpaidFen, err := q.bills(ctx, s.db)
	if err != nil {
		return a, err
	}
	payments, advanceFen, err := q.payments(ctx, s.db, bills)
	if err != nil {
		return a, err
	}
	var principalFen, lateFeeFen, payableFen int64
	for _, b := range bills {
		payableFen += b.PayableFen
		principalFen += b.UnpaidFen
		lateFeeFen += b.LateFeeFen
	}
	advanceFen += overpaidFen
	balanceFen := principalFen + lateFeeFen - advanceFen
	a.Owes = principalFen+lateFeeFen > 0
	if view == access.MoneyTotals || view == access.MoneyDetail {
		a.PrincipalFen, a.LateFeeFen, a.AdvanceFen, a.BalanceFen = &principalFen, &lateFeeFen, &advanceFen, &balanceFen
		a.PayableFen = &payableFen
	}
	if view != access.MoneyDetail {
		return a, nil
	}
	a.Bills, a.Payments = bills, payments
	return a, s.auditAccountRead(ctx, sc, q)
}

// auditAccountRead keeps who looked at whose payment history; a resident's look at the own one and the product's own reads
// are not kept.
func (s *Store) auditAccountRead(ctx context.Context, sc access.Scope, q accountQuery) error {
	if sc.System || sc.PersonID != "" && sc.PersonID == q.debtorID {
		return nil
	}
	kind, id := "unit", q.unitID
	if id == "" {
		kind, id = "person", q.debtorID
	}
	return s.inTx(ctx, "audit the look at an account", func(tx *sqlx.Tx) error {
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "read-account", SubjectKind: kind, SubjectID: id})
	})
}
