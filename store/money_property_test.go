package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// model is what the money of a test organization must come to: everything that was billed and everything that was paid.
type model struct {
	billedFen, paidFen int64
	payments           []money.NewPayment
	ids                []string
	standing           map[string]bool
	bills              []string
}

// TestNoOrderOfMovementsLosesOrMakesMoney runs any order of bills, whole and part payments, repeats, unmatched notices,
// matches and reversals, and checks the books after each run.
func TestNoOrderOfMovementsLosesOrMakesMoney(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := newMoneyEnv(t)
		if rapid.Bool().Draw(rt, "oldest due first") {
			e.exec(`UPDATE community SET allocation_order = 'oldest_due' WHERE org_id = ? AND id = ?`, e.OrgID, e.community)
		}
		m := &model{standing: map[string]bool{}}
		var units, owners []string
		for range 2 {
			unit, owner := e.household()
			units, owners = append(units, unit), append(owners, owner)
		}
		garage := e.addUnit(e.community)
		e.addOwner(garage, owners[0])
		units, owners = append(units, garage), append(owners, owners[0])
		for step := range rapid.IntRange(1, 14).Draw(rt, "steps") {
			i := rapid.IntRange(0, len(units)-1).Draw(rt, "unit")
			switch rapid.SampledFrom([]string{"bill", "bill", "pay", "pay", "pay", "named", "repeat", "reverse", "suspend", "day"}).Draw(rt, "move") {
			case "bill":
				m.bill(e, rt, step, units[i], owners[i])
			case "pay":
				m.pay(e, rt, units[i])
			case "named":
				m.payNamed(e, rt)
			case "repeat":
				m.repeat(e, rt)
			case "reverse":
				m.reverse(e, rt)
			case "suspend":
				m.suspend(e, rt, units[i])
			case "day":
				e.day(rapid.IntRange(1, 40).Draw(rt, "days"))
			}
		}
		m.check(e)
	})
}

func fen(rt *rapid.T) int64 { return rapid.Int64Range(1, 50).Draw(rt, "fen") }

func (m *model) bill(e *moneyEnv, rt *rapid.T, step int, unit, owner string) {
	amount := fen(rt)
	due := []string{"2025-12-31", "2026-01-31", "2026-12-31"}[rapid.IntRange(0, 2).Draw(rt, "due")]
	m.bills = append(m.bills, e.bill(unit, owner, fmt.Sprintf("P%d", step), due, amount))
	m.billedFen += amount
}

func (m *model) pay(e *moneyEnv, rt *rapid.T, unit string) {
	p := e.payment(fen(rt))
	p.UnitID = unit
	m.took(p, e.pay(p))
}

func (m *model) payNamed(e *moneyEnv, rt *rapid.T) {
	if len(m.bills) == 0 {
		return
	}
	b, err := e.Store.Bill(e.t.Context(), e.Scope, rapid.SampledFrom(m.bills).Draw(rt, "bill"))
	require.NoError(e.t, err)
	p := e.payment(fen(rt))
	p.DebtorID, p.BillIDs = b.DebtorID, []string{b.ID}
	recorded := e.pay(p)
	if want := min(b.UnpaidFen, p.AmountFen); want > 0 {
		require.Equal(e.t, money.Allocation{BillID: b.ID, PrincipalFen: want}, recorded.Allocations[0])
	}
	m.took(p, recorded)
}

func (m *model) took(p money.NewPayment, recorded money.Payment) {
	m.paidFen += p.AmountFen
	m.payments, m.ids = append(m.payments, p), append(m.ids, recorded.ID)
	m.standing[recorded.ID] = true
}

func (m *model) repeat(e *moneyEnv, rt *rapid.T) {
	if len(m.payments) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.payments)-1).Draw(rt, "which")
	p, existed, err := e.Store.RecordPayment(e.t.Context(), e.Scope, m.payments[i])
	require.NoError(e.t, err)
	require.True(e.t, existed)
	require.Equal(e.t, m.ids[i], p.ID)
}

func (m *model) reverse(e *moneyEnv, rt *rapid.T) {
	if len(m.ids) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.ids)-1).Draw(rt, "which")
	_, err := e.Store.ReversePayment(e.t.Context(), e.Scope, m.ids[i], "属性测试")
	if !m.standing[m.ids[i]] {
		require.True(e.t, refusal.Is(err, "already-reversed"), "%v", err)
		return
	}
	require.NoError(e.t, err)
	m.standing[m.ids[i]] = false
	m.paidFen -= m.payments[i].AmountFen
}

// suspend sends a notice that matches nobody, and sometimes finds its unit afterwards.
func (m *model) suspend(e *moneyEnv, rt *rapid.T, unit string) {
	p := e.payment(fen(rt))
	p.UnitID, p.Channel = store.NewID(), "sandbox"
	require.NoError(e.t, e.Store.ReceivePayment(e.t.Context(), e.Scope, p))
	if !rapid.Bool().Draw(rt, "match") {
		return
	}
	var id string
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &id, `SELECT id FROM suspense WHERE org_id = ? AND external_no = ?`, e.OrgID, p.ExternalNo))
	recorded, err := e.Store.MatchSuspense(e.t.Context(), e.Scope, id, money.NewPayment{UnitID: unit})
	require.NoError(e.t, err)
	p.UnitID = unit
	m.took(p, recorded)
}

func (m *model) check(e *moneyEnv) {
	e.sound()
	var got struct {
		Receivable int64 `db:"receivable"`
		Advance    int64 `db:"advance"`
		Revenue    int64 `db:"revenue"`
		Total      int64 `db:"total"`
	}
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &got, `SELECT
		COALESCE(SUM(IF(account = 'receivable', amount_fen, 0)), 0) AS receivable, COALESCE(SUM(IF(account = 'advance', amount_fen, 0)), 0) AS advance,
		COALESCE(SUM(IF(account = 'revenue', amount_fen, 0)), 0) AS revenue, COALESCE(SUM(amount_fen), 0) AS total
		FROM ledger_posting WHERE org_id = ?`, e.OrgID))
	require.Zero(e.t, got.Total)
	require.Equal(e.t, -m.billedFen, got.Revenue)
	require.Equal(e.t, m.billedFen-m.paidFen, got.Receivable+got.Advance, "owed less advance is billed less paid")
	var open int
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &open, `SELECT COUNT(*) FROM bill b JOIN payment p ON p.org_id = b.org_id AND p.debtor_id = b.debtor_id
		WHERE b.org_id = ? AND b.unpaid_fen > 0 AND p.unallocated_fen > 0`, e.OrgID))
	require.Zero(e.t, open, "an advance lies idle while a bill is open")
	m.checkAccounts(e)
}

// checkAccounts: the account read from the rows and the one read from the ledger are the same.
func (m *model) checkAccounts(e *moneyEnv) {
	today, later := e.Clock.Now(), e.Clock.Now().Add(48*time.Hour)
	var debtors []string
	require.NoError(e.t, e.DB.SelectContext(e.t.Context(), &debtors, `SELECT id FROM person WHERE org_id = ?`, e.OrgID))
	for _, d := range debtors {
		now, err := e.Store.DebtorAccount(e.t.Context(), e.Scope, d, dateOf(today))
		require.NoError(e.t, err)
		e.Clock.Set(later)
		past, err := e.Store.DebtorAccount(e.t.Context(), e.Scope, d, dateOf(today))
		e.Clock.Set(today)
		require.NoError(e.t, err)
		require.Equal(e.t, *now.PrincipalFen, *past.PrincipalFen)
		require.Equal(e.t, *now.AdvanceFen, *past.AdvanceFen)
		require.Equal(e.t, *now.BalanceFen, *past.BalanceFen)
	}
}
