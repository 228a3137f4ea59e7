package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// PromiseToPay writes down a debtor's dated promise and holds the case until the day and its grace have passed.
func (s *Store) PromiseToPay(ctx context.Context, sc access.Scope, caseID string, p dunning.Promise, version int) (dunning.CaseDetail, error) {
	if err := checkPromise(p, calendar.DateOf(s.clock.Now())); err != nil {
		return dunning.CaseDetail{}, err
	}
	return s.stepCase(ctx, sc, caseID, version, "promise-case", p.Note, func(ctx context.Context, t *caseStep) error { return t.promise(ctx, p) })
}

func checkPromise(p dunning.Promise, today calendar.Date) error {
	switch {
	case p.AmountFen <= 0:
		return refusal.New(refusal.Rule, "amount-not-positive", "承诺金额必须大于 0 元。").At("amount_fen", "必须大于 0", p.AmountFen)
	case p.Date.IsZero() || p.Date.Before(today):
		return refusal.New(refusal.Rule, "date-passed", "承诺日期不能早于今天，请重新选择。").At("date", "已过去", p.Date.String())
	case today.DaysUntil(p.Date) > dunning.MaxPromiseDays:
		return refusal.New(refusal.Rule, "date-too-far", "承诺日期最多在 %d 天之内，请改早一些。", dunning.MaxPromiseDays).At("date", "过晚", p.Date.String())
	case utf8.RuneCountInString(p.Note) > maxReason/2:
		return refusal.New(refusal.Rule, "note-too-long", "备注最多 %d 个字，请缩短后重试。", maxReason/2).At("note", "过长", nil)
	}
	return nil
}

// stepCase runs one change of one case in a transaction and gives the case as it is afterwards.
func (s *Store) stepCase(ctx context.Context, sc access.Scope, caseID string, version int, action, why string, do func(context.Context, *caseStep) error) (dunning.CaseDetail, error) {
	c, err := s.visibleCase(ctx, sc, access.HandleCases, caseID)
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	err = s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		step, err := s.lockCase(ctx, tx, sc, c.CampaignID, caseID, version)
		if err != nil || step.repeated {
			return err
		}
		if err := do(ctx, step); err != nil {
			return err
		}
		return step.save(ctx, action, why)
	})
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	return s.Case(ctx, sc, caseID)
}

// The outcomes of a dispute.
const (
	disputeUpheld   = "upheld"
	disputeRejected = "rejected"
	disputeAdjusted = "adjusted"
)

// DisputeBill takes one bill out of collection until its dispute is answered; the rest stays collectable.
func (s *Store) DisputeBill(ctx context.Context, sc access.Scope, caseID, billID, reason string) (dunning.CaseDetail, error) {
	if err := checkReason(reason); err != nil {
		return dunning.CaseDetail{}, err
	}
	return s.changeDispute(ctx, sc, caseID, billID, disputeChange{disputed: true, event: eventDisputed, action: "dispute-bill", why: strings.TrimSpace(reason)})
}

// ResolveDispute answers a dispute: rejected and adjusted bring the bill back into collection, upheld keeps it out.
func (s *Store) ResolveDispute(ctx context.Context, sc access.Scope, caseID, billID, outcome, note string) (dunning.CaseDetail, error) {
	if err := checkOptionalReason(note); err != nil {
		return dunning.CaseDetail{}, err
	}
	names := map[string]string{disputeUpheld: "异议成立", disputeRejected: "异议不成立", disputeAdjusted: "账单已调整"}
	name, known := names[outcome]
	if !known {
		return dunning.CaseDetail{}, refusal.New(refusal.Rule, "unknown-outcome", "处理结果应为 upheld、rejected 或 adjusted。").At("outcome", "没有此结果", nil)
	}
	if note = strings.TrimSpace(note); note != "" {
		name += "：" + note
	}
	return s.changeDispute(ctx, sc, caseID, billID, disputeChange{
		disputed: outcome == disputeUpheld, resolves: true, event: eventDisputeSettled, action: "resolve-dispute", why: name})
}

// disputeChange is what a dispute or its answer does to a bill.
type disputeChange struct {
	disputed bool // afterwards
	resolves bool
	event    string
	action   string
	why      string
}

func (s *Store) changeDispute(ctx context.Context, sc access.Scope, caseID, billID string, ch disputeChange) (dunning.CaseDetail, error) {
	c, err := s.visibleCase(ctx, sc, access.HandleCases, caseID)
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	if !isID(billID) {
		return dunning.CaseDetail{}, billNotInCase()
	}
	err = s.inTx(ctx, ch.action, func(tx *sqlx.Tx) error {
		if sc.CommandID != "" {
			if done, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM case_event WHERE org_id = ? AND id = ?)`, sc.OrgID, sc.CommandID); err != nil || done {
				return err
			}
		}
		collectable := ch.resolves && !ch.disputed
		if collectable {
			if _, err := lockBooks(ctx, tx, sc.OrgID, []string{c.CommunityID}); err != nil {
				return err
			}
		}
		if err := markDisputed(ctx, tx, sc.OrgID, c.caseRow, billID, ch); err != nil {
			return err
		}
		now := s.clock.Now()
		if err := freezeLateFee(ctx, tx, sc.OrgID, billID, ch, calendar.DateOf(now)); err != nil {
			return err
		}
		event := caseEvent{Case: c.caseRow, Kind: ch.event, Why: ch.why, WhoID: sc.ActorID}
		if err := insertCommandEvents(ctx, tx, sc.OrgID, sc.CommandID, now, []caseEvent{event}); err != nil {
			return err
		}
		err := recordAudit(ctx, tx, sc, now, Audited{Action: ch.action, SubjectKind: "bill", SubjectID: billID, CommunityID: c.CommunityID, Why: ch.why})
		if err != nil {
			return err
		}
		if collectable { // an advance passes a disputed bill over
			if err := s.offsetAdvances(ctx, tx, sc, c.CommunityID, []string{c.DebtorID}); err != nil {
				return err
			}
		}
		return s.settleCases(ctx, tx, sc, balanceChange{CommunityID: c.CommunityID, DebtorIDs: []string{c.DebtorID}, Cause: causeDispute, At: now})
	})
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	return s.Case(ctx, sc, caseID)
}

func markDisputed(ctx context.Context, tx *sqlx.Tx, orgID string, c caseRow, billID string, ch disputeChange) error {
	var disputed bool
	err := tx.GetContext(ctx, &disputed, `SELECT disputed FROM bill WHERE org_id = ? AND id = ? AND community_id = ? AND debtor_id = ?
		AND unpaid_fen > 0 AND voided_at IS NULL FOR UPDATE`, orgID, billID, c.CommunityID, c.DebtorID)
	if errors.Is(err, sql.ErrNoRows) {
		return billNotInCase()
	}
	if err != nil {
		return fmt.Errorf("lock bill: %w", err)
	}
	if disputed != ch.resolves {
		if ch.resolves {
			return refusal.New(refusal.Conflict, "not-disputed", "该账单没有未处理的异议。")
		}
		return refusal.New(refusal.Conflict, "already-disputed", "该账单已在异议处理中，请先处理原有异议。")
	}
	_, err = tx.ExecContext(ctx, `UPDATE bill SET disputed = ?, version = version + 1 WHERE org_id = ? AND id = ?`, ch.disputed, orgID, billID)
	if err != nil {
		return fmt.Errorf("mark the dispute: %w", err)
	}
	return nil
}

// freezeLateFee keeps the days of a dispute free of late fee, both ends included: from the day when it was raised to the day
// when it was answered. They stay free whatever the answer was; a dispute that was upheld goes on.
func freezeLateFee(ctx context.Context, tx *sqlx.Tx, orgID, billID string, ch disputeChange, today calendar.Date) error {
	var err error
	switch {
	case !ch.resolves:
		_, err = tx.ExecContext(ctx, `INSERT INTO bill_freeze (org_id, id, bill_id, from_on, why) VALUES (?,?,?,?,?)`, orgID, NewID(), billID, today, "异议处理中")
	case !ch.disputed:
		_, err = tx.ExecContext(ctx, `UPDATE bill_freeze SET to_on = ? WHERE org_id = ? AND bill_id = ? AND to_on IS NULL`, today, orgID, billID)
	}
	if err != nil {
		return fmt.Errorf("freeze the late fee of a disputed bill: %w", err)
	}
	return nil
}

func billNotInCase() error {
	return refusal.New(refusal.Rule, "bill-not-in-case", "该账单不属于此案件或已缴清，请刷新后重新选择。").At("bill_id", "不在此案件中", nil)
}
