package money_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/money"
)

var today = calendar.Date{Year: 2026, Month: 6, Day: 15}

func bill(id string, dueInDays int, fen int64) money.OpenBill {
	return money.OpenBill{ID: id, DueOn: today.AddDays(dueInDays), UnpaidFen: fen}
}

func late(id string, dueInDays int, fen, lateFeeFen int64) money.OpenBill {
	b := bill(id, dueInDays, fen)
	b.LateFeeFen = lateFeeFen
	return b
}

func feeFirst(b money.OpenBill) money.OpenBill {
	b.LateFeeFirst = true
	return b
}

func TestAllocateOrders(t *testing.T) {
	burdened := bill("late", -5, 100)
	burdened.BearsLateFee = true
	disputed := bill("disputed", -90, 100)
	disputed.Disputed = true
	cases := []struct {
		name   string
		amount int64
		bills  []money.OpenBill
		order  money.Order
		named  []string
		want   []money.Allocation
		rest   int64
	}{
		{"the older of two due first", 150, []money.OpenBill{bill("b", -1, 100), bill("a", -30, 100)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 100}, {BillID: "b", PrincipalFen: 50}}, 0},
		{"due today counts as due", 100, []money.OpenBill{bill("b", 1, 100), bill("a", 0, 100)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 100}}, 0},
		{"the heavier burden before the older", 100, []money.OpenBill{bill("a", -30, 100), burdened}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "late", PrincipalFen: 100}}, 0},
		{"oldest due first knows no burden", 100, []money.OpenBill{bill("a", -30, 100), burdened}, money.OrderOldestDue, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 100}}, 0},
		{"one rank pro rata, odd fen to the larger remainder", 10, []money.OpenBill{bill("a", -3, 100), bill("b", -3, 200)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 3}, {BillID: "b", PrincipalFen: 7}}, 0},
		{"oldest due first splits nothing", 10, []money.OpenBill{bill("b", -3, 100), bill("a", -3, 200)}, money.OrderOldestDue, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 10}}, 0},
		{"the payer's word first, in the payer's order", 150, []money.OpenBill{bill("a", -30, 100), bill("b", 30, 100), bill("c", -1, 100)},
			money.OrderLaw, []string{"b", "c"},
			[]money.Allocation{{BillID: "b", PrincipalFen: 100}, {BillID: "c", PrincipalFen: 50}}, 0},
		{"a name twice or unknown changes nothing", 250, []money.OpenBill{bill("a", -30, 100), bill("b", 30, 100)},
			money.OrderLaw, []string{"b", "x", "b"},
			[]money.Allocation{{BillID: "b", PrincipalFen: 100}, {BillID: "a", PrincipalFen: 100}}, 50},
		{"a disputed line last", 150, []money.OpenBill{disputed, bill("future", 40, 100)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "future", PrincipalFen: 100}, {BillID: "disputed", PrincipalFen: 50}}, 0},
		{"principal before late fee within a bill", 110, []money.OpenBill{late("a", -30, 100, 20), bill("b", -1, 100)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 100, LateFeeFen: 10}}, 0},
		{"late fee before principal where that is agreed", 110, []money.OpenBill{feeFirst(late("a", -30, 100, 20))}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 90, LateFeeFen: 20}}, 0},
		{"a bill with its late fee before the next bill", 150, []money.OpenBill{late("a", -30, 100, 20), bill("b", -1, 100)}, money.OrderOldestDue, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: 100, LateFeeFen: 20}, {BillID: "b", PrincipalFen: 30}}, 0},
		{"a late fee alone is still owed", 50, []money.OpenBill{late("a", -30, 0, 20)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", LateFeeFen: 20}}, 30},
		{"no bills leaves all", 77, nil, money.OrderLaw, nil, nil, 77},
		{"great amounts do not overflow", money.MaxFen, []money.OpenBill{bill("a", -1, money.MaxFen), bill("b", -1, money.MaxFen)}, money.OrderLaw, nil,
			[]money.Allocation{{BillID: "a", PrincipalFen: money.MaxFen / 2}, {BillID: "b", PrincipalFen: money.MaxFen / 2}}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, rest := money.Allocate(c.amount, c.bills, c.order, c.named, today)
			require.Equal(t, c.want, got)
			require.Equal(t, c.rest, rest)
		})
	}
}

func TestAllocateLosesAndMakesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bills := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) money.OpenBill {
			b := bill("", rapid.IntRange(-40, 40).Draw(t, "due"), rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, money.MaxFen)).Draw(t, "fen"))
			b.LateFeeFen = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 9)).Draw(t, "late fee")
			b.LateFeeFirst, b.BearsLateFee = rapid.Bool().Draw(t, "late fee first"), rapid.Bool().Draw(t, "burden")
			b.Disputed = rapid.IntRange(0, 4).Draw(t, "disputed") == 0
			return b
		}), 0, 9).Draw(t, "bills")
		for i := range bills {
			bills[i].ID = fmt.Sprintf("b%02d", i)
		}
		var named []string
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, 12), 0, 4).Draw(t, "named") {
			named = append(named, fmt.Sprintf("b%02d", i))
		}
		order := rapid.SampledFrom([]money.Order{money.OrderLaw, money.OrderOldestDue}).Draw(t, "order")
		amount := rapid.OneOf(rapid.Int64Range(1, 30), rapid.Int64Range(1, money.MaxFen)).Draw(t, "amount")

		got, rest := money.Allocate(amount, bills, order, named, today)

		taken, sum := map[string]int64{}, rest
		for _, a := range got {
			require.Positive(t, a.PrincipalFen+a.LateFeeFen)
			require.NotContains(t, taken, a.BillID)
			taken[a.BillID] = a.PrincipalFen + a.LateFeeFen
			sum += a.PrincipalFen + a.LateFeeFen
			requireWithin(t, bills[slices.IndexFunc(bills, func(b money.OpenBill) bool { return b.ID == a.BillID })], a)
		}
		require.Equal(t, amount, sum)
		open := false
		for _, b := range bills {
			open = open || taken[b.ID] < b.UnpaidFen+b.LateFeeFen
		}
		require.False(t, open && rest > 0, "a rest is left while a bill is open")
		requireOrder(t, bills, order, named, taken)

		shuffled := rapid.Permutation(bills).Draw(t, "shuffled")
		again, restAgain := money.Allocate(amount, shuffled, order, named, today)
		require.Equal(t, got, again)
		require.Equal(t, rest, restAgain)
	})
}

// requireWithin: no part of a bill gets more than is owed, and the later part nothing while the earlier is open.
func requireWithin(t *rapid.T, b money.OpenBill, a money.Allocation) {
	require.True(t, a.PrincipalFen >= 0 && a.PrincipalFen <= b.UnpaidFen, "%+v of %+v", a, b)
	require.True(t, a.LateFeeFen >= 0 && a.LateFeeFen <= b.LateFeeFen, "%+v of %+v", a, b)
	if b.LateFeeFirst {
		require.True(t, a.PrincipalFen == 0 || a.LateFeeFen == b.LateFeeFen)
	} else {
		require.True(t, a.LateFeeFen == 0 || a.PrincipalFen == b.UnpaidFen)
	}
}

// requireOrder: whatever comes strictly later gets nothing while something earlier is still open.
func requireOrder(t *rapid.T, bills []money.OpenBill, order money.Order, named []string, taken map[string]int64) {
	for _, first := range bills {
		if taken[first.ID] == first.UnpaidFen+first.LateFeeFen {
			continue
		}
		for _, later := range bills {
			if strictlyBefore(first, later, order, named) {
				require.Zero(t, taken[later.ID], "%s was paid before %s", later.ID, first.ID)
			}
		}
	}
}

func strictlyBefore(a, b money.OpenBill, order money.Order, named []string) bool {
	ia, ib := slices.Index(named, a.ID), slices.Index(named, b.ID)
	if ia >= 0 || ib >= 0 {
		return ia >= 0 && (ib < 0 || ia < ib)
	}
	if a.Disputed != b.Disputed {
		return b.Disputed
	}
	if order == money.OrderLaw {
		if dueA, dueB := !a.DueOn.After(today), !b.DueOn.After(today); dueA != dueB {
			return dueA
		}
		if a.BearsLateFee != b.BearsLateFee {
			return a.BearsLateFee
		}
	}
	return a.DueOn.Before(b.DueOn)
}
