package store

// The kinds of case_event rows. Touches, tasks and skips are told by case_outcome and outbox rows instead.
const (
	eventPaid           = "paid"
	eventFinished       = "finished"
	eventPayment        = "payment"
	eventReversal       = "reversal"
	eventReopened       = "reopened"
	eventHeld           = "held"
	eventReleased       = "released"
	eventExcluded       = "excluded"
	eventPromise        = "promise"
	eventPromiseBroken  = "promise-broken"
	eventDisputed       = "disputed"
	eventDisputeSettled = "dispute-settled"
	eventSentNow        = "sent-now"
	eventSkipped        = "skipped"
	eventParked         = "needs-approval"
	eventApproved       = "approved"
	eventRejected       = "rejected"
	eventAssigned       = "assigned"
	eventTaskDone       = "task-done"
	eventCampaignEnded  = "campaign-cancelled"
)

// The reasons that stopped messages carry.
const (
	whyPaid                = "paid"
	whyExcluded            = "excluded"
	whyHeld                = "held"
	whyPaused              = "paused"
	whyCampaignCancelled   = "campaign-cancelled"
	whySkipped             = "skipped"
	whyRejected            = "rejected"
	whyStoppedWhileSending = "stopped-while-sending"
	whyHoldEnded           = "hold-ended"
	whyPromiseOver         = "promise-over"
)
