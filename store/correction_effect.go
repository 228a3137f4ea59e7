package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

// effectBills bounds how many bills an effect lists; the rest are counted.
const effectBills = 200

// moneyStanding is how everything stood that a correction may touch.
type moneyStanding struct {
	bills    map[string]billStanding
	receipts map[string]string // status by number
	cases    map[string]caseStanding

	advanceFen, principalFen, lateFeeFen int64
}

type billStanding struct {
	ID          string `db:"id"`
	CommunityID string `db:"community_id"`
	Unit        string `db:"unit"`
	FeeItem     string `db:"fee_item"`
	Period      string `db:"period"`
	UnpaidFen   int64  `db:"unpaid_fen"`
	PaidFen     int64  `db:"paid_fen"`
	Void        bool   `db:"void"`
	lateFeeFen  int64
}

func (b billStanding) status() money.BillStatus {
	return money.StatusOf(b.UnpaidFen, b.PaidFen, b.Void)
}

// openFen is what is still owed; a void bill owes nothing.
func (b billStanding) openFen() int64 {
	if b.Void {
		return 0
	}
	return b.UnpaidFen
}

type caseStanding struct {
	ID         string     `db:"id"`
	Status     string     `db:"status"`
	Stage      string     `db:"stage"`
	NextAt     *time.Time `db:"next_at"`
	ArrearsFen int64      `db:"arrears_fen"`
}

// readStanding reads what stands for the debtors of a deed in its communities.
func (s *Store) readStanding(ctx context.Context, tx *sqlx.Tx, orgID string, d deed) (moneyStanding, error) {
	st := moneyStanding{bills: map[string]billStanding{}, receipts: map[string]string{}, cases: map[string]caseStanding{}}
	reads := []func(context.Context, *sqlx.Tx, string, deed) error{st.readBills, st.readReceipts, st.readCases}
	for _, read := range reads {
		if err := read(ctx, tx, orgID, d); err != nil {
			return st, fmt.Errorf("read what a correction touches: %w", err)
		}
	}
	refs := make([]billRef, 0, len(st.bills))
	for _, b := range st.bills {
		if !b.Void {
			refs = append(refs, billRef{b.ID, b.CommunityID})
		}
	}
	fees, err := lateFees(ctx, tx, orgID, refs, calendar.DateOf(s.clock.Now()))
	if err != nil {
		return st, err
	}
	for id, fee := range fees {
		b := st.bills[id]
		b.lateFeeFen = fee.OutstandingFen
		st.bills[id] = b
		st.lateFeeFen += fee.OutstandingFen
	}
	return st, nil
}

func (st *moneyStanding) readBills(ctx context.Context, tx *sqlx.Tx, orgID string, d deed) error {
	var rows []billStanding
	err := selectIn(ctx, tx, &rows, `SELECT b.id, b.community_id, u.display AS unit, f.name AS fee_item, b.period, b.unpaid_fen, b.paid_fen, b.voided_at IS NOT NULL AS void
		FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id
		WHERE b.org_id = ? AND b.debtor_id IN (?) AND b.community_id IN (?)`, orgID, d.debtors, d.communities)
	for _, b := range rows {
		st.bills[b.ID] = b
		st.principalFen += b.openFen()
	}
	return err
}

func (st *moneyStanding) readReceipts(ctx context.Context, tx *sqlx.Tx, orgID string, d deed) error {
	var rows []struct {
		No          string `db:"display_no"`
		Status      string `db:"status"`
		Unallocated int64  `db:"unallocated_fen"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT COALESCE(r.display_no, '') AS display_no, COALESCE(r.status, '') AS status, p.unallocated_fen
		FROM payment p LEFT JOIN receipt r ON r.org_id = p.org_id AND r.payment_id = p.id
		WHERE p.org_id = ? AND p.debtor_id IN (?) AND p.community_id IN (?)`, orgID, d.debtors, d.communities)
	for _, r := range rows {
		st.advanceFen += r.Unallocated
		if r.No != "" {
			st.receipts[r.No] = r.Status
		}
	}
	return err
}

func (st *moneyStanding) readCases(ctx context.Context, tx *sqlx.Tx, orgID string, d deed) error {
	var rows []caseStanding
	err := selectIn(ctx, tx, &rows, `SELECT id, status, stage, next_at, arrears_fen FROM dunning_case
		WHERE org_id = ? AND debtor_id IN (?) AND community_id IN (?)`, orgID, d.debtors, d.communities)
	for _, c := range rows {
		st.cases[c.ID] = c
	}
	return err
}

// effect tells the difference to a later standing.
func (st moneyStanding) effect(after moneyStanding) *money.Effect {
	e := &money.Effect{
		Bills: []money.BillEffect{}, Receipts: []money.ReceiptEffect{}, Cases: []money.CaseEffect{},
		AdvanceFen:   money.Change{Before: st.advanceFen, After: after.advanceFen},
		PrincipalFen: money.Change{Before: st.principalFen, After: after.principalFen},
		LateFeeFen:   money.Change{Before: st.lateFeeFen, After: after.lateFeeFen},
	}
	for id, b := range after.bills {
		was := st.bills[id]
		if was == b {
			continue
		}
		e.Bills = append(e.Bills, money.BillEffect{BillID: id, Unit: b.Unit, FeeItem: b.FeeItem, Period: b.Period, Before: was.status(), After: b.status(),
			UnpaidFen: money.Change{Before: was.openFen(), After: b.openFen()}, LateFeeFen: money.Change{Before: was.lateFeeFen, After: b.lateFeeFen}})
	}
	slices.SortFunc(e.Bills, func(a, b money.BillEffect) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Period, b.Period), strings.Compare(a.BillID, b.BillID))
	})
	if len(e.Bills) > effectBills {
		e.Bills, e.BillsLeftOut = e.Bills[:effectBills], len(e.Bills)-effectBills
	}
	for _, no := range sortedKeys(after.receipts) {
		if was := st.receipts[no]; was != after.receipts[no] {
			e.Receipts = append(e.Receipts, money.ReceiptEffect{No: no, Before: was, After: after.receipts[no]})
		}
	}
	for _, id := range sortedKeys(after.cases) {
		was, is := st.cases[id], after.cases[id]
		change := money.CaseEffect{CaseID: id, Before: was.Status, After: is.Status, StageBefore: was.Stage, StageAfter: is.Stage,
			ArrearsFen: money.Change{Before: was.ArrearsFen, After: is.ArrearsFen}, NextAtBefore: instantText(was.NextAt), NextAtAfter: instantText(is.NextAt)}
		same := change
		same.Before, same.StageBefore, same.ArrearsFen.Before, same.NextAtBefore = is.Status, is.Stage, is.ArrearsFen, change.NextAtAfter
		if change != same {
			e.Cases = append(e.Cases, change)
		}
	}
	return e
}

func instantText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
