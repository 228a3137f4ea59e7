package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/money"
)

// receiptBook hands out a community's gapless receipt numbers.
//
// Its row is also the lock of the community's money. Whoever issues bills, records, offsets or reverses payments takes
// locks in this order, which keeps deadlocks rare: a suspense row that is matched, the organization (shared; exclusive only
// to open a book or to put money into suspense), the electronic receipt books by community id, the paper book of the
// cashier's shift, bills and payments, then cases and their outbox rows. What still deadlocks (two first payments opening their books) is repeated by inTx.
type receiptBook struct {
	ID          string `db:"id"`
	CommunityID string `db:"community_id"`
	Code        string `db:"code"`
	NextNo      int64  `db:"next_no"`
	LastNo      *int64 `db:"last_no"` // nil for the electronic book, which has no end
	Status      string `db:"status"`
	taken       int64
}

// usedUp tells that a paper book has no number left.
func (b *receiptBook) usedUp() bool { return b.LastNo != nil && b.NextNo+b.taken > *b.LastNo }

// take gives the next number; close writes it back before the transaction ends.
func (b *receiptBook) take() (no int64, displayNo string) {
	no = b.NextNo + b.taken
	b.taken++
	return no, fmt.Sprintf("%s-%08d", b.Code, no)
}

// lockBooks locks the books of the communities, opening those that do not exist yet, and gives them by community.
func lockBooks(ctx context.Context, tx *sqlx.Tx, orgID string, communityIDs []string) (map[string]*receiptBook, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(communityIDs)))
	books := make(map[string]*receiptBook, len(ids))
	for _, id := range ids {
		book, err := lockBook(ctx, tx, orgID, id)
		if err != nil {
			return nil, fmt.Errorf("lock the receipt book of %s: %w", id, err)
		}
		books[id] = book
	}
	return books, nil
}

const (
	bookColumns = `id, community_id, code, next_no, last_no, status`
	selectBook  = `SELECT ` + bookColumns + ` FROM receipt_book WHERE org_id = ? AND community_id = ? AND kind = 'electronic' FOR UPDATE`
)

func lockBook(ctx context.Context, tx *sqlx.Tx, orgID, communityID string) (*receiptBook, error) {
	var found []receiptBook
	if err := tx.SelectContext(ctx, &found, selectBook, orgID, communityID); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		if err := openBook(ctx, tx, orgID, communityID); err != nil {
			return nil, err
		}
		if err := tx.SelectContext(ctx, &found, selectBook, orgID, communityID); err != nil {
			return nil, err
		}
	}
	return &found[0], nil
}

// openBook gives the book the organization's next code, so that a receipt's printed number names one receipt of the whole
// organization.
func openBook(ctx context.Context, tx *sqlx.Tx, orgID, communityID string) error {
	if err := lockOrganization(ctx, tx, orgID, "FOR UPDATE"); err != nil {
		return err
	}
	var books struct {
		All int `db:"n"`
		Own int `db:"own"`
	}
	err := tx.GetContext(ctx, &books, `SELECT COUNT(*) AS n, COALESCE(SUM(community_id = ? AND kind = 'electronic'), 0) AS own FROM receipt_book WHERE org_id = ?`, communityID, orgID)
	if err != nil || books.Own > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO receipt_book (org_id, id, community_id, code, next_no) VALUES (?,?,?,?,1)`,
		orgID, NewID(), communityID, fmt.Sprintf("%03d", books.All+1))
	return err
}

// lockOrganization is how=FOR UPDATE or LOCK IN SHARE MODE.
func lockOrganization(ctx context.Context, tx *sqlx.Tx, orgID, how string) error {
	var id []string
	if err := tx.SelectContext(ctx, &id, `SELECT id FROM organization WHERE id = ? `+how, orgID); err != nil {
		return fmt.Errorf("lock the organization: %w", err)
	}
	return nil
}

// closeBooks writes back how many numbers were taken. A paper book without a number left is used up.
func closeBooks(ctx context.Context, tx *sqlx.Tx, orgID string, byCommunity ...map[string]*receiptBook) error {
	for _, books := range byCommunity {
		for _, b := range books {
			if b.taken == 0 {
				continue
			}
			if err := b.close(ctx, tx, orgID); err != nil {
				return fmt.Errorf("count receipts: %w", err)
			}
		}
	}
	return nil
}

func (b *receiptBook) close(ctx context.Context, tx *sqlx.Tx, orgID string) error {
	if b.usedUp() {
		b.Status = string(money.BookUsedUp)
	}
	_, err := tx.ExecContext(ctx, `UPDATE receipt_book SET next_no = next_no + ?, status = ? WHERE org_id = ? AND id = ?`, b.taken, b.Status, orgID, b.ID)
	b.NextNo, b.taken = b.NextNo+b.taken, 0
	return err
}
