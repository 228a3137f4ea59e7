package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

func TestIssueBillsIsIdempotentByNaturalKey(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	lines := []money.NewBill{
		e.line(unit, owner, "2026-01", "2026-01-31", 10000),
		e.line(unit, owner, "2026-02", "2026-02-28", 10000),
		e.line(unit, owner, "2026-02", "2026-02-28", 10000), // the same line twice in one set
	}
	require.Equal(t, money.Issued{Created: 2, Unchanged: 1, New: []int{0, 1}}, e.issue(lines...))
	require.Equal(t, money.Issued{Unchanged: 3}, e.issue(lines...))

	full := e.line(unit, owner, "2026-01", "2026-01-31", 10001)
	full.FeeItem = " 物业费　" // another way to write the same fee item
	issued := e.issue(full)
	require.Zero(t, issued.Created)
	require.Len(t, issued.Problems, 1)
	require.Equal(t, "bill-exists-with-other-amount", issued.Problems[0].Code)
	require.Equal(t, int64(10000), e.unpaid(e.onlyBill(unit, "2026-01")))
	e.sound()
}

func (e *moneyEnv) onlyBill(unit, period string) string {
	var ids []string
	require.NoError(e.t, e.DB.SelectContext(e.t.Context(), &ids, `SELECT id FROM bill WHERE org_id = ? AND unit_id = ? AND period = ?`, e.OrgID, unit, period))
	require.Len(e.t, ids, 1)
	return ids[0]
}

func TestIssueBillsReportsEveryBadLineAndIssuesTheRest(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	elsewhere := e.addUnit(e.addCommunity())
	change := func(f func(b *money.NewBill)) money.NewBill {
		b := e.line(unit, owner, "2026-01", "2026-01-31", 10000)
		f(&b)
		return b
	}
	bad := map[string]money.NewBill{
		"amount-not-positive": change(func(b *money.NewBill) { b.AmountFen = 0 }),
		"amount-too-large":    change(func(b *money.NewBill) { b.AmountFen = money.MaxFen + 1 }),
		"period-malformed":    change(func(b *money.NewBill) { b.Period = "一月" }),
		"due-date-needed": change(func(b *money.NewBill) {
			b.DueOn = date("2026-01-01")
			b.DueOn.Year = 0
			b.DueOn.Month = 0
			b.DueOn.Day = 0
		}),
		"fee-item-needed":  change(func(b *money.NewBill) { b.FeeItem = "" }),
		"fee-item-unknown": change(func(b *money.NewBill) { b.FeeItem = strings.Repeat("费", 81) }),
		"unit-unknown":     change(func(b *money.NewBill) { b.UnitID = elsewhere }),
		"debtor-unknown":   change(func(b *money.NewBill) { b.DebtorID = store.NewID() }),
	}
	lines := []money.NewBill{e.line(unit, owner, "2026-03", "2026-03-31", 500)}
	var want []string
	for code, b := range bad {
		lines, want = append(lines, b), append(want, code)
	}
	issued := e.issue(lines...)
	require.Equal(t, 1, issued.Created)
	var got []string
	for i, p := range issued.Problems {
		require.Equal(t, i+1, p.Index)
		require.NotEmpty(t, p.Message)
		got = append(got, p.Code)
	}
	require.ElementsMatch(t, want, got)
	e.sound()
}

func TestIssueBillsInChunks(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	var lines []money.NewBill
	for i := range 1203 {
		b := e.line(unit, owner, fmt.Sprintf("2026-P%04d", i), "2026-01-31", int64(100+i))
		b.LineNo = i % 3
		lines = append(lines, b)
	}
	require.Equal(t, 1203, e.issue(lines...).Created)
	require.Equal(t, 1203, e.issue(lines...).Unchanged)
	e.sound()
}

func TestNewBillsAreOffsetByAnAdvance(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	first, second := e.payUnit(unit, 7000), e.payUnit(unit, 5000)
	require.Equal(t, int64(7000), first.AdvanceFen)

	bill := e.bill(unit, owner, "2026-04", "2026-04-30", 10000)

	require.Zero(t, e.unpaid(bill))
	p, err := e.Store.Payment(t.Context(), e.Scope, first.ID)
	require.NoError(t, err)
	require.Zero(t, p.AdvanceFen)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 7000}}, p.Allocations)
	p, err = e.Store.Payment(t.Context(), e.Scope, second.ID)
	require.NoError(t, err)
	require.Equal(t, int64(2000), p.AdvanceFen)
	e.sound()
}

func TestBillsListAndDetail(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	paid := e.bill(unit, owner, "2026-01", "2026-01-31", 100)
	part := e.bill(unit, owner, "2026-02", "2026-02-28", 100)
	open := e.bill(unit, owner, "2026-03", "2026-03-31", 100)
	payment := e.payUnit(unit, 150)
	for status, want := range map[money.BillStatus]string{money.BillPaid: paid, money.BillPartPaid: part, money.BillUnpaid: open} {
		list, err := e.Store.Bills(t.Context(), e.Scope, money.BillFilter{UnitID: unit, Status: status}, page.Query{Limit: 50})
		require.NoError(t, err)
		require.Len(t, list.Items, 1, status)
		require.Equal(t, want, list.Items[0].ID)
		require.Equal(t, status, list.Items[0].Status)
	}
	_, err := e.Store.Bills(t.Context(), e.Scope, money.BillFilter{Status: "strange"}, page.Query{Limit: 50})
	require.True(t, refusal.Is(err, "status-unknown"))

	first, err := e.Store.Bills(t.Context(), e.Scope, money.BillFilter{DebtorID: owner}, page.Query{Limit: 2})
	require.NoError(t, err)
	require.Len(t, first.Items, 2)
	rest, err := e.Store.Bills(t.Context(), e.Scope, money.BillFilter{DebtorID: owner}, page.Query{Limit: 2, Cursor: first.NextCursor})
	require.NoError(t, err)
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.NextCursor)

	b, err := e.Store.Bill(t.Context(), e.Scope, part)
	require.NoError(t, err)
	require.Equal(t, "given", b.Formula)
	require.JSONEq(t, `{"amount_fen":100}`, string(b.Inputs))
	require.Len(t, b.Allocations, 1)
	require.Equal(t, payment.ID, b.Allocations[0].PaymentID)
	require.Equal(t, int64(50), b.Allocations[0].PrincipalFen)
}

func TestFeeItems(t *testing.T) {
	e := newMoneyEnv(t)
	made, err := e.Store.CreateFeeItem(t.Context(), e.Scope, money.NewFeeItem{CommunityID: e.community, Name: "车位费",
		FeeTerms: money.FeeTerms{Formula: "fixed", Parameters: []byte(`{"amount_fen":30000}`)}})
	require.NoError(t, err)
	require.Equal(t, 1, made.Version)
	for _, name := range []string{"车位费", "车 位 费"} {
		_, err = e.Store.CreateFeeItem(t.Context(), e.Scope, money.NewFeeItem{CommunityID: e.community, Name: name, FeeTerms: money.FeeTerms{Formula: "given"}})
		require.True(t, refusal.Is(err, "fee-item-exists"), "%s: %v", name, err)
	}
	_, err = e.Store.CreateFeeItem(t.Context(), e.Scope, money.NewFeeItem{CommunityID: e.community, Name: "水费", FeeTerms: money.FeeTerms{Formula: "guess"}})
	require.True(t, refusal.Is(err, "formula-unknown"))
	_, err = e.Store.CreateFeeItem(t.Context(), e.Scope, money.NewFeeItem{CommunityID: store.NewID(), Name: "水费", FeeTerms: money.FeeTerms{Formula: "given"}})
	require.True(t, refusal.Is(err, "community-unknown"))
	items, err := e.Store.FeeItems(t.Context(), e.Scope, e.community)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, "车位费", items[0].Name)
}
