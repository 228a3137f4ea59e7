package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

type bookRow struct {
	ID          string `db:"id"`
	CommunityID string `db:"community_id"`
	Code        string `db:"code"`
	Kind        string `db:"kind"`
	Status      string `db:"status"`
	FirstNo     int64  `db:"first_no"`
	LastNo      *int64 `db:"last_no"`
	NextNo      int64  `db:"next_no"`
}

const selectBooks = `SELECT id, community_id, code, kind, status, first_no, last_no, next_no FROM receipt_book `

func (r bookRow) book() money.ReceiptBook {
	b := money.ReceiptBook{ID: r.ID, CommunityID: r.CommunityID, Code: r.Code, Kind: money.BookKind(r.Kind), Status: money.BookStatus(r.Status),
		FirstNo: r.FirstNo, LastNo: r.LastNo, NextNo: r.NextNo}
	if r.LastNo != nil {
		left := *r.LastNo - r.NextNo + 1
		b.LeftNos = &left
	}
	return b
}

// ReceiptBooks lists the books of a community, or of all in which the caller takes money.
func (s *Store) ReceiptBooks(ctx context.Context, sc access.Scope, communityID string, q page.Query) (page.Of[money.ReceiptBook], error) {
	where, args, err := deskReach(sc, "community_id", communityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.ReceiptBook]{}, err
	}
	var rows []bookRow
	args = append([]any{sc.OrgID}, append(args, q.Cursor, q.Limit+1)...)
	if err := selectIn(ctx, s.db, &rows, selectBooks+`WHERE org_id = ?`+where+` AND id > ? ORDER BY id LIMIT ?`, args...); err != nil {
		return page.Of[money.ReceiptBook]{}, fmt.Errorf("list receipt books: %w", err)
	}
	books := make([]money.ReceiptBook, len(rows))
	at := map[string]int{}
	for i, r := range rows {
		books[i], at[r.ID] = r.book(), i
	}
	p := page.Cut(books, q.Limit, func(b money.ReceiptBook) string { return b.ID })
	return p, s.fillSpoiled(ctx, sc.OrgID, p.Items, at)
}

// spoiledShown bounds the spoiled numbers that a list of books shows.
const spoiledShown = 500

func (s *Store) fillSpoiled(ctx context.Context, orgID string, books []money.ReceiptBook, at map[string]int) error {
	if len(books) == 0 {
		return nil
	}
	var rows []struct {
		BookID    string    `db:"book_id"`
		No        int64     `db:"no"`
		DisplayNo string    `db:"display_no"`
		Reason    string    `db:"reason"`
		MadeBy    string    `db:"made_by"`
		MadeAt    time.Time `db:"made_at"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT book_id, no, display_no, reason, made_by, made_at FROM receipt_spoiled
		WHERE org_id = ? AND book_id IN (?) ORDER BY made_at DESC, id DESC LIMIT ?`, orgID,
		distinct(books, func(b money.ReceiptBook) string { return b.ID }), spoiledShown)
	if err != nil {
		return fmt.Errorf("read spoiled receipts: %w", err)
	}
	for _, r := range rows {
		b := &books[at[r.BookID]]
		b.Spoiled = append(b.Spoiled, money.SpoiledReceipt{No: r.No, DisplayNo: r.DisplayNo, Reason: r.Reason, MadeBy: r.MadeBy, MadeAt: r.MadeAt})
	}
	return nil
}

// deskReach limits a list to the communities in which the caller takes money.
func deskReach(sc access.Scope, column, communityID string) (string, []any, error) {
	if err := sc.Require(access.TakeMoney, asciiKey(communityID)); err != nil {
		return "", nil, err
	}
	if communityID != "" {
		return ` AND ` + column + ` = ?`, []any{asciiKey(communityID)}, nil
	}
	all, communities := sc.Reach(access.TakeMoney)
	if all {
		return "", nil, nil
	}
	return ` AND ` + column + ` IN (?)`, []any{orNone(communities)}, nil
}

// AddReceiptBook takes a paper book into use. Its code is the only one of the organization, so that a printed number names
// one receipt; a repeat of the command gives the same book.
func (s *Store) AddReceiptBook(ctx context.Context, sc access.Scope, n money.NewReceiptBook) (money.ReceiptBook, error) {
	if err := sc.Require(access.TakeMoney, asciiKey(n.CommunityID)); err != nil {
		return money.ReceiptBook{}, err
	}
	n.Code = strings.ToUpper(strings.TrimSpace(n.Code))
	if err := n.Check(); err != nil {
		return money.ReceiptBook{}, err
	}
	id, now := or(sc.CommandID, NewID()), s.clock.Now()
	var rows []bookRow
	err := s.inTx(ctx, "add receipt book", func(tx *sqlx.Tx) error {
		known, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM community WHERE org_id = ? AND id = ?)`, sc.OrgID, asciiKey(n.CommunityID))
		if err != nil || !known {
			return cmp.Or(err, unknownCommunity())
		}
		if err := lockOrganization(ctx, tx, sc.OrgID, "FOR UPDATE"); err != nil {
			return err
		}
		rows = nil
		err = tx.SelectContext(ctx, &rows, selectBooks+`WHERE org_id = ? AND (code = ? OR id = ?)`, sc.OrgID, n.Code, id)
		if err != nil {
			return fmt.Errorf("look for the book: %w", err)
		}
		if len(rows) > 0 && rows[0].ID == id {
			return nil
		}
		if len(rows) > 0 {
			return refusal.New(refusal.Conflict, "book-code-taken", "票据册编号 %s 已被使用，请核对编号。", n.Code).At("code", "编号已被使用", n.Code)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO receipt_book (org_id, id, community_id, code, kind, first_no, last_no, next_no, status) VALUES (?,?,?,?,'paper',?,?,?,'open')`,
			sc.OrgID, id, n.CommunityID, n.Code, n.FirstNo, n.LastNo, n.FirstNo)
		if err != nil {
			return fmt.Errorf("write the book: %w", err)
		}
		rows = []bookRow{{ID: id, CommunityID: n.CommunityID, Code: n.Code, Kind: string(money.BookPaper), Status: string(money.BookOpen),
			FirstNo: n.FirstNo, LastNo: &n.LastNo, NextNo: n.FirstNo}}
		if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "receipt-book", SubjectID: id, CommunityID: n.CommunityID}); err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "add-receipt-book", SubjectKind: "receipt-book", SubjectID: id, CommunityID: n.CommunityID,
			Detail: map[string]any{"code": n.Code, "first_no": n.FirstNo, "last_no": n.LastNo}})
	})
	if err != nil {
		return money.ReceiptBook{}, err
	}
	return rows[0].book(), nil
}

// SpoilReceipt voids the next number of a paper book that was spoiled at the printer; no, where given, must be that number.
func (s *Store) SpoilReceipt(ctx context.Context, sc access.Scope, bookID string, no int64, reason string) (money.ReceiptBook, error) {
	if err := checkReason(reason); err != nil {
		return money.ReceiptBook{}, err
	}
	var found []bookRow
	if err := s.db.SelectContext(ctx, &found, selectBooks+`WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(bookID)); err != nil {
		return money.ReceiptBook{}, fmt.Errorf("read the book: %w", err)
	}
	if err := sc.Require(access.TakeMoney, ""); err != nil {
		return money.ReceiptBook{}, err
	}
	if len(found) == 0 || sc.Require(access.TakeMoney, found[0].CommunityID) != nil {
		return money.ReceiptBook{}, refusal.New(refusal.NotFound, "receipt-book-not-found", "没有找到这册票据，请核对编号。")
	}
	if found[0].Kind != string(money.BookPaper) {
		return money.ReceiptBook{}, refusal.New(refusal.Rule, "book-not-paper", "电子票据不需要作废空白号码，请直接冲销收款。")
	}
	err := s.inTx(ctx, "spoil a receipt", func(tx *sqlx.Tx) error {
		return s.spoilTx(ctx, tx, sc, bookID, no, strings.TrimSpace(reason))
	})
	if err != nil {
		return money.ReceiptBook{}, err
	}
	if err := s.db.SelectContext(ctx, &found, selectBooks+`WHERE org_id = ? AND id = ?`, sc.OrgID, bookID); err != nil {
		return money.ReceiptBook{}, fmt.Errorf("read the book: %w", err)
	}
	books := []money.ReceiptBook{found[0].book()}
	return books[0], s.fillSpoiled(ctx, sc.OrgID, books, map[string]int{bookID: 0})
}

func (s *Store) spoilTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, bookID string, no int64, reason string) error {
	var book receiptBook
	if err := tx.GetContext(ctx, &book, `SELECT `+bookColumns+` FROM receipt_book WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, bookID); err != nil {
		return fmt.Errorf("lock the book: %w", err)
	}
	id, now := or(sc.CommandID, NewID()), s.clock.Now()
	done, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM receipt_spoiled WHERE org_id = ? AND id = ?)`, sc.OrgID, id)
	if err != nil || done {
		return err
	}
	if book.usedUp() {
		return refusal.New(refusal.Conflict, "receipt-book-used-up", "票据册 %s 已用完，没有可作废的号码。", book.Code)
	}
	if no != 0 && no != book.NextNo {
		return refusal.New(refusal.Rule, "not-the-next-no", "只能作废下一张空白票据（%08d）；已开出的收据请冲销对应的收款。", book.NextNo).At("no", "不是下一张号码", no)
	}
	taken, display := book.take()
	_, err = tx.ExecContext(ctx, `INSERT INTO receipt_spoiled (org_id, id, book_id, no, display_no, reason, made_by, made_at) VALUES (?,?,?,?,?,?,?,?)`,
		sc.OrgID, id, bookID, taken, display, reason, sc.ActorID, now)
	if err != nil {
		return fmt.Errorf("write the spoiled receipt: %w", err)
	}
	if err := book.close(ctx, tx, sc.OrgID); err != nil {
		return fmt.Errorf("count receipts: %w", err)
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "receipt-book", SubjectID: bookID, CommunityID: book.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "spoil-receipt", SubjectKind: "receipt-book", SubjectID: bookID, CommunityID: book.CommunityID, Why: reason,
		Detail: map[string]any{"no": display}})
}
