package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
)

// postEntries appends entries to the books. There is no other way into the ledger tables and none that changes a row.
func postEntries(ctx context.Context, tx *sqlx.Tx, orgID string, entries []money.Entry) error {
	var heads, lines [][]any
	for _, e := range entries {
		h := e.Head()
		heads = append(heads, []any{orgID, h.ID, nullable(h.CommunityID), h.Kind, h.SubjectKind, h.SubjectID,
			h.OccurredAt, h.PostedAt, h.PostedBy, nullable(h.ReversesID)})
		for i, p := range e.Postings() {
			lines = append(lines, []any{orgID, h.ID, i, string(p.Account), nullable(p.DebtorID), nullable(p.BillID), p.AmountFen})
		}
	}
	err := insertRows(ctx, tx, `INSERT INTO ledger_entry (org_id, id, community_id, kind, subject_kind, subject_id, occurred_at, posted_at, posted_by, reverses_id)`, heads)
	if err != nil {
		return err
	}
	return insertRows(ctx, tx, `INSERT INTO ledger_posting (org_id, entry_id, line, account, debtor_id, bill_id, amount_fen)`, lines)
}

// entryHead fills what all entries of one deed share.
func (s *Store) entryHead(sc access.Scope, communityID, kind, subjectKind, subjectID string, occurredAt time.Time) money.EntryHead {
	return money.EntryHead{ID: NewID(), CommunityID: communityID, Kind: kind, SubjectKind: subjectKind, SubjectID: subjectID,
		OccurredAt: occurredAt, PostedAt: s.clock.Now(), PostedBy: sc.ActorID}
}

// standingEntries reads the entries about some subjects that nothing has taken back, oldest first.
func standingEntries(ctx context.Context, tx *sqlx.Tx, orgID string, subjectIDs ...string) ([]money.Entry, error) {
	var lines []struct {
		EntryID     string    `db:"id"`
		CommunityID string    `db:"community_id"`
		Kind        string    `db:"kind"`
		SubjectKind string    `db:"subject_kind"`
		SubjectID   string    `db:"subject_id"`
		OccurredAt  time.Time `db:"occurred_at"`
		PostedAt    time.Time `db:"posted_at"`
		PostedBy    string    `db:"posted_by"`
		Account     string    `db:"account"`
		DebtorID    string    `db:"debtor_id"`
		BillID      string    `db:"bill_id"`
		AmountFen   int64     `db:"amount_fen"`
	}
	err := selectIn(ctx, tx, &lines, `SELECT e.id, COALESCE(e.community_id, '') AS community_id, e.kind, e.subject_kind, e.subject_id, e.occurred_at, e.posted_at, e.posted_by,
			p.account, COALESCE(p.debtor_id, '') AS debtor_id, COALESCE(p.bill_id, '') AS bill_id, p.amount_fen
		FROM ledger_entry e FORCE INDEX (ledger_entry_subject) JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id
		WHERE e.org_id = ? AND e.subject_id IN (?) AND e.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM ledger_entry r WHERE r.org_id = e.org_id AND r.reverses_id = e.id)
		ORDER BY e.id, p.line`, orgID, subjectIDs)
	if err != nil {
		return nil, fmt.Errorf("read ledger entries: %w", err)
	}
	var entries []money.Entry
	for i := 0; i < len(lines); {
		first := lines[i]
		var postings []money.Posting
		for ; i < len(lines) && lines[i].EntryID == first.EntryID; i++ {
			postings = append(postings, money.Posting{Account: money.Account(lines[i].Account), DebtorID: lines[i].DebtorID,
				BillID: lines[i].BillID, AmountFen: lines[i].AmountFen})
		}
		e, err := money.NewEntry(money.EntryHead{ID: first.EntryID, CommunityID: first.CommunityID, Kind: first.Kind,
			SubjectKind: first.SubjectKind, SubjectID: first.SubjectID, OccurredAt: first.OccurredAt, PostedAt: first.PostedAt,
			PostedBy: first.PostedBy}, postings...)
		if err != nil {
			return nil, fmt.Errorf("read ledger entry %s: %w", first.EntryID, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}
