package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

type approvalRow struct {
	ID          string          `db:"id"`
	CommunityID string          `db:"community_id"`
	Kind        string          `db:"kind"`
	SubjectKind string          `db:"subject_kind"`
	SubjectID   string          `db:"subject_id"`
	AmountFen   int64           `db:"amount_fen"`
	Reason      string          `db:"reason"`
	Request     json.RawMessage `db:"request"`
	Effect      []byte          `db:"effect"`
	Status      string          `db:"status"`
	AskedBy     string          `db:"asked_by"`
	AskedByName string          `db:"asked_by_name"`
	AskedAt     time.Time       `db:"asked_at"`
	ExpiresAt   time.Time       `db:"expires_at"`
	DecidedBy   string          `db:"decided_by"`
	DecidedAt   *time.Time      `db:"decided_at"`
	DecidedWhy  string          `db:"decided_why"`
	ResultID    string          `db:"result_id"`
	Version     int             `db:"version"`
}

const selectApprovals = `SELECT a.id, a.community_id, a.kind, a.subject_kind, a.subject_id, a.amount_fen, a.reason, a.request, a.effect, a.status, a.asked_by,
	COALESCE(u.name, '') AS asked_by_name, a.asked_at, a.expires_at, COALESCE(a.decided_by, '') AS decided_by, a.decided_at,
	COALESCE(a.decided_why, '') AS decided_why, COALESCE(a.result_id, '') AS result_id, a.version
	FROM approval a LEFT JOIN app_user u ON u.org_id = a.org_id AND u.id = a.asked_by `

// undecided refuses to decide what is decided, or was not decided in time, whether or not its process has marked it yet.
func (r approvalRow) undecided(now time.Time) error {
	switch {
	case r.Status == string(money.ApprovalTimedOut) || r.Status == string(money.ApprovalAsked) && !now.Before(r.ExpiresAt):
		return refusal.New(refusal.Conflict, "approval-timed-out", "这项申请已超过审批期限，请申请人重新提交。").With("expires_at", r.ExpiresAt)
	case r.Status != string(money.ApprovalAsked):
		return refusal.New(refusal.Conflict, "approval-decided", "这项申请已经处理过，不能再次处理。").With("status", r.Status).With("decided_at", r.DecidedAt)
	}
	return nil
}

// show gives what one caller may know of an approval: the effect names bills, and is for those who may see them.
func (r approvalRow) show(sc access.Scope, now time.Time) (money.Approval, error) {
	a := money.Approval{ID: r.ID, CommunityID: r.CommunityID, Kind: money.ApprovalKind(r.Kind), SubjectKind: r.SubjectKind, SubjectID: r.SubjectID,
		AmountFen: r.AmountFen, Reason: r.Reason, Request: r.Request, Status: money.ApprovalStatus(r.Status), AskedBy: r.AskedBy, AskedByName: r.AskedByName,
		AskedAt: r.AskedAt, ExpiresAt: r.ExpiresAt, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, DecidedWhy: r.DecidedWhy, ResultID: r.ResultID, Version: r.Version}
	if a.Status == money.ApprovalAsked && !now.Before(a.ExpiresAt) {
		a.Status = money.ApprovalTimedOut
	}
	a.MayDecide = a.Status == money.ApprovalAsked && checkers(sc, r) == nil
	if len(r.Effect) == 0 || sc.Money(r.CommunityID) != access.MoneyDetail {
		return a, nil
	}
	if err := json.Unmarshal(r.Effect, &a.Effect); err != nil {
		return a, fmt.Errorf("read the effect of approval %s: %w", r.ID, err)
	}
	return a, nil
}

// approvalReach gives where the caller may see what is asked: where it may be asked, decided or audited.
func approvalReach(sc access.Scope) (all bool, communityIDs []string, err error) {
	may := false
	for _, action := range []access.Action{access.CorrectMoney, access.DecideMoney, access.RunBilling, access.SeeAudit} {
		if sc.Require(action, "") != nil {
			continue
		}
		everywhere, within := sc.Reach(action)
		may, all, communityIDs = true, all || everywhere, append(communityIDs, within...)
	}
	if !may {
		return false, nil, access.Forbidden()
	}
	return all, communityIDs, nil
}

// Approval gives one approval to those who may ask, decide or audit in its community.
func (s *Store) Approval(ctx context.Context, sc access.Scope, id string) (money.Approval, error) {
	return s.approval(ctx, s.db, sc, id)
}

func (s *Store) approval(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, id string) (money.Approval, error) {
	all, within, err := approvalReach(sc)
	if err != nil {
		return money.Approval{}, err
	}
	var rows []approvalRow
	if err := sqlx.SelectContext(ctx, q, &rows, selectApprovals+`WHERE a.org_id = ? AND a.id = ?`, sc.OrgID, asciiKey(id)); err != nil {
		return money.Approval{}, fmt.Errorf("read an approval: %w", err)
	}
	if len(rows) == 0 || !all && !slices.Contains(within, rows[0].CommunityID) {
		return money.Approval{}, refusal.New(refusal.NotFound, "approval-not-found", "没有找到这项审批，请核对编号。")
	}
	return rows[0].show(sc, s.clock.Now())
}

// Approvals lists what was asked, the newest first.
func (s *Store) Approvals(ctx context.Context, sc access.Scope, f money.ApprovalFilter, q page.Query) (page.Of[money.Approval], error) {
	all, within, err := approvalReach(sc)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.Approval]{}, err
	}
	where, args := `a.org_id = ?`, []any{sc.OrgID}
	if !all {
		where, args = where+` AND a.community_id IN (?)`, append(args, append(within, ""))
	}
	for _, c := range []struct{ column, value string }{{"a.community_id", f.CommunityID}, {"a.status", string(f.Status)}, {"a.kind", string(f.Kind)}, {"a.subject_id", f.SubjectID}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if q.Cursor != "" {
		where, args = where+` AND a.id < ?`, append(args, q.Cursor)
	}
	var rows []approvalRow
	if err := selectIn(ctx, s.db, &rows, selectApprovals+`WHERE `+where+` ORDER BY a.id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[money.Approval]{}, fmt.Errorf("list approvals: %w", err)
	}
	now := s.clock.Now()
	list := make([]money.Approval, len(rows))
	for i, r := range rows {
		if list[i], err = r.show(sc, now); err != nil {
			return page.Of[money.Approval]{}, err
		}
	}
	return page.Cut(list, q.Limit, func(a money.Approval) string { return a.ID }), nil
}

func lockApproval(ctx context.Context, tx *sqlx.Tx, orgID, id string) (approvalRow, error) {
	var row approvalRow
	err := tx.GetContext(ctx, &row, `SELECT id, community_id, kind, subject_kind, subject_id, amount_fen, reason, request, status, asked_by, asked_at, expires_at,
		decided_at, version FROM approval WHERE org_id = ? AND id = ? FOR UPDATE`, orgID, id)
	if err != nil {
		return row, fmt.Errorf("lock an approval: %w", err)
	}
	return row, nil
}
