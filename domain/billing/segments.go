package billing

import (
	"slices"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// bill is the charging of one unit for one fee item and period.
type bill struct {
	unit   *Unit
	group  group
	period Period
	lines  []Line
}

// facts are what the charge of a day goes by. Two days with the same facts are in the same segment.
type facts struct {
	terms     *terms
	state     State
	own       string // the unit's own price, "" for none
	rentYuan  string // exact
	debtorID  string
	problem   Problem
	isProblem bool
}

// segment is a run of days with the same facts.
type segment struct {
	facts
	from, to calendar.Date
}

func (s segment) days() int { return s.from.DaysUntil(s.to) + 1 }

// segments splits a stretch of days at every day on which something changes that this charge goes by. Days that are not
// charged are left out.
func (b *bill) segments(from, to calendar.Date) []segment {
	starts := b.changes(from, to)
	var list []segment
	for i, start := range starts {
		end := to
		if i+1 < len(starts) {
			end = starts[i+1].AddDays(-1)
		}
		f, charged := b.on(start)
		if !charged {
			continue
		}
		if n := len(list); n > 0 && list[n-1].facts == f && list[n-1].to.AddDays(1) == start {
			list[n-1].to = end
			continue
		}
		list = append(list, segment{facts: f, from: start, to: end})
	}
	return list
}

// changes gives the days from which on something may be different, the first day of the stretch included.
func (b *bill) changes(from, to calendar.Date) []calendar.Date {
	days := []calendar.Date{from}
	at := func(d calendar.Date) {
		if !d.IsZero() && compareDays(d, from) > 0 && compareDays(d, to) <= 0 {
			days = append(days, d)
		}
	}
	after := func(d calendar.Date) {
		if !d.IsZero() && compareDays(d, from) >= 0 && compareDays(d, to) < 0 {
			days = append(days, d.AddDays(1))
		}
	}
	for _, v := range b.group.all {
		at(v.From)
		after(v.to)
		for _, s := range v.parameters.Steps {
			at(s.From)
		}
	}
	for _, s := range b.unit.States {
		at(s.From)
	}
	for _, t := range b.unit.Tenures {
		at(t.From)
		after(t.To)
	}
	for _, f := range b.unit.Fees {
		if f.FeeItemID == b.group.item.FeeItemID {
			at(f.From)
			after(f.To)
		}
	}
	at(b.unit.FeeStart)
	at(b.unit.Delivered)
	if b.group.item.Formula == RentSteps || slices.ContainsFunc(b.group.all, func(v *terms) bool { return v.Formula == RentSteps }) {
		for _, d := range b.rises(to) {
			at(d)
		}
	}
	slices.SortFunc(days, compareDays)
	return slices.Compact(days)
}

// on gives the facts of one day, and whether it is charged at all.
func (b *bill) on(day calendar.Date) (facts, bool) {
	t := b.group.on(day)
	if t == nil || !b.group.mine[t] {
		return facts{}, false
	}
	f := facts{terms: t, state: b.unit.on(day).asFor(t)}
	assignment, assigned := b.assignment(day)
	if t.Assigned {
		if !assigned {
			return facts{}, false
		}
		f.own = assignment.PriceYuan
	} else if !slices.Contains(t.payers(), b.unit.Kind) {
		return facts{}, false
	}
	debtor, charged := b.unit.debtor(t, day)
	if !charged {
		return facts{}, false
	}
	f.debtorID = debtor
	if t.problem != nil {
		f.problem, f.isProblem = *t.problem, true
	} else if debtor == "" {
		f.problem, f.isProblem = Problem{Code: "debtor-missing", Message: "这段时间没有登记" + roleTitle(t.DebtorRole) + "，不知道向谁收费。请先补登记住户关系。"}, true
	}
	if t.Formula == RentSteps && t.problem == nil {
		rent := b.rent(t, assignment, f.own, day)
		if rent == nil {
			return facts{}, false
		}
		f.rentYuan = rent.RatString()
	}
	return f, true
}

func (t *terms) payers() []string {
	if len(t.parameters.UnitKinds) > 0 {
		return t.parameters.UnitKinds
	}
	return usualPayers
}

// assignment gives the unit's assignment of this item on a day; of several the one that began last.
func (b *bill) assignment(day calendar.Date) (Assignment, bool) {
	for _, f := range slices.Backward(b.unit.Fees) {
		if f.FeeItemID == b.group.item.FeeItemID && compareDays(f.From, day) <= 0 && (f.To.IsZero() || compareDays(day, f.To) <= 0) {
			return f, true
		}
	}
	return Assignment{}, false
}

// on gives what the unit is on a day; before the first that is known it is taken for what it was then.
func (u *Unit) on(day calendar.Date) State {
	var found State
	for i, s := range u.States {
		if i == 0 || compareDays(s.From, day) <= 0 {
			found = s
		}
	}
	return found
}

// asFor leaves of a state what this formula goes by, so that a line is not split for what does not matter to it.
func (s State) asFor(t *terms) State {
	var kept State
	uses := func(name string) bool { return t.expression != nil && t.expression.uses[name] }
	if t.Formula == BuiltArea || t.Formula == SharedArea || uses("built_area") {
		kept.BuiltAreaM2 = s.BuiltAreaM2
	}
	if t.Formula == InnerArea || uses("inner_area") {
		kept.InnerAreaM2 = s.InnerAreaM2
	}
	if t.vacant.Cmp(one) != 0 && s.Status == estate.Vacant && !t.measured() {
		kept.Status = estate.Vacant
	}
	return kept
}

// measured tells whether a vacant unit simply uses less.
func (t *terms) measured() bool {
	return t.Formula == Metered || t.Formula == Usage || t.Formula == GivenAmount
}

// debtor gives who owes for a day, "" when nobody is on file; charged is false when nobody has to pay yet. Before the fee
// starts (or delivery, where no start is on file) and while the unit is unsold the developer pays, if there is one. A
// tenant's item falls back to the owner, except a rent.
func (u *Unit) debtor(t *terms, day calendar.Date) (personID string, charged bool) {
	start := u.FeeStart
	if start.IsZero() {
		start = u.Delivered
	}
	early := !start.IsZero() && compareDays(day, start) < 0
	developer := u.holder(estate.RoleDeveloper, day)
	switch {
	case t.DebtorRole == estate.RoleDeveloper:
		return developer, developer != ""
	case (early || u.on(day).Status == estate.Unsold) && developer != "":
		return developer, true
	case early && !t.Assigned:
		return "", false
	case t.DebtorRole == estate.RoleTenant:
		if tenant := u.holder(estate.RoleTenant, day); tenant != "" || t.Formula == RentSteps {
			return tenant, tenant != ""
		}
	}
	if owner := u.holder(estate.RoleOwner, day); owner != "" {
		return owner, true
	}
	return developer, true
}

// holder gives who had a role on a day: of several the one who came first.
func (u *Unit) holder(role estate.Role, day calendar.Date) string {
	for _, t := range u.Tenures {
		if t.Role == role && compareDays(t.From, day) <= 0 && (t.To.IsZero() || compareDays(day, t.To) <= 0) {
			return t.PersonID
		}
	}
	return ""
}
