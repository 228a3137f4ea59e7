package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// OpeningBalances gives what a community's debtors owed and had paid in advance before go-live, with who signed it off.
func (s *Store) OpeningBalances(ctx context.Context, sc access.Scope, communityID string) (money.OpeningBalances, error) {
	if err := sc.Require(access.SeeReports, asciiKey(communityID)); err != nil {
		return money.OpeningBalances{}, err
	}
	if _, err := readGoLive(ctx, s.db, sc.OrgID, asciiKey(communityID)); err != nil {
		return money.OpeningBalances{}, err
	}
	return openingBalances(ctx, s.db, sc.OrgID, communityID)
}

type openingBill struct {
	ID        string `db:"id"`
	DebtorID  string `db:"debtor_id"`
	FeeItemID string `db:"fee_item_id"`
	OwedFen   int64  `db:"owed_fen"`
}

type openingPayment struct {
	ID       string `db:"id"`
	DebtorID string `db:"debtor_id"`
	LeftFen  int64  `db:"left_fen"`
}

func openingBalances(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) (money.OpeningBalances, error) {
	o := money.OpeningBalances{CommunityID: communityID, FeeItems: []money.OpeningFeeItem{}}
	var bills []openingBill
	err := sqlx.SelectContext(ctx, q, &bills, `SELECT b.id, b.debtor_id, b.fee_item_id, b.amount_fen + b.adjusted_fen - b.waived_fen - COALESCE(SUM(a.principal_fen), 0) AS owed_fen
		FROM bill b LEFT JOIN (allocation a JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id AND p.source_kind = 'import') ON a.org_id = b.org_id AND a.bill_id = b.id
		WHERE b.org_id = ? AND b.community_id = ? AND b.source_kind = 'import' AND b.voided_at IS NULL
		GROUP BY b.id, b.debtor_id, b.fee_item_id, b.amount_fen, b.adjusted_fen, b.waived_fen ORDER BY b.id`, orgID, communityID)
	if err != nil {
		return o, fmt.Errorf("read the opening bills: %w", err)
	}
	var payments []openingPayment
	err = sqlx.SelectContext(ctx, q, &payments, `SELECT p.id, p.debtor_id, p.amount_fen - COALESCE(SUM(IF(b.id IS NULL, 0, a.principal_fen + a.late_fee_fen)), 0) AS left_fen
		FROM payment p LEFT JOIN allocation a ON a.org_id = p.org_id AND a.payment_id = p.id
		LEFT JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id AND b.source_kind = 'import'
		WHERE p.org_id = ? AND p.community_id = ? AND p.source_kind = 'import' AND p.status = 'recorded' GROUP BY p.id, p.debtor_id, p.amount_fen
		HAVING left_fen <> 0 ORDER BY p.id`, orgID, communityID)
	if err != nil {
		return o, fmt.Errorf("read the opening advances: %w", err)
	}
	if err := addUpOpening(ctx, q, orgID, &o, bills, payments); err != nil {
		return o, err
	}
	o.SignOff, err = lastOpeningSignOff(ctx, q, orgID, communityID)
	o.ChangedSince = o.SignOff != nil && o.SignOff.Fingerprint != o.Fingerprint
	return o, err
}

func addUpOpening(ctx context.Context, q sqlx.QueryerContext, orgID string, o *money.OpeningBalances, bills []openingBill, payments []openingPayment) error {
	print := sha256.New()
	items := map[string]*money.OpeningFeeItem{}
	seen := map[[2]string]bool{}
	first := func(group, id string) int {
		if key := [2]string{group, id}; !seen[key] {
			seen[key] = true
			return 1
		}
		return 0
	}
	for _, b := range bills {
		if items[b.FeeItemID] == nil {
			items[b.FeeItemID] = &money.OpeningFeeItem{FeeItemID: b.FeeItemID}
		}
		item := items[b.FeeItemID]
		fmt.Fprintf(print, "bill %s %s %d\n", b.ID, b.DebtorID, b.OwedFen)
		item.Bills++
		item.PrincipalFen += b.OwedFen
		item.Debtors += first(b.FeeItemID, b.DebtorID)
		o.Bills++
		o.PrincipalFen += b.OwedFen
		o.Debtors += first("", b.DebtorID)
	}
	for _, p := range payments {
		fmt.Fprintf(print, "payment %s %s %d\n", p.ID, p.DebtorID, p.LeftFen)
		o.AdvanceFen += p.LeftFen
		o.AdvanceDebtors += first("advance", p.DebtorID)
	}
	o.Fingerprint = hex.EncodeToString(print.Sum(nil))
	if len(items) == 0 {
		return nil
	}
	var names []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	if err := selectIn(ctx, q, &names, `SELECT id, name FROM fee_item WHERE org_id = ? AND id IN (?)`, orgID, sortedKeys(items)); err != nil {
		return fmt.Errorf("read the fee items of opening bills: %w", err)
	}
	for _, n := range names {
		items[n.ID].FeeItem = n.Name
	}
	for _, id := range sortedKeys(items) {
		o.FeeItems = append(o.FeeItems, *items[id])
	}
	slices.SortStableFunc(o.FeeItems, func(a, b money.OpeningFeeItem) int { return cmp.Compare(a.FeeItem, b.FeeItem) })
	return nil
}

func lastOpeningSignOff(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) (*money.OpeningSignOff, error) {
	var last money.OpeningSignOff
	err := sqlx.GetContext(ctx, q, &last, `SELECT o.id, o.principal_fen, o.advance_fen, o.fingerprint, COALESCE(o.note, '') AS note, o.signed_by, COALESCE(u.name, '') AS signed_name, o.signed_at
		FROM opening_sign_off o JOIN community c ON c.org_id = o.org_id AND c.id = o.community_id AND c.signed_off_at IS NOT NULL
		LEFT JOIN app_user u ON u.org_id = o.org_id AND u.id = o.signed_by
		WHERE o.org_id = ? AND o.community_id = ? ORDER BY o.signed_at DESC, o.id DESC LIMIT 1`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read who signed the opening balances: %w", err)
	}
	return &last, nil
}

// SignOpening signs the opening balances of a community off and lets its messages reach residents. The figures must be the
// present ones, else it is refused with opening-balances-changed.
func (s *Store) SignOpening(ctx context.Context, sc access.Scope, communityID string, n money.NewOpeningSignOff) (money.OpeningBalances, error) {
	if err := sc.Require(access.SignOff, asciiKey(communityID)); err != nil {
		return money.OpeningBalances{}, err
	}
	if utf8.RuneCountInString(n.Note) > maxReason {
		return money.OpeningBalances{}, refusal.New(refusal.Rule, "note-too-long", "备注不能超过 %d 个字。", maxReason).At("note", "备注过长", nil)
	}
	var signed money.OpeningBalances
	err := s.inTx(ctx, "sign off opening balances", func(tx *sqlx.Tx) (err error) {
		signed, err = s.signOpeningTx(ctx, tx, sc, asciiKey(communityID), n)
		return err
	})
	return signed, err
}

func (s *Store) signOpeningTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, n money.NewOpeningSignOff) (money.OpeningBalances, error) {
	none := money.OpeningBalances{}
	if _, err := readGoLive(ctx, tx, sc.OrgID, communityID); err != nil {
		return none, err
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
		return none, err
	}
	version, err := lockCommunity(ctx, tx, sc.OrgID, communityID, 0)
	if err != nil {
		return none, err
	}
	present, err := openingBalances(ctx, tx, sc.OrgID, communityID)
	if err != nil {
		return none, err
	}
	g, err := readGoLive(ctx, tx, sc.OrgID, communityID)
	if err != nil {
		return none, err
	}
	if g.SignedOff && present.SignOff != nil {
		if present.SignOff.ID == sc.CommandID {
			return present, nil
		}
		return none, refusal.New(refusal.Conflict, "already-signed-off", "期初余额已由%s签认。如需更改，请对账单做更正。", present.SignOff.SignedName).
			With("signed_at", present.SignOff.SignedAt)
	}
	if err := n.Check(present); err != nil {
		return none, err
	}
	now := s.clock.Now()
	_, err = tx.ExecContext(ctx, `UPDATE community SET guard = 0, version = ?, signed_off_by = COALESCE(signed_off_by, ?), signed_off_at = COALESCE(signed_off_at, ?)
		WHERE org_id = ? AND id = ?`, version+1, sc.ActorID, now, sc.OrgID, communityID)
	if err != nil {
		return none, fmt.Errorf("mark the community signed off: %w", err)
	}
	if err := recordOpening(ctx, tx, sc, present, strings.TrimSpace(n.Note), now); err != nil {
		return none, err
	}
	return openingBalances(ctx, tx, sc.OrgID, communityID)
}

// recordOpening keeps the figures that a person signs off.
func recordOpening(ctx context.Context, tx *sqlx.Tx, sc access.Scope, present money.OpeningBalances, note string, now time.Time) error {
	present.SignOff, present.ChangedSince = nil, false
	figures, err := json.Marshal(present)
	if err != nil {
		return fmt.Errorf("write the opening balances: %w", err)
	}
	id := or(sc.CommandID, NewID())
	_, err = tx.ExecContext(ctx, `INSERT INTO opening_sign_off (org_id, id, community_id, principal_fen, advance_fen, fingerprint, figures, note, signed_by, signed_at)
		VALUES (?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, id, present.CommunityID, present.PrincipalFen, present.AdvanceFen, present.Fingerprint, string(figures),
		nullable(note), sc.ActorID, now)
	if err != nil {
		return fmt.Errorf("write the sign-off of opening balances: %w", err)
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "sign-off-opening", SubjectKind: "community", SubjectID: present.CommunityID, CommunityID: present.CommunityID, Why: note,
		Detail: map[string]any{"principal_fen": present.PrincipalFen, "advance_fen": present.AdvanceFen, "fingerprint": present.Fingerprint}})
}
