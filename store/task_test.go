package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/page"
	"steward/domain/refusal"
)

// newHumanDrive starts a campaign whose stages are a call and then a lawyer's letter that needs approval.
func newHumanDrive(t *testing.T) (d *drive, unit, caseID string) {
	g := newCampaignGround(t)
	policy, err := g.Store.CreatePolicy(t.Context(), g.Scope, dunning.Draft{Name: "人工", Stages: []dunning.Stage{
		{Key: "call", OffsetDays: 1, OffsetFrom: dunning.FromDue, Action: dunning.Call, Template: "您好，{{unit}} 尚有 {{amount}}"},
		{Key: "lawyer", OffsetDays: 2, OffsetFrom: dunning.FromDue, Action: dunning.LawyerLetter, Template: "{{amount}}", NeedsApproval: true},
		{Key: "last", OffsetDays: 3, OffsetFrom: dunning.FromDue, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: "{{amount}}"},
	}})
	require.NoError(t, err)
	g.policy = policy.ID
	unit, person := g.debtor("2026-02-01", 10_000)
	d = g.start("人工")
	d.advance()
	return d, unit, d.caseOf(person).ID
}

func (d *drive) tasks(f dunning.TaskFilter) []dunning.Task {
	d.t.Helper()
	list, err := d.Store.Tasks(d.t.Context(), d.Scope, f, page.Query{Limit: 100})
	require.NoError(d.t, err)
	return list.Items
}

func (d *drive) complete(id string, r dunning.TaskResult) {
	d.t.Helper()
	task, err := d.Store.CompleteTask(d.t.Context(), d.Scope, id, r)
	require.NoError(d.t, err)
	require.Equal(d.t, dunning.TaskDone, task.Status)
}

func (d *drive) story(id string) dunning.CaseDetail {
	d.t.Helper()
	c, err := d.Store.Case(d.t.Context(), d.Scope, id)
	require.NoError(d.t, err)
	return c
}

func TestAHumanStageGivesATaskAndApprovalStopsTheLadder(t *testing.T) {
	d, _, id := newHumanDrive(t)
	open := d.tasks(dunning.TaskFilter{Status: dunning.TaskOpen})
	require.Len(t, open, 1)
	require.Equal(t, string(dunning.Call), open[0].Kind)
	require.Contains(t, open[0].Script, "100.00元")
	d.complete(open[0].ID, dunning.TaskResult{Outcome: dunning.OutcomeNoAnswer})
	_, err := d.Store.CompleteTask(t.Context(), d.Scope, open[0].ID, dunning.TaskResult{Outcome: dunning.OutcomeBusy})
	require.True(t, refusal.Is(err, "not-allowed-in-state"))

	next, _ := d.advance()
	d.Clock.Set(next)
	next, _ = d.advance()
	require.True(t, next.IsZero(), "it waits for a person")
	c := d.story(id)
	require.Equal(t, dunning.CaseNeedsAttention, c.Status)
	require.Equal(t, dunning.TaskApproval, c.NextAction)
	approval := d.tasks(dunning.TaskFilter{Status: dunning.TaskOpen, Kind: dunning.TaskApproval})
	require.Len(t, approval, 1)
	_, err = d.Store.CompleteTask(t.Context(), d.Scope, approval[0].ID, dunning.TaskResult{Outcome: dunning.OutcomeBusy})
	require.True(t, refusal.Is(err, "unknown-outcome"))
	d.complete(approval[0].ID, dunning.TaskResult{Outcome: dunning.OutcomeApproved, Note: "同意"})
	d.advance()
	require.Len(t, d.tasks(dunning.TaskFilter{Status: dunning.TaskOpen, Kind: string(dunning.LawyerLetter)}), 1)
	require.Equal(t, "lawyer", d.story(id).Stage)
}

func TestARejectedApprovalSkipsTheStage(t *testing.T) {
	d, _, id := newHumanDrive(t)
	next, _ := d.advance()
	d.Clock.Set(next)
	d.advance()
	d.complete(d.tasks(dunning.TaskFilter{Kind: dunning.TaskApproval})[0].ID, dunning.TaskResult{Outcome: dunning.OutcomeRejected, Note: "金额太小"})
	c := d.story(id)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, []string{"lawyer", "last"}, []string{c.Stage, c.NextStage})
}

func TestACallThatEndsWithAPromiseHolds(t *testing.T) {
	d, unit, id := newHumanDrive(t)
	task := d.tasks(dunning.TaskFilter{CaseID: id})[0]
	promise := &dunning.Promise{AmountFen: 10_000, Date: calendar.DateOf(d.Clock.Now()).AddDays(5)}
	d.complete(task.ID, dunning.TaskResult{Outcome: dunning.OutcomePromised, Promise: promise})
	require.Equal(t, dunning.HoldPromise, d.story(id).Holds[0].Kind)
	d.Clock.Advance(time.Hour)
	d.payUnit(unit, 10_000)
	require.Equal(t, dunning.CasePaid, d.story(id).Status, "a kept promise closes the case")
}

func TestAPromiseWithoutADayIsWrittenDownAndTheLadderGoesOn(t *testing.T) {
	d, _, id := newHumanDrive(t)
	task := d.tasks(dunning.TaskFilter{CaseID: id})[0]
	d.complete(task.ID, dunning.TaskResult{Outcome: dunning.OutcomePromised, Note: "月底前"})
	c := d.story(id)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Empty(t, c.Holds)
	require.Contains(t, c.Timeline[len(c.Timeline)-1].What+c.Timeline[len(c.Timeline)-1].Why, "承诺缴费（月底前）")
}

func TestPayingCancelsTasksAndAReversalOpensThemAgain(t *testing.T) {
	d, unit, id := newHumanDrive(t)
	p := d.payUnit(unit, 10_000)
	require.Empty(t, d.tasks(dunning.TaskFilter{Status: dunning.TaskOpen}))
	_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "退票")
	require.NoError(t, err)
	require.Len(t, d.tasks(dunning.TaskFilter{Status: dunning.TaskOpen, CaseID: id}), 1)
}

func TestAPolicyChangeKeepsStagesOnWhichCasesStand(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	g.debtor("2026-03-08", 10_000) // not touched yet
	d := g.start("换策略")
	d.advance()
	old := d.campaign().PolicyVersionID
	next := func(stages ...dunning.Stage) dunning.PolicyVersion {
		v, err := g.Store.AddPolicyVersion(t.Context(), g.Scope, g.policy, dunning.Draft{Name: "短信三次提醒", Stages: stages}, 0)
		require.NoError(t, err)
		return v
	}
	stage := func(key string, days int, text string) dunning.Stage {
		return dunning.Stage{Key: key, OffsetDays: days, OffsetFrom: dunning.FromDue, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: text}
	}
	lacking := next(stage("other", 1, "甲 {{amount}}"))
	_, err := g.Store.ChangeCampaignPolicy(t.Context(), g.Scope, d.id, lacking.VersionID, dunning.ApplyNextStep)
	require.True(t, refusal.Is(err, "stage-missing"))
	require.Equal(t, old, d.campaign().PolicyVersionID, "nothing half done")
	change, err := g.Store.ChangeCampaignPolicy(t.Context(), g.Scope, d.id, lacking.VersionID, dunning.ApplyNewCases)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{change.Replanned, change.Kept})
	require.Equal(t, "remind", d.caseOf(person).NextStage, "a touched case stays on its version")

	fitting := next(stage("friendly", 1, "新文案 {{amount}}"), stage("final", 20, "乙 {{amount}}"))
	change, err = g.Store.ChangeCampaignPolicy(t.Context(), g.Scope, d.id, fitting.VersionID, dunning.ApplyAll)
	require.NoError(t, err)
	require.Equal(t, []int{2, 0, 1}, []int{change.Replanned, change.Kept, change.Rerendered})
	d.advance()
	require.Equal(t, "final", d.caseOf(person).NextStage)
	require.Contains(t, d.messagesOf(d.caseOf(person).ID)[0].Text, "新文案")
	require.Len(t, d.send(), 2, "the message that waited, and the other household's first")
}
