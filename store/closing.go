package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

// Close closes a day or a month of a community and everything before it: what comes later for these days is booked in the
// open period. A period that is closed already is refused with already-closed, and books that do not agree with
// themselves with books-disagree. It holds the community's book, so that no money moves while it counts.
func (s *Store) Close(ctx context.Context, sc access.Scope, n money.NewClosing) (money.Closing, error) {
	action := access.CloseDay
	if n.Month != "" {
		action = access.CloseMonth
	}
	if err := sc.Require(action, asciiKey(n.CommunityID)); err != nil {
		return money.Closing{}, err
	}
	n.Note = strings.TrimSpace(n.Note)
	if utf8.RuneCountInString(n.Note) > maxReason {
		return money.Closing{}, refusal.New(refusal.Rule, "note-too-long", "备注不能超过 %d 个字。", maxReason).At("note", "备注过长", nil)
	}
	if err := n.Check(); err != nil {
		return money.Closing{}, err
	}
	var closed money.Closing
	err := s.inTx(ctx, "close the books", func(tx *sqlx.Tx) (err error) {
		closed, err = s.closeTx(ctx, tx, sc, n)
		return err
	})
	return closed, err
}

func (s *Store) closeTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, n money.NewClosing) (money.Closing, error) {
	none := money.Closing{}
	known, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM community WHERE org_id = ? AND id = ?)`, sc.OrgID, asciiKey(n.CommunityID))
	if err != nil {
		return none, fmt.Errorf("read the community: %w", err)
	}
	if !known {
		return none, unknownCommunity()
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{n.CommunityID}); err != nil {
		return none, err
	}
	if sc.CommandID != "" {
		if own, err := readClosings(ctx, tx, `org_id = ? AND id = ?`, sc.OrgID, sc.CommandID); err != nil || len(own) > 0 {
			return append(own, none)[0], err
		}
	}
	now := s.clock.Now()
	kind, from, through, err := n.Period(calendar.DateOf(now))
	if err != nil {
		return none, err
	}
	all, err := readMoneyRules(ctx, tx, sc.OrgID, []string{n.CommunityID})
	if err != nil {
		return none, err
	}
	rules := all[n.CommunityID]
	if err := refuseClosed(ctx, tx, sc.OrgID, n.CommunityID, kind, through, rules); err != nil {
		return none, err
	}
	c := money.Closing{ID: or(sc.CommandID, NewID()), CommunityID: n.CommunityID, Kind: kind, From: from, Through: through, Note: n.Note, ClosedBy: sc.ActorID, ClosedAt: now}
	if c.ClosingFigures, err = s.closingFigures(ctx, tx, sc.OrgID, c, rules, n); err != nil {
		return none, err
	}
	if err := insertClosing(ctx, tx, sc.OrgID, c, rules); err != nil {
		return none, err
	}
	err = recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "closing", SubjectID: c.ID, CommunityID: c.CommunityID})
	if err != nil {
		return none, err
	}
	c.Name()
	return c, recordAudit(ctx, tx, sc, now, Audited{Action: "close-" + string(kind), SubjectKind: "closing", SubjectID: c.ID, CommunityID: c.CommunityID, Why: n.Note,
		Detail: map[string]any{"through": through, "expected_fen": c.ExpectedFen, "counted_fen": c.CountedFen, "difference_fen": c.DifferenceFen}})
}

// refuseClosed refuses a period that is closed already, by itself or with a later one.
func refuseClosed(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, kind money.ClosingKind, through calendar.Date, rules moneyRules) error {
	until := rules.ClosedThrough
	if kind == money.ClosingMonth {
		until = rules.MonthClosedThrough
	}
	if until.IsZero() || through.After(until) {
		return nil
	}
	by, err := readClosings(ctx, tx, `org_id = ? AND community_id = ? AND through_on >= ? ORDER BY through_on, closed_at LIMIT 1`, orgID, communityID, through)
	if err != nil {
		return err
	}
	no := refusal.New(refusal.Conflict, "already-closed", "%s 之前已经结账，不能重复结账。之后发现的差错请做更正，更正记在未结账的期间。", through).With("closed_through", until)
	if len(by) > 0 {
		no = no.With("closing_id", by[0].ID)
	}
	return no
}

// insertClosing writes the closing and moves the days that are closed.
func insertClosing(ctx context.Context, tx *sqlx.Tx, orgID string, c money.Closing, rules moneyRules) error {
	figures, err := json.Marshal(c.ClosingFigures)
	if err != nil {
		return fmt.Errorf("write the figures of a closing: %w", err)
	}
	entries, cashFen, err := bookedBetween(ctx, tx, orgID, c.CommunityID, rules.ClosedThrough, c.Through)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO closing (org_id, id, community_id, kind, from_on, through_on, after_on, entries, cash_fen, figures, note, closed_by, closed_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`, orgID, c.ID, c.CommunityID, string(c.Kind), c.From, c.Through, rules.ClosedThrough, entries, cashFen,
		string(figures), nullable(c.Note), c.ClosedBy, c.ClosedAt)
	if err != nil {
		return fmt.Errorf("write closing: %w", err)
	}
	set, args := `closed_through = ?`, []any{later(rules.ClosedThrough, c.Through)}
	if c.Kind == money.ClosingMonth {
		set, args = set+`, month_closed_through = ?`, append(args, c.Through)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE community SET `+set+` WHERE org_id = ? AND id = ?`, append(args, orgID, c.CommunityID)...); err != nil {
		return fmt.Errorf("move the closed days: %w", err)
	}
	return nil
}

func later(a, b calendar.Date) calendar.Date {
	if a.IsZero() || a.Before(b) {
		return b
	}
	return a
}

// bookedBetween counts what was booked on the days after one (zero: from the beginning) through another.
func bookedBetween(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, after, through calendar.Date) (entries, cashFen int64, err error) {
	var sums struct {
		Entries int64 `db:"entries"`
		CashFen int64 `db:"cash_fen"`
	}
	err = tx.GetContext(ctx, &sums, `SELECT COUNT(DISTINCT e.id) AS entries, COALESCE(SUM(IF(p.account LIKE 'cash:%', p.amount_fen, 0)), 0) AS cash_fen
		FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id
		WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at >= ? AND e.occurred_at < ?`,
		orgID, communityID, startOfDayAfter(after), startOfDayAfter(through))
	if err != nil {
		return 0, 0, fmt.Errorf("count what is closed: %w", err)
	}
	return sums.Entries, sums.CashFen, nil
}

// startOfDayAfter gives the first instant after a day; after no day, one before all money.
func startOfDayAfter(day calendar.Date) time.Time {
	if day.IsZero() {
		return time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return day.AddDays(1).At(0, 0).UTC()
}

type closingRow struct {
	ID          string            `db:"id"`
	CommunityID string            `db:"community_id"`
	Kind        money.ClosingKind `db:"kind"`
	From        calendar.Date     `db:"from_on"`
	Through     calendar.Date     `db:"through_on"`
	Figures     []byte            `db:"figures"`
	Note        sql.NullString    `db:"note"`
	ClosedBy    string            `db:"closed_by"`
	ClosedAt    time.Time         `db:"closed_at"`
}

func readClosings(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]money.Closing, error) {
	var rows []closingRow
	err := selectIn(ctx, q, &rows, `SELECT id, community_id, kind, from_on, through_on, figures, note, closed_by, closed_at FROM closing WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read closings: %w", err)
	}
	closings := make([]money.Closing, 0, len(rows))
	for _, r := range rows {
		c := money.Closing{ID: r.ID, CommunityID: r.CommunityID, Kind: r.Kind, From: r.From, Through: r.Through, Note: r.Note.String,
			ClosedBy: r.ClosedBy, ClosedAt: r.ClosedAt}
		if err := json.Unmarshal(r.Figures, &c.ClosingFigures); err != nil {
			return nil, fmt.Errorf("read closing %s: %w", r.ID, err)
		}
		c.Name()
		closings = append(closings, c)
	}
	return closings, nil
}

// Closings lists the closings of a community, or of all whose reports the caller may see, newest first.
func (s *Store) Closings(ctx context.Context, sc access.Scope, communityID string, q page.Query) (page.Of[money.Closing], error) {
	none := page.Of[money.Closing]{}
	if err := sc.Require(access.SeeReports, asciiKey(communityID)); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, args := `org_id = ?`, []any{sc.OrgID}
	if communityID != "" {
		where, args = where+` AND community_id = ?`, append(args, asciiKey(communityID))
	} else if all, reach := sc.Reach(access.SeeReports); !all {
		where, args = where+` AND community_id IN (?)`, append(args, append(reach, ""))
	}
	if q.Cursor != "" {
		where, args = where+` AND id < ?`, append(args, q.Cursor)
	}
	closings, err := readClosings(ctx, s.db, where+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return none, err
	}
	return page.Cut(closings, q.Limit, func(c money.Closing) string { return c.ID }), nil
}

// Closing gives one closing with its figures as they were.
func (s *Store) Closing(ctx context.Context, sc access.Scope, id string) (money.Closing, error) {
	if err := sc.Require(access.SeeReports, ""); err != nil {
		return money.Closing{}, err
	}
	found, err := readClosings(ctx, s.db, `org_id = ? AND id = ?`, sc.OrgID, asciiKey(id))
	if err != nil {
		return money.Closing{}, err
	}
	if len(found) == 0 || sc.Require(access.SeeReports, found[0].CommunityID) != nil {
		return money.Closing{}, refusal.New(refusal.NotFound, "closing-not-found", "没有找到这次结账，请核对编号。")
	}
	return found[0], nil
}

// ClosingPreview gives what closing a day or a month would find now, without closing it.
func (s *Store) ClosingPreview(ctx context.Context, sc access.Scope, n money.NewClosing) (money.Closing, error) {
	var found money.Closing
	own := sc
	own.CommandID = ""
	err := s.inTx(ctx, "preview a closing", func(tx *sqlx.Tx) (err error) {
		action := access.CloseDay
		if n.Month != "" {
			action = access.CloseMonth
		}
		if err := sc.Require(action, asciiKey(n.CommunityID)); err != nil {
			return err
		}
		if err := n.Check(); err != nil {
			return err
		}
		if found, err = s.closeTx(ctx, tx, own, n); err != nil {
			return err
		}
		found.ID = ""
		return errPreviewed
	})
	if errors.Is(err, errPreviewed) {
		err = nil
	}
	return found, err
}

// errPreviewed takes a transaction back that was only run to show what it would do.
var errPreviewed = errors.New("shown, not done")
