package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"steward/domain/money"
	"steward/domain/refusal"
)

const (
	maxWebhookBody = 64 << 10
	// signatureTolerance is how far a signature's instant may be from wall time, both ways.
	signatureTolerance = 5 * time.Minute
)

// paymentProviders are the providers whose notices are understood. The channel of their payments has the same name.
var paymentProviders = map[string]bool{"sandbox": true}

type webhookInput struct {
	Provider  string `path:"provider"`
	Signature string `header:"X-Steward-Signature" doc:"t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\">"`
	RawBody   []byte
}

// notice is the body of a payment notice. Members that it does not name are passed over.
type notice struct {
	Payee
	AmountFen  int64     `json:"amount_fen"`
	Method     string    `json:"method"`
	ExternalNo string    `json:"external_no"`
	PaidAt     time.Time `json:"paid_at"`
}

func (s *Server) registerWebhooks() {
	register(s, op{Method: http.MethodPost, Path: "/webhooks/payments/{provider}", ID: "payment-notice", Summary: "A payment provider's signed notice; may be repeated", Tag: "money",
		Status: http.StatusNoContent, Public: true, MaxBody: maxWebhookBody}, s.takeNotice)
}

func (s *Server) takeNotice(ctx context.Context, in *webhookInput) (*struct{}, error) {
	if !paymentProviders[in.Provider] {
		return nil, refusal.New(refusal.NotFound, "provider-unknown", "没有这个支付渠道。")
	}
	if why := checkSignature(s.deps.WebhookSecret, in.Signature, in.RawBody, time.Now()); why != "" {
		if err := s.store.CountWebhookRefusal(ctx, in.Provider, why); err != nil {
			return nil, err
		}
		return nil, refusal.New(refusal.SignedOut, "bad-signature", "签名无效或已过期，请检查密钥和时间。")
	}
	var n notice
	if err := decodeStrictly(in.RawBody, &n); err != nil {
		return nil, refusal.New(refusal.Malformed, "malformed-body", "通知内容不是有效的 JSON，或字段类型不正确。")
	}
	p := n.payment()
	p.AmountFen, p.Method, p.Channel, p.ExternalNo, p.PaidAt = n.AmountFen, strings.ToLower(n.Method), in.Provider, n.ExternalNo, n.PaidAt
	p.Source = money.Source{Kind: money.FromWebhook, ID: in.Provider}
	if p.PaidAt.IsZero() {
		p.PaidAt = s.deps.Clock.Now()
	}
	scope, err := s.systemScope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.store.ReceivePayment(ctx, scope, p)
}

// decodeStrictly reads exactly one JSON object.
func decodeStrictly(body []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return errors.New("not an object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// checkSignature gives "" for a good signature, else the reason under which the refusal is counted. Several v1 are
// accepted, so that a secret can be changed without losing notices.
func checkSignature(secret, header string, body []byte, now time.Time) string {
	var stamp string
	var signatures [][]byte
	for part := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "t":
			stamp = value
		case "v1":
			if raw, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, raw)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if secret == "" || err != nil || len(signatures) == 0 {
		return "missing"
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want, good := mac.Sum(nil), false
	for _, s := range signatures {
		good = hmac.Equal(s, want) || good
	}
	switch {
	case !good:
		return "wrong"
	case now.Sub(time.Unix(seconds, 0)).Abs() > signatureTolerance:
		return "stale"
	}
	return ""
}
