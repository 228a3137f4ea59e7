package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/importing"
)

// importPlan is what a run of rows would change, found by comparing them with what is there. A dry run shows it, applying
// writes it.
type importPlan interface {
	// planned is complete after write; before it, it holds at least what the plan will change.
	planned() *planned
	write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error
}

// planned is what a plan comes to.
type planned struct {
	counts   importing.Counts
	effects  []importing.Effect
	problems []importing.Problem // rows that only the database shows to be wrong; Column holds the column's key
	made     map[string][]string // by table: ids of the rows that writing makes
	changed  map[string][]string // by table: ids of the rows that writing changes
	known    map[string]bool     // table and id of all these
	lines    map[importing.RowRef]*plannedLine
}

// plannedLine is what became of one line of the file so far; a line can give several rows.
type plannedLine struct {
	outcome importing.Outcome
	effect  int // index of its effect, -1 for none
}

// weight orders outcomes: of several rows of a line the heaviest counts.
var weight = map[importing.Outcome]int{importing.Unchanged: 0, importing.Updated: 1, importing.Created: 2, importing.Rejected: 3}

// become gives a line an outcome, unless it has a heavier one.
func (p *planned) become(ref importing.RowRef, o importing.Outcome) *plannedLine {
	l := p.lines[ref]
	if l == nil {
		if p.lines == nil {
			p.lines = map[importing.RowRef]*plannedLine{}
		}
		l = &plannedLine{outcome: o, effect: -1}
		p.lines[ref] = l
		p.count(o, 1)
		return l
	}
	if weight[o] > weight[l.outcome] {
		p.count(l.outcome, -1)
		p.count(o, 1)
		l.outcome = o
	}
	return l
}

func (p *planned) count(o importing.Outcome, n int) {
	switch o {
	case importing.Created:
		p.counts.Created += n
	case importing.Updated:
		p.counts.Updated += n
	case importing.Unchanged:
		p.counts.Unchanged += n
	case importing.Rejected:
		p.counts.Rejected += n
	}
}

// changesNothing tells that writing would leave everything as it is, and that there is nothing to say about any row.
func (p *planned) changesNothing() bool {
	return p.counts == importing.Counts{Unchanged: p.counts.Unchanged} && len(p.effects) == 0
}

// settle counts a row's line and keeps its effect; effects of one line become one.
func (p *planned) settle(e importing.Effect) {
	l := p.become(importing.RowRef{Sheet: e.Sheet, Row: e.Row}, e.Outcome)
	switch {
	case l.effect >= 0:
		kept := &p.effects[l.effect]
		kept.Outcome = l.outcome
		if !strings.Contains(kept.Subject, e.Subject) {
			kept.Subject += "；" + e.Subject
		}
		kept.Changes, kept.Doubts = append(kept.Changes, e.Changes...), append(kept.Doubts, e.Doubts...)
	case l.outcome != importing.Rejected && (e.Outcome != importing.Unchanged || len(e.Doubts) > 0):
		l.effect = len(p.effects)
		e.Outcome = l.outcome
		p.effects = append(p.effects, e)
	}
}

// reject counts a row's line as one that can't be taken.
func (p *planned) reject(rowNo int, columnKey, code, format string, args ...any) {
	p.rejectIn("", rowNo, columnKey, code, format, args...)
}

// rejectIn rejects a row of one of several sheets.
func (p *planned) rejectIn(sheet string, rowNo int, columnKey, code, format string, args ...any) {
	p.become(importing.RowRef{Sheet: sheet, Row: rowNo}, importing.Rejected)
	p.problems = append(p.problems, importing.Problem{Sheet: sheet, Row: rowNo, Column: columnKey, Code: code, Message: fmt.Sprintf(format, args...)})
}

// settledEffects are the effects of the lines that were not rejected in the end.
func (p *planned) settledEffects() []importing.Effect {
	for _, l := range p.lines {
		if l.outcome == importing.Rejected && l.effect >= 0 {
			p.effects[l.effect].Outcome = importing.Rejected
		}
	}
	return slices.DeleteFunc(p.effects, func(e importing.Effect) bool { return e.Outcome == importing.Rejected })
}

func (p *planned) makes(table, id string) {
	p.know(table, id)
	if p.made == nil {
		p.made = map[string][]string{}
	}
	p.made[table] = append(p.made[table], id)
}

// changesOld declares a changed row unless this plan makes it or has declared it; first tells that it is to be written.
func (p *planned) changesOld(table, id string) (first bool) {
	if p.known[table+id] {
		return false
	}
	p.changes(table, id)
	return true
}

func (p *planned) know(table, id string) {
	if p.known == nil {
		p.known = map[string]bool{}
	}
	p.known[table+id] = true
}

func (p *planned) changes(table, id string) {
	p.know(table, id)
	if p.changed == nil {
		p.changed = map[string][]string{}
	}
	p.changed[table] = append(p.changed[table], id)
}

// planFor says for whom rows are planned. CommunityID is empty for a community that the roster will make.
type planFor struct {
	scope       access.Scope
	kind        importing.Kind
	communityID string
	importID    string
	carry       map[importing.Kind]any // what earlier runs of the same check would have written; nil when applying
}

// planner compares rows of one kind with the database.
type planner func(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error)

// planners has an entry for every kind that can be imported.
var planners = map[importing.Kind]planner{
	importing.Roster: planRosterRows, importing.Owners: planRosterRows, importing.Tenants: planRosterRows, importing.Vehicles: planVehicles,
	importing.Receivables: planReceivables, importing.Payments: planPayments,
	importing.FeeItems: planFeeItems, importing.MeterReadings: planMeters, importing.Equipment: planEquipment, importing.Staff: planStaff,
	importing.BankStatements: planStatements,
}

func (s *Store) planImport(ctx context.Context, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	plan, ok := planners[f.kind]
	if !ok {
		return nil, fmt.Errorf("plan rows of kind %q: no such kind", f.kind)
	}
	return plan(ctx, s, q, f, rows)
}

// resolvePlanned plans every run of rows without writing: rows that the database shows to be wrong are rejected.
func (s *Store) resolvePlanned(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, importing.Resolved, error) {
	var out importing.Resolved
	switch src.Kind {
	case importing.Roster, importing.Owners, importing.Tenants:
		var err error
		if r, err = s.resolvePeople(ctx, sc, src, r); err != nil || !src.DryRun && src.CommunityID == "" {
			return r, out, err // applying counts, and nothing is there to compare with
		}
	}
	wrong := map[importing.RowRef]bool{}
	var rest importing.Rows
	f := planFor{scope: sc, kind: src.Kind, communityID: src.CommunityID, importID: src.ID, carry: map[importing.Kind]any{}}
	if len(r.Good.Roster) > 0 && !src.DryRun {
		f.carry = nil // a whole community is a lot to keep, and nobody reads the doubts of this check
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := r.Good.Batches()
	plans := s.planAhead(ctx, f, parts)
	for i, part := range parts {
		plan, err := plans(i)
		if err != nil {
			return r, out, err
		}
		p := plan.planned()
		out.Counts = out.Counts.Add(p.counts)
		if src.DryRun {
			out.Effects = append(out.Effects, p.settledEffects()...)
		}
		if !p.changesNothing() {
			rest.Append(part)
		}
		for _, problem := range p.problems {
			line := importing.RowRef{Sheet: problem.Sheet, Row: problem.Row}
			if !wrong[line] {
				wrong[line] = true
				r.Rejected++
			}
			problem.Sheet, problem.Column = or(problem.Sheet, r.Sheet), r.Label(src.Kind, problem.Column)
			if !slices.Contains(r.Problems[max(len(r.Problems)-1, 0):], problem) { // a line that stands for several rows says it once
				r.Add(problem)
			}
		}
	}
	r.Good = rest.Without(wrong) // a run that changes nothing need not be applied
	return r, out, nil
}

// plansAhead is how many runs of a check are compared with the database at once, where none needs to know of the others.
const plansAhead = 2

// planAhead gives the plans of the parts, asked for in order; where it may, it works on the next ones meanwhile.
func (s *Store) planAhead(ctx context.Context, f planFor, parts []importing.Rows) func(i int) (importPlan, error) {
	if f.carry != nil { // a run goes by what the ones before it would write
		return func(i int) (importPlan, error) { return s.planImport(ctx, s.db, f, parts[i]) }
	}
	type result struct {
		plan importPlan
		err  error
	}
	coming := make([]chan result, len(parts))
	begin := func(i int) {
		if i >= len(parts) {
			return
		}
		c := make(chan result, 1)
		coming[i] = c
		go func() {
			plan, err := s.planImport(ctx, s.db, f, parts[i])
			c <- result{plan, err}
		}()
	}
	for i := range plansAhead {
		begin(i)
	}
	return func(i int) (importPlan, error) {
		got := <-coming[i]
		coming[i] = nil
		begin(i + plansAhead)
		return got.plan, got.err
	}
}
