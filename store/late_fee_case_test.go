package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/money"
)

// TestLetterBillAndAccountAgreeOnTheLateFee walks a case: what its message asks for, a dispute whose days are free, and a
// payment of the principal, which closes the case although a late fee is left.
func TestLetterBillAndAccountAgreeOnTheLateFee(t *testing.T) {
	g := newCampaignGround(t)
	unit, person := g.debtor("2026-02-01", 240_000)
	g.agree(lateFee())
	g.exec(`UPDATE dunning_policy_version SET body = REPLACE(body, '{{amount}}', '{{amount}}，违约金 {{late_fee}}，合计 {{total}}') WHERE org_id = ?`, g.OrgID)
	d := g.start("违约金")
	d.advance()
	c := d.caseOf(person)
	var bill string
	require.NoError(t, g.DB.GetContext(t.Context(), &bill, `SELECT id FROM bill WHERE org_id = ? AND debtor_id = ?`, g.OrgID, person))

	days := date("2026-02-01").DaysUntil(calendar.DateOf(g.Clock.Now()))
	fee := int64(days) * 120
	require.Positive(t, fee)
	require.Equal(t, fee, g.readBill(bill).LateFeeFen)
	account, err := g.Store.DebtorAccount(t.Context(), g.Scope, person, calendar.Date{})
	require.NoError(t, err)
	require.Equal(t, fee, *account.LateFeeFen)
	require.Contains(t, d.messagesOf(c.ID)[0].Text, "2,400.00元，违约金 "+dunning.Yuan(fee)+"，合计 "+dunning.Yuan(240_000+fee))

	_, err = g.Store.DisputeBill(t.Context(), g.Scope, c.ID, bill, "面积有误")
	require.NoError(t, err)
	g.day(10)
	require.Equal(t, fee-120, g.readBill(bill).LateFeeFen, "the day on which it is raised is free already")
	_, err = g.Store.ResolveDispute(t.Context(), g.Scope, c.ID, bill, "rejected", "")
	require.NoError(t, err)
	g.day(5)
	require.Equal(t, fee-120+5*120, g.readBill(bill).LateFeeFen, "and the days of the dispute stay free")

	g.payUnit(unit, 240_000)
	require.Equal(t, dunning.CasePaid, d.caseOf(person).Status)
	require.Equal(t, fee-120+4*120, g.readBill(bill).LateFeeFen)
}

// TestAnAdvancePaysABillWhoseDisputeIsOver: it had passed the bill over while it was disputed.
func TestAnAdvancePaysABillWhoseDisputeIsOver(t *testing.T) {
	g := newCampaignGround(t)
	unit, person := g.debtor("2026-02-01", 240_000)
	d := g.start("异议")
	d.advance()
	c := d.caseOf(person)
	var bill string
	require.NoError(t, g.DB.GetContext(t.Context(), &bill, `SELECT id FROM bill WHERE org_id = ? AND debtor_id = ?`, g.OrgID, person))
	_, err := g.Store.DisputeBill(t.Context(), g.Scope, c.ID, bill, "面积有误")
	require.NoError(t, err)
	wrong := g.bill(unit, person, "2026-09", "2026-09-30", 300_000)
	g.payUnit(unit, 300_000, wrong)
	g.corrected(money.CorrectionRequest{Kind: money.VoidBill, SubjectID: wrong})
	require.EqualValues(t, 240_000, g.unpaid(bill))

	_, err = g.Store.ResolveDispute(t.Context(), g.Scope, c.ID, bill, "rejected", "")
	require.NoError(t, err)
	require.Zero(t, g.unpaid(bill))
	require.EqualValues(t, 60_000, g.advance(person))
	require.Equal(t, dunning.CasePaid, d.caseOf(person).Status)
	g.sound()
}
