package sandbox

import "time"

// PayMode is how the sandbox payment provider treats orders.
type PayMode string

// The modes of payments.
const (
	PayOK          PayMode = "ok"
	PayLate        PayMode = "late"         // the notice comes after the delay
	PayLost        PayMode = "lost"         // the notice never comes
	PayTwice       PayMode = "twice"        // the notice comes twice
	PayAfterClose  PayMode = "after_close"  // an order that was closed can still be paid
	PayWrongAmount PayMode = "wrong_amount" // a fen less than ordered is taken
	PayHang        PayMode = "hang"         // calls get no answer
	PayFail        PayMode = "fail"         // calls get an error
)

// RefundMode is how the sandbox payment provider treats refunds.
type RefundMode string

// The modes of refunds.
const (
	RefundOK   RefundMode = "ok"
	RefundLate RefundMode = "late" // accepted at once, done after the delay
	RefundFail RefundMode = "fail"
)

// Payments is the behaviour of the sandbox payment provider. Delay is wall time.
type Payments struct {
	Mode    PayMode
	Refunds RefundMode
	Delay   time.Duration
}

// PayOrder is an order in the sandbox provider's own books. State: waiting, paid, closed.
type PayOrder struct {
	No            string
	ProviderNo    string
	AmountFen     int64
	Subject       string
	NotifyURL     string
	ReturnURL     string
	State         string
	ExpiresAt     time.Time // wall time
	TransactionNo string
	Method        string
	PaidFen       int64
	PaidAt        time.Time // business time
}

// The states of a PayOrder.
const (
	OrderWaiting = "waiting"
	OrderPaid    = "paid"
	OrderClosed  = "closed"
)

// PayRefund is a refund in the sandbox provider's own books. State: accepted, refused. An accepted one is done at DoneAt,
// wall time.
type PayRefund struct {
	No            string
	TransactionNo string
	AmountFen     int64
	State         string
	DoneAt        time.Time
}

// The states of a PayRefund.
const (
	RefundAccepted = "accepted"
	RefundRefused  = "refused"
)
