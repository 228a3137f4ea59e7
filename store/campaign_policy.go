package store

import (
	"context"
	"fmt"
	"slices"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// ChangeCampaignPolicy lets a running campaign follow another version of its policy. A version that lacks a stage on which
// some case stands is refused.
func (s *Store) ChangeCampaignPolicy(ctx context.Context, sc access.Scope, id, versionID, apply string) (dunning.PolicyChange, error) {
	var change dunning.PolicyChange
	if !slices.Contains([]string{dunning.ApplyNewCases, dunning.ApplyNextStep, dunning.ApplyAll}, apply) {
		return change, refusal.New(refusal.Rule, "unknown-apply", "生效范围应为 new_cases、next_step 或 all。").At("apply", "没有此范围", nil)
	}
	if !isID(versionID) {
		return change, unknownPolicyVersion()
	}
	version, err := s.policyVersion(ctx, sc.OrgID, versionID)
	if refusal.Is(err, "unknown-policy") {
		return change, unknownPolicyVersion()
	}
	if err != nil {
		return change, err
	}
	change.Campaign, err = s.commandCampaign(ctx, sc, id, "change-policy", "", func(c *campaignCommand) error {
		change = dunning.PolicyChange{}
		if !c.row.active() {
			return c.refused()
		}
		if c.row.PolicyID != version.ID {
			return unknownPolicyVersion()
		}
		return c.changePolicy(ctx, version, apply, &change)
	})
	return change, err
}

func unknownPolicyVersion() error {
	return refusal.New(refusal.Rule, "unknown-policy-version", "该活动所用的策略没有这个版本，请重新选择。").At("version_id", "没有此版本", nil)
}

func (c *campaignCommand) changePolicy(ctx context.Context, to dunning.PolicyVersion, apply string, change *dunning.PolicyChange) error {
	old := c.row.PolicyVersionID
	var cases []caseRow
	err := c.tx.SelectContext(ctx, &cases, `SELECT `+caseColumns+` FROM dunning_case WHERE org_id = ? AND campaign_id = ? AND status IN (`+openStatuses+`)
		ORDER BY id FOR UPDATE`, c.scope.OrgID, c.row.ID)
	if err != nil {
		return fmt.Errorf("lock the campaign's cases: %w", err)
	}
	untouchedOnly := apply == dunning.ApplyNewCases
	if err := refuseMissingStage(to.Policy, c.row, cases, untouchedOnly); err != nil {
		return err
	}
	c.row.PolicyVersionID = to.VersionID
	before := slices.Clone(cases)
	for i := range cases {
		k := &cases[i]
		if untouchedOnly && k.Stage != "" {
			if !k.PolicyVersionID.Valid {
				k.PolicyVersionID = nullString(old)
			}
			change.Kept++
			continue
		}
		k.PolicyVersionID = nullString("")
		if k.Status == dunning.CaseNeedsAttention { // the stage that waits for approval may be another one now
			k.Status, k.NextAt = dunning.CaseOpen, nullTime(c.now)
		}
		change.Replanned++
	}
	if err := saveCases(ctx, c.tx, c.scope.OrgID, before, cases); err != nil {
		return err
	}
	if err := c.cancelApprovals(ctx, before); err != nil {
		return err
	}
	if err := c.moveMessages(ctx, `UPDATE outbox SET epoch = ? WHERE org_id = ? AND campaign_id = ? AND status IN ('queued','parked')`, c.row.Epoch+1); err != nil {
		return err
	}
	if apply == dunning.ApplyAll {
		change.Rerendered, err = c.rerenderAll(ctx, cases)
	}
	return err
}

func refuseMissingStage(p dunning.Policy, g campaignRow, cases []caseRow, untouchedOnly bool) error {
	missing := map[string]int{}
	if g.FromStage.Valid && p.StageIndex(g.FromStage.String) < 0 {
		missing[g.FromStage.String] = 0
	}
	for _, k := range cases {
		if !untouchedOnly && k.Stage != "" && p.StageIndex(k.Stage) < 0 {
			missing[k.Stage]++
		}
	}
	for stage, n := range missing {
		return refusal.New(refusal.Rule, "stage-missing", "新版本没有阶段“%s”，而有 %d 个案件正处于该阶段，不能切换；请在新版本中保留该阶段。", stage, n).
			With("stage", stage).With("cases", n)
	}
	return nil
}

func (c *campaignCommand) cancelApprovals(ctx context.Context, before []caseRow) error {
	var waiting []string
	for _, k := range before {
		if k.Status == dunning.CaseNeedsAttention {
			waiting = append(waiting, k.ID)
		}
	}
	return closeTasks(ctx, c.tx, c.scope.OrgID, waiting, "policy-changed", c.now)
}

// rerenderAll writes waiting messages by the templates of the new version.
func (c *campaignCommand) rerenderAll(ctx context.Context, cases []caseRow) (int, error) {
	changed := 0
	for chunk := range slices.Chunk(cases, advanceChunk) {
		facts, err := c.store.loadFacts(ctx, c.tx, c.scope.OrgID, c.row, chunk, c.now)
		if err != nil {
			return changed, err
		}
		n, err := c.store.rerenderCount(ctx, c.tx, c.scope.OrgID, c.row, chunk, facts, c.now)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}
