// Package payorder is the process of one order with a payment provider, and of one refund by the way it came: ask the
// provider, look again until it has an answer, and park before a person where nothing else helps.
package payorder

import "steward/domain/checkout"

// Names of the processes and their messages.
const (
	Type          = "PayOrder"
	RefundType    = "Refund"
	RefreshSignal = "refresh" // the row changed, or a person wants another look
	StateQuery    = "state"
)

// State is the whole state of the process: its input, what it hands itself at continue-as-new, and the answer of the state
// query. The row decides; here is only how patient the process has become.
type State struct {
	checkout.Ref
	Looks  int  `json:"looks"`
	Tries  int  `json:"tries"`
	Parked bool `json:"parked"` // waits for a person; a refresh is the retry
}

// ID gives the workflow ID of an order.
func ID(orderID string) string { return "pay-order/" + orderID }

// RefundID gives the workflow ID of a refund.
func RefundID(refundID string) string { return "refund/" + refundID }
