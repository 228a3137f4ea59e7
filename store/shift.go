package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// OpenShift begins the caller's shift at the desk of a community. A cashier has one open shift there; a repeat of the
// command gives the same shift.
func (s *Store) OpenShift(ctx context.Context, sc access.Scope, n money.NewShift) (money.Shift, error) {
	if err := sc.Require(access.TakeMoney, asciiKey(n.CommunityID)); err != nil {
		return money.Shift{}, err
	}
	if err := n.Check(); err != nil {
		return money.Shift{}, err
	}
	id := or(sc.CommandID, NewID())
	err := s.inTx(ctx, "open shift", func(tx *sqlx.Tx) error { return s.openShiftTx(ctx, tx, sc, n, id) })
	if err != nil {
		return money.Shift{}, err
	}
	return s.readShift(ctx, sc.OrgID, id)
}

func (s *Store) openShiftTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, n money.NewShift, id string) error {
	known, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM community WHERE org_id = ? AND id = ?)`, sc.OrgID, asciiKey(n.CommunityID))
	if err != nil || !known {
		return cmp.Or(err, unknownCommunity())
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{n.CommunityID}); err != nil {
		return err
	}
	var open []string
	err = tx.SelectContext(ctx, &open, `SELECT id FROM cashier_shift WHERE org_id = ? AND (community_id = ? AND open_for = ? OR id = ?)`, sc.OrgID, n.CommunityID, sc.ActorID, id)
	if err != nil {
		return fmt.Errorf("look for an open shift: %w", err)
	}
	if len(open) > 0 {
		if open[0] == id {
			return nil
		}
		return refusal.New(refusal.Conflict, "shift-already-open", "您在该小区已有未交班的班次，请先交班再开新班。").With("shift_id", open[0])
	}
	if err := openBookOf(ctx, tx, sc.OrgID, n); err != nil {
		return err
	}
	now := s.clock.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO cashier_shift (org_id, id, community_id, no, cashier_id, open_for, book_id, float_fen, opened_at)
		SELECT ?, ?, ?, COALESCE(MAX(no), 0) + 1, ?, ?, ?, ?, ? FROM cashier_shift WHERE org_id = ? AND community_id = ?`,
		sc.OrgID, id, n.CommunityID, sc.ActorID, sc.ActorID, nullable(n.BookID), n.FloatFen, now, sc.OrgID, n.CommunityID)
	if err != nil {
		return fmt.Errorf("write the shift: %w", err)
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "shift", SubjectID: id, CommunityID: n.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "open-shift", SubjectKind: "shift", SubjectID: id, CommunityID: n.CommunityID,
		Detail: map[string]any{"float_fen": n.FloatFen, "receipt_book_id": n.BookID}})
}

// openBookOf refuses a book that the shift cannot use: another community's, or one without a number left.
func openBookOf(ctx context.Context, tx *sqlx.Tx, orgID string, n money.NewShift) error {
	if n.BookID == "" {
		return nil
	}
	var found []bookRow
	err := tx.SelectContext(ctx, &found, selectBooks+`WHERE org_id = ? AND id = ? AND community_id = ? AND kind = 'paper'`, orgID, asciiKey(n.BookID), n.CommunityID)
	switch {
	case err != nil:
		return fmt.Errorf("read the receipt book: %w", err)
	case len(found) == 0:
		return refusal.New(refusal.Rule, "receipt-book-unknown", "没有找到该小区的这册票据，请核对后重新选择。").At("receipt_book_id", "票据册不存在", n.BookID)
	case found[0].Status != string(money.BookOpen):
		return refusal.New(refusal.Conflict, "receipt-book-used-up", "票据册 %s 已用完或已停用，请换一册，或使用电子收据。", found[0].Code).At("receipt_book_id", "票据册已用完", n.BookID)
	}
	return nil
}

// ChangeShiftBook lets the caller's open shift go on with another paper book, or with the electronic one ("").
func (s *Store) ChangeShiftBook(ctx context.Context, sc access.Scope, communityID, bookID string) (money.Shift, error) {
	if err := sc.Require(access.TakeMoney, asciiKey(communityID)); err != nil {
		return money.Shift{}, err
	}
	var id string
	err := s.inTx(ctx, "change the shift's book", func(tx *sqlx.Tx) error {
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{asciiKey(communityID)}); err != nil {
			return err
		}
		var open []string
		err := tx.SelectContext(ctx, &open, `SELECT id FROM cashier_shift WHERE org_id = ? AND community_id = ? AND open_for = ?`, sc.OrgID, communityID, sc.ActorID)
		if err != nil {
			return fmt.Errorf("look for an open shift: %w", err)
		}
		if len(open) == 0 {
			return noOpenShift()
		}
		id = open[0]
		if err := openBookOf(ctx, tx, sc.OrgID, money.NewShift{CommunityID: communityID, BookID: bookID}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE cashier_shift SET book_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, nullable(bookID), sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("write the shift: %w", err)
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "change-shift-book", SubjectKind: "shift", SubjectID: id, CommunityID: communityID,
			Detail: map[string]any{"receipt_book_id": bookID}})
	})
	if err != nil {
		return money.Shift{}, err
	}
	return s.readShift(ctx, sc.OrgID, id)
}

func noOpenShift() error {
	return refusal.New(refusal.Conflict, "no-open-shift", "您在该小区没有未交班的班次，请先开班。")
}

// CloseShift ends the caller's open shift: what should lie in the drawer, what was counted and the difference are kept, and
// the shift is final. A repeat of the command gives the same shift.
func (s *Store) CloseShift(ctx context.Context, sc access.Scope, c money.CloseShift) (money.Shift, error) {
	if err := sc.Require(access.TakeMoney, asciiKey(c.CommunityID)); err != nil {
		return money.Shift{}, err
	}
	c.Note = strings.TrimSpace(c.Note)
	if err := c.Check(); err != nil {
		return money.Shift{}, err
	}
	var id string
	err := s.inTx(ctx, "close shift", func(tx *sqlx.Tx) (err error) {
		id, err = s.closeShiftTx(ctx, tx, sc, c)
		return err
	})
	if err != nil {
		return money.Shift{}, err
	}
	return s.readShift(ctx, sc.OrgID, id)
}

func (s *Store) closeShiftTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, c money.CloseShift) (string, error) {
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{asciiKey(c.CommunityID)}); err != nil {
		return "", err
	}
	var open []shiftRow
	err := tx.SelectContext(ctx, &open, selectShifts+`WHERE s.org_id = ? AND s.community_id = ? AND s.open_for = ? FOR UPDATE`, sc.OrgID, c.CommunityID, sc.ActorID)
	if err != nil {
		return "", fmt.Errorf("look for the open shift: %w", err)
	}
	if len(open) == 0 {
		return s.closedBefore(ctx, tx, sc, c)
	}
	now := s.clock.Now()
	sh := open[0].shift()
	sh.ClosedAt = &now
	if err := fillTakings(ctx, tx, sc.OrgID, &sh); err != nil {
		return "", err
	}
	takings, err := json.Marshal(shiftFigures{CashInFen: sh.CashInFen, CashOutFen: sh.CashOutFen, Takings: sh.Takings, CommandID: sc.CommandID})
	if err != nil {
		return "", fmt.Errorf("write the takings: %w", err)
	}
	pieces, err := json.Marshal(c.Denominations)
	if err != nil {
		return "", fmt.Errorf("write the count: %w", err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE cashier_shift SET open_for = NULL, closed_at = ?, expected_fen = ?, counted_fen = ?, denominations = ?, takings = ?, note = ?,
		version = version + 1 WHERE org_id = ? AND id = ?`, now, sh.ExpectedFen, c.CountedFen, pieces, takings, nullable(c.Note), sc.OrgID, sh.ID)
	if err != nil {
		return "", fmt.Errorf("close the shift: %w", err)
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "shift", SubjectID: sh.ID, CommunityID: sh.CommunityID}); err != nil {
		return "", err
	}
	return sh.ID, recordAudit(ctx, tx, sc, now, Audited{Action: "close-shift", SubjectKind: "shift", SubjectID: sh.ID, CommunityID: sh.CommunityID, Why: c.Note,
		Detail: map[string]any{"expected_fen": sh.ExpectedFen, "counted_fen": c.CountedFen, "difference_fen": c.CountedFen - sh.ExpectedFen}})
}

// closedBefore finds the shift that this very command has closed in a run whose answer was lost.
func (s *Store) closedBefore(ctx context.Context, tx *sqlx.Tx, sc access.Scope, c money.CloseShift) (string, error) {
	if sc.CommandID == "" {
		return "", noOpenShift()
	}
	var done []string
	err := tx.SelectContext(ctx, &done, `SELECT id FROM cashier_shift WHERE org_id = ? AND cashier_id = ? AND community_id = ?
		AND JSON_UNQUOTE(JSON_EXTRACT(takings, '$.command_id')) = ? ORDER BY opened_at DESC LIMIT 1`, sc.OrgID, sc.ActorID, c.CommunityID, sc.CommandID)
	if err != nil {
		return "", fmt.Errorf("look for the command's own work: %w", err)
	}
	if len(done) == 0 {
		return "", noOpenShift()
	}
	return done[0], nil
}
