package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// correctionKind is how one kind of correction is asked for and carried out. The kinds that need a checker are asked with
// the action ask and decided with access.DecideMoney; the others are carried out at once by those who may ask.
type correctionKind struct {
	subjectKind  string
	ask          access.Action
	needsChecker bool
	// prepare finds what the request is about, for a caller whose right to it is still to be asked.
	prepare func(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error)
}

// correctionKinds is the registry: what is not in it can be neither asked nor decided.
var correctionKinds = map[money.CorrectionKind]correctionKind{
	money.Reverse:  {subjectKind: "payment", ask: access.ReverseMoney, prepare: prepareReversal},
	money.Transfer: {subjectKind: "payment", ask: access.ReverseMoney, prepare: prepareTransfer},
	money.GiveBack: {subjectKind: "payment", ask: access.CorrectMoney, needsChecker: true, prepare: prepareRefund},
	money.Waive:    {subjectKind: "bill", ask: access.CorrectMoney, needsChecker: true, prepare: prepareWaiver},
	money.Adjust:   {subjectKind: "bill", ask: access.CorrectMoney, needsChecker: true, prepare: prepareAdjustment},
	money.VoidBill: {subjectKind: "bill", ask: access.CorrectMoney, needsChecker: true, prepare: prepareVoid},

	money.VoidIssued: {subjectKind: "billing_run", ask: access.RunBilling, needsChecker: true, prepare: prepareVoidRun},
}

// deed is one correction, ready to run in a transaction.
type deed struct {
	communityID string   // whose people ask and decide
	communities []string // all whose books it moves; empty for communityID alone
	debtors     []string // whose bills, receipts, advances and cases it may change; without them no effect is told
	amountFen   int64    // what the approval shows where the outcome does not say
	// effect tells what a deed does that is not done at once; nil where it is done and compared.
	effect func(ctx context.Context, tx *sqlx.Tx) (*money.Effect, error)
	// run carries it out with all its rules, under the books of its communities. It is what decides; whatever prepare saw may
	// have changed.
	run func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error)
}

// authority is on whose word a correction is made: the maker's, and the approval's that allowed it.
type authority struct {
	makerID    string
	approvalID string
	reason     string
}

// outcome is what a deed came to. The amounts are those that a request without amounts meant.
type outcome struct {
	resultID   string // what it made: a payment, a correction, a refund
	amountFen  int64
	lateFeeFen int64
	refundFen  int64
	payment    *money.Payment
	repeated   bool // the command had run before; nothing was done now
}

// findDeed checks a request and finds its deed for a caller who may ask for it. What the caller may not reach is not found.
func (s *Store) findDeed(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, r money.CorrectionRequest) (correctionKind, deed, error) {
	kind, known := correctionKinds[r.Kind]
	if !known {
		return kind, deed{}, refusal.New(refusal.Rule, "correction-unknown", "没有这种更正。").At("kind", "没有这种更正", r.Kind)
	}
	if err := sc.Require(kind.ask, ""); err != nil {
		return kind, deed{}, err
	}
	if err := cmp.Or(checkReason(r.Reason), r.Check()); err != nil {
		return kind, deed{}, err
	}
	d, err := kind.prepare(ctx, s, q, sc.OrgID, r)
	if err != nil {
		return kind, deed{}, err
	}
	if sc.Require(kind.ask, d.communityID) != nil {
		return kind, deed{}, notThere(kind.subjectKind)
	}
	return kind, d, nil
}

func notThere(subjectKind string) error {
	switch subjectKind {
	case "payment":
		return refusal.New(refusal.NotFound, "payment-not-found", "没有找到这笔缴费，请核对编号。")
	case "billing_run":
		return runUnknown()
	}
	return refusal.New(refusal.NotFound, "bill-not-found", "没有找到这张账单，请核对编号。")
}

// Correct carries out a correction that needs no checker, and asks for one that does. Both tell the effect: of what was
// done, or of what would be done now.
func (s *Store) Correct(ctx context.Context, sc access.Scope, r money.CorrectionRequest) (money.Corrected, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	kind, _, err := s.findDeed(ctx, s.db, sc, r)
	if err != nil {
		return money.Corrected{}, err
	}
	if kind.needsChecker {
		approval, err := s.askApproval(ctx, sc, r)
		return money.Corrected{Approval: &approval, Effect: approval.Effect}, err
	}
	var done money.Corrected
	err = s.inTx(ctx, "correct money", func(tx *sqlx.Tx) error {
		_, d, err := s.findDeed(ctx, tx, sc, r)
		if err != nil {
			return err
		}
		effect, out, err := s.carryOut(ctx, tx, sc, d, authority{makerID: sc.ActorID, reason: r.Reason})
		if err != nil {
			return err
		}
		done = money.Corrected{Payment: out.payment, Effect: effect}
		if out.repeated {
			done.Effect = nil
		}
		return nil
	})
	return done, err
}

// carryOut runs a deed and tells what it did, from what stood before and after it.
func (s *Store) carryOut(ctx context.Context, tx *sqlx.Tx, sc access.Scope, d deed, by authority) (*money.Effect, outcome, error) {
	if err := lockOrganization(ctx, tx, sc.OrgID, "LOCK IN SHARE MODE"); err != nil {
		return nil, outcome{}, err
	}
	if len(d.communities) == 0 {
		d.communities = []string{d.communityID}
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, d.communities); err != nil {
		return nil, outcome{}, err
	}
	if d.effect != nil {
		told, err := d.effect(ctx, tx)
		if err != nil {
			return nil, outcome{}, err
		}
		out, err := d.run(ctx, tx, sc, by)
		return told, out, err
	}
	if len(d.debtors) == 0 {
		out, err := d.run(ctx, tx, sc, by)
		return nil, out, err
	}
	before, err := s.readStanding(ctx, tx, sc.OrgID, d)
	if err != nil {
		return nil, outcome{}, err
	}
	out, err := d.run(ctx, tx, sc, by)
	if err != nil {
		return nil, out, err
	}
	after, err := s.readStanding(ctx, tx, sc.OrgID, d)
	if err != nil {
		return nil, out, err
	}
	effect := before.effect(after)
	effect.RefundFen = out.refundFen
	return effect, out, nil
}

// errTried ends a transaction that was only a try.
var errTried = errors.New("only tried")

// PreviewCorrection tells what a correction would do now, by doing it and rolling it back. Nothing of it is left.
func (s *Store) PreviewCorrection(ctx context.Context, sc access.Scope, r money.CorrectionRequest) (money.Effect, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if r.Reason == "" {
		r.Reason = "试算"
	}
	effect, _, err := s.try(ctx, sc, r)
	return effect, err
}

func (s *Store) try(ctx context.Context, sc access.Scope, r money.CorrectionRequest) (money.Effect, outcome, error) {
	sc.CommandID = ""
	effect, out := money.Effect{Bills: []money.BillEffect{}, Receipts: []money.ReceiptEffect{}, Cases: []money.CaseEffect{}}, outcome{}
	err := s.inTx(ctx, "try a correction", func(tx *sqlx.Tx) error {
		kind, d, err := s.findDeed(ctx, tx, sc, r)
		if err != nil {
			return err
		}
		told, did, err := s.carryOut(ctx, tx, sc, d, authority{makerID: sc.ActorID, reason: r.Reason})
		if err != nil {
			return err
		}
		if told != nil {
			effect = *told
		}
		effect.ApprovalNeeded, out = kind.needsChecker, did
		if out.amountFen == 0 {
			out.amountFen = d.amountFen
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return effect, out, err
}

// subjectRow is the payment or the bill that a correction is about, as far as it has to be known beforehand.
type subjectRow struct {
	CommunityID string `db:"community_id"`
	DebtorID    string `db:"debtor_id"`
	UnitID      string `db:"unit_id"`
}

func findSubject(ctx context.Context, q sqlx.QueryerContext, orgID, table, id string) (subjectRow, error) {
	var rows []subjectRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT community_id, debtor_id, COALESCE(unit_id, '') AS unit_id FROM `+table+` WHERE org_id = ? AND id = ?`, orgID, asciiKey(id))
	if err != nil {
		return subjectRow{}, fmt.Errorf("read the %s of a correction: %w", table, err)
	}
	if len(rows) == 0 {
		return subjectRow{}, notThere(table)
	}
	return rows[0], nil
}

func prepareReversal(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	of, err := findSubject(ctx, q, orgID, "payment", r.SubjectID)
	run := func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error) {
		was, err := lockPayment(ctx, tx, sc.OrgID, r.SubjectID)
		if err != nil {
			return outcome{}, err
		}
		p, err := s.reversePaymentTx(ctx, tx, sc, of.CommunityID, r.SubjectID, by.reason)
		return outcome{resultID: p.ID, amountFen: p.AmountFen, payment: &p, repeated: was.Status == money.PaymentReversed}, err
	}
	return deed{communityID: of.CommunityID, debtors: []string{of.DebtorID}, run: run}, err
}
