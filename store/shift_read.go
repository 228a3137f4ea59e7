package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

// shiftFigures is what a closed shift keeps of its takings, with the command that closed it.
type shiftFigures struct {
	CashInFen  int64          `json:"cash_in_fen"`
	CashOutFen int64          `json:"cash_out_fen"`
	Takings    []money.Taking `json:"takings"`
	CommandID  string         `json:"command_id,omitempty"`
}

type shiftRow struct {
	ID            string     `db:"id"`
	CommunityID   string     `db:"community_id"`
	Community     string     `db:"community"`
	No            int        `db:"no"`
	CashierID     string     `db:"cashier_id"`
	Cashier       string     `db:"cashier"`
	BookID        string     `db:"book_id"`
	Book          string     `db:"book"`
	FloatFen      int64      `db:"float_fen"`
	OpenedAt      time.Time  `db:"opened_at"`
	ClosedAt      *time.Time `db:"closed_at"`
	ExpectedFen   *int64     `db:"expected_fen"`
	CountedFen    *int64     `db:"counted_fen"`
	Denominations []byte     `db:"denominations"`
	Takings       []byte     `db:"takings"`
	Note          string     `db:"note"`
	Version       int        `db:"version"`
}

const selectShifts = `SELECT s.id, s.community_id, c.name AS community, s.no, s.cashier_id, COALESCE(a.name, '') AS cashier, COALESCE(s.book_id, '') AS book_id,
	COALESCE(b.code, '') AS book, s.float_fen, s.opened_at, s.closed_at, s.expected_fen, s.counted_fen, s.denominations, s.takings, COALESCE(s.note, '') AS note, s.version
	FROM cashier_shift s JOIN community c ON c.org_id = s.org_id AND c.id = s.community_id
	LEFT JOIN app_user a ON a.org_id = s.org_id AND a.id = s.cashier_id LEFT JOIN receipt_book b ON b.org_id = s.org_id AND b.id = s.book_id `

func (r shiftRow) shift() money.Shift {
	sh := money.Shift{ID: r.ID, CommunityID: r.CommunityID, Community: r.Community, No: r.No, CashierID: r.CashierID, Cashier: r.Cashier, Status: money.ShiftOpen,
		BookID: r.BookID, Book: r.Book, FloatFen: r.FloatFen, OpenedAt: r.OpenedAt, ClosedAt: r.ClosedAt, CountedFen: r.CountedFen, Note: r.Note, Version: r.Version,
		SlipNo: fmt.Sprintf("JK-%06d", r.No), Takings: []money.Taking{}}
	if r.ClosedAt == nil {
		return sh
	}
	sh.Status = money.ShiftClosed
	var kept shiftFigures
	_ = json.Unmarshal(r.Takings, &kept) // in another form it explains nothing, the amounts stand
	_ = json.Unmarshal(r.Denominations, &sh.Denominations)
	if kept.Takings != nil {
		sh.Takings = kept.Takings
	}
	sh.CashInFen, sh.CashOutFen = kept.CashInFen, kept.CashOutFen
	if r.ExpectedFen != nil && r.CountedFen != nil {
		difference, payIn := *r.CountedFen-*r.ExpectedFen, *r.CountedFen-r.FloatFen
		sh.ExpectedFen, sh.DifferenceFen, sh.PayInFen = *r.ExpectedFen, &difference, &payIn
	}
	return sh
}

// Shifts lists shifts of the communities in which the caller takes money, the newest first. status is open, closed or "".
func (s *Store) Shifts(ctx context.Context, sc access.Scope, f money.ShiftFilter, q page.Query) (page.Of[money.Shift], error) {
	where, args, err := deskReach(sc, "s.community_id", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.Shift]{}, err
	}
	if f.Mine {
		where, args = where+` AND s.cashier_id = ?`, append(args, sc.ActorID)
	}
	switch f.Status {
	case money.ShiftOpen:
		where += ` AND s.open_for IS NOT NULL`
	case money.ShiftClosed:
		where += ` AND s.open_for IS NULL`
	}
	if !f.Date.IsZero() {
		where += ` AND s.opened_at >= ? AND s.opened_at < ?`
		args = append(args, f.Date.At(0, 0).UTC(), f.Date.AddDays(1).At(0, 0).UTC())
	}
	if q.Cursor != "" {
		where, args = where+` AND s.id < ?`, append(args, q.Cursor)
	}
	var rows []shiftRow
	if err := selectIn(ctx, s.db, &rows, selectShifts+`WHERE s.org_id = ?`+where+` ORDER BY s.id DESC LIMIT ?`, append(append([]any{sc.OrgID}, args...), q.Limit+1)...); err != nil {
		return page.Of[money.Shift]{}, fmt.Errorf("list shifts: %w", err)
	}
	shifts := make([]money.Shift, len(rows))
	for i, r := range rows {
		shifts[i] = r.shift()
		if r.ClosedAt == nil {
			if err := fillTakings(ctx, s.db, sc.OrgID, &shifts[i]); err != nil {
				return page.Of[money.Shift]{}, err
			}
		}
	}
	return page.Cut(shifts, q.Limit, func(sh money.Shift) string { return sh.ID }), nil
}

// Shift gives one shift with what it has taken.
func (s *Store) Shift(ctx context.Context, sc access.Scope, id string) (money.Shift, error) {
	if err := sc.Require(access.TakeMoney, ""); err != nil {
		return money.Shift{}, err
	}
	sh, err := s.readShift(ctx, sc.OrgID, asciiKey(id))
	if err == nil && sc.Require(access.TakeMoney, sh.CommunityID) != nil {
		err = shiftNotFound()
	}
	if err != nil {
		return money.Shift{}, err
	}
	return sh, nil
}

func shiftNotFound() error {
	return refusal.New(refusal.NotFound, "shift-not-found", "没有找到这个班次，请核对编号。")
}

func (s *Store) readShift(ctx context.Context, orgID, id string) (money.Shift, error) {
	var rows []shiftRow
	if err := s.db.SelectContext(ctx, &rows, selectShifts+`WHERE s.org_id = ? AND s.id = ?`, orgID, id); err != nil {
		return money.Shift{}, fmt.Errorf("read the shift: %w", err)
	}
	if len(rows) == 0 {
		return money.Shift{}, shiftNotFound()
	}
	sh := rows[0].shift()
	if sh.Status == money.ShiftClosed {
		return sh, nil
	}
	return sh, fillTakings(ctx, s.db, orgID, &sh)
}

// fillTakings counts from the books what an open shift has taken and given back until now, or until ClosedAt: the payments
// that belong to it, and whatever else its cashier has booked on cash meanwhile (reversals, transfers, refunds handed out).
func fillTakings(ctx context.Context, q sqlx.QueryerContext, orgID string, sh *money.Shift) error {
	var rows []struct {
		Method  string `db:"method"`
		Channel string `db:"channel"`
		Count   int    `db:"payments"`
		InFen   int64  `db:"in_fen"`
		BackFen int64  `db:"back_fen"`
	}
	until := sh.OpenedAt.AddDate(100, 0, 0)
	if sh.ClosedAt != nil {
		until = *sh.ClosedAt
	}
	const booked = `SELECT m.method, SUBSTRING(p.account, 6) AS channel, e.kind, p.amount_fen AS fen
		FROM ledger_entry e FORCE INDEX (ledger_entry_poster) JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account LIKE 'cash:%'
		LEFT JOIN refund f ON f.org_id = e.org_id AND f.id = e.subject_id
		JOIN payment m ON m.org_id = e.org_id AND m.id = COALESCE(f.payment_id, e.subject_id)
		WHERE e.org_id = ? AND e.posted_by = ? AND e.posted_at BETWEEN ? AND ? AND e.community_id = ? AND (e.kind <> 'payment' OR m.moved_from_id IS NOT NULL)`
	const taken = `SELECT m.method, m.channel, 'payment' AS kind, m.amount_fen AS fen FROM payment m
		WHERE m.org_id = ? AND m.shift_id = ? AND m.moved_from_id IS NULL`
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT method, channel, SUM(kind = 'payment') AS payments, SUM(IF(fen > 0, fen, 0)) AS in_fen, SUM(IF(fen < 0, -fen, 0)) AS back_fen
		FROM (`+taken+` UNION ALL `+booked+`) x GROUP BY method, channel ORDER BY method, channel`,
		orgID, sh.ID, orgID, sh.CashierID, sh.OpenedAt, until, sh.CommunityID)
	if err != nil {
		return fmt.Errorf("count what the shift has taken: %w", err)
	}
	sh.Takings, sh.CashInFen, sh.CashOutFen = make([]money.Taking, 0, len(rows)), 0, 0
	for _, r := range rows {
		sh.Takings = append(sh.Takings, money.Taking{Method: r.Method, Channel: r.Channel, Payments: r.Count, InFen: r.InFen, BackFen: r.BackFen})
		if r.Method == "cash" {
			sh.CashInFen, sh.CashOutFen = sh.CashInFen+r.InFen, sh.CashOutFen+r.BackFen
		}
	}
	sh.ExpectedFen = sh.FloatFen + sh.CashInFen - sh.CashOutFen
	return nil
}
