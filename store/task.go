package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/page"
	"steward/domain/refusal"
)

type taskRow struct {
	ID          string         `db:"id"`
	Kind        string         `db:"kind"`
	CommunityID string         `db:"community_id"`
	CaseID      sql.NullString `db:"case_id"`
	CampaignID  sql.NullString `db:"campaign_id"`
	DebtorID    sql.NullString `db:"debtor_id"`
	Stage       sql.NullString `db:"stage"`
	AssigneeID  sql.NullString `db:"assignee_id"`
	Status      string         `db:"status"`
	DueAt       sql.NullTime   `db:"due_at"`
	Outcome     sql.NullString `db:"outcome"`
	Note        sql.NullString `db:"note"`
	Script      sql.NullString `db:"script"`
	CreatedAt   time.Time      `db:"created_at"`
	CompletedAt sql.NullTime   `db:"completed_at"`
	Version     int            `db:"version"`
}

const selectTasks = `SELECT t.id, t.kind, t.community_id, t.case_id, c.campaign_id, c.debtor_id, t.stage, t.assignee_id, t.status, t.due_at, t.outcome,
	t.note, t.script, t.created_at, t.completed_at, t.version FROM task t LEFT JOIN dunning_case c ON c.org_id = t.org_id AND c.id = t.case_id `

// Tasks lists what people have to do in the communities that the caller may see, oldest first.
func (s *Store) Tasks(ctx context.Context, sc access.Scope, f dunning.TaskFilter, q page.Query) (page.Of[dunning.Task], error) {
	none := page.Of[dunning.Task]{}
	if err := sc.Require(access.HandleCases, ""); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, args := `WHERE t.org_id = ?`, []any{sc.OrgID}
	for _, c := range []struct{ column, value string }{{"t.status", f.Status}, {"t.kind", f.Kind}, {"t.assignee_id", f.Assignee}, {"t.case_id", f.CaseID}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if all, communities := sc.Reach(access.HandleCases); !all {
		if len(communities) == 0 {
			return page.Cut([]dunning.Task(nil), q.Limit, taskID), nil
		}
		where, args = where+` AND t.community_id IN (?)`, append(args, communities)
	}
	if q.Cursor != "" {
		where, args = where+` AND t.id > ?`, append(args, q.Cursor)
	}
	var rows []taskRow
	if err := selectIn(ctx, s.db, &rows, selectTasks+where+` ORDER BY t.id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list tasks: %w", err)
	}
	items, err := s.taskViews(ctx, sc, rows)
	if err != nil {
		return none, err
	}
	return page.Cut(items, q.Limit, taskID), nil
}

func taskID(t dunning.Task) string { return t.ID }

func (s *Store) taskViews(ctx context.Context, sc access.Scope, rows []taskRow) ([]dunning.Task, error) {
	var keys []debtorKey
	for _, r := range rows {
		if r.DebtorID.Valid {
			keys = append(keys, debtorKey{r.CommunityID, r.DebtorID.String})
		}
	}
	known, err := s.households(ctx, sc, keys)
	if err != nil {
		return nil, err
	}
	views := make([]dunning.Task, len(rows))
	for i, r := range rows {
		h := known[debtorKey{r.CommunityID, r.DebtorID.String}]
		views[i] = dunning.Task{
			ID: r.ID, Kind: r.Kind, Status: r.Status, CommunityID: r.CommunityID, CampaignID: r.CampaignID.String, CaseID: r.CaseID.String,
			Stage: r.Stage.String, Household: h.Name, Units: h.Units, AssigneeID: r.AssigneeID.String, DueAt: timeOrNil(r.DueAt.Time),
			Outcome: r.Outcome.String, Note: r.Note.String, CreatedAt: r.CreatedAt, CompletedAt: timeOrNil(r.CompletedAt.Time), Version: r.Version,
		}
		switch sc.Money(r.CommunityID) { // the script names the amount
		case access.MoneyDetail, access.MoneyTotals:
			views[i].Script = r.Script.String
		}
	}
	return views, nil
}

// CompleteTask takes a person's report and lets the case follow it: an approval lets its stage go on or skips it, a
// promise holds the case until its day, hardship, a payment said to be made and wrong contact data hold it for a person.
func (s *Store) CompleteTask(ctx context.Context, sc access.Scope, id string, r dunning.TaskResult) (dunning.Task, error) {
	row, err := s.visibleTask(ctx, sc, id)
	if err != nil {
		return dunning.Task{}, err
	}
	if err := s.checkResult(row, r); err != nil {
		return dunning.Task{}, err
	}
	err = s.inTx(ctx, "complete task", func(tx *sqlx.Tx) error {
		if !row.CaseID.Valid {
			return s.closeTask(ctx, tx, sc, row, r)
		}
		step, err := s.lockCase(ctx, tx, sc, row.CampaignID.String, row.CaseID.String, 0)
		if err != nil || step.repeated {
			return err
		}
		if err := s.closeTask(ctx, tx, sc, row, r); err != nil {
			return err
		}
		if err := step.follow(ctx, row, r); err != nil {
			return err
		}
		return step.save(ctx, "follow-task", r.Note)
	})
	if err != nil {
		return dunning.Task{}, err
	}
	if row, err = s.visibleTask(ctx, sc, id); err != nil {
		return dunning.Task{}, err
	}
	views, err := s.taskViews(ctx, sc, []taskRow{row})
	if err != nil {
		return dunning.Task{}, err
	}
	return views[0], nil
}

func (s *Store) visibleTask(ctx context.Context, sc access.Scope, id string) (taskRow, error) {
	var row taskRow
	notFound := refusal.New(refusal.NotFound, "task-not-found", "没有找到该任务，请返回列表重新选择。")
	if err := sc.Require(access.HandleCases, ""); err != nil {
		return row, err
	}
	err := s.db.GetContext(ctx, &row, selectTasks+`WHERE t.org_id = ? AND t.id = ?`, sc.OrgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) || (err == nil && sc.Require(access.HandleCases, row.CommunityID) != nil) {
		return row, notFound
	}
	if err != nil {
		return row, fmt.Errorf("read task: %w", err)
	}
	return row, nil
}

// callOutcomes are what a call or a visit may come to.
var callOutcomes = []string{
	dunning.OutcomeNoAnswer, dunning.OutcomeBusy, dunning.OutcomeWrongNumber, dunning.OutcomePromised, dunning.OutcomeDisputed, dunning.OutcomeRefused,
	dunning.OutcomeHardship, dunning.OutcomePaidAlready, dunning.OutcomeMoved, dunning.OutcomeDone,
}

func (s *Store) checkResult(row taskRow, r dunning.TaskResult) error {
	if err := checkOptionalReason(r.Note); err != nil {
		return err
	}
	allowed := callOutcomes
	if row.Kind == dunning.TaskApproval {
		allowed = []string{dunning.OutcomeApproved, dunning.OutcomeRejected}
	}
	if !slices.Contains(allowed, r.Outcome) {
		return refusal.New(refusal.Rule, "unknown-outcome", "该任务没有这个处理结果，请从列表中选择。").At("outcome", "可选："+strings.Join(allowed, "、"), nil)
	}
	if r.Outcome == dunning.OutcomePromised && r.Promise != nil {
		return checkPromise(*r.Promise, calendar.DateOf(s.clock.Now()))
	}
	return nil
}

func (s *Store) closeTask(ctx context.Context, tx *sqlx.Tx, sc access.Scope, row taskRow, r dunning.TaskResult) error {
	var now struct {
		Status  string `db:"status"`
		Version int    `db:"version"`
	}
	if err := tx.GetContext(ctx, &now, `SELECT status, version FROM task WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, row.ID); err != nil {
		return fmt.Errorf("lock task: %w", err)
	}
	if now.Status != dunning.TaskOpen {
		return refusal.New(refusal.Conflict, "not-allowed-in-state", "该任务已经处理完毕，不能重复处理。").With("allowed", []string{})
	}
	if r.Version != 0 && r.Version != now.Version {
		return refusal.New(refusal.Stale, "stale-version", "该任务已被他人修改，请刷新后重试。").With("version", now.Version)
	}
	at := s.clock.Now()
	_, err := tx.ExecContext(ctx, `UPDATE task SET status = 'done', outcome = ?, note = ?, completed_at = ?, completed_by = ?, version = version + 1
		WHERE org_id = ? AND id = ?`, r.Outcome, nullable(r.Note), at, sc.ActorID, sc.OrgID, row.ID)
	if err != nil {
		return fmt.Errorf("close task: %w", err)
	}
	deed := Audited{Action: "complete-task", SubjectKind: "task", SubjectID: row.ID, CommunityID: row.CommunityID, Why: r.Note,
		Detail: map[string]any{"outcome": r.Outcome, "evidence": r.Evidence}}
	if err := recordAudit(ctx, tx, sc, at, deed); err != nil {
		return err
	}
	return recordChange(ctx, tx, sc.OrgID, at, Change{Kind: "task", SubjectID: row.ID, CommunityID: row.CommunityID})
}

// follow lets the case do what the report means.
func (t *caseStep) follow(ctx context.Context, task taskRow, r dunning.TaskResult) error {
	if task.Kind == dunning.TaskApproval {
		return t.followApproval(ctx, r)
	}
	t.note(eventTaskDone, taskStory(task.Kind, r), 0)
	if !t.row.open() {
		return nil
	}
	switch r.Outcome {
	case dunning.OutcomePromised:
		if r.Promise == nil { // nobody named a day to wait for: it is written down, and the ladder goes on
			return nil
		}
		return t.promise(ctx, *r.Promise)
	case dunning.OutcomePaidAlready, dunning.OutcomeHardship, dunning.OutcomeDisputed, dunning.OutcomeMoved, dunning.OutcomeWrongNumber:
		return t.hold(ctx, dunning.HoldManual, outcomeName(r.Outcome), time.Time{})
	}
	return nil
}

func (t *caseStep) followApproval(ctx context.Context, r dunning.TaskResult) error {
	if r.Outcome == dunning.OutcomeRejected {
		t.note(eventRejected, r.Note, 0)
		if t.row.Status != dunning.CaseNeedsAttention {
			return nil
		}
		return t.skip(ctx, r.Note)
	}
	t.note(eventApproved, r.Note, 0)
	if t.row.Status == dunning.CaseNeedsAttention {
		t.row.Status, t.row.NextAt, t.wake = dunning.CaseOpen, nullTime(t.now), true
	}
	return nil
}

func taskStory(kind string, r dunning.TaskResult) string {
	story := taskKindName(kind) + "：" + outcomeName(r.Outcome)
	if r.Note != "" {
		story += "（" + r.Note + "）"
	}
	return story
}

func taskKindName(kind string) string {
	names := map[string]string{
		string(dunning.Call): "电话", string(dunning.Visit): "上门", string(dunning.Letter): "信函", string(dunning.Demand): "催告函",
		string(dunning.Mediation): "调解", string(dunning.LawyerLetter): "律师函", string(dunning.Legal): "诉讼准备",
	}
	if name, known := names[kind]; known {
		return name
	}
	return kind
}

func outcomeName(outcome string) string {
	names := map[string]string{
		dunning.OutcomeNoAnswer: "无人接听", dunning.OutcomeBusy: "占线", dunning.OutcomeWrongNumber: "号码有误", dunning.OutcomePromised: "承诺缴费",
		dunning.OutcomeDisputed: "提出异议", dunning.OutcomeRefused: "拒绝缴费", dunning.OutcomeHardship: "经济困难", dunning.OutcomePaidAlready: "称已缴费，待财务核实",
		dunning.OutcomeMoved: "已搬离", dunning.OutcomeDone: "已完成",
	}
	if name, known := names[outcome]; known {
		return name
	}
	return outcome
}
