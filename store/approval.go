package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// AskApproval asks for something that needs a checker. What could not be carried out now is refused at once.
func (s *Store) AskApproval(ctx context.Context, sc access.Scope, r money.CorrectionRequest) (money.Approval, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if kind, known := correctionKinds[r.Kind]; !known || !kind.needsChecker {
		return money.Approval{}, refusal.New(refusal.Rule, "approval-kind-unknown", "这种操作不需要审批，或不能申请审批。").At("kind", "不能申请审批", r.Kind)
	}
	return s.askApproval(ctx, sc, r)
}

// askApproval tries the request, and keeps it with its effect until somebody else decides. The command's id is the
// approval's, by which a repeat finds it.
func (s *Store) askApproval(ctx context.Context, sc access.Scope, r money.CorrectionRequest) (money.Approval, error) {
	if asked, found, err := s.askedBefore(ctx, sc); err != nil || found {
		return asked, err
	}
	effect, out, err := s.try(ctx, sc, r)
	if err != nil {
		return money.Approval{}, err
	}
	if r.Kind == money.GiveBack || r.Kind == money.Waive { // what was meant by naming no amount
		r.AmountFen, r.LateFeeFen = &out.amountFen, nil
		if out.lateFeeFen > 0 {
			r.LateFeeFen = &out.lateFeeFen
		}
	}
	id := or(sc.CommandID, NewID())
	err = s.inTx(ctx, "ask for an approval", func(tx *sqlx.Tx) error {
		kind, d, err := s.findDeed(ctx, tx, sc, r)
		if err != nil {
			return err
		}
		return s.writeApproval(ctx, tx, sc, id, kind, d, r, effect, out)
	})
	if duplicate(err) { // this very command ran beside itself
		asked, _, err := s.askedBefore(ctx, sc)
		return asked, err
	}
	if err != nil {
		return money.Approval{}, err
	}
	return s.approval(ctx, s.db, sc, id)
}

func (s *Store) askedBefore(ctx context.Context, sc access.Scope) (money.Approval, bool, error) {
	if sc.CommandID == "" {
		return money.Approval{}, false, nil
	}
	asked, err := s.approval(ctx, s.db, sc, sc.CommandID)
	if refusal.Is(err, "approval-not-found") {
		return asked, false, nil
	}
	return asked, err == nil, err
}

func (s *Store) writeApproval(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, kind correctionKind, d deed, r money.CorrectionRequest,
	effect money.Effect, out outcome) error {
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{d.communityID}); err != nil {
		return err
	}
	var standing []string
	err := tx.SelectContext(ctx, &standing, `SELECT id FROM approval WHERE org_id = ? AND subject_id = ? AND kind = ? AND status = 'asked' AND expires_at > ? LIMIT 1`,
		sc.OrgID, r.SubjectID, string(r.Kind), s.clock.Now())
	if err != nil {
		return fmt.Errorf("look for what is asked already: %w", err)
	}
	if len(standing) > 0 {
		return refusal.New(refusal.Conflict, "already-asked", "同一事项已有待审批的申请，请等待审批结果，或先撤回原申请。").With("approval_id", standing[0])
	}
	var days int
	if err := tx.GetContext(ctx, &days, `SELECT approval_days FROM community WHERE org_id = ? AND id = ?`, sc.OrgID, d.communityID); err != nil {
		return fmt.Errorf("read how long approvals wait: %w", err)
	}
	request, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write what is asked: %w", err)
	}
	told, err := json.Marshal(effect)
	if err != nil {
		return fmt.Errorf("write an effect: %w", err)
	}
	now := s.clock.Now()
	amount := out.amountFen + out.lateFeeFen
	_, err = tx.ExecContext(ctx, `INSERT INTO approval (org_id, id, community_id, kind, subject_kind, subject_id, amount_fen, reason, request, effect, status,
		asked_by, asked_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,'asked',?,?,?)`, sc.OrgID, id, d.communityID, string(r.Kind), kind.subjectKind, r.SubjectID, amount,
		r.Reason, string(request), string(told), sc.ActorID, now, now.Add(time.Duration(days)*24*time.Hour))
	if err != nil {
		return fmt.Errorf("write an approval: %w", err)
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverApproval, id); err != nil {
		return err
	}
	return s.tellApproval(ctx, tx, sc, approvalRow{ID: id, CommunityID: d.communityID, Kind: string(r.Kind), AmountFen: amount, SubjectID: r.SubjectID}, "ask-approval", r.Reason)
}

func (s *Store) tellApproval(ctx context.Context, tx *sqlx.Tx, sc access.Scope, a approvalRow, action, why string) error {
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "approval", SubjectID: a.ID, CommunityID: a.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{ID: sc.CommandID, Action: action, SubjectKind: "approval", SubjectID: a.ID, CommunityID: a.CommunityID, Why: why,
		Detail: map[string]any{"kind": a.Kind, "subject_id": a.SubjectID, "amount_fen": a.AmountFen}})
}

// Approve carries out what was asked, in the transaction that approves it and with all its rules: what has become impossible
// is refused, and the approval stays asked. The maker is never the checker.
func (s *Store) Approve(ctx context.Context, sc access.Scope, id, note string) (money.Approval, error) {
	return s.decide(ctx, sc, id, note, decision{status: money.ApprovalApproved, action: "approve", by: checkers, carryOut: true})
}

// Reject refuses what was asked; the reason is told to the maker.
func (s *Store) Reject(ctx context.Context, sc access.Scope, id, reason string) (money.Approval, error) {
	if err := checkReason(reason); err != nil {
		return money.Approval{}, err
	}
	return s.decide(ctx, sc, id, reason, decision{status: money.ApprovalRejected, action: "reject", by: checkers})
}

// Withdraw takes back what the caller has asked.
func (s *Store) Withdraw(ctx context.Context, sc access.Scope, id string) (money.Approval, error) {
	return s.decide(ctx, sc, id, "", decision{status: money.ApprovalWithdrawn, action: "withdraw-approval", by: makers})
}

type decision struct {
	status   money.ApprovalStatus
	action   string
	by       func(access.Scope, approvalRow) error
	carryOut bool
}

// checkers are those who may decide what another has asked. That somebody asked it is said first: no right makes up for it.
func checkers(sc access.Scope, a approvalRow) error {
	if a.AskedBy == sc.ActorID {
		return refusal.New(refusal.Forbidden, "maker-is-checker", "这项申请由您提出，请由另一位有审批权限的同事审批。")
	}
	return sc.Require(access.DecideMoney, a.CommunityID)
}

func makers(sc access.Scope, a approvalRow) error {
	if a.AskedBy != sc.ActorID {
		return refusal.New(refusal.Forbidden, "not-the-maker", "只有申请人本人可以撤回申请。")
	}
	return nil
}

func (s *Store) decide(ctx context.Context, sc access.Scope, id, why string, d decision) (money.Approval, error) {
	why = strings.TrimSpace(why)
	if why != "" {
		if err := checkReason(why); err != nil {
			return money.Approval{}, err
		}
	}
	before, err := s.approval(ctx, s.db, sc, id)
	if err != nil {
		return money.Approval{}, err
	}
	err = s.inTx(ctx, "decide an approval", func(tx *sqlx.Tx) error {
		if err := lockOrganization(ctx, tx, sc.OrgID, "LOCK IN SHARE MODE"); err != nil {
			return err
		}
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{before.CommunityID}); err != nil {
			return err
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		return s.decideTx(ctx, tx, sc, id, why, d)
	})
	if err != nil {
		return money.Approval{}, err
	}
	return s.approval(ctx, s.db, sc, id)
}

func (s *Store) decideTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id, why string, d decision) error {
	row, err := lockApproval(ctx, tx, sc.OrgID, id)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if err := d.by(sc, row); err != nil {
		return err
	}
	if err := row.undecided(now); err != nil {
		return err
	}
	resultID := ""
	if d.carryOut {
		if resultID, err = s.carryOutApproval(ctx, tx, sc, row); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE approval SET status = ?, decided_by = ?, decided_at = ?, decided_why = ?, result_id = ?, version = version + 1
		WHERE org_id = ? AND id = ?`, string(d.status), sc.ActorID, now, nullable(why), nullable(resultID), sc.OrgID, id)
	if err != nil {
		return fmt.Errorf("write a decision: %w", err)
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverApproval, id); err != nil {
		return err
	}
	return s.tellApproval(ctx, tx, sc, row, d.action, why)
}

// carryOutApproval runs what was asked as the checker, for the maker. The maker's right to ask was looked at when it was
// asked, the checker's right to decide just now.
func (s *Store) carryOutApproval(ctx context.Context, tx *sqlx.Tx, sc access.Scope, row approvalRow) (string, error) {
	var r money.CorrectionRequest
	if err := json.Unmarshal(row.Request, &r); err != nil {
		return "", fmt.Errorf("read what approval %s asks: %w", row.ID, err)
	}
	kind, known := correctionKinds[r.Kind]
	if !known {
		return "", fmt.Errorf("carry out approval %s: %w", row.ID, errors.New("no such kind: "+row.Kind))
	}
	d, err := kind.prepare(ctx, s, tx, sc.OrgID, r)
	if err != nil {
		return "", err
	}
	own := sc
	own.CommandID = ""             // it names the decision
	d.debtors, d.effect = nil, nil // what it does was told when it was asked
	_, out, err := s.carryOut(ctx, tx, own, d, authority{makerID: row.AskedBy, approvalID: row.ID, reason: row.Reason})
	return out.resultID, err
}
