package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/store"
)

// TestTheEffectOfAVoidIsToldFromSums: 22 households of 280.00 each, one of which owes an older bill too and is collected from;
// so is another, whose case closes. Nothing is done by telling it.
func TestTheEffectOfAVoidIsToldFromSums(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	e.sign(version)
	var units, owners []string
	for i := range 22 {
		unit, owner := e.room(fmt.Sprintf("1-1-%03d", i+1), "100.00", "2020-01-01")
		units, owners = append(units, unit), append(owners, owner)
	}
	_, err := e.Store.IssueBills(t.Context(), e.Scope, []money.NewBill{{CommunityID: e.community, UnitID: units[0], DebtorID: owners[0], FeeItem: "旧欠", Period: "2025-12",
		DueOn: date("2026-01-01"), AmountFen: 5000}}, money.Source{Kind: money.FromImport, ID: store.NewID()})
	require.NoError(t, err)
	run := e.issue(e.open("2026-02").ID)
	for _, owner := range owners[:2] {
		e.exec(`INSERT INTO dunning_case (org_id, id, campaign_id, cohort_no, community_id, debtor_id, status, due_on, entered_fen, arrears_fen, opened_at, open_slot)
			VALUES (?,?,?,0,?,?,'open','2026-02-01',28000,28000,?,1)`, e.OrgID, store.NewID(), store.NewID(), e.community, owner, e.Clock.Now())
	}
	asked, err := e.Store.Correct(t.Context(), e.maker, money.CorrectionRequest{Kind: money.VoidIssued, SubjectID: run.ID, Reason: "单价录错"})
	require.NoError(t, err)
	effect := asked.Approval.Effect
	require.Equal(t, money.Change{Before: 22*28000 + 5000, After: 5000}, effect.PrincipalFen)
	require.Len(t, effect.Bills, 20)
	require.Equal(t, 2, effect.BillsLeftOut)
	require.Len(t, effect.Cases, 1)
	require.Equal(t, []string{"open", "paid"}, []string{effect.Cases[0].Before, effect.Cases[0].After})
	require.Len(t, e.bills("2026-02"), 22)
}
