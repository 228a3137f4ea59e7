package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
)

// whyRestored is the reason on messages that a restored database can't tell anything of.
const whyRestored = "restored"

// ParkedRestored is what became of a campaign's messages when its database was restored.
type ParkedRestored struct {
	Parked  int64 // wait for a person
	Unknown int64 // may have gone out after the backup, and their provider would not recognise a repeat
	Due     int   // cases with a stage that was due since the backup
}

// ParkRestored puts a live campaign before a person after its database was restored from a backup: what happened since the
// backup is not in it, payments and messages among it. Nothing of the campaign is sent until it is resumed or cancelled. A
// message that was due goes out on resuming only where the channel recognises the repeated key; on any other channel it is
// settled as unknown. What is decided later and was due by now is treated in the same way, see maybeTold. Parking a parked
// campaign changes nothing.
func (s *Store) ParkRestored(ctx context.Context, sc access.Scope, campaignID string, mark RestoreMark, recognises []dunning.Channel) (ParkedRestored, error) {
	var done ParkedRestored
	err := s.inTx(ctx, "park a restored campaign", func(tx *sqlx.Tx) error {
		done = ParkedRestored{}
		g, err := campaignOf(ctx, tx, sc.OrgID, campaignID, exclusive)
		if err != nil || !g.active() {
			return err
		}
		now := s.clock.Now()
		if done.Unknown, err = settleMaybeTold(ctx, tx, sc.OrgID, g.ID, now, recognises); err != nil {
			return err
		}
		if done.Parked, err = parkQueued(ctx, tx, sc.OrgID, g.ID); err != nil {
			return err
		}
		if err := tx.GetContext(ctx, &done.Due, `SELECT COUNT(*) FROM dunning_case WHERE org_id = ? AND campaign_id = ? AND status IN ('open','held') AND next_at <= ?`,
			sc.OrgID, g.ID, now); err != nil {
			return fmt.Errorf("count the cases that were due: %w", err)
		}
		status := dunning.CampaignNeedsAttention
		if g.Status == dunning.CampaignPaused {
			status = g.Status
		}
		_, err = tx.ExecContext(ctx, `UPDATE campaign SET status = ?, why = ?, restored_at = ?, epoch = epoch + 1, version = version + 1 WHERE org_id = ? AND id = ?`,
			status, whyRestoredCampaign(mark), now, sc.OrgID, g.ID)
		if err != nil {
			return fmt.Errorf("park campaign %s: %w", g.ID, err)
		}
		if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverCampaignRefresh, g.ID); err != nil {
			return err
		}
		err = recordAudit(ctx, tx, sc, now, Audited{Action: "park-restored", SubjectKind: "campaign", SubjectID: g.ID,
			Detail: map[string]any{"backup": mark.BackupName, "taken_at": mark.TakenAt, "parked": done.Parked, "unknown": done.Unknown}})
		if err != nil {
			return err
		}
		return recordCampaignChange(ctx, tx, sc.OrgID, g.ID, now)
	})
	return done, err
}

// whyRestoredCampaign is what the person who decides reads.
func whyRestoredCampaign(mark RestoreMark) string {
	at := mark.BusinessAt.In(calendar.Shanghai).Format("2006-01-02 15:04")
	return "数据库已恢复到 " + at + " 的备份。此后登记的付款和已发出的通知可能缺失：请先补录付款，再恢复或取消本活动。"
}

// settleMaybeTold ends what may have gone out since the backup on channels that take a repeated key for a message of its own.
func settleMaybeTold(ctx context.Context, tx *sqlx.Tx, orgID, campaignID string, now time.Time, recognises []dunning.Channel) (int64, error) {
	names := []string{""}
	for _, ch := range recognises {
		names = append(names, string(ch))
	}
	q, args, err := sqlx.In(`UPDATE outbox SET status = 'unknown', why = ?, sent_at = ? WHERE org_id = ? AND campaign_id = ? AND status = 'queued'
		AND not_before <= ? AND channel NOT IN (?)`, whyRestored, now, orgID, campaignID, now, names)
	if err != nil {
		return 0, fmt.Errorf("settle what may have gone out: %w", err)
	}
	return changed(tx.ExecContext(ctx, q, args...))
}

func parkQueued(ctx context.Context, tx *sqlx.Tx, orgID, campaignID string) (int64, error) {
	return changed(tx.ExecContext(ctx, `UPDATE outbox SET status = 'parked', why = ? WHERE org_id = ? AND campaign_id = ? AND status = 'queued'`,
		whyRestored, orgID, campaignID))
}

// maybeTold hands messages that may have gone out before a restore to the sender as calls of a sender that died: it knows
// whether their provider recognises the key, can be asked, or leaves them unknown.
func maybeTold(ctx context.Context, tx *sqlx.Tx, orgID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	lapsed := time.Now().UTC().Add(-time.Second)
	q, args, err := sqlx.In(`UPDATE outbox SET status = 'sending', why = ?, claim = ?, claimed_at = ?, lease_until = ? WHERE org_id = ? AND id IN (?) AND status = 'queued'`,
		whyRestored, NewID(), lapsed, lapsed, orgID, ids)
	if err != nil {
		return fmt.Errorf("hand over what may have gone out: %w", err)
	}
	if _, err := tx.ExecContext(ctx, q, args...); err != nil {
		return fmt.Errorf("hand over what may have gone out: %w", err)
	}
	return nil
}

func changed(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, fmt.Errorf("park messages: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("park messages: %w", err)
	}
	return n, nil
}

// LastPayment tells when the latest payment was known, in business time; the zero instant when there is none.
func (s *Store) LastPayment(ctx context.Context) (time.Time, error) {
	var at sql.NullTime
	if err := s.db.GetContext(ctx, &at, `SELECT MAX(known_at) FROM payment`); err != nil {
		return time.Time{}, fmt.Errorf("read the last payment: %w", err)
	}
	return at.Time, nil
}

// ProcessRow is what a row says of the process that belongs to it.
type ProcessRow struct {
	OrgID    string `db:"org_id"`
	ID       string `db:"id"`
	Over     bool   `db:"is_over"`
	Selected bool   `db:"selected"` // of a campaign: its cases are chosen
}

// ProcessRows gives the rows of these campaigns and imports by id; one that is not there has none.
func (s *Store) ProcessRows(ctx context.Context, campaignIDs, importIDs []string) (map[string]ProcessRow, error) {
	rows := map[string]ProcessRow{}
	for _, part := range []struct {
		query string
		ids   []string
	}{
		{`SELECT org_id, id, status IN ('finished','cancelled') AS is_over, selected_at IS NOT NULL AS selected FROM campaign WHERE id IN (?)`, campaignIDs},
		{`SELECT org_id, id, status IN ('done','failed') AS is_over, TRUE AS selected FROM import_job WHERE id IN (?)`, importIDs},
	} {
		for ids := range slices.Chunk(part.ids, rowsPerStatement) {
			q, args, err := sqlx.In(part.query, ids)
			if err != nil {
				return nil, fmt.Errorf("look up processes: %w", err)
			}
			var found []ProcessRow
			if err := s.db.SelectContext(ctx, &found, q, args...); err != nil {
				return nil, fmt.Errorf("look up processes: %w", err)
			}
			for _, r := range found {
				rows[r.ID] = r
			}
		}
	}
	return rows, nil
}
