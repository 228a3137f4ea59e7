package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// CommandCase carries out a person's order to one case; everything that it stops is stopped when it returns.
func (s *Store) CommandCase(ctx context.Context, sc access.Scope, caseID string, o dunning.CaseOrder) (dunning.CaseDetail, error) {
	if err := checkOrder(o, s.clock.Now()); err != nil {
		return dunning.CaseDetail{}, err
	}
	c, err := s.visibleCase(ctx, sc, access.HandleCases, caseID)
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	err = s.inTx(ctx, o.Command+" case", func(tx *sqlx.Tx) error {
		step, err := s.lockCase(ctx, tx, sc, c.CampaignID, caseID, o.Version)
		if err != nil || step.repeated {
			return err
		}
		if err := step.order(ctx, o); err != nil {
			return err
		}
		return step.save(ctx, o.Command+"-case", o.Reason)
	})
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	return s.Case(ctx, sc, caseID)
}

// CommandCases carries out one order on up to 500 cases of a campaign, all in one transaction; those that do not allow it
// are told, the others follow it.
func (s *Store) CommandCases(ctx context.Context, sc access.Scope, campaignID string, b dunning.CaseBatch) (dunning.BatchResult, error) {
	result := dunning.BatchResult{Refused: []dunning.BatchRefusal{}}
	if err := checkOrder(b.Order, s.clock.Now()); err != nil {
		return result, err
	}
	if err := s.requireCampaign(ctx, sc, access.HandleCases, campaignID); err != nil {
		return result, err
	}
	ids, err := s.batchCases(ctx, sc.OrgID, campaignID, b)
	if err != nil {
		return result, err
	}
	batch := sc
	batch.CommandID = "" // names the batch, not the event of one case
	err = s.inTx(ctx, b.Order.Command+" cases", func(tx *sqlx.Tx) error {
		result = dunning.BatchResult{Refused: []dunning.BatchRefusal{}}
		if before, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return errors.Join(err, readBatch(before, &result))
		}
		cohorts := map[int]bool{}
		for _, id := range ids {
			err := s.orderOne(ctx, tx, batch, campaignID, id, b.Order, cohorts)
			if r, refused := refusal.As(err); refused {
				result.Refused = append(result.Refused, dunning.BatchRefusal{CaseID: id, Code: r.Code})
			} else if err != nil {
				return err
			} else {
				result.Done++
			}
		}
		for _, no := range slices.Sorted(maps.Keys(cohorts)) {
			if err := enqueueCohort(ctx, tx, sc.OrgID, campaignID, no); err != nil {
				return err
			}
		}
		now := s.clock.Now()
		deed := Audited{ID: sc.CommandID, Action: b.Order.Command + "-cases", SubjectKind: "campaign", SubjectID: campaignID, Why: b.Order.Reason,
			Detail: map[string]any{"done": result.Done, "refused": result.Refused}}
		if err := recordAudit(ctx, tx, sc, now, deed); err != nil {
			return err
		}
		return recordCampaignChange(ctx, tx, sc.OrgID, campaignID, now)
	})
	return result, err
}

// readBatch gives a repeated batch the result of its first run.
func readBatch(detail []byte, into *dunning.BatchResult) error {
	if len(detail) == 0 {
		return nil
	}
	if err := json.Unmarshal(detail, into); err != nil {
		return fmt.Errorf("read the result of a batch: %w", err)
	}
	return nil
}

func (s *Store) orderOne(ctx context.Context, tx *sqlx.Tx, sc access.Scope, campaignID, id string, o dunning.CaseOrder, cohorts map[int]bool) error {
	step, err := s.lockCase(ctx, tx, sc, campaignID, id, 0)
	if err != nil {
		return err
	}
	step.cohorts = cohorts
	if err := sc.Require(access.HandleCases, step.row.CommunityID); err != nil {
		return err
	}
	if err := step.order(ctx, o); err != nil {
		return err
	}
	return step.save(ctx, o.Command+"-case", o.Reason)
}

// batchCases resolves whom a batch means, in id order, and compares with what the caller expected.
func (s *Store) batchCases(ctx context.Context, orgID, campaignID string, b dunning.CaseBatch) ([]string, error) {
	ids := slices.Clone(b.CaseIDs)
	if b.Filter != nil {
		if len(ids) > 0 {
			return nil, refusal.New(refusal.Rule, "ids-or-filter", "请只给出案件编号或筛选条件中的一种。")
		}
		where, args := caseWhere(orgID, campaignID, *b.Filter)
		err := s.db.SelectContext(ctx, &ids, `SELECT id FROM dunning_case WHERE `+where+` ORDER BY id LIMIT ?`, append(args, dunning.MaxBatchCases+1)...)
		if err != nil {
			return nil, fmt.Errorf("find the batch's cases: %w", err)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case b.Filter == nil && b.CaseIDs == nil:
		return nil, refusal.New(refusal.Rule, "cases-needed", "请给出案件编号或筛选条件。").At("case_ids", "案件编号和筛选条件至少填一个", nil)
	case len(ids) > dunning.MaxBatchCases:
		return nil, refusal.New(refusal.Rule, "too-many-cases", "一次最多处理 %d 个案件，请缩小范围后分批进行。", dunning.MaxBatchCases)
	case b.ExpectedCount != nil && *b.ExpectedCount != len(ids):
		return nil, refusal.New(refusal.Conflict, "count-changed", "符合条件的案件已变为 %d 个，与您看到的 %d 个不同，请刷新后重试。", len(ids), *b.ExpectedCount).With("count", len(ids))
	}
	return ids, nil
}

func checkOrder(o dunning.CaseOrder, now time.Time) error {
	if o.Command != dunning.OrderRelease && o.Command != dunning.OrderAssign {
		if err := checkReason(o.Reason); err != nil {
			return err
		}
	} else if err := checkOptionalReason(o.Reason); err != nil {
		return err
	}
	if !o.Until.IsZero() && !o.Until.After(now) {
		return refusal.New(refusal.Rule, "until-passed", "截止时间必须晚于现在，请重新选择。").At("until", "已过去", o.Until)
	}
	return nil
}

// caseStep is one change of one case whose campaign and row are locked.
type caseStep struct {
	store    *Store
	tx       *sqlx.Tx
	scope    access.Scope
	campaign campaignRow
	before   caseRow // as it was read
	row      caseRow
	now      time.Time
	events   []caseEvent
	wake     bool         // its cohort has something to do sooner than it knows, or nothing any more
	repeated bool         // this very command has been carried out before
	cohorts  map[int]bool // collects who is to be woken where the step is one of a batch, which then also tells the campaign's change
}

func (s *Store) lockCase(ctx context.Context, tx *sqlx.Tx, sc access.Scope, campaignID, caseID string, version int) (*caseStep, error) {
	step := &caseStep{store: s, tx: tx, scope: sc, now: s.clock.Now()}
	var err error
	if step.campaign, err = campaignOf(ctx, tx, sc.OrgID, campaignID, shared); err != nil {
		return nil, err
	}
	if step.row, err = caseOf(ctx, tx, sc.OrgID, caseID, exclusive); err != nil {
		return nil, err
	}
	step.before = step.row
	if step.row.CampaignID != campaignID {
		return nil, caseNotFound()
	}
	if sc.CommandID != "" {
		if step.repeated, err = rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM case_event WHERE org_id = ? AND id = ?)`, sc.OrgID, sc.CommandID); err != nil || step.repeated {
			return step, err
		}
	}
	if version != 0 && version != step.row.Version {
		return nil, refusal.New(refusal.Stale, "stale-version", "该案件已被他人修改，请刷新后重试。").With("version", step.row.Version)
	}
	return step, nil
}

func caseNotFound() error {
	return refusal.New(refusal.NotFound, "case-not-found", "没有找到该催缴案件，请返回列表重新选择。")
}

func (t *caseStep) order(ctx context.Context, o dunning.CaseOrder) error {
	switch o.Command {
	case dunning.OrderHold:
		return t.hold(ctx, dunning.HoldManual, o.Reason, o.Until)
	case dunning.OrderRelease:
		return t.release(ctx, o.Reason)
	case dunning.OrderExclude:
		return t.exclude(ctx, o.Reason)
	case dunning.OrderSendNow:
		return t.sendNow(ctx, o.Reason)
	case dunning.OrderSkip:
		return t.skip(ctx, o.Reason)
	case dunning.OrderAssign:
		return t.assign(ctx, o.AssigneeID)
	}
	return refusal.New(refusal.NotFound, "unknown-command", "没有“%s”这个操作。", o.Command)
}

func (t *caseStep) note(kind, why string, amountFen int64) {
	t.events = append(t.events, caseEvent{Case: t.row, Kind: kind, Why: why, AmountFen: amountFen, WhoID: t.scope.ActorID})
}

func (t *caseStep) refused(allowed ...string) error {
	if allowed == nil {
		allowed = []string{}
	}
	return refusal.New(refusal.Conflict, "not-allowed-in-state", "案件%s，不能进行此操作。", caseStatusName(t.row.Status)).With("allowed", allowed)
}

func caseStatusName(status string) string {
	switch status {
	case dunning.CaseOpen:
		return "正在催缴"
	case dunning.CaseHeld:
		return "已暂缓"
	case dunning.CaseNeedsAttention:
		return "等待审批"
	case dunning.CasePaid:
		return "已缴清"
	case dunning.CaseExcluded:
		return "已移出"
	default:
		return "已走完全部阶段"
	}
}

// hold stops the case; a zero until waits for a release.
func (t *caseStep) hold(ctx context.Context, kind, why string, until time.Time) error {
	if !t.row.open() {
		return t.refused()
	}
	t.row.hold(t.campaign, kind, why, until.UTC(), t.now)
	t.wake = t.row.NextAt.Valid
	t.note(eventHeld, why, 0)
	return stopMessages(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, dunning.MessageParked, whyHeld)
}

// release lets a held case go on; its cohort decides at once what is due.
func (t *caseStep) release(ctx context.Context, why string) error {
	if !t.row.open() {
		return t.refused()
	}
	if t.row.Status != dunning.CaseHeld {
		return t.refused(dunning.OrderHold, dunning.OrderExclude, dunning.OrderSendNow, dunning.OrderSkip)
	}
	parked, err := waitingStages(ctx, t.tx, t.scope.OrgID, []caseRow{t.row}, dunning.MessageParked, "")
	if err != nil {
		return err
	}
	t.row.release(t.campaign, t.now)
	if parked[t.row.ID] {
		t.row.restage(t.campaign, t.now)
	}
	t.wake = true
	t.note(eventReleased, why, 0)
	if t.campaign.Status == dunning.CampaignPaused {
		return nil // resuming frees the messages
	}
	return freeMessages(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, t.campaign.Epoch)
}

func (t *caseStep) exclude(ctx context.Context, why string) error {
	if !t.row.open() {
		return t.refused()
	}
	t.row.close(dunning.CaseExcluded, t.campaign, t.now)
	t.wake = true
	t.note(eventExcluded, why, 0)
	if err := stopMessages(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, dunning.MessageCancelled, whyExcluded); err != nil {
		return err
	}
	return closeTasks(ctx, t.tx, t.scope.OrgID, []string{t.row.ID}, whyExcluded, t.now)
}

func (t *caseStep) assign(ctx context.Context, userID string) error {
	if !t.row.open() {
		return t.refused()
	}
	known, err := rowExists(ctx, t.tx, `SELECT EXISTS (SELECT 1 FROM app_user WHERE org_id = ? AND id = ? AND disabled_at IS NULL)`, t.scope.OrgID, userID)
	if err != nil {
		return err
	}
	if !known {
		return refusal.New(refusal.Rule, "unknown-user", "没有这位员工，请重新选择。").At("assignee_id", "没有此员工", userID)
	}
	if _, err := t.tx.ExecContext(ctx, `UPDATE dunning_case SET assignee_id = ? WHERE org_id = ? AND id = ?`, userID, t.scope.OrgID, t.row.ID); err != nil {
		return fmt.Errorf("assign case: %w", err)
	}
	_, err = t.tx.ExecContext(ctx, `UPDATE task SET assignee_id = ?, version = version + 1 WHERE org_id = ? AND case_id = ? AND status = 'open'`,
		userID, t.scope.OrgID, t.row.ID)
	if err != nil {
		return fmt.Errorf("assign the case's tasks: %w", err)
	}
	t.note(eventAssigned, "", 0)
	return nil
}

// save writes the case with its events, the audit trail, the feed, and the word to its cohort. The first event carries
// the command's id, so that a repeat of the command is known.
func (t *caseStep) save(ctx context.Context, action, why string) error {
	orgID := t.scope.OrgID
	if err := saveCases(ctx, t.tx, orgID, []caseRow{t.before}, []caseRow{t.row}); err != nil {
		return err
	}
	if err := insertCommandEvents(ctx, t.tx, orgID, t.scope.CommandID, t.now, t.events); err != nil {
		return err
	}
	if t.wake && t.cohorts != nil {
		t.cohorts[t.row.CohortNo] = true
	} else if t.wake {
		if err := enqueueCohort(ctx, t.tx, orgID, t.row.CampaignID, t.row.CohortNo); err != nil {
			return err
		}
	}
	err := recordAudit(ctx, t.tx, t.scope, t.now, Audited{Action: action, SubjectKind: "case", SubjectID: t.row.ID, CommunityID: t.row.CommunityID, Why: why})
	if err != nil {
		return err
	}
	changes := []Change{{Kind: "case", SubjectID: t.row.ID, CommunityID: t.row.CommunityID}}
	if t.cohorts == nil {
		changes = append(changes, Change{Kind: "campaign", SubjectID: t.row.CampaignID})
	}
	return recordChange(ctx, t.tx, orgID, t.now, changes...)
}

// holdCasesOfDebtor holds every open case of a person whom a flag protects, in the transaction of the flag.
func (s *Store) holdCasesOfDebtor(ctx context.Context, tx *sqlx.Tx, sc access.Scope, f estate.Flag) error {
	var ids []struct {
		ID         string `db:"id"`
		CampaignID string `db:"campaign_id"`
	}
	err := tx.SelectContext(ctx, &ids, `SELECT id, campaign_id FROM dunning_case WHERE org_id = ? AND debtor_id = ? AND status IN (`+openStatuses+`) ORDER BY campaign_id, id`,
		sc.OrgID, f.DebtorID)
	if err != nil {
		return fmt.Errorf("read the debtor's cases: %w", err)
	}
	flagScope := sc
	flagScope.CommandID = ""
	for _, c := range ids {
		step, err := s.lockCase(ctx, tx, flagScope, c.CampaignID, c.ID, 0)
		if err != nil {
			return err
		}
		if !step.row.open() {
			continue
		}
		if err := step.hold(ctx, dunning.HoldFlag, f.Reason, flagEnd(f.Until)); err != nil {
			return err
		}
		if err := step.save(ctx, "hold-case", f.Reason); err != nil {
			return err
		}
	}
	return nil
}

// flagEnd is when a hold by a flag runs out: at the end of its last day.
func flagEnd(until calendar.Date) time.Time {
	if until.IsZero() {
		return time.Time{}
	}
	return until.AddDays(1).At(0, 0).UTC()
}
