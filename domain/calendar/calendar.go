// Package calendar answers when something may happen: statutory days off and make-up workdays, quiet hours, closed
// weekends, and the next open instant. It gets its data as input.
package calendar

// Calendar is one community's calendar with the country's holidays.
type Calendar struct{}
