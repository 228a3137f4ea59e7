package dunning

import "steward/domain/calendar"

// Asked is what a case asks its debtor for at one moment.
type Asked struct {
	AmountFen  int64         // principal net of the debtor's advance, never negative
	LateFeeFen int64         // what is asked for beside it; an advance does not pay late fees
	DueOn      calendar.Date // D: due date of the oldest bill that is asked for
	Bills      []BillFact    // oldest due first
}

// Ask sums what is due by today. While nothing is due and the case stands at or just behind stages that come before the
// due date, it sums the issued bills instead: such a case was entered for bills that are not yet due, and it stays with
// them. Nothing asked for means that the case is paid.
func Ask(p Policy, f Facts, today calendar.Date) Asked {
	due := f.Bills
	for i, b := range f.Bills {
		if b.DueOn.After(today) {
			due = f.Bills[:i]
			break
		}
	}
	if len(due) == 0 && p.looksAhead(f) {
		due = f.Bills
	}
	a := Asked{Bills: due, LateFeeFen: f.LateFeeFen}
	for _, b := range due {
		a.AmountFen += b.UnpaidFen
	}
	a.AmountFen = max(a.AmountFen-f.AdvanceFen, 0)
	if len(due) > 0 {
		a.DueOn = due[0].DueOn
	}
	return a
}

// looksAhead tells whether the last stage done, or the next one, comes before the due date.
func (p Policy) looksAhead(f Facts) bool {
	if len(p.Stages) == 0 {
		return false
	}
	if f.Stage == "" {
		return p.Stages[max(p.StageIndex(f.FromStage), 0)].BeforeDue()
	}
	done := p.StageIndex(f.Stage)
	if done < 0 {
		return false
	}
	return p.Stages[done].BeforeDue() || (done+1 < len(p.Stages) && p.Stages[done+1].BeforeDue())
}
