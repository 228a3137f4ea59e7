package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

// unmatched are the refusals of a payment that only say whom it is for could not be found: the money itself is real.
var unmatched = map[string]bool{
	"unit-or-debtor-needed": true, "unit-unknown": true, "debtor-unknown": true, "debtor-not-of-unit": true, "bill-not-of-payer": true,
	"unit-not-in-community": true, "community-unknown": true, "community-needed": true, "debtor-needed": true, "unit-has-no-debtor": true,
}

// ReceivePayment takes a verified provider's notice. A payment that matches nobody goes to suspense. Repeating a notice
// changes nothing; the same number with another amount or payer is refused with payment-differs.
func (s *Store) ReceivePayment(ctx context.Context, sc access.Scope, notice money.NewPayment) error {
	waiting, err := s.suspenseOf(ctx, sc, notice)
	if err != nil {
		return err
	}
	if waiting != nil {
		return waiting.sameAs(notice)
	}
	_, _, err = s.RecordPayment(ctx, sc, notice)
	no, refused := refusal.As(err)
	if !refused || !unmatched[no.Code] && no.Code != "payment-in-suspense" {
		return err
	}
	err = s.inTx(ctx, "put money into suspense", func(tx *sqlx.Tx) error { return s.suspendTx(ctx, tx, sc, notice, no.Code) })
	return err
}

// reference is what the payer's side said of whom the money is for.
type reference struct {
	CommunityID string   `json:"community_id,omitempty"`
	UnitID      string   `json:"unit_id,omitempty"`
	DebtorID    string   `json:"debtor_id,omitempty"`
	BillIDs     []string `json:"bill_ids,omitempty"`
}

func referenceOf(p money.NewPayment) reference {
	return reference{CommunityID: p.CommunityID, UnitID: p.UnitID, DebtorID: p.DebtorID, BillIDs: p.BillIDs}
}

type suspenseRow struct {
	ID         string          `db:"id"`
	Channel    string          `db:"channel"`
	ExternalNo string          `db:"external_no"`
	AmountFen  int64           `db:"amount_fen"`
	Method     string          `db:"method"`
	PaidAt     time.Time       `db:"paid_at"`
	ReceivedAt time.Time       `db:"received_at"`
	Reference  json.RawMessage `db:"reference"`
	Why        string          `db:"why"`
	Status     string          `db:"status"`
	KeeperID   string          `db:"keeper_id"`
	PaymentID  string          `db:"payment_id"`
	Version    int             `db:"version"`

	CommunityID string `db:"community_id"`
	PayerEnc    []byte `db:"payer_enc"`
	NoteEnc     []byte `db:"note_enc"`
	ImportID    string `db:"import_id"`
	KeeperName  string `db:"keeper_name"`
}

const selectSuspense = `SELECT id, channel, external_no, amount_fen, method, paid_at, received_at, COALESCE(reference, '{}') AS reference, why, status,
	COALESCE(keeper_id, '') AS keeper_id, COALESCE(payment_id, '') AS payment_id, version, COALESCE(community_id, '') AS community_id, payer_enc, note_enc,
	IF(source_kind = 'import', source_id, '') AS import_id,
	COALESCE((SELECT k.name FROM app_user k WHERE k.org_id = suspense.org_id AND k.id = suspense.keeper_id), '') AS keeper_name FROM suspense `

// sameAs refuses a notice that differs from the one that waits under its number.
func (r suspenseRow) sameAs(p money.NewPayment) error {
	var was reference
	_ = json.Unmarshal(r.Reference, &was)
	if r.AmountFen == p.AmountFen && was.UnitID == p.UnitID && was.DebtorID == p.DebtorID {
		return nil
	}
	return refusal.New(refusal.Conflict, "payment-differs", "该渠道的流水号“%s”已在待认领款中，金额或缴费人与本次不同，请核对流水号。", p.ExternalNo).
		With("suspense_id", r.ID)
}

func (s *Store) suspenseOf(ctx context.Context, sc access.Scope, p money.NewPayment) (*suspenseRow, error) {
	var rows []suspenseRow
	err := s.db.SelectContext(ctx, &rows, selectSuspense+`WHERE org_id = ? AND channel = ? AND external_no = ?`, sc.OrgID, p.Channel, p.ExternalNo)
	if err != nil {
		return nil, fmt.Errorf("look into suspense: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// suspendTx stores and posts money that matches nobody. The exclusive lock on the organization keeps payments, which hold
// it shared, from taking the same number at the same moment.
func (s *Store) suspendTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p money.NewPayment, why string) error {
	if err := lockOrganization(ctx, tx, sc.OrgID, "FOR UPDATE"); err != nil {
		return err
	}
	var there []suspenseRow
	if err := tx.SelectContext(ctx, &there, selectSuspense+`WHERE org_id = ? AND channel = ? AND external_no = ?`, sc.OrgID, p.Channel, p.ExternalNo); err != nil {
		return fmt.Errorf("look into suspense: %w", err)
	}
	if len(there) > 0 {
		return there[0].sameAs(p)
	}
	it := &paymentItem{NewPayment: p}
	existing, err := paymentsByNumber(ctx, tx, sc.OrgID, []*paymentItem{it})
	if err != nil {
		return err
	}
	if first, ok := existing[it.key()]; ok {
		(&paymentRun{scope: sc}).settleRepeat(it, first)
		if it.result.Refused != nil {
			return it.result.Refused
		}
		return nil
	}
	return s.insertSuspense(ctx, tx, sc, newSuspense{NewPayment: p, why: why})
}

// newSuspense is money to be put into suspense, with what the bank wrote of it. A zero bookedAt books it at its value date.
type newSuspense struct {
	money.NewPayment
	why      string
	payer    string
	note     string
	bookedAt time.Time
}

// maxSuspenseNote is how much of a bank's notes is kept, in characters.
const maxSuspenseNote = 500

func (s *Store) insertSuspense(ctx context.Context, tx *sqlx.Tx, sc access.Scope, m newSuspense) error {
	said, err := json.Marshal(referenceOf(m.NewPayment))
	if err != nil {
		return fmt.Errorf("write the reference: %w", err)
	}
	id, now := NewID(), s.clock.Now()
	booked, community := m.PaidAt.UTC(), ""
	if !m.bookedAt.IsZero() {
		booked, community = m.bookedAt, m.CommunityID
	}
	head := s.entryHead(sc, community, money.EntrySuspense, "suspense", id, booked)
	entry, err := money.NewEntry(head, money.Posting{Account: money.Cash(m.Channel), AmountFen: m.AmountFen},
		money.Posting{Account: money.Suspense, AmountFen: -m.AmountFen})
	if err != nil {
		return fmt.Errorf("post suspense: %w", err)
	}
	note := []rune(m.note)
	note = note[:min(len(note), maxSuspenseNote)]
	var sourceKind, sourceID any
	if m.Source.Kind == money.FromImport {
		sourceKind, sourceID = m.Source.Kind, m.Source.ID
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO suspense (org_id, id, channel, external_no, amount_fen, method, paid_at, received_at, reference, why, entry_id, status,
		community_id, payer_enc, payer_bidx, note_enc, source_kind, source_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,'open',?,?,?,?,?,?)`,
		sc.OrgID, id, m.Channel, m.ExternalNo, m.AmountFen, m.Method, m.PaidAt.UTC(), now, string(said), m.why, head.ID, nullable(community),
		s.keys.Seal(m.payer), s.keys.Index(indexName, estate.NameKey(m.payer)), s.keys.Seal(string(note)), sourceKind, sourceID)
	if err != nil {
		return fmt.Errorf("write suspense: %w", err)
	}
	if err := postEntries(ctx, tx, sc.OrgID, []money.Entry{entry}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "suspend-money", SubjectKind: "suspense", SubjectID: id, CommunityID: community, Why: m.why,
		Detail: map[string]any{"amount_fen": m.AmountFen, "channel": m.Channel}})
}

// MatchSuspense says whose the money is: it becomes a payment of that unit or debtor. Money that was matched before is
// refused with already-matched.
func (s *Store) MatchSuspense(ctx context.Context, sc access.Scope, id string, to money.NewPayment) (money.Payment, error) {
	if err := sc.Require(access.TakeMoney, ""); err != nil {
		return money.Payment{}, err
	}
	var matched money.Payment
	err := s.inTx(ctx, "match suspense", func(tx *sqlx.Tx) (err error) {
		matched, err = s.matchSuspenseTx(ctx, tx, sc, id, to)
		return err
	})
	return matched, err
}

func (s *Store) matchSuspenseTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, to money.NewPayment) (money.Payment, error) {
	var rows []suspenseRow
	if err := tx.SelectContext(ctx, &rows, selectSuspense+`WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(id)); err != nil {
		return money.Payment{}, fmt.Errorf("read suspense: %w", err)
	}
	if len(rows) == 0 {
		return money.Payment{}, refusal.New(refusal.NotFound, "suspense-not-found", "没有找到这笔待认领款，请核对编号。")
	}
	row := rows[0]
	if row.CommunityID != "" && sc.Require(access.TakeMoney, row.CommunityID) != nil || row.Status == suspenseWithdrawn {
		return money.Payment{}, refusal.New(refusal.NotFound, "suspense-not-found", "没有找到这笔待认领款，请核对编号。")
	}
	if row.Status != "open" {
		ran, err := ranBefore(ctx, tx, sc, row.PaymentID)
		if err != nil {
			return money.Payment{}, err
		}
		if ran {
			return lockPayment(ctx, tx, sc.OrgID, row.PaymentID)
		}
		return money.Payment{}, refusal.New(refusal.Conflict, "already-matched", "这笔款项已经认领，不能重复认领。").With("payment_id", row.PaymentID)
	}
	number, err := freeNumber(ctx, tx, sc.OrgID, row.Channel, row.ExternalNo)
	if err != nil {
		return money.Payment{}, err
	}
	to.AmountFen, to.Method, to.Channel, to.ExternalNo, to.PaidAt = row.AmountFen, row.Method, row.Channel, number, row.PaidAt
	to.Source = money.Source{Kind: money.FromSuspense, ID: id}
	results, err := s.recordPaymentsTx(ctx, tx, sc, []money.NewPayment{to})
	if err != nil {
		return money.Payment{}, err
	}
	if results[0].Refused != nil {
		return money.Payment{}, results[0].Refused
	}
	if results[0].Existed { // taken at this moment by another payment
		return money.Payment{}, fmt.Errorf("match suspense %s: %w", id, errOvertaken)
	}
	p := results[0].Payment
	_, err = tx.ExecContext(ctx, `UPDATE suspense SET status = 'matched', keeper_id = ?, payment_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		sc.ActorID, p.ID, sc.OrgID, id)
	if err != nil {
		return money.Payment{}, fmt.Errorf("mark suspense matched: %w", err)
	}
	return p, nil
}

// freeNumber is the external number for a match: the provider's own, or, when an earlier match of the same money was
// reversed, that number with the first count that no payment has.
func freeNumber(ctx context.Context, tx *sqlx.Tx, orgID, channel, externalNo string) (string, error) {
	runes := []rune(externalNo)
	number := externalNo
	for n := 2; ; n++ {
		taken, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM payment WHERE org_id = ? AND channel = ? AND external_no = ?)`, orgID, channel, number)
		if err != nil || !taken {
			return number, err
		}
		suffix := fmt.Sprintf("#%d", n)
		number = strings.TrimSpace(string(runes[:min(len(runes), maxExternalNo-len(suffix))])) + suffix
	}
}

// maxExternalNo is how many characters of an external number its column holds.
const maxExternalNo = 96

// CountWebhookRefusal counts a notice whose signature was bad, by provider, reason and day (wall time); nothing else of it
// is kept.
func (s *Store) CountWebhookRefusal(ctx context.Context, provider, reason string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO webhook_refusal (provider, reason, on_date, n) VALUES (?,?,?,1) ON DUPLICATE KEY UPDATE n = n + 1`,
		provider, reason, calendar.DateOf(time.Now()))
	if err != nil {
		return fmt.Errorf("count a refused notice: %w", err)
	}
	return nil
}
