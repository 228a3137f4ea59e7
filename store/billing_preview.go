package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
)

// How many lines and problems a preview shows; the run shows all.
const (
	previewLines    = 50
	previewGone     = 10 // of these, at most
	previewProblems = 200
)

// PreviewBilling computes what a run would bill now, and keeps nothing.
func (s *Store) PreviewBilling(ctx context.Context, sc access.Scope, communityID, period string) (billingrun.Preview, error) {
	none := billingrun.Preview{}
	if err := sc.Require(access.RunBilling, communityID); err != nil {
		return none, err
	}
	p, err := billing.ParsePeriod(period)
	if err != nil {
		return none, err
	}
	tx, err := s.db.BeginTxx(ctx, readOnly)
	if err != nil {
		return none, fmt.Errorf("preview billing: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := communityExists(ctx, tx, sc.OrgID, communityID); err != nil {
		return none, err
	}
	terms, err := s.readBillingTerms(ctx, tx, sc.OrgID, communityID)
	if err != nil {
		return none, err
	}
	if err := terms.covers(p, calendar.DateOf(s.clock.Now())); err != nil {
		return none, err
	}
	basis, err := s.newBillingBasis(ctx, tx, sc.OrgID, communityID, terms, newRun{period: p, timing: billingrun.AllItems})
	if err != nil {
		return none, err
	}
	look := billingPreview{basis: basis, sums: map[sumKey]billingrun.Count{}, lines: []billingrun.Line{}, problems: []billingrun.Line{}}
	for through := ""; ; {
		chunk, err := s.computeChunk(ctx, tx, basis, through, unitsPerBillingChunk)
		if err != nil {
			return none, err
		}
		if chunk.units == 0 {
			break
		}
		through = chunk.through
		if err := look.take(chunk); err != nil {
			return none, err
		}
	}
	out := billingrun.Preview{CommunityID: communityID, Period: p.Text, SettlementID: terms.SettlementID, Units: look.units,
		Warnings: s.periodWarnings(p, billingrun.AllItems), Lines: look.lines, Problems: look.problems}
	out.Totals, out.Items = addUp(look.rows())
	return out, nil
}

// billingPreview adds chunks up and keeps the first lines: those that differ come before those that do not.
type billingPreview struct {
	basis    *billingBasis
	units    int
	sums     map[sumKey]billingrun.Count
	lines    []billingrun.Line
	gone     int // of lines
	problems []billingrun.Line
}

func (p *billingPreview) take(c computedChunk) error {
	p.units += c.units
	for key, count := range c.sums {
		sum := p.sums[key]
		sum.Lines += count.Lines
		sum.AmountFen += count.AmountFen
		sum.PreviousFen += count.PreviousFen
		p.sums[key] = sum
	}
	for _, l := range c.lines {
		into, most := &p.lines, previewLines
		if l.verdict == billingrun.Problem {
			into, most = &p.problems, previewProblems
		}
		if l.verdict == billingrun.Gone {
			if p.gone++; p.gone > previewGone {
				continue
			}
		}
		if len(*into) >= most && (l.verdict == billingrun.Problem || !p.makesRoom(l.verdict)) {
			continue
		}
		shown, err := l.shown(p.basis, c.display[l.UnitID])
		if err != nil {
			return err
		}
		*into = append(*into, shown)
	}
	return nil
}

// makesRoom lets a line that differs take the place of the last one that does not.
func (p *billingPreview) makesRoom(v billingrun.Verdict) bool {
	if v != billingrun.Changed && v != billingrun.Gone {
		return false
	}
	i := slices.IndexFunc(p.lines, func(l billingrun.Line) bool { return l.Verdict != billingrun.Changed && l.Verdict != billingrun.Gone })
	if i < 0 {
		return false
	}
	p.lines = slices.Delete(p.lines, i, i+1)
	return true
}

func (p *billingPreview) rows() []sumRow {
	rows := make([]sumRow, 0, len(p.sums))
	for key, c := range p.sums {
		rows = append(rows, sumRow{FeeItemID: key.feeItemID, FeeItem: p.basis.names[key.feeItemID], Verdict: key.verdict, Lines: c.Lines, AmountFen: c.AmountFen, PreviousFen: c.PreviousFen})
	}
	slices.SortFunc(rows, func(a, b sumRow) int {
		return strings.Compare(a.FeeItem+a.FeeItemID+string(a.Verdict), b.FeeItem+b.FeeItemID+string(b.Verdict))
	})
	return rows
}

// shown is a computed line as people see it, before it is kept.
func (l computedLine) shown(b *billingBasis, display string) (billingrun.Line, error) {
	rule := b.terms.Rules.LateFee
	out := billingrun.Line{Verdict: l.verdict, UnitID: l.UnitID, Unit: display, FeeItemID: l.FeeItemID, FeeItem: b.names[l.FeeItemID], VersionID: l.VersionID,
		DebtorID: l.DebtorID, Period: l.Period, LineNo: l.LineNo, From: l.From, To: l.To, BillDate: l.BilledOn, DueDate: l.DueOn,
		GraceEnd: graceEnd(rule, l.DueOn), LateFeeFrom: lateFeeFrom(rule, l.DueOn), AmountFen: l.AmountFen, ComparedFen: l.comparedFen, PreviousFen: l.previousFen,
		Difference: l.difference, Problem: l.Problem}
	if l.verdict != billingrun.Gone {
		basis, err := json.Marshal(l.Basis)
		if err != nil {
			return out, fmt.Errorf("write the basis of a line: %w", err)
		}
		out.Basis = basis
	}
	out.Explain(l.Basis.Text)
	return out, nil
}
