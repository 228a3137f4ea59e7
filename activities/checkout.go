package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/refusal"
)

// Checkout are the steps of orders and refunds that a payment provider carries out.
type Checkout struct {
	Orders    checkout.OrderStore
	Refunds   checkout.RefundStore
	Providers map[string]checkout.Provider
	// PublicURL is where providers reach this system with notices, and payers' browsers afterwards.
	PublicURL string
	// CallLimit is checkout.CallLimit unless set.
	CallLimit time.Duration
}

// CheckoutInput names an order or a refund. Looks counts the answers "waiting" so far, Tries the calls in a row that got no
// answer.
type CheckoutInput struct {
	checkout.Ref
	Looks int `json:"looks"`
	Tries int `json:"tries"`
}

// CheckoutStep is what a step came to: it is over, or to be looked at again after a while. Away: the provider gave no answer.
type CheckoutStep struct {
	Over bool          `json:"over"`
	Away bool          `json:"away"`
	Wait time.Duration `json:"wait"`
}

// AttendInput says why an order can't go on by itself.
type AttendInput struct {
	checkout.Ref
	Why string `json:"why"`
}

const whyAway = "支付渠道多次没有应答，系统会继续查询。如长时间不恢复，请联系支付渠道，或在恢复后点“重新查询”。"

// AdvanceOrder takes an order as far as it goes now. What the provider was asked before is asked about before anything is
// repeated, and only the provider's answer ends an order that may have been paid.
func (a *Checkout) AdvanceOrder(ctx context.Context, in CheckoutInput) (CheckoutStep, error) {
	head, err := a.Orders.PayOrderHead(ctx, in.Ref)
	if refusal.Is(err, "pay-order-not-found") {
		return CheckoutStep{Over: true}, nil // reconciliation says what to do about money without its order
	}
	if err != nil {
		return CheckoutStep{}, failed("read the order", err)
	}
	if !head.Status.Live() && !head.LookWanted {
		return CheckoutStep{Over: true}, nil
	}
	provider, ok := a.Providers[head.Provider]
	if !ok {
		return CheckoutStep{}, refusedStep(fmt.Sprintf("支付渠道“%s”没有配置，请管理员检查工作进程的支付渠道设置。", head.Provider))
	}
	o := orderStep{Checkout: a, provider: provider, head: head, in: in}
	step, err := o.advance(ctx)
	var denied *checkout.Denied
	var away *unanswered
	switch {
	case err == nil:
		if head.NeedsAttention && !step.Over {
			err = a.Orders.PayOrderAttention(ctx, in.Ref, "")
		}
		return step, failed("take the order from those that need attention", err)
	case errors.As(err, &denied):
		return CheckoutStep{}, refusedStep(fmt.Sprintf("支付渠道拒绝了请求（%s）：%s。请核对渠道设置后点“重新查询”。", denied.Code, denied.Message))
	case errors.As(err, &away):
		activity.GetLogger(ctx).Warn("payment provider gave no answer", "provider", head.Provider, "order", in.ID, "error", away.cause)
		return a.away(ctx, in, head.NeedsAttention)
	}
	return CheckoutStep{}, failed("advance the order", err)
}

func (a *Checkout) away(ctx context.Context, in CheckoutInput, told bool) (CheckoutStep, error) {
	if in.Tries+1 >= checkout.AwayTold && !told {
		if err := a.Orders.PayOrderAttention(ctx, in.Ref, whyAway); err != nil {
			return CheckoutStep{}, failed("put the order before a person", err)
		}
	}
	return CheckoutStep{Away: true, Wait: checkout.AwayAfter(in.Tries)}, nil
}

// AttendOrder puts an order before a person.
func (a *Checkout) AttendOrder(ctx context.Context, in AttendInput) error {
	return a.Orders.PayOrderAttention(ctx, in.Ref, in.Why)
}

// unanswered is a call of which nothing is known.
type unanswered struct{ cause error }

func (u *unanswered) Error() string { return "no answer: " + u.cause.Error() }

// orderStep is one step of one order.
type orderStep struct {
	*Checkout
	provider checkout.Provider
	head     checkout.OrderHead
	in       CheckoutInput
}

func (o orderStep) advance(ctx context.Context) (CheckoutStep, error) {
	if !o.head.Asked && !o.head.Ending {
		return o.create(ctx)
	}
	if !o.head.Asked && o.head.Status.Live() { // nobody has heard of it
		return o.end(ctx, "")
	}
	standing, err := o.query(ctx)
	if err != nil {
		return CheckoutStep{}, err
	}
	if standing.State == checkout.Paid {
		return o.settle(ctx, standing)
	}
	switch {
	case !o.head.Status.Live():
		return CheckoutStep{Over: true}, o.Orders.PayOrderLooked(ctx, o.in.Ref)
	case standing.State == checkout.Closed:
		return o.end(ctx, "")
	case o.head.Ending:
		return o.close(ctx)
	case o.head.Status == checkout.OrderCreated: // the answer was lost, or the call: the same number is the same order
		return o.create(ctx)
	}
	return o.again(ctx)
}

func (o orderStep) again(ctx context.Context) (CheckoutStep, error) {
	wait := checkout.PollAfter(o.in.Looks)
	left := time.Until(o.head.ExpiresAt)
	if o.head.LookWanted {
		if err := o.Orders.PayOrderLooked(ctx, o.in.Ref); err != nil {
			return CheckoutStep{}, err
		}
	}
	return CheckoutStep{Wait: max(min(wait, left), 100*time.Millisecond)}, nil
}

func (o orderStep) create(ctx context.Context) (CheckoutStep, error) {
	if err := o.Orders.PayOrderAsked(ctx, o.in.Ref); err != nil {
		return CheckoutStep{}, err
	}
	base := strings.TrimRight(o.PublicURL, "/")
	placed, err := called(ctx, o.limit(), func(ctx context.Context) (checkout.Placed, error) {
		return o.provider.Create(ctx, checkout.Ask{No: o.head.ID, AmountFen: o.head.AmountFen, Subject: o.head.Subject, ExpiresAt: o.head.ExpiresAt,
			NotifyURL: base + "/api/v1/webhooks/payments/" + o.head.Provider, ReturnURL: base + "/pay/back/" + o.head.ID})
	})
	var denied *checkout.Denied
	if errors.As(err, &denied) {
		why := fmt.Sprintf("支付渠道没有接受订单（%s）：%s", denied.Code, denied.Message)
		return CheckoutStep{Over: true}, o.Orders.PayOrderEnded(ctx, o.in.Ref, checkout.OrderFailed, why)
	}
	if err != nil {
		return CheckoutStep{}, err
	}
	if err := o.Orders.PayOrderPlaced(ctx, o.in.Ref, placed); err != nil {
		return CheckoutStep{}, err
	}
	return o.again(ctx)
}

// close makes the order impossible to pay and then asks once more: somebody may have paid in between.
func (o orderStep) close(ctx context.Context) (CheckoutStep, error) {
	_, err := called(ctx, o.limit(), func(ctx context.Context) (struct{}, error) { return struct{}{}, o.provider.Close(ctx, o.head.ID) })
	if err != nil {
		return CheckoutStep{}, err
	}
	standing, err := o.query(ctx)
	switch {
	case err != nil:
		return CheckoutStep{}, err
	case standing.State == checkout.Paid:
		return o.settle(ctx, standing)
	case standing.State == checkout.Waiting:
		return o.again(ctx)
	}
	return o.end(ctx, "")
}

func (o orderStep) end(ctx context.Context, why string) (CheckoutStep, error) {
	return CheckoutStep{Over: true}, o.Orders.PayOrderEnded(ctx, o.in.Ref, checkout.OrderClosed, why)
}

func (o orderStep) settle(ctx context.Context, s checkout.Standing) (CheckoutStep, error) {
	err := o.Orders.SettlePayOrder(ctx, access.ForSystem(o.in.OrgID), o.head.Provider, o.head.ID, s.Receipt)
	if err == nil && o.head.LookWanted {
		err = o.Orders.PayOrderLooked(ctx, o.in.Ref)
	}
	return CheckoutStep{Over: true}, err
}

func (o orderStep) query(ctx context.Context) (checkout.Standing, error) {
	return called(ctx, o.limit(), func(ctx context.Context) (checkout.Standing, error) { return o.provider.Query(ctx, o.head.ID) })
}

func (a *Checkout) limit() time.Duration {
	if a.CallLimit > 0 {
		return a.CallLimit
	}
	return checkout.CallLimit
}

// called makes one call with its own limit. Anything but an answer or a no is unanswered.
func called[T any](ctx context.Context, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := call(within)
	var denied *checkout.Denied
	if err != nil && !errors.As(err, &denied) {
		err = &unanswered{err}
	}
	return answer, err
}

func refusedStep(why string) error {
	return temporal.NewNonRetryableApplicationError(why, ErrTypeRefused, nil)
}

// WhyCheckoutParked is the sentence that a person reads about an order or a refund that parked.
func WhyCheckoutParked(cause error) string {
	var app *temporal.ApplicationError
	if errors.As(cause, &app) && app.Type() == ErrTypeRefused {
		return app.Message()
	}
	return "系统处理时遇到内部错误，已停下。请查看日志并联系技术人员，处理后点“重新查询”。"
}
