package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/store"
	"steward/store/storetest"
)

// moneyEnv is a community with units and their owners, and shorthand for what its tests do again and again.
type moneyEnv struct {
	*storetest.Env
	t         testing.TB
	community string
	serial    int
}

func newMoneyEnv(t testing.TB) *moneyEnv {
	e := &moneyEnv{Env: storetest.New(t), t: t}
	e.community = e.addCommunity()
	return e
}

func (e *moneyEnv) exec(query string, args ...any) {
	e.t.Helper()
	_, err := e.DB.ExecContext(e.t.Context(), query, args...)
	require.NoError(e.t, err)
}

func (e *moneyEnv) addCommunity() string {
	id := store.NewID()
	e.exec(`INSERT INTO community (org_id, id, name, name_key, created_at) VALUES (?,?,?,?,?)`, e.OrgID, id, "小区"+id, id, e.Clock.Now())
	return id
}

func (e *moneyEnv) addUnit(community string) string {
	id := store.NewID()
	e.exec(`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,?,?,?,?)`,
		e.OrgID, id, community, store.NewID(), id, "101", "1栋1单元101", e.Clock.Now())
	return id
}

func (e *moneyEnv) addPerson() string {
	id := store.NewID()
	e.exec(`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, created_at) VALUES (?,?,?,?,?,?)`,
		e.OrgID, id, e.Keys.Index("identity", id), e.Keys.Seal("业主"+id), e.Keys.Index("name", id), e.Clock.Now())
	return id
}

func (e *moneyEnv) addOwner(unit, person string) {
	e.exec(`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`,
		e.OrgID, store.NewID(), unit, person, e.Clock.Now())
}

// household adds a unit with its owner.
func (e *moneyEnv) household() (unit, owner string) {
	unit, owner = e.addUnit(e.community), e.addPerson()
	e.addOwner(unit, owner)
	return unit, owner
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (e *moneyEnv) line(unit, debtor, period, due string, fen int64) money.NewBill {
	return money.NewBill{CommunityID: e.community, UnitID: unit, DebtorID: debtor, FeeItem: "物业费", Period: period, DueOn: date(due), AmountFen: fen}
}

func (e *moneyEnv) issue(lines ...money.NewBill) money.Issued {
	e.t.Helper()
	issued, err := e.Store.IssueBills(e.t.Context(), e.Scope, lines, money.Source{Kind: money.FromBilling})
	require.NoError(e.t, err)
	return issued
}

// bill issues one line and gives its id.
func (e *moneyEnv) bill(unit, debtor, period, due string, fen int64) string {
	e.t.Helper()
	require.Equal(e.t, money.Issued{Created: 1, New: []int{0}}, e.issue(e.line(unit, debtor, period, due, fen)))
	var id string
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &id, `SELECT id FROM bill WHERE org_id = ? AND unit_id = ? AND debtor_id = ? AND period = ?`, e.OrgID, unit, debtor, period))
	return id
}

func (e *moneyEnv) payment(fen int64) money.NewPayment {
	e.serial++
	return money.NewPayment{AmountFen: fen, Method: "cash", Channel: "counter", ExternalNo: fmt.Sprintf("no-%d", e.serial), PaidAt: e.Clock.Now()}
}

func (e *moneyEnv) pay(p money.NewPayment) money.Payment {
	e.t.Helper()
	recorded, existed, err := e.Store.RecordPayment(e.t.Context(), e.Scope, p)
	require.NoError(e.t, err)
	require.False(e.t, existed)
	return recorded
}

func (e *moneyEnv) payUnit(unit string, fen int64, bills ...string) money.Payment {
	e.t.Helper()
	p := e.payment(fen)
	p.UnitID, p.BillIDs = unit, bills
	return e.pay(p)
}

func (e *moneyEnv) unpaid(bill string) int64 {
	e.t.Helper()
	b, err := e.Store.Bill(e.t.Context(), e.Scope, bill)
	require.NoError(e.t, err)
	return b.UnpaidFen
}

// sound requires that the books agree with themselves.
func (e *moneyEnv) sound() {
	e.t.Helper()
	found, err := e.Store.CheckBooks(e.t.Context(), e.Scope)
	require.NoError(e.t, err)
	require.Empty(e.t, found)
}

func (e *moneyEnv) day(days int) { e.Clock.Advance(time.Duration(days) * 24 * time.Hour) }
