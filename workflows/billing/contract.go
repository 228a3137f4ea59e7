// Package billing is the process of one billing run, from computing over somebody's approval to the issued bills, and the
// daily look for runs that fall due. What a run does next stands in its row; the process only goes on and waits.
package billing

import (
	"steward/activities"
	"steward/domain/billingrun"
	"steward/domain/calendar"
)

// Names of the processes and their messages.
const (
	Type          = "BillingRun"
	RefreshSignal = "refresh" // the run was approved, cancelled, retried or is to be voided: look again
	StateQuery    = "state"

	TickType = "BillingTick" // started by a community's schedule
	LookType = "BillingLook" // one business day's look
)

// State is the whole state of a run's process: its input, what continue-as-new carries on, and the answer of the query.
type State struct {
	billingrun.Ref
	Status billingrun.Status `json:"status"` // as of the last step
	Parked bool              `json:"parked"` // waits for a person; a refresh is the retry
}

// ID gives the workflow ID of a run.
func ID(runID string) string { return "billing-run/" + runID }

// Tick is the input of a schedule's start.
type Tick = billingrun.CommunityRef

// Look is the input of one day's look.
type Look = activities.OpenDueInput

// LookID gives the workflow ID of a community's look on a business day, so that a day is looked at once.
func LookID(communityID string, day calendar.Date) string {
	return "billing-look/" + communityID + "/" + day.String()
}

// TickID leads the workflow IDs of a schedule's starts; Temporal adds the instant.
func TickID(communityID string) string { return "billing-tick/" + communityID }

// ScheduleID gives the ID of a community's schedule.
func ScheduleID(communityID string) string { return "billing/" + communityID }
