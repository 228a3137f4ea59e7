package payprovider

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"steward/domain/refusal"
	"steward/domain/sandbox"
)

// noticeLimit is how long the sandbox waits for the answer to a notice.
const noticeLimit = 10 * time.Second

// Till is where somebody pays at the sandbox: what a real provider's page and app do. It tells what was paid by a signed
// notice, as the mode says.
type Till struct {
	Sandbox *Sandbox
	Log     *slog.Logger
	Client  *http.Client // nil takes the default one

	waiting sync.WaitGroup
}

// Order gives an order for the sandbox's page.
func (t *Till) Order(ctx context.Context, no string) (sandbox.PayOrder, error) {
	o, found, err := t.Sandbox.Books.SandboxPayOrder(ctx, no)
	if err == nil && !found {
		err = refusal.New(refusal.NotFound, "not-found", "没有这个支付订单。")
	}
	return o, err
}

// Pay takes the money of an order and sends the notice. Paying twice is the first payment.
func (t *Till) Pay(ctx context.Context, no, method string) (sandbox.PayOrder, error) {
	mode, err := t.Sandbox.Books.SandboxPayments(ctx)
	if err != nil {
		return sandbox.PayOrder{}, err
	}
	o, err := t.Order(ctx, no)
	if err != nil || o.State == sandbox.OrderPaid {
		return o, err
	}
	from := []string{sandbox.OrderWaiting}
	if mode.Mode == sandbox.PayAfterClose {
		from = append(from, sandbox.OrderClosed)
	}
	expired := !time.Now().Before(o.ExpiresAt)
	if !slices.Contains(from, o.State) || expired && mode.Mode != sandbox.PayAfterClose {
		return o, refusal.New(refusal.Conflict, "order-closed", "订单已关闭或已过期，请回到缴费页面重新发起支付。")
	}
	o.State, o.Method, o.PaidFen, o.PaidAt = sandbox.OrderPaid, method, o.AmountFen, t.Sandbox.Clock.Now()
	if mode.Mode == sandbox.PayWrongAmount {
		o.PaidFen = max(o.AmountFen-1, 1)
	}
	o.TransactionNo = "ST" + rand.Text()
	moved, err := t.Sandbox.Books.SandboxMove(ctx, o, from...)
	if err != nil {
		return o, err
	}
	if !moved { // somebody else paid or closed it at this moment
		return t.Order(ctx, no)
	}
	t.tell(o, mode)
	return o, nil
}

// tell sends the notices that the mode asks for. What is lost is found by asking.
func (t *Till) tell(o sandbox.PayOrder, mode sandbox.Payments) {
	after := time.Duration(0)
	times := 1
	switch mode.Mode {
	case sandbox.PayLost:
		return
	case sandbox.PayLate:
		after = mode.Delay
	case sandbox.PayTwice:
		times = 2
	}
	t.waiting.Add(1)
	time.AfterFunc(after, func() {
		defer t.waiting.Done()
		for range times {
			if err := t.notify(o); err != nil {
				t.Log.Warn("sandbox notice not delivered", slog.String("order", o.No), slog.Any("error", err))
			}
		}
	})
}

// Wait returns when all notices that are due have been sent; for tests.
func (t *Till) Wait() { t.waiting.Wait() }

func (t *Till) notify(o sandbox.PayOrder) error {
	body, err := json.Marshal(sandboxNotice{OrderNo: o.No, ExternalNo: o.TransactionNo, AmountFen: o.PaidFen, Method: o.Method, PaidAt: o.PaidAt})
	if err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), noticeLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.NotifyURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(SignatureHeader, Sign(t.Sandbox.Secret, body, time.Now()))
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("send the notice: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("send the notice: the service answered %d", answer.StatusCode)
	}
	return nil
}
