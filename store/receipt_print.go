package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// PrintReceipt counts one print of a receipt and gives what goes on it. The first is the original; who printed it again and
// when is kept.
func (s *Store) PrintReceipt(ctx context.Context, sc access.Scope, no string, paper money.ReceiptPaper) (money.Receipt, money.ReceiptPrint, error) {
	r, err := s.Receipt(ctx, sc, no)
	if err != nil {
		return r, money.ReceiptPrint{}, err
	}
	now := s.clock.Now()
	print := money.ReceiptPrint{PrintedAt: now}
	err = s.inTx(ctx, "print a receipt", func(tx *sqlx.Tx) error {
		var row struct {
			ID     string `db:"id"`
			Prints int    `db:"prints"`
		}
		err := tx.GetContext(ctx, &row, `SELECT id, prints FROM receipt WHERE org_id = ? AND book_id = ? AND display_no = ? FOR UPDATE`, sc.OrgID, r.BookID, r.No)
		if err != nil {
			return fmt.Errorf("lock the receipt: %w", err)
		}
		print.No = row.Prints + 1
		if _, err := tx.ExecContext(ctx, `UPDATE receipt SET prints = ? WHERE org_id = ? AND id = ?`, print.No, sc.OrgID, row.ID); err != nil {
			return fmt.Errorf("count the print: %w", err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO receipt_print (org_id, id, receipt_id, no, paper, printed_by, printed_at) VALUES (?,?,?,?,?,?,?)`,
			sc.OrgID, NewID(), row.ID, print.No, string(paper), sc.ActorID, now)
		if err != nil {
			return fmt.Errorf("write the print: %w", err)
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "print-receipt", SubjectKind: "payment", SubjectID: r.Payment.ID, CommunityID: r.CommunityID,
			Detail: map[string]any{"receipt_no": r.No, "print": print.No, "paper": string(paper)}})
	})
	if err != nil {
		return r, print, err
	}
	r.Prints = print.No
	var names []string
	if err := s.db.SelectContext(ctx, &names, `SELECT name FROM app_user WHERE org_id = ? AND id = ?`, sc.OrgID, sc.ActorID); err != nil {
		return r, print, fmt.Errorf("read who prints: %w", err)
	}
	if len(names) > 0 {
		print.By = names[0]
	}
	return r, print, nil
}

// ReceiptLayout gives how receipts of a book are laid out: the book's own layout, else the community's, else the default.
func (s *Store) ReceiptLayout(ctx context.Context, sc access.Scope, communityID, bookID string) (money.ReceiptLayout, error) {
	if !sc.ResidentOnly() { // a resident prints the own receipts, whichever community they are of
		if err := sc.Require(access.SeeMoney, asciiKey(communityID)); err != nil {
			return money.ReceiptLayout{}, err
		}
	}
	if known, err := rowExists(ctx, s.db, `SELECT EXISTS (SELECT 1 FROM community WHERE org_id = ? AND id = ?)`, sc.OrgID, asciiKey(communityID)); err != nil || !known {
		return money.ReceiptLayout{}, cmp.Or(err, unknownCommunity())
	}
	var rows []struct {
		Body    []byte `db:"body"`
		Version int    `db:"version"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT body, version FROM receipt_layout WHERE org_id = ? AND community_id = ? AND book_id IN (?, '') ORDER BY book_id DESC LIMIT 1`,
		sc.OrgID, asciiKey(communityID), asciiKey(bookID))
	if err != nil {
		return money.ReceiptLayout{}, fmt.Errorf("read the receipt layout: %w", err)
	}
	if len(rows) == 0 {
		return money.DefaultReceiptLayout(), nil
	}
	var l money.ReceiptLayout
	if err := json.Unmarshal(rows[0].Body, &l); err != nil {
		return l, fmt.Errorf("read the receipt layout: %w", err)
	}
	l.Version = rows[0].Version
	return l, nil
}

// SetReceiptLayout replaces the layout of a community's receipts, or of one book's where bookID is given. expected is the
// version that was read, 0 for whichever.
func (s *Store) SetReceiptLayout(ctx context.Context, sc access.Scope, communityID, bookID string, l money.ReceiptLayout, expected int) (money.ReceiptLayout, error) {
	if err := sc.Require(access.EditPolicies, asciiKey(communityID)); err != nil {
		return l, err
	}
	if err := l.Check(); err != nil {
		return l, err
	}
	now := s.clock.Now()
	err := s.inTx(ctx, "set the receipt layout", func(tx *sqlx.Tx) error {
		if err := s.ownsBook(ctx, tx, sc.OrgID, communityID, bookID); err != nil {
			return err
		}
		var version int
		err := tx.GetContext(ctx, &version, `SELECT version FROM receipt_layout WHERE org_id = ? AND community_id = ? AND book_id = ? FOR UPDATE`, sc.OrgID, communityID, bookID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("lock the receipt layout: %w", err)
		}
		if expected != 0 && expected != version {
			return refusal.New(refusal.Stale, "stale-version", "该内容已被他人修改，请刷新后重试。").With("version", version)
		}
		l.Version = version + 1
		body, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("write the receipt layout: %w", err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO receipt_layout (org_id, community_id, book_id, body, version, changed_by, changed_at) VALUES (?,?,?,?,?,?,?)
			ON DUPLICATE KEY UPDATE body = VALUES(body), version = VALUES(version), changed_by = VALUES(changed_by), changed_at = VALUES(changed_at)`,
			sc.OrgID, communityID, bookID, body, l.Version, sc.ActorID, now)
		if err != nil {
			return fmt.Errorf("write the receipt layout: %w", err)
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "set-receipt-layout", SubjectKind: "community", SubjectID: communityID, CommunityID: communityID,
			Detail: map[string]any{"receipt_book_id": bookID, "version": l.Version}})
	})
	return l, err
}

// ownsBook refuses a community that does not exist and a book that is not its own; "" is all its books.
func (s *Store) ownsBook(ctx context.Context, tx *sqlx.Tx, orgID, communityID, bookID string) error {
	known, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM community WHERE org_id = ? AND id = ?)`, orgID, asciiKey(communityID))
	if err == nil && !known {
		return unknownCommunity()
	}
	if err != nil || bookID == "" {
		return err
	}
	known, err = rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM receipt_book WHERE org_id = ? AND community_id = ? AND id = ?)`, orgID, communityID, asciiKey(bookID))
	if err == nil && !known {
		err = refusal.New(refusal.Rule, "receipt-book-unknown", "没有找到该小区的这册票据，请核对后重新选择。").At("book_id", "票据册不存在", bookID)
	}
	return err
}
