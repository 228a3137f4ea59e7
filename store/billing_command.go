package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/refusal"
)

// commandRun runs one command on a locked run that the caller may steer. A repeat of a command that was carried out finds
// its own work and changes nothing.
func (s *Store) commandRun(ctx context.Context, sc access.Scope, id, action, why string, do func(tx *sqlx.Tx, r billingRunRow) error) (billingrun.Detail, error) {
	err := s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		r, err := lockRun(ctx, tx, sc.OrgID, id)
		if err != nil {
			return err
		}
		if sc.Require(access.RunBilling, r.CommunityID) != nil {
			if err := sc.Require(access.RunBilling, ""); err != nil {
				return err
			}
			return runUnknown()
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		if err := do(tx, r); err != nil {
			return err
		}
		return s.runChangedOnce(ctx, tx, sc, r, action, why)
	})
	if err != nil {
		return billingrun.Detail{}, err
	}
	return s.BillingRun(ctx, sc, id)
}

// runChangedOnce is runChanged with the command's id on its trail, by which a repeat finds it.
func (s *Store) runChangedOnce(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow, action, why string) error {
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverBillingRun, r.ID); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "billing", SubjectID: r.ID, CommunityID: r.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{ID: sc.CommandID, Action: action, SubjectKind: "billing_run", SubjectID: r.ID, CommunityID: r.CommunityID,
		Why: why, Detail: map[string]any{"period": r.Period}})
}

// ApproveBillingRun lets a run be issued. Whoever opened it can't approve it; a run that the calendar opened has no such
// person. What was agreed must still be what the run was computed by.
func (s *Store) ApproveBillingRun(ctx context.Context, sc access.Scope, id string) (billingrun.Detail, error) {
	return s.commandRun(ctx, sc, id, "approve-billing-run", "", func(tx *sqlx.Tx, r billingRunRow) error {
		if err := allowedIn(r, billingrun.Ready); err != nil {
			return err
		}
		if r.OpenedBy == sc.ActorID && !sc.System {
			return makerIsChecker("这次出账由您发起，须由另一位有出账权限的人员审核。")
		}
		rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{r.CommunityID})
		if err != nil {
			return err
		}
		if rules[r.CommunityID].SettlementID != r.SettlementID {
			return refusal.New(refusal.Conflict, "settlement-changed", "计算之后小区签署了新的结算规则。请取消这次出账，按新规则重新计算。")
		}
		_, err = tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, approved_by = ?, approved_at = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			billingrun.Issuing, sc.ActorID, s.clock.Now(), sc.OrgID, r.ID)
		if err != nil {
			return fmt.Errorf("approve a billing run: %w", err)
		}
		return nil
	})
}

func makerIsChecker(message string) error {
	return refusal.New(refusal.Forbidden, "maker-is-checker", "%s", message)
}

// allowedIn refuses a command that the run's status does not allow.
func allowedIn(r billingRunRow, statuses ...billingrun.Status) error {
	if slices.Contains(statuses, r.Status) {
		return nil
	}
	return refusal.New(refusal.Conflict, "not-allowed-in-state", "这次出账当前的状态不能进行该操作，请刷新后再试。").With("status", r.Status).With("allowed", statuses)
}

// CancelBillingRun ends a run of which nothing is issued.
func (s *Store) CancelBillingRun(ctx context.Context, sc access.Scope, id, reason string) (billingrun.Detail, error) {
	return s.commandRun(ctx, sc, id, "cancel-billing-run", reason, func(tx *sqlx.Tx, r billingRunRow) error {
		if err := allowedIn(r, billingrun.Computing, billingrun.Ready, billingrun.NeedsAttention); err != nil {
			return err
		}
		if r.IssuedN > 0 || r.ParkedIn == billingrun.Voiding {
			return refusal.New(refusal.Conflict, "run-partly-issued", "这次出账已有 %d 张账单发出，不能取消。请重试直至完成，如有错误再整批作废。", r.IssuedN)
		}
		return s.setRunStatus(ctx, tx, sc.OrgID, r.ID, billingrun.Cancelled, reason)
	})
}

// RetryBillingRun lets a run that needs attention go on where it stopped.
func (s *Store) RetryBillingRun(ctx context.Context, sc access.Scope, id string) (billingrun.Detail, error) {
	return s.commandRun(ctx, sc, id, "retry-billing-run", "", func(tx *sqlx.Tx, r billingRunRow) error {
		if err := allowedIn(r, billingrun.NeedsAttention); err != nil {
			return err
		}
		return s.setRunStatus(ctx, tx, sc.OrgID, r.ID, r.ParkedIn, "")
	})
}

func (s *Store) setRunStatus(ctx context.Context, tx *sqlx.Tx, orgID, id string, status billingrun.Status, why string) error {
	_, err := tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, why = ?, parked_in = NULL, version = version + 1 WHERE org_id = ? AND id = ?`,
		status, nullable(why), orgID, id)
	if err != nil {
		return fmt.Errorf("make a billing run %s: %w", status, err)
	}
	return nil
}

const maxWhy = 500

// ParkBillingRun implements billingrun.Store. A run that waits for somebody already, or is over, stays as it is.
func (s *Store) ParkBillingRun(ctx context.Context, sc access.Scope, id, why string) error {
	return s.inTx(ctx, "park a billing run", func(tx *sqlx.Tx) error {
		r, err := lockRun(ctx, tx, sc.OrgID, id)
		if err != nil || !r.Status.Works() {
			return err
		}
		if text := []rune(why); len(text) > maxWhy {
			why = string(text[:maxWhy])
		}
		_, err = tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, parked_in = ?, why = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			billingrun.NeedsAttention, r.Status, why, sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("park a billing run: %w", err)
		}
		return recordChange(ctx, tx, sc.OrgID, s.clock.Now(), Change{Kind: "billing", SubjectID: id, CommunityID: r.CommunityID})
	})
}
