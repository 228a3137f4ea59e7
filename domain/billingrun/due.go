package billingrun

import (
	"cmp"
	"slices"

	"steward/domain/billing"
	"steward/domain/calendar"
)

// Due is one run that the calendar calls for.
type Due struct {
	Period string
	Timing Timing
}

// Key names the run among those of its community, so that it is opened once.
func (d Due) Key() string { return d.Period + "/" + string(d.Timing) }

// DueThrough gives the runs that have fallen due by a day, the oldest first and none left out: every month from the one that
// holds firstDay, prepaid items on the last bill day that is not after the month's first day, post-paid ones on the first
// bill day after its last. A bill day of 31 is the last day of a month that is shorter; without one nothing falls due.
// Quarters and longer cycles are billed by the month that begins or ends them.
func DueThrough(day, firstDay calendar.Date, billDay int) []Due {
	if billDay <= 0 || firstDay.IsZero() {
		return nil
	}
	type dated struct {
		on calendar.Date
		Due
	}
	var found []dated
	for month := billing.Month.Holding(firstDay); ; month = billing.Month.Holding(month.To.AddDays(1)) {
		prepaidOn, _ := billing.Item{Prepaid: true, BillDay: billDay}.Dates(month)
		if prepaidOn.After(day) {
			break
		}
		found = append(found, dated{prepaidOn, Due{month.Text, Prepaid}})
		if postpaidOn, _ := (billing.Item{BillDay: billDay}).Dates(month); !postpaidOn.After(day) {
			found = append(found, dated{postpaidOn, Due{month.Text, Postpaid}})
		}
	}
	slices.SortStableFunc(found, func(a, b dated) int { return cmp.Compare(b.on.DaysUntil(a.on), 0) })
	due := make([]Due, len(found))
	for i, f := range found {
		due[i] = f.Due
	}
	return due
}
