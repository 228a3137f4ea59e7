package checkout

import (
	"context"

	"steward/domain/access"
)

// OrderStore is what the process of an order needs of its rows. Every method can be repeated.
type OrderStore interface {
	PayOrderHead(ctx context.Context, r Ref) (OrderHead, error)
	PayOrderAsked(ctx context.Context, r Ref) error
	PayOrderPlaced(ctx context.Context, r Ref, p Placed) error
	PayOrderEnded(ctx context.Context, r Ref, status Status, why string) error
	PayOrderLooked(ctx context.Context, r Ref) error
	// PayOrderAttention puts an order before a person; "" takes it from there.
	PayOrderAttention(ctx context.Context, r Ref, why string) error
	SettlePayOrder(ctx context.Context, s access.Scope, provider, no string, r Receipt) error
}

// RefundHead is a refund as its process sees it. Over: it is paid or has failed, and nothing is left to do. Paying: the
// provider may have been asked. Told: a note on it says why it takes long.
type RefundHead struct {
	Provider string
	Ask      RefundAsk
	Paying   bool
	Over     bool
	Told     bool
}

// RefundStore is what the process of a refund needs of its row. Every method can be repeated.
type RefundStore interface {
	RefundHead(ctx context.Context, r Ref) (RefundHead, error)
	// RefundAsked notes that the provider is about to be asked; one that is decided otherwise is refused with refund-not-due.
	RefundAsked(ctx context.Context, r Ref) error
	RefundPaid(ctx context.Context, s access.Scope, id, providerNo string) error
	// RefundFailed gives the refund back to a person.
	RefundFailed(ctx context.Context, s access.Scope, id, why string) error
	// RefundStuck notes why a refund that is with its provider takes long; "" takes the note away.
	RefundStuck(ctx context.Context, r Ref, why string) error
}
