package payprovider_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/checkout"
	"steward/domain/clock"
	"steward/domain/refusal"
	"steward/domain/sandbox"
	"steward/payprovider"
)

const secret = "a secret of the tests"

// books are the sandbox's books in memory.
type books struct {
	mu      sync.Mutex
	mode    sandbox.Payments
	orders  map[string]sandbox.PayOrder
	refunds map[string]sandbox.PayRefund
}

func (b *books) SandboxPayments(context.Context) (sandbox.Payments, error) { return b.mode, nil }

func (b *books) SandboxPlace(_ context.Context, o sandbox.PayOrder) (sandbox.PayOrder, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if there, ok := b.orders[o.No]; ok {
		return there, nil
	}
	b.orders[o.No] = o
	return o, nil
}

func (b *books) SandboxPayOrder(_ context.Context, no string) (sandbox.PayOrder, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, found := b.orders[no]
	return o, found, nil
}

func (b *books) SandboxMove(_ context.Context, o sandbox.PayOrder, from ...string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	there := b.orders[o.No]
	if !slices.Contains(from, there.State) {
		return false, nil
	}
	there.State, there.TransactionNo, there.Method, there.PaidFen, there.PaidAt = o.State, o.TransactionNo, o.Method, o.PaidFen, o.PaidAt
	b.orders[o.No] = there
	return true, nil
}

func (b *books) SandboxRefund(_ context.Context, r sandbox.PayRefund) (sandbox.PayRefund, error) {
	if there, ok := b.refunds[r.No]; ok {
		return there, nil
	}
	b.refunds[r.No] = r
	return r, nil
}

func (b *books) SandboxRefundOf(_ context.Context, no string) (sandbox.PayRefund, bool, error) {
	r, found := b.refunds[no]
	return r, found, nil
}

func newSandbox(mode sandbox.Payments) (*payprovider.Sandbox, *books) {
	b := &books{mode: mode, orders: map[string]sandbox.PayOrder{}, refunds: map[string]sandbox.PayRefund{}}
	return &payprovider.Sandbox{Books: b, Clock: clock.Fixed(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)), Secret: secret, BaseURL: "http://pay.invalid/"}, b
}

func ask(fen int64) checkout.Ask {
	return checkout.Ask{No: "O1", AmountFen: fen, Subject: "物业费", ExpiresAt: time.Now().Add(time.Minute)}
}

func TestTheSameNumberIsTheSameOrder(t *testing.T) {
	p, _ := newSandbox(sandbox.Payments{})
	first, err := p.Create(t.Context(), ask(100))
	require.NoError(t, err)
	require.Equal(t, "http://pay.invalid/sandbox/pay/O1", first.PayURL)
	again, err := p.Create(t.Context(), ask(100))
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = p.Create(t.Context(), ask(101))
	var denied *checkout.Denied
	require.ErrorAs(t, err, &denied)

	s, err := p.Query(t.Context(), "never placed")
	require.NoError(t, err)
	require.Equal(t, checkout.Unknown, s.State)
	require.NoError(t, p.Close(t.Context(), "never placed"))
}

func TestAHangingProviderEndsWithItsCallersPatience(t *testing.T) {
	p, _ := newSandbox(sandbox.Payments{Mode: sandbox.PayHang})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := p.Query(ctx, "O1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNoticesByMode(t *testing.T) {
	for mode, want := range map[sandbox.PayMode]int{sandbox.PayOK: 1, sandbox.PayLost: 0, sandbox.PayTwice: 2, sandbox.PayLate: 1, sandbox.PayWrongAmount: 1} {
		t.Run(string(mode), func(t *testing.T) {
			p, _ := newSandbox(sandbox.Payments{Mode: mode, Delay: time.Millisecond})
			var mu sync.Mutex
			var got []checkout.Notice
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				n, err := p.ParseNotice(textproto.MIMEHeader(r.Header), body)
				if err != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				mu.Lock()
				got = append(got, n)
				mu.Unlock()
				w.WriteHeader(http.StatusNoContent)
			}))
			defer server.Close()
			a := ask(100)
			a.NotifyURL = server.URL
			_, err := p.Create(t.Context(), a)
			require.NoError(t, err)
			till := &payprovider.Till{Sandbox: p, Log: slog.New(slog.DiscardHandler)}
			paid, err := till.Pay(t.Context(), "O1", "wechat")
			require.NoError(t, err)
			again, err := till.Pay(t.Context(), "O1", "wechat")
			require.NoError(t, err)
			require.Equal(t, paid.TransactionNo, again.TransactionNo, "paid once")
			till.Wait()
			require.Len(t, got, want)
			s, err := p.Query(t.Context(), "O1")
			require.NoError(t, err)
			require.Equal(t, checkout.Paid, s.State)
			for _, n := range got {
				require.Equal(t, checkout.Notice{OrderNo: "O1", Receipt: s.Receipt}, n, "the notice and a look say the same")
			}
			require.Equal(t, mode == sandbox.PayWrongAmount, s.PaidFen != 100)
		})
	}
}

func TestAClosedOrderIsPaidOnlyWhereTheModeSaysSo(t *testing.T) {
	for mode, paid := range map[sandbox.PayMode]bool{sandbox.PayOK: false, sandbox.PayAfterClose: true} {
		p, _ := newSandbox(sandbox.Payments{Mode: mode})
		a := ask(100)
		a.NotifyURL = "http://127.0.0.1:1"
		_, err := p.Create(t.Context(), a)
		require.NoError(t, err)
		require.NoError(t, p.Close(t.Context(), "O1"))
		till := &payprovider.Till{Sandbox: p, Log: slog.New(slog.DiscardHandler)}
		_, err = till.Pay(t.Context(), "O1", "wechat")
		till.Wait()
		require.Equal(t, paid, err == nil)
		require.Equal(t, !paid, refusal.Is(err, "order-closed"))
	}
}

func TestRefundsByMode(t *testing.T) {
	for mode, want := range map[sandbox.RefundMode]checkout.RefundState{sandbox.RefundOK: checkout.RefundDone, sandbox.RefundLate: checkout.RefundAccepted, sandbox.RefundFail: checkout.RefundRefused} {
		p, _ := newSandbox(sandbox.Payments{Refunds: mode, Delay: time.Hour})
		r := checkout.RefundAsk{No: "R1", TransactionNo: "T1", AmountFen: 5}
		s, err := p.QueryRefund(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, checkout.RefundUnknown, s.State)
		for _, call := range []func(context.Context, checkout.RefundAsk) (checkout.RefundStanding, error){p.Refund, p.Refund, p.QueryRefund} {
			s, err = call(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, want, s.State)
		}
	}
}

func TestOnlyWhatIsSignedNowIsBelieved(t *testing.T) {
	p, _ := newSandbox(sandbox.Payments{})
	body := []byte(`{"order_no":"O1","external_no":"T1","amount_fen":100}`)
	good := payprovider.Sign(secret, body, time.Now())
	wrong := strings.ToUpper(payprovider.Sign("another", body, time.Now()))
	for header, reason := range map[string]string{
		good:                                   "",
		good + ",v1=00":                        "", // a secret in change
		"":                                     "missing",
		"t=abc,v1=00":                          "missing",
		strings.Split(good, ",")[0]:            "missing",
		strings.Split(good, ",")[0] + ",v1=00": "wrong",
		"t=" + strings.TrimPrefix(wrong, "T="): "missing",
		payprovider.Sign(secret, body, time.Now().Add(-6*time.Minute)): "stale",
		payprovider.Sign(secret, body, time.Now().Add(6*time.Minute)):  "stale",
		payprovider.Sign(secret, append(body, ' '), time.Now()):        "wrong",
	} {
		n, err := p.ParseNotice(textproto.MIMEHeader{payprovider.SignatureHeader: {header}}, body)
		var bad *checkout.BadSignature
		if reason == "" {
			require.NoError(t, err)
			require.Equal(t, "O1", n.OrderNo)
			continue
		}
		require.ErrorAs(t, err, &bad, header)
		require.Equal(t, reason, bad.Reason, header)
	}
	for _, text := range []string{"", "[]", "{} {}", `{"amount_fen":"x"}`} {
		_, err := p.ParseNotice(textproto.MIMEHeader{payprovider.SignatureHeader: {payprovider.Sign(secret, []byte(text), time.Now())}}, []byte(text))
		require.True(t, errors.Is(err, checkout.ErrMalformedNotice), "%q: %v", text, err)
	}
}
