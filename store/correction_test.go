package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

// person gives the scope of somebody with one role in the environment's community.
func (e *moneyEnv) person(role access.Role) access.Scope {
	return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{
		{Role: role, Level: access.LevelCommunity, ScopeID: e.community, Communities: []string{e.community}, Money: access.MoneyDetail}}}
}

func fenPtr(amount int64) *int64 { return &amount }

func (e *moneyEnv) correct(sc access.Scope, r money.CorrectionRequest) (money.Corrected, error) {
	if r.Reason == "" {
		r.Reason = "收错了"
	}
	return e.Store.Correct(e.t.Context(), sc, r)
}

// corrected carries a request out, through an approval where one is needed, and requires that the books stay sound.
func (e *moneyEnv) corrected(r money.CorrectionRequest) money.Corrected {
	e.t.Helper()
	done, err := e.correct(e.person(access.Cashier), r)
	require.NoError(e.t, err)
	if done.Approval != nil {
		a, err := e.Store.Approve(e.t.Context(), e.person(access.CommunityManager), done.Approval.ID, "同意")
		require.NoError(e.t, err)
		require.Equal(e.t, money.ApprovalApproved, a.Status)
		require.NotEmpty(e.t, a.ResultID)
		done.Approval = &a
	}
	e.sound()
	return done
}

func (e *moneyEnv) advance(debtor string) int64 {
	e.t.Helper()
	var sum int64
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &sum, `SELECT COALESCE(SUM(unallocated_fen), 0) FROM payment WHERE org_id = ? AND debtor_id = ?`, e.OrgID, debtor))
	return sum
}

func (e *moneyEnv) balance(account money.Account) int64 {
	e.t.Helper()
	var sum int64
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &sum, `SELECT COALESCE(SUM(amount_fen), 0) FROM ledger_posting WHERE org_id = ? AND account = ?`, e.OrgID, string(account)))
	return sum
}

// TestMoneyForTheWrongUnitIsMoved is the worked case: 3-2-1501 owes three times 250.60 and pays 1,000.00.
func TestMoneyForTheWrongUnitIsMoved(t *testing.T) {
	e := newMoneyEnv(t)
	right, owner := e.household()
	other, neighbour := e.household()
	var bills []string
	for m := 1; m <= 3; m++ {
		bills = append(bills, e.bill(right, owner, fmt.Sprintf("2026-%02d", m), fmt.Sprintf("2026-%02d-15", m), 25060))
	}
	notice := e.payment(100000)
	notice.UnitID = right
	p := e.pay(notice)
	require.Len(t, p.Allocations, 3)
	require.EqualValues(t, 24820, p.AdvanceFen)
	bills = append(bills, e.bill(right, owner, "2026-04", "2026-04-15", 25060))
	require.EqualValues(t, 240, e.unpaid(bills[3]), "the advance pays the next bill")
	require.Zero(t, e.advance(owner))

	e.day(1)
	request := money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: other, Reason: "缴错房号"}
	told, err := e.Store.PreviewCorrection(t.Context(), e.person(access.Cashier), request)
	require.NoError(t, err)
	done := e.corrected(request)
	require.Equal(t, told, *done.Effect, "what is shown is what is done")
	require.Len(t, done.Effect.Bills, 4)
	require.Equal(t, money.Change{Before: 240, After: 4 * 25060}, done.Effect.PrincipalFen)
	require.Equal(t, money.Change{Before: 0, After: 100000}, done.Effect.AdvanceFen)
	require.Equal(t, []money.ReceiptEffect{{No: p.ReceiptNo, Before: "issued", After: "void"}, {No: done.Payment.ReceiptNo, After: "issued"}}, done.Effect.Receipts)
	for _, b := range bills {
		require.EqualValues(t, 25060, e.unpaid(b))
	}
	moved := *done.Payment
	require.Equal(t, neighbour, moved.DebtorID)
	require.Equal(t, p.PaidAt, moved.PaidAt, "the value date stays")
	require.EqualValues(t, 100000, moved.AdvanceFen)
	require.EqualValues(t, 100000, e.balance(money.Cash("counter")))
	old, err := e.Store.Payment(t.Context(), e.Scope, p.ID)
	require.NoError(t, err)
	require.Equal(t, money.PaymentReversed, old.Status)
	receipt, err := e.Store.Receipt(t.Context(), e.Scope, p.ReceiptNo)
	require.NoError(t, err)
	require.Equal(t, "void", receipt.Status)
	require.Len(t, receipt.Lines, 3, "the void receipt still shows its split")
	var days []int64
	require.NoError(t, e.DB.SelectContext(t.Context(), &days, `SELECT SUM(p.amount_fen) FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
		WHERE p.org_id = ? AND p.account = 'cash:counter' GROUP BY DATE(e.occurred_at) ORDER BY 1`, e.OrgID))
	require.Equal(t, []int64{0, 100000}, days, "the day of the transfer nets to zero")

	again, existed, err := e.Store.RecordPayment(t.Context(), e.Scope, notice)
	require.NoError(t, err)
	require.True(t, existed)
	require.Equal(t, p.ID, again.ID, "a repeated notice finds its first payment")
	_, err = e.correct(e.person(access.Cashier), request)
	require.True(t, refusal.Is(err, "already-reversed"), "%v", err)
}

func TestARepeatedTransferIsTheFirst(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	other, _ := e.household()
	p := e.payUnit(unit, 5000)
	sc := e.person(access.Cashier)
	sc.CommandID = store.NewID()
	request := money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: other}
	first, err := e.correct(sc, request)
	require.NoError(t, err)
	second, err := e.correct(sc, request)
	require.NoError(t, err)
	require.Equal(t, first.Payment.ID, second.Payment.ID)
	require.Nil(t, second.Effect)
	e.sound()
}

func TestASuspensePaymentStaysMatchedWhenItMoves(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	other, _ := e.household()
	notice := e.payment(700)
	notice.UnitID, notice.Channel = store.NewID(), "sandbox"
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice))
	waiting, err := e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{Status: "open"}, page.Query{Limit: 50})
	require.NoError(t, err)
	p, err := e.Store.MatchSuspense(t.Context(), e.Scope, waiting.Items[0].ID, money.NewPayment{UnitID: unit})
	require.NoError(t, err)
	done := e.corrected(money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: other})
	waiting, err = e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{}, page.Query{Limit: 50})
	require.NoError(t, err)
	require.Equal(t, "matched", waiting.Items[0].Status)
	require.Equal(t, done.Payment.ID, waiting.Items[0].PaymentID)
}

func TestAWaiverForgivesWhatIsOpen(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	e.corrected(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenPtr(2500)})
	require.EqualValues(t, 7500, e.unpaid(bill))
	require.EqualValues(t, 2500, e.balance(money.Waived))
	done := e.corrected(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill})
	require.EqualValues(t, 7500, done.Approval.AmountFen, "without an amount all that is open")
	require.Zero(t, e.unpaid(bill))
	list, err := e.Store.Corrections(t.Context(), e.Scope, bill)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.EqualValues(t, -2500, list[0].PrincipalFen)
	require.Equal(t, done.Approval.ID, list[1].ApprovalID)
}

func TestAnAdjustmentGivesBackWhatWasPaidTooMuch(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	first, second := e.payUnit(unit, 6000), e.payUnit(unit, 4000)
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-5500)})
	require.Zero(t, e.unpaid(bill))
	require.EqualValues(t, 5500, e.advance(owner))
	p, err := e.Store.Payment(t.Context(), e.Scope, second.ID)
	require.NoError(t, err)
	require.EqualValues(t, 4000, p.AdvanceFen, "the newest payment first")
	require.Empty(t, p.Allocations)
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(3000)})
	require.EqualValues(t, 2500, e.advance(owner), "the advance pays what is added")
	e.corrected(money.CorrectionRequest{Kind: money.Reverse, SubjectID: first.ID})
	e.corrected(money.CorrectionRequest{Kind: money.Reverse, SubjectID: second.ID})
	require.EqualValues(t, 7500, e.unpaid(bill))
	require.Zero(t, e.advance(owner))
	require.Zero(t, e.balance(money.Cash("counter")))
}

func TestAVoidBillGivesBackEverything(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	e.corrected(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenPtr(1000)})
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(500)})
	p := e.payUnit(unit, 4000)
	done := e.corrected(money.CorrectionRequest{Kind: money.VoidBill, SubjectID: bill})
	require.Equal(t, money.BillEffect{BillID: bill, Unit: "1栋1单元101", FeeItem: "物业费", Period: "2026-01", UnpaidFen: money.Change{Before: 5500},
		Before: money.BillPartPaid, After: money.BillVoid}, done.Effect.Bills[0])
	require.EqualValues(t, 4000, e.advance(owner))
	for _, account := range []money.Account{money.Receivable, money.Revenue, money.Waived} {
		require.Zero(t, e.balance(account), account)
	}
	require.Equal(t, 1, e.issue(e.line(unit, owner, "2026-01", "2026-01-31", 3000)).Created, "its natural key is free")
	require.EqualValues(t, 1000, e.advance(owner), "the advance pays what takes its place")
	e.corrected(money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID})
	require.EqualValues(t, 3000, e.balance(money.Receivable))
}

// TestWhatCannotBeCorrectedIsRefused is the table of command, state and bad input.
func TestWhatCannotBeCorrectedIsRefused(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	settled := e.bill(unit, owner, "2025-12", "2025-12-31", 2000)
	p := e.payUnit(unit, 2000, settled)
	gone := e.payUnit(unit, 100)
	e.corrected(money.CorrectionRequest{Kind: money.Reverse, SubjectID: gone.ID})
	void := e.bill(unit, owner, "2025-11", "2025-11-30", 700)
	e.corrected(money.CorrectionRequest{Kind: money.VoidBill, SubjectID: void})
	elsewhere := e.addUnit(e.addCommunity())
	stranger := e.addPerson()
	cashier := e.person(access.Cashier)
	outsider := e.person(access.Cashier)
	outsider.Grants[0].Communities = []string{store.NewID()}
	for name, c := range map[string]struct {
		sc      access.Scope
		request money.CorrectionRequest
		code    string
	}{
		"reverse: unknown":             {cashier, money.CorrectionRequest{Kind: money.Reverse, SubjectID: store.NewID()}, "payment-not-found"},
		"reverse: no id":               {cashier, money.CorrectionRequest{Kind: money.Reverse, SubjectID: "收款"}, "payment-not-found"},
		"reverse: another community's": {outsider, money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID}, "payment-not-found"},
		"reverse: not allowed":         {e.person(access.Steward), money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID}, "forbidden"},
		"reverse: twice":               {cashier, money.CorrectionRequest{Kind: money.Reverse, SubjectID: gone.ID}, "already-reversed"},
		"transfer: to nobody":          {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID}, "unit-or-debtor-needed"},
		"transfer: to the same":        {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: unit}, "transfer-to-same"},
		"transfer: unknown unit":       {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: store.NewID()}, "unit-unknown"},
		"transfer: malformed unit":     {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: "3-2-1502"}, "unit-unknown"},
		"transfer: unknown debtor":     {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, DebtorID: store.NewID()}, "debtor-unknown"},
		"transfer: unrelated debtor":   {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: unit, DebtorID: stranger}, "debtor-not-of-unit"},
		"transfer: out of reach":       {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: elsewhere}, "forbidden"},
		"transfer: reversed":           {cashier, money.CorrectionRequest{Kind: money.Transfer, SubjectID: gone.ID, UnitID: elsewhere}, "already-reversed"},
		"refund: on bills":             {cashier, money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID}, "nothing-to-refund"},
		"refund: more than paid":       {cashier, money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(2001)}, "refund-above-available"},
		"refund: negative":             {cashier, money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(-1)}, "amount-out-of-range"},
		"refund: absurd":               {cashier, money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(money.MaxFen + 1)}, "amount-out-of-range"},
		"refund: reversed":             {cashier, money.CorrectionRequest{Kind: money.GiveBack, SubjectID: gone.ID}, "already-reversed"},
		"refund: not allowed":          {e.person(access.RegionManager), money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID}, "forbidden"},
		"waiver: more than open":       {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenPtr(10001)}, "waiver-above-open"},
		"waiver: no late fee there":    {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, LateFeeFen: fenPtr(1)}, "waiver-above-open"},
		"waiver: zero":                 {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenPtr(0)}, "amount-out-of-range"},
		"waiver: nothing open":         {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: settled}, "nothing-to-waive"},
		"waiver: void":                 {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: void}, "bill-void"},
		"waiver: unknown":              {cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: store.NewID()}, "bill-not-found"},
		"waiver: another community's":  {outsider, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill}, "bill-not-found"},
		"adjustment: no amount":        {cashier, money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill}, "amount-needed"},
		"adjustment: zero":             {cashier, money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(0)}, "amount-out-of-range"},
		"adjustment: below zero":       {cashier, money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-10001)}, "adjustment-below-zero"},
		"adjustment: void":             {cashier, money.CorrectionRequest{Kind: money.Adjust, SubjectID: void, AmountFen: fenPtr(1)}, "bill-void"},
		"void: twice":                  {cashier, money.CorrectionRequest{Kind: money.VoidBill, SubjectID: void}, "bill-void"},
		"no such kind":                 {cashier, money.CorrectionRequest{Kind: "erase", SubjectID: bill}, "correction-unknown"},
		"no reason":                    {cashier, money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID, Reason: "  "}, "reason-needed"},
	} {
		before := e.checksums()
		_, err := e.correct(c.sc, c.request)
		require.True(t, refusal.Is(err, c.code), "%s: %v", name, err)
		if name != "no reason" {
			_, err = e.Store.PreviewCorrection(t.Context(), c.sc, c.request)
			require.True(t, refusal.Is(err, c.code), "preview of %s: %v", name, err)
		}
		require.Equal(t, before, e.checksums(), "%s: nothing half done", name)
	}
	e.sound()
}

// checksums is what every table holds, in all organizations: tests of this package that use it do not run beside others.
func (e *moneyEnv) checksums() map[string]int64 {
	e.t.Helper()
	var tables []string
	require.NoError(e.t, e.DB.SelectContext(e.t.Context(), &tables, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1`))
	sums := map[string]int64{}
	for _, table := range tables {
		var row struct {
			Table    string `db:"Table"`
			Checksum int64  `db:"Checksum"`
		}
		require.NoError(e.t, e.DB.GetContext(e.t.Context(), &row, `CHECKSUM TABLE `+"`"+table+"`"))
		sums[table] = row.Checksum
	}
	return sums
}

func TestAPreviewLeavesNothingAndTellsWhatIsDone(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	other, poor := e.household()
	bill, unpaid := e.bill(unit, owner, "2026-01", "2026-01-31", 10000), e.bill(other, poor, "2025-12", "2025-12-31", 200_000)
	for _, kind := range []money.CorrectionKind{money.Adjust, money.GiveBack, money.Transfer, money.Reverse, money.Waive, money.VoidBill} {
		p := e.payUnit(unit, 12000)
		request := money.CorrectionRequest{Kind: kind, SubjectID: bill, Reason: "试算"}
		switch kind {
		case money.Adjust:
			request.AmountFen = fenPtr(-700)
		case money.Waive:
			request.SubjectID, request.AmountFen = unpaid, fenPtr(100)
		case money.GiveBack, money.Transfer, money.Reverse:
			request.SubjectID, request.UnitID = p.ID, other
		}
		before := e.checksums()
		told, err := e.Store.PreviewCorrection(t.Context(), e.person(access.Cashier), request)
		require.NoError(t, err, kind)
		require.Equal(t, before, e.checksums(), "%s leaves a trace", kind)
		require.Equal(t, kind != money.Reverse && kind != money.Transfer, told.ApprovalNeeded)
		done := e.corrected(request)
		require.Equal(t, told, *done.Effect, kind)
	}
}

func TestCorrectionsOfAClosedDayAreBookedInTheOpenOne(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	other, _ := e.household()
	p := e.payUnit(unit, 10000)
	e.day(2)
	e.exec(`UPDATE community SET closed_through = ? WHERE org_id = ? AND id = ?`, date("2026-03-10"), e.OrgID, e.community)
	e.corrected(money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: other})
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-1)})
	var late int
	require.NoError(t, e.DB.GetContext(t.Context(), &late, `SELECT COUNT(*) FROM ledger_entry WHERE org_id = ? AND posted_at > ? AND occurred_at < ?`,
		e.OrgID, e.Clock.Now().Add(-time.Hour), date("2026-03-11").At(0, 0).UTC()))
	require.Zero(t, late, "a closed day never changes")
}
