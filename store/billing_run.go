package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/refusal"
)

// DeliverBillingRun tells a run's process to look at its run; the target is the run's id.
const DeliverBillingRun = "billing-run"

// billingRunRow is one run as the database keeps it.
type billingRunRow struct {
	ID              string            `db:"id"`
	CommunityID     string            `db:"community_id"`
	Period          string            `db:"period"`
	Timing          billingrun.Timing `db:"timing"`
	SettlementID    string            `db:"settlement_id"`
	Status          billingrun.Status `db:"status"`
	ParkedIn        billingrun.Status `db:"parked_in"`
	Why             string            `db:"why"`
	UnitsN          int               `db:"units_n"`
	UnitsDone       int               `db:"units_done"`
	ComputedThrough string            `db:"computed_through"`
	IssuedThrough   string            `db:"issued_through"`
	IssuedN         int               `db:"issued_n"`
	IssuedFen       int64             `db:"issued_fen"`
	VoidedThrough   string            `db:"voided_through"`
	VoidedN         int               `db:"voided_n"`
	OpenedBy        string            `db:"opened_by"`
	OpenedAt        time.Time         `db:"opened_at"`
	ComputedAt      *time.Time        `db:"computed_at"`
	ApprovedBy      string            `db:"approved_by"`
	ApprovedAt      *time.Time        `db:"approved_at"`
	IssuedAt        *time.Time        `db:"issued_at"`
	VoidWhy         string            `db:"void_why"`
	VoidAskedBy     string            `db:"void_asked_by"`
	VoidedAt        *time.Time        `db:"voided_at"`
	Version         int               `db:"version"`
}

const billingRunColumns = `id, community_id, period, timing, settlement_id, status, COALESCE(parked_in, '') AS parked_in, COALESCE(why, '') AS why, units_n, units_done,
	computed_through, issued_through, issued_n, issued_fen, voided_through, voided_n, opened_by, opened_at, computed_at, COALESCE(approved_by, '') AS approved_by,
	approved_at, issued_at, COALESCE(void_why, '') AS void_why, COALESCE(void_asked_by, '') AS void_asked_by, voided_at, version`

// OpenBillingRun opens a run of a community's charges for a period, which is then computed. A period has one open run at a
// time; after it is issued, another one bills what has no bill yet.
func (s *Store) OpenBillingRun(ctx context.Context, sc access.Scope, communityID, period string) (billingrun.Detail, error) {
	if err := sc.Require(access.RunBilling, communityID); err != nil {
		return billingrun.Detail{}, err
	}
	p, err := billing.ParsePeriod(period)
	if err != nil {
		return billingrun.Detail{}, err
	}
	var id string
	err = s.inTx(ctx, "open a billing run", func(tx *sqlx.Tx) (err error) {
		if err = communityExists(ctx, tx, sc.OrgID, communityID); err == nil {
			err = s.followUnits(ctx, tx, sc, communityID, s.clock.Now())
		}
		if err == nil {
			id, err = s.openRun(ctx, tx, sc, communityID, newRun{period: p, timing: billingrun.AllItems})
		}
		return err
	})
	if err != nil {
		return billingrun.Detail{}, err
	}
	return s.BillingRun(ctx, sc, id)
}

// newRun is a run to be opened. dueKey names what the calendar opens it for, "" for a person's.
type newRun struct {
	period billing.Period
	timing billingrun.Timing
	dueKey string
}

// openRun inserts a run by what is agreed now and tells its process. The community's row is locked, so that a settlement is
// not signed meanwhile.
func (s *Store) openRun(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, n newRun) (string, error) {
	id := commandID(sc)
	var there []string
	if err := tx.SelectContext(ctx, &there, `SELECT id FROM billing_run WHERE org_id = ? AND id = ?`, sc.OrgID, id); err != nil {
		return "", fmt.Errorf("look for the command's own run: %w", err)
	}
	if len(there) > 0 {
		return id, nil
	}
	terms, err := s.readBillingTerms(ctx, tx, sc.OrgID, communityID)
	if err != nil {
		return "", err
	}
	if err := terms.covers(n.period, calendar.DateOf(s.clock.Now())); err != nil {
		return "", err
	}
	var units int
	if err := tx.GetContext(ctx, &units, `SELECT COUNT(*) FROM unit WHERE org_id = ? AND community_id = ?`, sc.OrgID, communityID); err != nil {
		return "", fmt.Errorf("count the units: %w", err)
	}
	if err := noneOpen(ctx, tx, sc.OrgID, communityID, n); err != nil {
		return "", err
	}
	now := s.clock.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO billing_run (org_id, id, community_id, period, timing, settlement_id, status, due_key, units_n, opened_by, opened_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, id, communityID, n.period.Text, n.timing, terms.SettlementID, billingrun.Computing, nullable(n.dueKey), units, sc.ActorID, now)
	if duplicate(err) { // opened beside this transaction
		return "", fmt.Errorf("open a billing run: %w", errOvertaken)
	}
	if err != nil {
		return "", fmt.Errorf("open a billing run: %w", err)
	}
	return id, s.runChanged(ctx, tx, sc, billingRunRow{ID: id, CommunityID: communityID, Period: n.period.Text}, "open-billing-run", "")
}

// noneOpen refuses a run beside an open one of the same period that takes some of the same fee items.
func noneOpen(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, n newRun) error {
	var open []billingRunRow
	err := sqlx.SelectContext(ctx, q, &open, `SELECT `+billingRunColumns+` FROM billing_run WHERE org_id = ? AND community_id = ? AND period = ? AND open_slot = 1`,
		orgID, communityID, n.period.Text)
	if err != nil {
		return fmt.Errorf("look for open runs: %w", err)
	}
	for _, r := range open {
		if r.Timing == n.timing || r.Timing == billingrun.AllItems || n.timing == billingrun.AllItems {
			return refusal.New(refusal.Conflict, "run-open", "该小区账期 %s 已有一次未完成的出账，请先审核或取消它。", r.Period).At("period", "已有未完成的出账", r.Period).
				With("run_id", r.ID)
		}
	}
	return nil
}

// runChanged tells the run's process, the change feed and the audit trail of a command.
func (s *Store) runChanged(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow, action, why string) error {
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverBillingRun, r.ID); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "billing", SubjectID: r.ID, CommunityID: r.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: action, SubjectKind: "billing_run", SubjectID: r.ID, CommunityID: r.CommunityID, Why: why,
		Detail: map[string]any{"period": r.Period}})
}

// lockRun reads a run for writing.
func lockRun(ctx context.Context, tx *sqlx.Tx, orgID, id string) (billingRunRow, error) {
	return getRun(ctx, tx, orgID, id, ` FOR UPDATE`)
}

func getRun(ctx context.Context, q sqlx.QueryerContext, orgID, id, lock string) (billingRunRow, error) {
	var r billingRunRow
	err := sqlx.GetContext(ctx, q, &r, `SELECT `+billingRunColumns+` FROM billing_run WHERE org_id = ? AND id = ?`+lock, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, runUnknown()
	}
	if err != nil {
		return r, fmt.Errorf("read billing run %s: %w", id, err)
	}
	return r, nil
}

func runUnknown() error {
	return refusal.New(refusal.NotFound, "billing-run-not-found", "没有找到这次出账，请核对编号。")
}

// LiveBillingRuns lists the runs of all organizations whose process has something to do or waits for somebody.
func (s *Store) LiveBillingRuns(ctx context.Context) ([]billingrun.Ref, error) {
	var refs []billingrun.Ref
	err := s.db.SelectContext(ctx, &refs, `SELECT org_id, id FROM billing_run WHERE status IN ('computing','ready','issuing','voiding','needs_attention') ORDER BY org_id, id`)
	if err != nil {
		return nil, fmt.Errorf("list live billing runs: %w", err)
	}
	return refs, nil
}
