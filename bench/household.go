package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"steward/domain/calendar"
	"steward/store"
)

const (
	householdQueue = "bench-household"
	// betweenStages is long enough for a stage of all households to end before the next begins.
	betweenStages = 25 * time.Second
)

// householdState is the textbook form: one workflow per household, a timer, a look at the balance and a message per stage.
type householdState struct {
	OrgID, CommunityID, DebtorID string
	First                        time.Time
}

func householdLadder(ctx workflow.Context, s householdState) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var steps *householdSteps
	for i := range stages {
		if err := workflow.Sleep(ctx, s.First.Add(time.Duration(i)*betweenStages).Sub(workflow.Now(ctx))); err != nil {
			return err
		}
		var owed int64
		if err := workflow.ExecuteActivity(ctx, steps.Owed, s).Get(ctx, &owed); err != nil {
			return err
		}
		if owed == 0 {
			return nil
		}
		if err := workflow.ExecuteActivity(ctx, steps.Write, s, fmt.Sprintf("stage%d", i+1), owed).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// householdSteps are the same facts and the same rows as a cohort's step, for one household.
type householdSteps struct{ g *ground }

func (h *householdSteps) Owed(ctx context.Context, s householdState) (int64, error) {
	var owed int64
	err := h.g.db.GetContext(ctx, &owed, `SELECT COALESCE(SUM(unpaid_fen),0) FROM bill WHERE org_id = ? AND community_id = ? AND debtor_id = ? AND unpaid_fen > 0 AND disputed = FALSE`,
		s.OrgID, s.CommunityID, s.DebtorID)
	return owed, err
}

func (h *householdSteps) Write(ctx context.Context, s householdState, stage string, owed int64) error {
	var person struct {
		Name  []byte `db:"name_enc"`
		Phone []byte `db:"phone_enc"`
	}
	if err := h.g.db.GetContext(ctx, &person, `SELECT name_enc, phone_enc FROM person WHERE org_id = ? AND id = ?`, s.OrgID, s.DebtorID); err != nil {
		return err
	}
	name, err := h.g.keys.Open(person.Name)
	if err != nil {
		return err
	}
	tx, err := h.g.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	now := h.g.clock.Now()
	text := fmt.Sprintf("【测试小区】%s您好，尚有%d.%02d元未缴，请及时缴纳。", name, owed/100, owed%100)
	_, err = tx.ExecContext(ctx, `INSERT IGNORE INTO case_outcome (org_id,case_id,stage,touch,campaign_id,kind,arrears_fen,planned_at,decided_at,epoch) VALUES (?,?,?,1,?,'touch',?,?,?,1)`,
		s.OrgID, s.DebtorID, stage, s.CommunityID, owed, now, now)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT IGNORE INTO outbox (org_id,id,campaign_id,case_id,community_id,debtor_id,stage,touch,channel,recipient_enc,recipient_bidx,text,text_sha256,status,epoch,not_before,created_at)
		VALUES (?,?,?,?,?,?,?,1,'sms',?,?,?,?,'cancelled',1,?,?)`,
		s.OrgID, store.NewID(), s.CommunityID, s.DebtorID, s.CommunityID, s.DebtorID, stage, person.Phone, []byte(s.DebtorID[:16]), text,
		[]byte("0123456789abcdef0123456789abcdef"), now, now)
	if err != nil {
		return err
	}
	return tx.Commit()
}

// perHousehold runs the textbook form over the same rows.
func (g *ground) perHousehold(ctx context.Context, households int) (planning, error) {
	p := planning{households: households}
	communityID, err := g.community(ctx, households, calendar.DateOf(g.clock.Now()))
	if err != nil {
		return p, err
	}
	var debtors []string
	if err := g.db.SelectContext(ctx, &debtors, `SELECT DISTINCT debtor_id FROM bill WHERE org_id = ? AND community_id = ?`, g.orgID, communityID); err != nil {
		return p, fmt.Errorf("read debtors: %w", err)
	}
	w := sdkworker.New(g.client, householdQueue, sdkworker.Options{MaxConcurrentActivityExecutionSize: connections})
	w.RegisterWorkflow(householdLadder)
	w.RegisterActivityWithOptions(&householdSteps{g}, activity.RegisterOptions{})
	if err := w.Start(); err != nil {
		return p, fmt.Errorf("start a worker: %w", err)
	}
	defer w.Stop()
	first := time.Now().Add(time.Duration(households/20+5) * time.Second)
	all, starting := errgroup.WithContext(ctx)
	all.SetLimit(20)
	for _, debtor := range debtors {
		all.Go(func() error {
			_, err := g.client.ExecuteWorkflow(starting, client.StartWorkflowOptions{ID: "household/" + debtor, TaskQueue: householdQueue},
				householdLadder, householdState{g.orgID, communityID, debtor, first})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return p, fmt.Errorf("start a household: %w", err)
	}
	if time.Now().After(first) {
		return p, errors.New("starting took longer than the wait for the first stage")
	}
	for _, debtor := range debtors {
		if err := g.client.GetWorkflow(ctx, "household/"+debtor, "").Get(ctx, nil); err != nil {
			return p, fmt.Errorf("run a household: %w", err)
		}
		n, err := historyLength(ctx, g.client, "household/"+debtor)
		var gone *serviceerror.NotFound
		if err != nil && !errors.As(err, &gone) {
			return p, err
		}
		p.events += n
	}
	return g.householdTimes(ctx, p, communityID, first)
}

func (g *ground) householdTimes(ctx context.Context, p planning, communityID string, first time.Time) (planning, error) {
	for i := range stages {
		var stage struct {
			N    int       `db:"n"`
			Done time.Time `db:"done"`
		}
		err := g.db.GetContext(ctx, &stage, `SELECT COUNT(*) AS n, MAX(decided_at) AS done FROM case_outcome WHERE org_id = ? AND campaign_id = ? AND stage = ?`,
			g.orgID, communityID, fmt.Sprintf("stage%d", i+1))
		if err != nil {
			return p, fmt.Errorf("read outcomes: %w", err)
		}
		due := g.clock.Anchor().BusinessAt(first.Add(time.Duration(i) * betweenStages))
		p.touches += stage.N
		p.took += stage.Done.Sub(due)
	}
	if p.touches != stages*p.households {
		return p, fmt.Errorf("%d touches instead of %d", p.touches, stages*p.households)
	}
	return p, nil
}
