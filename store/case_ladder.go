package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steward/domain/dunning"
	"steward/domain/refusal"
)

// longAgo is far enough back for every offset and gap to have passed, in days.
const longAgo = 400

// sendNow takes the next stage at once. What protects the debtor stays: quiet hours and closed days, the weekly cap,
// approval, the minimum amount.
func (t *caseStep) sendNow(ctx context.Context, why string) error {
	if t.row.Status != dunning.CaseOpen {
		return t.refused(t.allowed()...)
	}
	if t.campaign.Status != dunning.CampaignRunning {
		return refusal.New(refusal.Conflict, "campaign-not-running", "所属催缴活动%s，请先恢复活动再立即发送。", campaignStatusName(t.campaign.Status))
	}
	if err := lockSharedDebtors(ctx, t.tx, t.scope.OrgID, []caseRow{t.row}); err != nil {
		return err
	}
	facts, err := t.store.loadFacts(ctx, t.tx, t.scope.OrgID, t.campaign, []caseRow{t.row}, t.now)
	if err != nil {
		return err
	}
	policy, f, cal := facts.policyOf(t.campaign, t.row), facts.facts[t.row.ID], facts.calendars[t.row.CommunityID]
	if nextStageKey(policy, t.row, t.campaign) == "" {
		return refusal.New(refusal.Conflict, "no-next-stage", "该案件已走完全部阶段，没有可发送的下一步。")
	}
	hurried := f
	hurried.EnteredAt, hurried.PausedFor, hurried.PausedSinceStage = t.now.AddDate(0, 0, -longAgo), 0, 0
	if !f.StageAt.IsZero() {
		hurried.StageAt, hurried.TouchedAt = hurried.EnteredAt, time.Time{}
	}
	d := dunning.Step(atOnce(policy), cal, hurried, t.now)
	if d.Kind != dunning.Touch && d.Kind != dunning.HumanDo {
		return notNow(d)
	}
	return t.done(ctx, facts, d, eventSentNow, why)
}

// atOnce is the policy with every offset and gap gone.
func atOnce(p dunning.Policy) dunning.Policy {
	p.MinGapDays = 0
	p.Stages = slices.Clone(p.Stages)
	for i := range p.Stages {
		if !p.Stages[i].BeforeDue() { // what looks ahead of the due date keeps doing so
			p.Stages[i].OffsetFrom = dunning.FromStart
			p.Stages[i].OffsetDays = 0
			continue
		}
		p.Stages[i].OffsetDays = -longAgo
	}
	return p
}

// notNow says why the rule does not take the next stage although nobody waits for its day.
func notNow(d dunning.Decision) error {
	switch {
	case d.Kind == dunning.Paid || d.Why == dunning.WhyDisputed:
		return refusal.New(refusal.Conflict, "nothing-owed", "该户目前没有可催缴的欠费。")
	case d.Kind == dunning.Finished:
		return refusal.New(refusal.Conflict, "no-next-stage", "该案件已走完全部阶段，没有可发送的下一步。")
	case d.Kind == dunning.Park:
		return refusal.New(refusal.Rule, "needs-approval", "下一阶段需要先审批，请在任务中处理审批。")
	case d.Why == dunning.WhyUnderWay:
		return refusal.New(refusal.Conflict, dunning.WhyUnderWay, "上一条消息还没有发送完成，请等它发出后再进行下一步。")
	case d.Why == dunning.WhyWeeklyCap:
		return refusal.New(refusal.Rule, "weekly-cap", "本周对该户的提醒已达上限，请改日再发。").With("next_at", d.NextAt)
	case d.Kind == dunning.Skip:
		return refusal.New(refusal.Rule, d.Why, "下一阶段目前不能发送：%s。", skipWhy(d.Why))
	default:
		return refusal.New(refusal.Rule, "window-closed", "现在是免打扰时段或非工作日，不能发送；最早可在下一个开放时段发送。").With("next_at", d.NextAt)
	}
}

// skip passes the next stage over.
func (t *caseStep) skip(ctx context.Context, why string) error {
	if t.row.Status != dunning.CaseOpen && t.row.Status != dunning.CaseNeedsAttention {
		return t.refused(t.allowed()...)
	}
	facts, err := t.store.loadFacts(ctx, t.tx, t.scope.OrgID, t.campaign, []caseRow{t.row}, t.now)
	if err != nil {
		return err
	}
	stage := nextStageKey(facts.policyOf(t.campaign, t.row), t.row, t.campaign)
	if stage == "" {
		return refusal.New(refusal.Conflict, "no-next-stage", "该案件已走完全部阶段，没有可跳过的下一步。")
	}
	if t.row.Status == dunning.CaseNeedsAttention {
		if err := closeTasks(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, whySkipped, t.now); err != nil {
			return err
		}
		t.row.Status = dunning.CaseOpen
	}
	d := dunning.Decision{CaseID: t.row.ID, Kind: dunning.Skip, Stage: stage, PlannedAt: t.now, Why: whySkipped, DueOn: t.row.DueOn, ArrearsFen: t.row.ArrearsFen}
	return t.done(ctx, facts, d, eventSkipped, why)
}

// done writes what a person's order made of the next stage, and plans the one after it by the rule.
func (t *caseStep) done(ctx context.Context, facts caseFacts, d dunning.Decision, kind, why string) error {
	policy, f := facts.policyOf(t.campaign, t.row), facts.facts[t.row.ID]
	f.Stage, f.StageAt, f.PausedSinceStage, f.TouchedAt = d.Stage, t.now, 0, time.Time{}
	if d.Kind == dunning.Touch {
		f.TouchesLastWeek++
		if f.OldestTouchAt.IsZero() {
			f.OldestTouchAt = t.now
		}
	}
	next := dunning.Step(policy, facts.calendars[t.row.CommunityID], f, t.now)
	d.NextStage, d.NextAt = next.NextStage, next.NextAt
	if next.Kind != dunning.Wait {
		d.NextStage, d.NextAt = next.Stage, t.now
	}
	round := advanceRound{store: t.store, tx: t.tx, orgID: t.scope.OrgID, now: t.now, campaign: t.campaign}
	if err := round.apply(&t.row, policy, d); err != nil {
		return err
	}
	round.before, round.cases = []caseRow{t.before}, []caseRow{t.row}
	if err := round.write(ctx); err != nil {
		return err
	}
	t.before = t.row
	t.wake = true
	t.note(kind, why, 0)
	return nil
}

// nextStageKey is the stage that comes after the last one done; "" after the ladder's end.
func nextStageKey(p dunning.Policy, c caseRow, g campaignRow) string {
	n := 0
	switch {
	case c.Stage != "":
		n = p.StageIndex(c.Stage) + 1
		if n == 0 {
			return ""
		}
	case g.FromStage.Valid:
		n = max(p.StageIndex(g.FromStage.String), 0)
	}
	if n >= len(p.Stages) {
		return ""
	}
	return p.Stages[n].Key
}

func (t *caseStep) allowed() []string {
	switch t.row.Status {
	case dunning.CaseHeld:
		return []string{dunning.OrderRelease, dunning.OrderExclude}
	case dunning.CaseNeedsAttention:
		return []string{dunning.OrderHold, dunning.OrderSkip, dunning.OrderExclude}
	case dunning.CaseOpen:
		return []string{dunning.OrderHold, dunning.OrderSendNow, dunning.OrderSkip, dunning.OrderExclude}
	default:
		return nil
	}
}

// promise holds the case until the promised day and its grace have passed. Paying closes it; a broken promise lets the
// ladder go on.
func (t *caseStep) promise(ctx context.Context, p dunning.Promise) error {
	if !t.row.open() {
		return t.refused()
	}
	var made int
	err := t.tx.GetContext(ctx, &made, `SELECT COUNT(*) FROM case_event WHERE org_id = ? AND case_id = ? AND kind = ?`, t.scope.OrgID, t.row.ID, eventPromise)
	if err != nil {
		return fmt.Errorf("count promises: %w", err)
	}
	if made >= dunning.MaxPromises {
		return refusal.New(refusal.Rule, "too-many-promises", "该户已承诺 %d 次，不能再次登记承诺，请改用其他方式处理。", made)
	}
	why := fmt.Sprintf("承诺最晚于 %s 缴费", p.Date) // the amount stands beside it, for those who may see it
	if p.Note != "" {
		why += "：" + p.Note
	}
	t.note(eventPromise, why, p.AmountFen)
	t.row.hold(t.campaign, dunning.HoldPromise, why, p.Date.AddDays(1+dunning.PromiseGraceDays).At(0, 0), t.now)
	t.wake = true
	return stopMessages(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, dunning.MessageParked, whyHeld)
}
