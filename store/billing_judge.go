package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
)

// debtKey is whose debt for what a line is.
type debtKey struct{ unitID, feeItemID, debtorID string }

// thereBill is a bill of this period or the last one that is there already.
type thereBill struct {
	ID        string        `db:"id"`
	UnitID    string        `db:"unit_id"`
	FeeItemID string        `db:"fee_item_id"`
	DebtorID  string        `db:"debtor_id"`
	Period    string        `db:"period"`
	LineNo    int           `db:"line_no"`
	From      calendar.Date `db:"period_from"`
	To        calendar.Date `db:"period_to"`
	AmountFen int64         `db:"amount_fen"`
	Source    string        `db:"source_kind"`
}

// thereBills are the bills of a chunk's units: this period's by unit and fee item, the last one's by debt.
type thereBills struct {
	now    map[[2]string][]thereBill
	before map[debtKey][]thereBill
	gone   map[string][]debtKey // debts of the last period by unit
}

func readThere(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, unitIDs []string) (thereBills, error) {
	t := thereBills{now: map[[2]string][]thereBill{}, before: map[debtKey][]thereBill{}, gone: map[string][]debtKey{}}
	if len(b.items) == 0 {
		return t, nil
	}
	var periods []string
	for _, item := range b.items {
		periods = append(periods, b.own[item].Text, b.before[item].Text)
	}
	slices.Sort(periods)
	var rows []thereBill
	err := selectIn(ctx, q, &rows, `SELECT id, unit_id, fee_item_id, debtor_id, period, line_no, period_from, period_to, amount_fen, source_kind FROM bill FORCE INDEX (bill_natural)
		WHERE org_id = ? AND unit_id IN (?) AND fee_item_id IN (?) AND period IN (?) AND line_no >= 0 AND voided_at IS NULL
		ORDER BY unit_id, fee_item_id, period, debtor_id, line_no`, b.orgID, unitIDs, b.items, slices.Compact(periods))
	if err != nil {
		return t, fmt.Errorf("read the bills that are there: %w", err)
	}
	for _, r := range rows {
		switch r.Period {
		case b.own[r.FeeItemID].Text:
			t.now[[2]string{r.UnitID, r.FeeItemID}] = append(t.now[[2]string{r.UnitID, r.FeeItemID}], r)
		case b.before[r.FeeItemID].Text:
			key := debtKey{r.UnitID, r.FeeItemID, r.DebtorID}
			if len(t.before[key]) == 0 {
				t.gone[r.UnitID] = append(t.gone[r.UnitID], key)
			}
			t.before[key] = append(t.before[key], r)
		}
	}
	return t, nil
}

// meterLines is how many line numbers each meter of a fee item has for the days of a period (billing.Tariff.Compute).
const meterLines = 400

// covers tells whether the bill stands for some day that a line is for. A bill without dates, or one that was imported,
// stands for its whole period and every meter.
func (b thereBill) covers(l billing.Line) bool {
	if b.Source == money.FromBilling && b.LineNo/meterLines != l.LineNo/meterLines {
		return false
	}
	return b.From.IsZero() || b.To.IsZero() || l.From.IsZero() || l.To.IsZero() || !b.To.Before(l.From) && !l.To.Before(b.From)
}

// unitJudge says of each line of one unit what becomes of it.
type unitJudge struct {
	basis    *billingBasis
	there    thereBills
	unitID   string
	readings map[[2]string]map[string]int
	chunk    *computedChunk

	sums    map[debtKey]int64 // of the lines to issue
	present map[debtKey]bool  // debts of which this period says something
	problem map[string]bool   // fee items with a problem: nothing of them counts as gone
}

func (j *unitJudge) judge(lines []billing.Line) {
	j.sums, j.present, j.problem = map[debtKey]int64{}, map[debtKey]bool{}, map[string]bool{}
	first := len(j.chunk.lines)
	for _, l := range lines {
		j.take(l)
	}
	compared := map[debtKey]bool{}
	for i := first; i < len(j.chunk.lines); i++ {
		l := &j.chunk.lines[i]
		if l.verdict.Issuable() {
			j.compare(l, compared)
		}
		j.count(*l)
	}
	j.lost()
}

// take says what becomes of one line before it is compared.
func (j *unitJudge) take(l billing.Line) {
	key := debtKey{l.UnitID, l.FeeItemID, l.DebtorID}
	out := computedLine{Line: l, verdict: billingrun.New}
	standing := j.there.now[[2]string{l.UnitID, l.FeeItemID}]
	same := slices.IndexFunc(standing, func(b thereBill) bool { return b.DebtorID == l.DebtorID && b.LineNo == l.LineNo })
	over := slices.IndexFunc(standing, func(b thereBill) bool { return b.covers(l) })
	switch {
	case l.Problem != nil && over >= 0:
		j.billed(key, standing[over].AmountFen)
		return
	case l.Problem != nil:
		out.verdict, j.problem[l.FeeItemID] = billingrun.Problem, true
	case same >= 0 && standing[same].AmountFen == l.AmountFen:
		j.billed(key, l.AmountFen)
		return
	case same >= 0:
		out.Problem = billedDifferently(standing[same], l)
	case over >= 0:
		out.Problem = billedDifferently(standing[over], l)
	case l.AmountFen == 0:
		out.verdict = billingrun.Nothing
	default:
		j.sums[key] += l.AmountFen
		out.readings = j.readings[[2]string{l.UnitID, l.FeeItemID}]
	}
	if out.Problem != nil {
		out.verdict, j.problem[l.FeeItemID] = billingrun.Problem, true
	}
	j.present[key] = true
	j.chunk.lines = append(j.chunk.lines, out)
}

func (j *unitJudge) billed(key debtKey, fen int64) {
	j.present[key] = true
	j.add(sumKey{key.feeItemID, billingrun.Billed}, fen, 0)
}

// billedDifferently is the problem of a line whose days have a bill already that says something else: facts were changed
// after it was issued. An issued line is never rewritten.
func billedDifferently(b thereBill, l billing.Line) *billing.Problem {
	message := fmt.Sprintf("这段时间已出账 %s，按现在的资料应为 %s。已出账单不能改写，如需更正请对原账单做调整。", money.Format(b.AmountFen), money.Format(l.AmountFen))
	if b.DebtorID != l.DebtorID {
		message = fmt.Sprintf("这段时间已向另一位缴费人出账 %s，按现在的资料应由他人承担 %s。已出账单不能改写，请对原账单做调整或转移。", money.Format(b.AmountFen), money.Format(l.AmountFen))
	}
	return &billing.Problem{Code: "already-billed-differently", Message: message}
}

// compare sets a line beside the last period's bills of the same debt. Of several parts the first carries the comparison.
func (j *unitJudge) compare(l *computedLine, compared map[debtKey]bool) {
	key := debtKey{l.UnitID, l.FeeItemID, l.DebtorID}
	before := j.there.before[key]
	if len(before) == 0 {
		return
	}
	previous, now := int64(0), j.sums[key]
	for _, b := range before {
		previous += b.AmountFen
	}
	l.verdict = billingrun.Same
	if previous != now {
		l.verdict = billingrun.Changed
	}
	if !compared[key] {
		compared[key] = true
		l.comparedFen, l.previousFen = &now, &previous
	}
}

func (j *unitJudge) count(l computedLine) {
	previous := int64(0)
	if l.previousFen != nil {
		previous = *l.previousFen
	}
	j.add(sumKey{l.FeeItemID, l.verdict}, l.AmountFen, previous)
}

func (j *unitJudge) add(key sumKey, fen, previousFen int64) {
	c := j.chunk.sums[key]
	c.Lines++
	c.AmountFen += fen
	c.PreviousFen += previousFen
	j.chunk.sums[key] = c
}

// lost lists the debts of the last period of which this one has nothing.
func (j *unitJudge) lost() {
	for _, key := range j.there.gone[j.unitID] {
		if j.present[key] || j.problem[key.feeItemID] || j.billedOtherwise(key) {
			continue
		}
		previous := int64(0)
		for _, b := range j.there.before[key] {
			previous += b.AmountFen
		}
		own := j.basis.own[key.feeItemID]
		l := computedLine{verdict: billingrun.Gone, previousFen: &previous, comparedFen: new(int64),
			Line: billing.Line{UnitID: key.unitID, FeeItemID: key.feeItemID, DebtorID: key.debtorID, Period: own.Text, From: own.From, To: own.To}}
		j.chunk.lines = append(j.chunk.lines, l)
		j.count(l)
	}
}

// billedOtherwise tells whether the debt has a bill of this period that the run did not compute.
func (j *unitJudge) billedOtherwise(key debtKey) bool {
	return slices.ContainsFunc(j.there.now[[2]string{key.unitID, key.feeItemID}], func(b thereBill) bool { return b.DebtorID == key.debtorID })
}
