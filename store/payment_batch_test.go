package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/store"
)

// A set comes to the same as its payments one by one: same splits, same receipts, repeats and refusals in their places.
func TestASetOfPaymentsIsItsPaymentsInOrder(t *testing.T) {
	e := newMoneyEnv(t)
	second := e.addCommunity()
	villa, rich := e.addUnit(second), e.addPerson()
	e.addOwner(villa, rich)
	unit, owner := e.household()
	seller := e.addPerson()
	e.bill(unit, seller, "2024-01", "2024-01-31", 100)
	own := e.bill(unit, owner, "2026-01", "2026-01-31", 100)
	before := e.payUnit(unit, 30, own)

	item := func(unit string, fen int64) money.NewPayment {
		p := e.payment(fen)
		p.UnitID, p.Source = unit, money.Source{Kind: money.FromImport, ID: store.NewID()}
		return p
	}
	first := item(unit, 70) // the owner's bill is whole after this
	same, differs := first, first
	differs.AmountFen = 71
	old := money.NewPayment{UnitID: unit, AmountFen: 30, Method: "cash", Channel: before.Channel, ExternalNo: before.ExternalNo, PaidAt: before.PaidAt}
	items := []money.NewPayment{first, same, differs, old, item(unit, 100), item(store.NewID(), 5), item(villa, 9), item(unit, -1), item(unit, 8)}
	got, err := e.Store.RecordPayments(t.Context(), e.Scope, items)
	require.NoError(t, err)
	require.Len(t, got, len(items))

	require.Equal(t, []money.Allocation{{BillID: own, PrincipalFen: 70}}, got[0].Payment.Allocations)
	require.True(t, got[1].Existed)
	require.Equal(t, got[0].Payment.ID, got[1].Payment.ID)
	require.Equal(t, "payment-differs", got[2].Refused.Code)
	require.True(t, got[3].Existed)
	require.Equal(t, before.ID, got[3].Payment.ID)
	require.Equal(t, seller, got[4].Payment.DebtorID, "now only the seller owes")
	require.Equal(t, "unit-unknown", got[5].Refused.Code)
	require.Equal(t, int64(9), got[6].Payment.AdvanceFen)
	require.Equal(t, "002-00000001", got[6].Payment.ReceiptNo)
	require.Equal(t, "amount-not-positive", got[7].Refused.Code)
	require.Equal(t, owner, got[8].Payment.DebtorID)
	require.Equal(t, "001-00000004", got[8].Payment.ReceiptNo)
	e.sound()

	again, err := e.Store.RecordPayments(t.Context(), e.Scope, items)
	require.NoError(t, err)
	for i, r := range again {
		require.Equal(t, got[i].Payment.ID, r.Payment.ID)
		require.Equal(t, r.Refused == nil, r.Existed)
	}
	e.sound()
}

func TestALargeSetOfPayments(t *testing.T) {
	e := newMoneyEnv(t)
	var lines []money.NewBill
	var items []money.NewPayment
	for i := range 60 {
		unit, owner := e.household()
		for month := range 12 {
			lines = append(lines, e.line(unit, owner, fmt.Sprintf("2025-%02d", month+1), fmt.Sprintf("2025-%02d-28", month+1), int64(100+i)))
		}
		for n := range 10 {
			p := e.payment(int64(90 + n))
			p.UnitID = unit
			items = append(items, p)
		}
	}
	require.Equal(t, len(lines), e.issue(lines...).Created)
	got, err := e.Store.RecordPayments(t.Context(), e.Scope, items)
	require.NoError(t, err)
	for i, r := range got {
		require.Nil(t, r.Refused)
		require.Equal(t, fmt.Sprintf("001-%08d", i+1), r.Payment.ReceiptNo)
	}
	e.sound()
}
