package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/refusal"
)

const whyRefundAway = "支付渠道多次没有应答，退款结果未知，系统会继续查询，请勿用其他方式重复退款。"

// AdvanceRefund takes a refund as far as it goes now. The provider is asked what became of the refund before it is asked for
// it again; what it refuses goes back to a person.
func (a *Checkout) AdvanceRefund(ctx context.Context, in CheckoutInput) (CheckoutStep, error) {
	head, err := a.Refunds.RefundHead(ctx, in.Ref)
	if refusal.Is(err, "refund-not-found") {
		return CheckoutStep{Over: true}, nil
	}
	if err != nil {
		return CheckoutStep{}, failed("read the refund", err)
	}
	if head.Over {
		return CheckoutStep{Over: true}, nil
	}
	scope := access.ForSystem(in.OrgID)
	provider, ok := a.Providers[head.Provider]
	switch {
	case !ok && head.Paying: // it may have been paid: nobody pays it another way before somebody can ask
		return a.refundUnknown(ctx, in, fmt.Sprintf("支付渠道“%s”没有配置，退款结果未知。请管理员恢复工作进程的支付渠道设置，恢复后系统会继续查询；请勿用其他方式重复退款。", head.Provider))
	case !ok:
		why := fmt.Sprintf("支付渠道“%s”没有配置，无法原路退款。", head.Provider)
		return CheckoutStep{Over: true}, failed("give the refund back", a.Refunds.RefundFailed(ctx, scope, in.ID, why))
	}
	standing, err := a.askRefund(ctx, provider, head, in)
	var denied *checkout.Denied
	var away *unanswered
	switch {
	case errors.As(err, &denied): // to be asked, not to pay: what became of the refund is not known
		return a.refundUnknown(ctx, in, fmt.Sprintf("支付渠道拒绝查询（%s）：%s，退款结果未知，系统会继续查询。请核对渠道设置，请勿用其他方式重复退款。", denied.Code, denied.Message))
	case errors.As(err, &away):
		activity.GetLogger(ctx).Warn("payment provider gave no answer", "provider", head.Provider, "refund", in.ID, "error", away.cause)
		if in.Tries+1 == checkout.AwayTold {
			if err := a.Refunds.RefundStuck(ctx, in.Ref, whyRefundAway); err != nil {
				return CheckoutStep{}, failed("note that the refund takes long", err)
			}
		}
		return CheckoutStep{Away: true, Wait: checkout.AwayAfter(in.Tries)}, nil
	case err != nil:
		return CheckoutStep{}, failed("ask for the refund", err)
	}
	if head.Told {
		if err := a.Refunds.RefundStuck(ctx, in.Ref, ""); err != nil {
			return CheckoutStep{}, failed("note that the provider answers", err)
		}
	}
	switch standing.State {
	case checkout.RefundDone:
		return CheckoutStep{Over: true}, failed("note the refund", a.Refunds.RefundPaid(ctx, scope, in.ID, standing.ProviderNo))
	case checkout.RefundRefused:
		return CheckoutStep{Over: true}, failed("give the refund back", a.Refunds.RefundFailed(ctx, scope, in.ID, "支付渠道退款失败："+standing.Why))
	}
	return CheckoutStep{Wait: checkout.PollAfter(in.Looks)}, nil
}

// refundUnknown tells a person what keeps the provider from being asked, and asks again all the same.
func (a *Checkout) refundUnknown(ctx context.Context, in CheckoutInput, why string) (CheckoutStep, error) {
	if err := a.Refunds.RefundStuck(ctx, in.Ref, why); err != nil {
		return CheckoutStep{}, failed("note that the refund can't be asked about", err)
	}
	return CheckoutStep{Away: true, Wait: checkout.AwayAfter(checkout.AwayTold)}, nil
}

// askRefund asks what became of a refund before it asks for it: also a row that says nobody has asked may have been restored
// from before somebody did.
func (a *Checkout) askRefund(ctx context.Context, p checkout.Provider, head checkout.RefundHead, in CheckoutInput) (checkout.RefundStanding, error) {
	standing, err := called(ctx, a.limit(), func(ctx context.Context) (checkout.RefundStanding, error) { return p.QueryRefund(ctx, head.Ask) })
	if err != nil || standing.State != checkout.RefundUnknown {
		return standing, err
	}
	err = a.Refunds.RefundAsked(ctx, in.Ref)
	if refusal.Is(err, "refund-not-due") { // somebody has decided meanwhile; the next look sees it
		return checkout.RefundStanding{State: checkout.RefundAccepted}, nil
	}
	if err != nil {
		return checkout.RefundStanding{}, err
	}
	standing, err = called(ctx, a.limit(), func(ctx context.Context) (checkout.RefundStanding, error) { return p.Refund(ctx, head.Ask) })
	if denied := new(checkout.Denied); errors.As(err, &denied) {
		return checkout.RefundStanding{State: checkout.RefundRefused, Why: denied.Code + " " + denied.Message}, nil
	}
	return standing, err
}

// AttendRefund notes on a refund why it can't go on by itself.
func (a *Checkout) AttendRefund(ctx context.Context, in AttendInput) error {
	return a.Refunds.RefundStuck(ctx, in.Ref, in.Why)
}
