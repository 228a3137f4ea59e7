package money_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/domain/refusal"
)

func TestNewPaymentCheck(t *testing.T) {
	now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	good := money.NewPayment{UnitID: "u", AmountFen: 1, Method: "cash", Channel: "counter-1", ExternalNo: "收据𠮷😀-1", PaidAt: now}
	require.NoError(t, good.Check(now))
	cases := map[string]struct {
		change func(p *money.NewPayment)
		code   string
	}{
		"nothing":              {func(p *money.NewPayment) { p.AmountFen = 0 }, "amount-not-positive"},
		"negative":             {func(p *money.NewPayment) { p.AmountFen = -1 }, "amount-not-positive"},
		"absurd":               {func(p *money.NewPayment) { p.AmountFen = money.MaxFen + 1 }, "amount-too-large"},
		"no method":            {func(p *money.NewPayment) { p.Method = "" }, "method-malformed"},
		"method in Chinese":    {func(p *money.NewPayment) { p.Method = "现金" }, "method-malformed"},
		"no channel":           {func(p *money.NewPayment) { p.Channel = "" }, "channel-malformed"},
		"long channel":         {func(p *money.NewPayment) { p.Channel = strings.Repeat("a", 33) }, "channel-malformed"},
		"no number":            {func(p *money.NewPayment) { p.ExternalNo = "" }, "external-no-malformed"},
		"long number":          {func(p *money.NewPayment) { p.ExternalNo = strings.Repeat("号", 97) }, "external-no-malformed"},
		"control character":    {func(p *money.NewPayment) { p.ExternalNo = "a\x00b" }, "external-no-malformed"},
		"number ends in blank": {func(p *money.NewPayment) { p.ExternalNo = "a " }, "external-no-malformed"},
		"number is not UTF-8":  {func(p *money.NewPayment) { p.ExternalNo = "a\xff" }, "external-no-malformed"},
		"paid in the future":   {func(p *money.NewPayment) { p.PaidAt = now.Add(6 * time.Minute) }, "paid-in-future"},
		"no instant":           {func(p *money.NewPayment) { p.PaidAt = time.Time{} }, "paid-at-malformed"},
		"too many named bills": {func(p *money.NewPayment) { p.BillIDs = make([]string, 501) }, "too-many-bills"},
	}
	for name, c := range cases {
		p := good
		c.change(&p)
		require.True(t, refusal.Is(p.Check(now), c.code), "%s: %v", name, p.Check(now))
	}
	good.PaidAt = now.Add(4 * time.Minute)
	require.NoError(t, good.Check(now))
}
