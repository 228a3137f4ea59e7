package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
)

// importedBill is a bill that an import issued.
type importedBill struct {
	ID          string `db:"id"`
	UnitID      string `db:"unit_id"`
	FeeItemID   string `db:"fee_item_id"`
	Period      string `db:"period"`
	DebtorID    string `db:"debtor_id"`
	PaidFen     int64  `db:"paid_fen"`
	AdjustedFen int64  `db:"adjusted_fen"`
	WaivedFen   int64  `db:"waived_fen"`
	Disputed    bool   `db:"disputed"`
}

// takeBackBills voids the bills of an import and posts the opposite of the entries that issued them. A void line keeps its
// row with a line number below zero, so that its natural key is free for the corrected file.
func (s *Store) takeBackBills(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow) error {
	communityID := r.CommunityID.String
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
		return err
	}
	var bills []importedBill
	err := tx.SelectContext(ctx, &bills, `SELECT id, unit_id, fee_item_id, period, debtor_id, paid_fen, adjusted_fen, waived_fen, disputed FROM bill
		WHERE org_id = ? AND source_id = ? AND source_kind = ? AND voided_at IS NULL ORDER BY id FOR UPDATE`, sc.OrgID, r.ID, money.FromImport)
	if err != nil {
		return fmt.Errorf("lock the import's bills: %w", err)
	}
	standing, err := standingOnBills(ctx, tx, sc.OrgID, communityID, bills)
	if err != nil {
		return err
	}
	var void int
	err = tx.GetContext(ctx, &void, `SELECT COUNT(*) FROM bill WHERE org_id = ? AND source_id = ? AND source_kind = ? AND voided_at IS NOT NULL`, sc.OrgID, r.ID, money.FromImport)
	if err != nil {
		return fmt.Errorf("count the import's void bills: %w", err)
	}
	if void > 0 { // the entry that issued them is partly taken back already
		standing = append(standing, Standing{"已单独作废的账单", "void", void})
	}
	if len(standing) > 0 {
		return standsOn(standing)
	}
	now := s.clock.Now()
	booked, err := bookedNow(ctx, tx, sc.OrgID, communityID, now)
	if err != nil {
		return err
	}
	if err := s.mirrorIssue(ctx, tx, sc, r.ID, booked); err != nil {
		return err
	}
	return voidBills(ctx, tx, sc.OrgID, bills, now)
}

func standingOnBills(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, bills []importedBill) ([]Standing, error) {
	paid, changed, disputed := 0, 0, 0
	for _, b := range bills {
		switch {
		case b.PaidFen != 0:
			paid++
		case b.AdjustedFen != 0 || b.WaivedFen != 0:
			changed++
		case b.Disputed:
			disputed++
		}
	}
	cases := 0
	for chunk := range slices.Chunk(distinct(bills, func(b importedBill) string { return b.DebtorID }), idsPerRead) {
		var n []int
		err := selectIn(ctx, tx, &n, `SELECT COUNT(*) FROM dunning_case WHERE org_id = ? AND community_id = ? AND debtor_id IN (?) AND status IN (`+openStatuses+`)`,
			orgID, communityID, chunk)
		if err != nil {
			return nil, fmt.Errorf("look for cases of the import's debtors: %w", err)
		}
		cases += n[0]
	}
	var found []Standing
	for _, st := range []Standing{
		{"已缴过费的账单", "payment", paid}, {"已调整或减免的账单", "adjustment", changed},
		{"有异议的账单", "dispute", disputed}, {"进行中的催缴案件", "dunning_case", cases},
	} {
		if st.Count > 0 {
			found = append(found, st)
		}
	}
	return found, nil
}

// mirrorIssue posts the opposite of every standing entry that issued bills of the import.
func (s *Store) mirrorIssue(ctx context.Context, tx *sqlx.Tx, sc access.Scope, importID string, booked time.Time) error {
	entries, err := standingEntries(ctx, tx, sc.OrgID, importID)
	if err != nil {
		return err
	}
	mirrors := make([]money.Entry, 0, len(entries))
	for _, e := range entries {
		mirrors = append(mirrors, e.Mirror(s.entryHead(sc, "", money.EntryReversal, e.Head().SubjectKind, importID, booked)))
	}
	return postEntries(ctx, tx, sc.OrgID, mirrors)
}

func voidBills(ctx context.Context, tx *sqlx.Tx, orgID string, bills []importedBill, now time.Time) error {
	for chunk := range slices.Chunk(bills, rowsPerStatement) {
		lowest, err := lowestLines(ctx, tx, orgID, chunk)
		if err != nil {
			return err
		}
		byLine := map[int][]string{}
		for _, b := range chunk {
			no := lowest[billKey{b.UnitID, b.FeeItemID, b.Period, b.DebtorID, 0}] - 1
			byLine[no] = append(byLine[no], b.ID)
		}
		for no, ids := range byLine {
			err := execIn(ctx, tx, `UPDATE bill SET voided_at = ?, line_no = ?, version = version + 1 WHERE org_id = ? AND id IN (?)`, now, no, orgID, ids)
			if err != nil {
				return fmt.Errorf("void the import's bills: %w", err)
			}
		}
	}
	return nil
}

// lowestLines gives the lowest line number that a void line has, for the bills whose natural key was freed before.
func lowestLines(ctx context.Context, tx *sqlx.Tx, orgID string, bills []importedBill) (map[billKey]int, error) {
	var rows []struct {
		UnitID    string `db:"unit_id"`
		FeeItemID string `db:"fee_item_id"`
		Period    string `db:"period"`
		DebtorID  string `db:"debtor_id"`
		LineNo    int    `db:"line_no"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT unit_id, fee_item_id, period, debtor_id, MIN(line_no) AS line_no FROM bill
		WHERE org_id = ? AND unit_id IN (?) AND line_no < 0 GROUP BY unit_id, fee_item_id, period, debtor_id`, orgID,
		distinct(bills, func(b importedBill) string { return b.UnitID }))
	if err != nil {
		return nil, fmt.Errorf("read void lines: %w", err)
	}
	lowest := make(map[billKey]int, len(rows))
	for _, r := range rows {
		lowest[billKey{r.UnitID, r.FeeItemID, r.Period, r.DebtorID, 0}] = r.LineNo
	}
	return lowest, nil
}

// paymentsPerReversal stays below the length of a list (200) from which MariaDB guesses how many rows it means.
const paymentsPerReversal = 150

// takeBackPayments reverses the payments of an import, each with its own entries, in the community to which it may have been
// moved since. The serials of all of them, also of those that a person has reversed or moved, get the payment's id at their
// end, so that the corrected file may use them again.
func (s *Store) takeBackPayments(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow) error {
	var communities []string
	err := tx.SelectContext(ctx, &communities, `SELECT DISTINCT community_id FROM payment WHERE org_id = ? AND source_id = ? AND source_kind = ?`, sc.OrgID, r.ID, money.FromImport)
	if err != nil {
		return fmt.Errorf("read where the import's payments are: %w", err)
	}
	communities = distinct(append(communities, r.CommunityID.String), func(id string) string { return id })
	if _, err := lockBooks(ctx, tx, sc.OrgID, communities); err != nil {
		return err
	}
	for _, communityID := range communities {
		if err := s.takeBackPaymentsIn(ctx, tx, sc, r.ID, communityID); err != nil {
			return err
		}
	}
	return freeSerials(ctx, tx, sc.OrgID, money.FromImport, []string{r.ID})
}

func (s *Store) takeBackPaymentsIn(ctx context.Context, tx *sqlx.Tx, sc access.Scope, importID, communityID string) error {
	var ids []string
	err := tx.SelectContext(ctx, &ids, `SELECT id FROM payment WHERE org_id = ? AND source_id = ? AND source_kind = ? AND status = ? AND community_id = ? ORDER BY debtor_id, id`,
		sc.OrgID, importID, money.FromImport, string(money.PaymentRecorded), communityID)
	if err != nil {
		return fmt.Errorf("read the import's payments: %w", err)
	}
	own := sc
	own.CommandID = ""
	for chunk := range slices.Chunk(ids, paymentsPerReversal) {
		payments, err := readPayments(ctx, tx, sc.OrgID, selectPayments+`WHERE p.org_id = ? AND p.id IN (?) ORDER BY p.id FOR UPDATE`, sc.OrgID, chunk)
		if err != nil {
			return err
		}
		if err := s.takeBackMoney(ctx, tx, own, payments, "撤销导入"); err != nil {
			return err
		}
	}
	return nil
}

// freeSerials lets the serials of reversed payments from some sources be used again.
func freeSerials(ctx context.Context, tx *sqlx.Tx, orgID, sourceKind string, sourceIDs []string) error {
	err := execIn(ctx, tx, `UPDATE payment SET external_no = CONCAT(LEFT(external_no, 60), '~', id)
		WHERE org_id = ? AND source_id IN (?) AND source_kind = ? AND status = 'reversed' AND external_no NOT LIKE CONCAT('%~', id)`, orgID, sourceIDs, sourceKind)
	if err != nil {
		return fmt.Errorf("free the serials of payments that were taken back: %w", err)
	}
	return nil
}
