package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

// asked is a household with one bill and a waiver that was asked for.
func asked(t *testing.T) (e *moneyEnv, bill string, maker access.Scope, a money.Approval) {
	t.Helper()
	e = newMoneyEnv(t)
	unit, owner := e.household()
	bill, maker = e.bill(unit, owner, "2026-01", "2026-01-31", 10000), e.person(access.CommunityManager)
	done, err := e.correct(maker, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenPtr(4000)})
	require.NoError(t, err)
	require.EqualValues(t, 10000, e.unpaid(bill), "nothing is done before somebody else agrees")
	return e, bill, maker, *done.Approval
}

func TestTheMakerIsNeverTheChecker(t *testing.T) {
	e, _, maker, a := asked(t)
	admin := maker
	admin.Grants = []access.Grant{{Role: access.Admin, Level: access.LevelCompany, Money: access.MoneyDetail}}
	elsewhere := e.person(access.CommunityManager)
	elsewhere.Grants[0].Communities = []string{store.NewID()}
	for name, c := range map[string]struct {
		sc   access.Scope
		code string
	}{
		"the maker":                    {maker, "maker-is-checker"},
		"the maker as administrator":   {admin, "maker-is-checker"},
		"a cashier":                    {e.person(access.Cashier), "forbidden"},
		"a manager of another place":   {elsewhere, "approval-not-found"},
		"a steward":                    {e.person(access.Steward), "forbidden"},
		"another person's application": {e.person(access.Worker), "forbidden"},
	} {
		_, err := e.Store.Approve(t.Context(), c.sc, a.ID, "")
		require.True(t, refusal.Is(err, c.code), "%s approves: %v", name, err)
		_, err = e.Store.Reject(t.Context(), c.sc, a.ID, "不同意")
		require.True(t, refusal.Is(err, c.code), "%s rejects: %v", name, err)
	}
	_, err := e.Store.Withdraw(t.Context(), e.person(access.CommunityManager), a.ID)
	require.True(t, refusal.Is(err, "not-the-maker"), "%v", err)
	_, err = e.Store.Reject(t.Context(), e.person(access.CommunityManager), a.ID, " ")
	require.True(t, refusal.Is(err, "reason-needed"), "%v", err)
	shown, err := e.Store.Approval(t.Context(), maker, a.ID)
	require.NoError(t, err)
	require.False(t, shown.MayDecide)
	require.Equal(t, money.Change{Before: 10000, After: 6000}, shown.Effect.PrincipalFen)
	list, err := e.Store.Approvals(t.Context(), e.person(access.RegionManager), money.ApprovalFilter{Status: money.ApprovalAsked}, page.Query{Limit: 50})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.True(t, list.Items[0].MayDecide)
}

func TestAnApprovalEndsOnce(t *testing.T) {
	for name, end := range map[string]func(e *moneyEnv, maker access.Scope, id string) (money.Approval, error){
		"approved": func(e *moneyEnv, _ access.Scope, id string) (money.Approval, error) {
			return e.Store.Approve(e.t.Context(), e.person(access.RegionManager), id, "")
		},
		"rejected": func(e *moneyEnv, _ access.Scope, id string) (money.Approval, error) {
			return e.Store.Reject(e.t.Context(), e.person(access.RegionManager), id, "理由不足")
		},
		"withdrawn": func(e *moneyEnv, maker access.Scope, id string) (money.Approval, error) {
			return e.Store.Withdraw(e.t.Context(), maker, id)
		},
	} {
		e, bill, maker, a := asked(t)
		_, err := e.correct(maker, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill})
		require.True(t, refusal.Is(err, "already-asked"), "%s: %v", name, err)
		ended, err := end(e, maker, a.ID)
		require.NoError(t, err, name)
		require.Equal(t, money.ApprovalStatus(name), ended.Status)
		_, err = e.Store.Approve(t.Context(), e.person(access.CompanyFinance), a.ID, "")
		require.True(t, refusal.Is(err, "approval-decided"), "%s: %v", name, err)
		_, err = e.Store.Withdraw(t.Context(), maker, a.ID)
		require.True(t, refusal.Is(err, "approval-decided"), "%s: %v", name, err)
		waiting, err := e.Store.WaitForApproval(t.Context(), e.Scope, a.ID)
		require.NoError(t, err)
		require.False(t, waiting.Open, "its process is told and ends")
		e.sound()
	}
}

func TestARepeatedDecisionIsTheFirst(t *testing.T) {
	e, bill, _, a := asked(t)
	checker := e.person(access.RegionManager)
	checker.CommandID = store.NewID()
	for range 2 {
		done, err := e.Store.Approve(t.Context(), checker, a.ID, "")
		require.NoError(t, err)
		require.Equal(t, money.ApprovalApproved, done.Status)
	}
	require.EqualValues(t, 6000, e.unpaid(bill))
	maker := e.person(access.Cashier)
	maker.CommandID = store.NewID()
	request := money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(100)}
	first, err := e.correct(maker, request)
	require.NoError(t, err)
	second, err := e.correct(maker, request)
	require.NoError(t, err)
	require.Equal(t, first.Approval.ID, second.Approval.ID)
}

func TestWhatIsDecidedTooLateIsRefused(t *testing.T) {
	e, _, maker, a := asked(t)
	e.Clock.Advance(7*24*time.Hour - time.Second)
	waiting, err := e.Store.WaitForApproval(t.Context(), e.Scope, a.ID)
	require.NoError(t, err)
	require.Equal(t, money.Waiting{Open: true, ExpiresAt: a.ExpiresAt}, waiting)
	e.Clock.Advance(time.Second)
	for range 2 { // before and after its process has marked it
		_, err = e.Store.Approve(t.Context(), e.person(access.RegionManager), a.ID, "")
		require.True(t, refusal.Is(err, "approval-timed-out"), "%v", err)
		shown, err := e.Store.Approval(t.Context(), maker, a.ID)
		require.NoError(t, err)
		require.Equal(t, money.ApprovalTimedOut, shown.Status)
		waiting, err = e.Store.WaitForApproval(t.Context(), e.Scope, a.ID)
		require.NoError(t, err)
		require.False(t, waiting.Open)
	}
}

func TestWhatHasBecomeWrongIsRefusedWhenItIsApproved(t *testing.T) {
	e, bill, _, a := asked(t)
	unit := ""
	require.NoError(t, e.DB.GetContext(t.Context(), &unit, `SELECT unit_id FROM bill WHERE org_id = ? AND id = ?`, e.OrgID, bill))
	p := e.payUnit(unit, 9000)
	checker := e.person(access.RegionManager)
	_, err := e.Store.Approve(t.Context(), checker, a.ID, "")
	require.True(t, refusal.Is(err, "waiver-above-open"), "%v", err)
	shown, err := e.Store.Approval(t.Context(), checker, a.ID)
	require.NoError(t, err)
	require.Equal(t, money.ApprovalAsked, shown.Status, "it stays asked")
	e.corrected(money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID})
	_, err = e.Store.Approve(t.Context(), checker, a.ID, "")
	require.NoError(t, err)
	require.EqualValues(t, 6000, e.unpaid(bill))
	e.sound()
}

func TestOneDecisionWins(t *testing.T) {
	e, bill, maker, a := asked(t)
	decide := []func(access.Scope) error{
		func(sc access.Scope) error { _, err := e.Store.Approve(t.Context(), sc, a.ID, ""); return err },
		func(sc access.Scope) error { _, err := e.Store.Reject(t.Context(), sc, a.ID, "不同意"); return err },
		func(access.Scope) error { _, err := e.Store.Withdraw(t.Context(), maker, a.ID); return err },
	}
	errs := make([]error, 9)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = decide[i%3](e.person(access.RegionManager)) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.True(t, refusal.Is(err, "approval-decided"), "%v", err)
	}
	require.Equal(t, 1, won)
	require.Contains(t, []int64{6000, 10000}, e.unpaid(bill))
	e.sound()
}

func TestTwoReversalsAtOnceAreOne(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	other, _ := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	p := e.payUnit(unit, 12000)
	refund, err := e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID})
	require.NoError(t, err)
	errs := make([]error, 6)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				_, errs[i] = e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID})
			case 1:
				_, errs[i] = e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.Transfer, SubjectID: p.ID, UnitID: other})
			default:
				_, errs[i] = e.Store.Approve(t.Context(), e.person(access.RegionManager), refund.Approval.ID, "")
			}
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		no, refused := refusal.As(err)
		require.True(t, refused, "%v", err)
		require.Contains(t, []string{"already-reversed", "payment-refunded", "approval-decided"}, no.Code)
	}
	require.Equal(t, 1, won, "%v", errors.Join(errs...))
	e.sound()
}

// TestACorrectionTellsWhatItDoesToCollections: the effect shows the case, and a reversal reopens it where it stood.
func TestACorrectionTellsWhatItDoesToCollections(t *testing.T) {
	d, unit, id := oneHousehold(t)
	d.send()
	stage := d.cases()[0].Stage
	p := d.payUnit(unit, 10_000)
	require.Equal(t, dunning.CasePaid, d.cases()[0].Status)
	community := d.cases()[0].CommunityID
	cashier := access.Scope{OrgID: d.OrgID, ActorID: store.NewID(), Grants: []access.Grant{
		{Role: access.Cashier, Level: access.LevelCommunity, Communities: []string{community}, Money: access.MoneyDetail}}}
	request := money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID, Reason: "退票"}
	told, err := d.Store.PreviewCorrection(t.Context(), cashier, request)
	require.NoError(t, err)
	require.Equal(t, dunning.CasePaid, d.cases()[0].Status, "only shown")
	require.Len(t, told.Cases, 1)
	shown := told.Cases[0]
	require.Equal(t, id, shown.CaseID)
	require.Equal(t, []string{dunning.CasePaid, dunning.CaseOpen}, []string{shown.Before, shown.After})
	require.Equal(t, []string{stage, stage}, []string{shown.StageBefore, shown.StageAfter}, "at the stage where it stood")
	require.Equal(t, money.Change{Before: 0, After: 10_000}, shown.ArrearsFen)
	require.NotEmpty(t, shown.NextAtAfter)
	_, err = d.Store.Correct(t.Context(), cashier, request)
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status)

	bill := told.Bills[0].BillID
	done, err := d.Store.Correct(t.Context(), cashier, money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, Reason: "服务缺失"})
	require.NoError(t, err)
	require.Equal(t, dunning.CasePaid, done.Effect.Cases[0].After)
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status, "asked, not done")
	manager := cashier
	manager.ActorID, manager.Grants = store.NewID(), []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{community}, Money: access.MoneyDetail}}
	_, err = d.Store.Approve(t.Context(), manager, done.Approval.ID, "")
	require.NoError(t, err)
	require.Equal(t, dunning.CasePaid, d.cases()[0].Status, "nothing is owed any more")
	d.sound()
}

// TestAReversalAndTheCampaignOfItsCase: what becomes of the case that the payment had closed, by how its campaign stands.
func TestAReversalAndTheCampaignOfItsCase(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(d *drive)
		status    string
		campaign  string
	}{
		"running": {func(*drive) {}, dunning.CaseOpen, dunning.CampaignRunning},
		"paused": {func(d *drive) {
			_, err := d.Store.PauseCampaign(d.t.Context(), d.Scope, d.id, "领导要求")
			require.NoError(d.t, err)
		}, dunning.CaseOpen, dunning.CampaignPaused},
		"finished": {func(d *drive) {
			over, err := d.Store.CloseCampaign(d.t.Context(), d.Scope, d.id)
			require.NoError(d.t, err)
			require.True(d.t, over)
		}, dunning.CaseOpen, dunning.CampaignRunning},
		"cancelled": {func(d *drive) {
			_, err := d.Store.CancelCampaign(d.t.Context(), d.Scope, d.id, "不催了")
			require.NoError(d.t, err)
		}, dunning.CasePaid, dunning.CampaignCancelled},
	} {
		d, unit, _ := oneHousehold(t)
		d.send()
		stage := d.cases()[0].Stage
		p := d.payUnit(unit, 10_000)
		c.meanwhile(d)
		request := money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID, Reason: "退票"}
		told, err := d.Store.PreviewCorrection(t.Context(), d.Scope, request)
		require.NoError(t, err, name)
		_, err = d.Store.Correct(t.Context(), d.Scope, request)
		require.NoError(t, err, name)
		require.Equal(t, c.status, d.cases()[0].Status, name)
		require.Equal(t, stage, d.cases()[0].Stage, name)
		require.Equal(t, c.campaign, d.campaign().Status, name)
		require.Equal(t, c.status, told.Cases[0].After, name)
		d.sound()
	}
}
