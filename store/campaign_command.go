package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// PauseCampaign stops everything of a campaign until it is resumed; what waits to be sent is parked in the same
// transaction. Pausing a paused campaign changes nothing.
func (s *Store) PauseCampaign(ctx context.Context, sc access.Scope, id, why string) (dunning.CampaignDetail, error) {
	return s.commandCampaign(ctx, sc, id, "pause-campaign", why, func(c *campaignCommand) error {
		switch c.row.Status {
		case dunning.CampaignPaused:
			return c.nothing()
		case dunning.CampaignRunning:
		default:
			return c.refused("resume", "cancel")
		}
		c.row.Status, c.row.PausedAt, c.row.Why = dunning.CampaignPaused, nullTime(c.now), nullString(why)
		return c.moveMessages(ctx, `UPDATE outbox SET status = 'parked', why = ? WHERE org_id = ? AND campaign_id = ? AND status = 'queued'`, whyPaused)
	})
}

// ResumeCampaign lets a paused campaign go on, or one that needed attention. Offsets from start and from the stage before
// shift by the pause.
func (s *Store) ResumeCampaign(ctx context.Context, sc access.Scope, id, why string) (dunning.CampaignDetail, error) {
	return s.commandCampaign(ctx, sc, id, "resume-campaign", why, func(c *campaignCommand) error {
		switch c.row.Status {
		case dunning.CampaignRunning:
			return c.nothing()
		case dunning.CampaignPaused, dunning.CampaignNeedsAttention:
		default:
			return c.refused()
		}
		if c.row.PausedAt.Valid && c.now.After(c.row.PausedAt.Time) {
			c.row.PausedS += int64(c.now.Sub(c.row.PausedAt.Time) / time.Second)
		}
		c.row.Status, c.row.PausedAt, c.row.Why = dunning.CampaignRunning, nullTime(time.Time{}), nullString("")
		if err := c.restageParked(ctx); err != nil {
			return err
		}
		return c.moveMessages(ctx, `UPDATE outbox o JOIN dunning_case c ON c.org_id = o.org_id AND c.id = o.case_id
			SET o.status = 'queued', o.why = NULL, o.epoch = ?
			WHERE o.org_id = ? AND o.campaign_id = ? AND o.status IN ('parked','queued') AND c.status IN ('open','needs_attention','finished')`, c.row.Epoch+1)
	})
}

// CancelCampaign ends a campaign: its cases close as excluded and what waits is cancelled. It can't be undone.
func (s *Store) CancelCampaign(ctx context.Context, sc access.Scope, id, why string) (dunning.CampaignDetail, error) {
	return s.commandCampaign(ctx, sc, id, "cancel-campaign", why, func(c *campaignCommand) error {
		switch {
		case c.row.Status == dunning.CampaignCancelled:
			return c.nothing()
		case !c.row.active():
			return c.refused()
		}
		c.row.Status, c.row.FinishedAt, c.row.Why = dunning.CampaignCancelled, nullTime(c.now), nullString(why)
		return c.closeCases(ctx)
	})
}

// campaignCommand is one command on a campaign whose row is locked.
type campaignCommand struct {
	store *Store
	tx    *sqlx.Tx
	scope access.Scope
	row   campaignRow
	why   string
	now   time.Time
	same  bool // nothing is to be done
}

func (c *campaignCommand) nothing() error {
	c.same = true
	return nil
}

func (c *campaignCommand) refused(allowed ...string) error {
	if allowed == nil {
		allowed = []string{}
	}
	return refusal.New(refusal.Conflict, "not-allowed-in-state", "催缴活动%s，不能进行此操作。", campaignStatusName(c.row.Status)).With("allowed", allowed)
}

func campaignStatusName(status string) string {
	switch status {
	case dunning.CampaignRunning:
		return "正在进行"
	case dunning.CampaignPaused:
		return "已暂停"
	case dunning.CampaignFinished:
		return "已结束"
	case dunning.CampaignCancelled:
		return "已取消"
	default:
		return "需要人工处理"
	}
}

func (c *campaignCommand) moveMessages(ctx context.Context, query string, first any) error {
	if _, err := c.tx.ExecContext(ctx, query, first, c.scope.OrgID, c.row.ID); err != nil {
		return fmt.Errorf("move the campaign's messages: %w", err)
	}
	return nil
}

// restageParked counts the last stage of every case whose message the pause had parked from now, when it goes out.
func (c *campaignCommand) restageParked(ctx context.Context) error {
	_, err := c.tx.ExecContext(ctx, `UPDATE dunning_case d JOIN outbox o ON o.org_id = d.org_id AND o.case_id = d.id AND o.stage = d.stage AND o.status = 'parked'
		SET d.stage_at = ?, d.stage_paused_s = ? + d.held_s
		WHERE d.org_id = ? AND d.campaign_id = ? AND d.status IN ('open','needs_attention')`, c.now, c.row.PausedS, c.scope.OrgID, c.row.ID)
	if err != nil {
		return fmt.Errorf("count parked stages from now: %w", err)
	}
	return nil
}

func (c *campaignCommand) closeCases(ctx context.Context) error {
	steps := []struct {
		query string
		args  []any
	}{
		{`INSERT INTO case_event (org_id, id, case_id, campaign_id, at, kind, stage, why, who_id)
			SELECT org_id, id, id, campaign_id, ?, ?, stage, ?, ? FROM dunning_case
			WHERE org_id = ? AND campaign_id = ? AND status IN (` + openStatuses + `)`, []any{c.now, eventCampaignEnded, nullable(c.why), c.scope.ActorID}},
		{`UPDATE task t JOIN dunning_case d ON d.org_id = t.org_id AND d.id = t.case_id
			SET t.status = 'cancelled', t.outcome = ?, t.completed_at = ?, t.version = t.version + 1
			WHERE t.status = 'open' AND d.org_id = ? AND d.campaign_id = ?`, []any{whyCampaignCancelled, c.now}},
		{`UPDATE dunning_case SET status = 'excluded', closed_at = ?, next_stage = NULL, next_at = NULL, open_slot = NULL,
			hold_kind = NULL, hold_why = NULL, hold_until = NULL, held_at = NULL, version = version + 1
			WHERE org_id = ? AND campaign_id = ? AND status IN (` + openStatuses + `)`, []any{c.now}},
		{`UPDATE outbox SET status = 'cancelled', why = ? WHERE org_id = ? AND campaign_id = ? AND status IN ('queued','parked')`, []any{whyCampaignCancelled}},
	}
	for _, step := range steps {
		if _, err := c.tx.ExecContext(ctx, step.query, append(step.args, c.scope.OrgID, c.row.ID)...); err != nil {
			return fmt.Errorf("close the campaign's cases: %w", err)
		}
	}
	return nil
}

// commandCampaign locks a campaign, lets do change it, and raises its epoch: what was decided under an older one is
// refused from the commit on.
func (s *Store) commandCampaign(ctx context.Context, sc access.Scope, id, action, why string, do func(*campaignCommand) error) (dunning.CampaignDetail, error) {
	if err := s.requireCampaign(ctx, sc, access.RunCampaigns, id); err != nil {
		return dunning.CampaignDetail{}, err
	}
	if err := checkOptionalReason(why); err != nil {
		return dunning.CampaignDetail{}, err
	}
	err := s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		row, err := campaignOf(ctx, tx, sc.OrgID, id, exclusive)
		if err != nil {
			return err
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		c := &campaignCommand{store: s, tx: tx, scope: sc, row: row, why: why, now: s.clock.Now()}
		if err := do(c); err != nil || c.same {
			return err
		}
		return c.save(ctx, action)
	})
	if err != nil {
		return dunning.CampaignDetail{}, err
	}
	return s.Campaign(ctx, sc, id)
}

func (c *campaignCommand) save(ctx context.Context, action string) error {
	r := c.row
	_, err := c.tx.ExecContext(ctx, `UPDATE campaign SET status = ?, why = ?, epoch = epoch + 1, policy_version_id = ?, paused_at = ?, paused_s = ?, finished_at = ?, version = version + 1
		WHERE org_id = ? AND id = ?`, r.Status, r.Why, r.PolicyVersionID, r.PausedAt, r.PausedS, r.FinishedAt, c.scope.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("save campaign: %w", err)
	}
	if err := enqueueDelivery(ctx, c.tx, c.scope.OrgID, DeliverCampaignRefresh, r.ID); err != nil {
		return err
	}
	if err := recordAudit(ctx, c.tx, c.scope, c.now, Audited{ID: c.scope.CommandID, Action: action, SubjectKind: "campaign", SubjectID: r.ID, Why: c.why}); err != nil {
		return err
	}
	return recordCampaignChange(ctx, c.tx, c.scope.OrgID, r.ID, c.now)
}

// checkOptionalReason bounds a reason that may be left out.
func checkOptionalReason(why string) error {
	if strings.TrimSpace(why) == "" {
		return nil
	}
	return checkReason(why)
}

// requireCampaign asks for an action in every community of a campaign; one that the caller can't see is not found.
func (s *Store) requireCampaign(ctx context.Context, sc access.Scope, action access.Action, id string) error {
	var communities []string
	err := s.db.SelectContext(ctx, &communities, `SELECT community_id FROM campaign_community WHERE org_id = ? AND campaign_id = ?`, sc.OrgID, asciiKey(id))
	if err != nil {
		return fmt.Errorf("read the campaign's communities: %w", err)
	}
	if len(communities) == 0 {
		if err := sc.Require(action, ""); err != nil {
			return err
		}
		return campaignNotFound()
	}
	for _, c := range communities {
		if err := sc.Require(action, c); err != nil {
			return err
		}
	}
	return nil
}

func campaignNotFound() error {
	return refusal.New(refusal.NotFound, "campaign-not-found", "没有找到该催缴活动，请返回列表重新选择。")
}

// CloseCampaign implements dunning.CaseStore.
func (s *Store) CloseCampaign(ctx context.Context, sc access.Scope, campaignID string) (bool, error) {
	over := false
	err := s.inTx(ctx, "close campaign", func(tx *sqlx.Tx) error {
		over = false
		g, err := campaignOf(ctx, tx, sc.OrgID, campaignID, exclusive)
		if err != nil {
			return err
		}
		if !g.active() {
			over = true
			return nil
		}
		if !g.SelectedAt.Valid {
			return nil
		}
		open, err := anyOpenCase(ctx, tx, sc.OrgID, campaignID)
		if err != nil || open {
			return err
		}
		over = true
		now := s.clock.Now()
		_, err = tx.ExecContext(ctx, `UPDATE campaign SET status = 'finished', finished_at = ?, paused_at = NULL, why = NULL, version = version + 1
			WHERE org_id = ? AND id = ?`, now, sc.OrgID, campaignID)
		if err != nil {
			return fmt.Errorf("finish campaign: %w", err)
		}
		return recordCampaignChange(ctx, tx, sc.OrgID, campaignID, now)
	})
	return over, err
}

// ParkCampaign implements dunning.CaseStore. What waits to be sent goes on: it was decided rightly.
func (s *Store) ParkCampaign(ctx context.Context, sc access.Scope, campaignID, why string) error {
	return s.inTx(ctx, "park campaign", func(tx *sqlx.Tx) error {
		now := s.clock.Now()
		_, err := tx.ExecContext(ctx, `UPDATE campaign SET status = 'needs_attention', why = ?, version = version + 1
			WHERE org_id = ? AND id = ? AND status = 'running'`, why, sc.OrgID, campaignID)
		if err != nil {
			return fmt.Errorf("park campaign: %w", err)
		}
		return recordCampaignChange(ctx, tx, sc.OrgID, campaignID, now)
	})
}
