package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/billingrun"
)

// computedLine is one line of a chunk with what the run says of it.
type computedLine struct {
	billing.Line
	verdict     billingrun.Verdict
	comparedFen *int64
	previousFen *int64
	difference  *billingrun.Difference
	readings    map[string]int
}

// sumKey is what sums are kept by.
type sumKey struct {
	feeItemID string
	verdict   billingrun.Verdict
}

// computedChunk is what some hundreds of units come to.
type computedChunk struct {
	units   int
	through string // the last unit's key; "" when there was no unit left
	lines   []computedLine
	sums    map[sumKey]billingrun.Count
	display map[string]string // of units
}

// computeChunk charges the next units and says of every line what becomes of it.
func (s *Store) computeChunk(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, after string, limit int) (computedChunk, error) {
	charged, err := s.readChargedUnits(ctx, q, b, after, limit)
	if err != nil || len(charged.units) == 0 {
		return computedChunk{}, err
	}
	out := computedChunk{units: len(charged.units), through: charged.through, sums: map[sumKey]billingrun.Count{}, display: map[string]string{}}
	ids := make([]string, len(charged.units))
	for i, u := range charged.units {
		ids[i], out.display[u.ID] = u.ID, u.Display
	}
	there, err := readThere(ctx, q, b, ids)
	if err != nil {
		return out, err
	}
	for _, u := range charged.units {
		j := unitJudge{basis: b, there: there, unitID: u.ID, readings: charged.readings, chunk: &out}
		j.judge(b.charge(u))
	}
	return out, explainChanges(ctx, q, b.orgID, out.lines, there)
}

// charge computes a unit's lines of the items that this run takes.
func (b *billingBasis) charge(u billing.Unit) []billing.Line {
	lines := b.tariff.Compute(u, b.period)
	kept := lines[:0]
	for _, l := range lines {
		if _, mine := b.own[l.FeeItemID]; mine && b.own[l.FeeItemID].Text == l.Period {
			kept = append(kept, l)
		}
	}
	return kept
}

// explainChanges reads what the last period's bills say of themselves, only for lines whose amount is another one now.
func explainChanges(ctx context.Context, q sqlx.QueryerContext, orgID string, lines []computedLine, there thereBills) error {
	var ids []string
	for _, l := range lines {
		if l.verdict == billingrun.Changed && l.comparedFen != nil {
			for _, p := range there.before[debtKey{l.UnitID, l.FeeItemID, l.DebtorID}] {
				ids = append(ids, p.ID)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	basis, err := readBases(ctx, q, orgID, ids)
	if err != nil {
		return err
	}
	parts := map[debtKey][]billing.Line{}
	for _, l := range lines {
		if l.verdict.Issuable() {
			key := debtKey{l.UnitID, l.FeeItemID, l.DebtorID}
			parts[key] = append(parts[key], l.Line)
		}
	}
	for i := range lines {
		l := &lines[i]
		if l.verdict != billingrun.Changed || l.comparedFen == nil {
			continue
		}
		key := debtKey{l.UnitID, l.FeeItemID, l.DebtorID}
		var past []billingrun.Past
		for _, p := range there.before[key] {
			past = append(past, billingrun.Past{AmountFen: p.AmountFen, Basis: basis[p.ID]})
		}
		d := billingrun.Compare(past, parts[key])
		l.difference = &d
	}
	return nil
}

func readBases(ctx context.Context, q sqlx.QueryerContext, orgID string, ids []string) (map[string]json.RawMessage, error) {
	basis := make(map[string]json.RawMessage, len(ids))
	for start := 0; start < len(ids); start += rowsPerStatement {
		var rows []struct {
			ID    string          `db:"id"`
			Basis json.RawMessage `db:"basis"`
		}
		err := selectIn(ctx, q, &rows, `SELECT id, COALESCE(basis, '{}') AS basis FROM bill FORCE INDEX (PRIMARY) WHERE org_id = ? AND id IN (?)`, orgID,
			ids[start:min(start+rowsPerStatement, len(ids))])
		if err != nil {
			return nil, fmt.Errorf("read the last period's explanations: %w", err)
		}
		for _, r := range rows {
			basis[r.ID] = r.Basis
		}
	}
	return basis, nil
}
