package api

import (
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/domain/sandbox"
)

// SandboxPayments steers the payment provider of dev and tests.
type SandboxPayments interface {
	SandboxPayments(ctx context.Context) (sandbox.Payments, error)
	SetSandboxPayments(ctx context.Context, s access.Scope, p sandbox.Payments) error
}

// Till is where somebody pays at the sandbox provider.
type Till interface {
	Order(ctx context.Context, no string) (sandbox.PayOrder, error)
	Pay(ctx context.Context, no, method string) (sandbox.PayOrder, error)
}

// SandboxPaymentState is how the sandbox payment provider behaves.
type SandboxPaymentState struct {
	Mode    sandbox.PayMode    `json:"mode" enum:"ok,late,lost,twice,after_close,wrong_amount,hang,fail"`
	Refunds sandbox.RefundMode `json:"refunds" enum:"ok,late,fail"`
	DelayMS int64              `json:"delay_ms" doc:"Of late notices and late refunds, wall time."`
}

type setSandboxPaymentsInput struct {
	Body struct {
		Mode    sandbox.PayMode    `json:"mode,omitempty" enum:"ok,late,lost,twice,after_close,wrong_amount,hang,fail"`
		Refunds sandbox.RefundMode `json:"refunds,omitempty" enum:"ok,late,fail"`
		DelayMS *int64             `json:"delay_ms,omitempty" minimum:"0" maximum:"600000"`
	}
}

// registerSandboxPayments adds what exists in dev only.
func (s *Server) registerSandboxPayments() {
	register(s, op{Method: http.MethodGet, Path: "/dev/sandbox/payments", ID: "read-sandbox-payments", Summary: "How the sandbox payment provider behaves", Tag: "dev"},
		func(ctx context.Context, _ *struct{}) (*answer[SandboxPaymentState], error) {
			if err := scopeOf(ctx).Require(access.SteerSandboxes, ""); err != nil {
				return nil, err
			}
			return s.sandboxPayments(ctx)
		})
	register(s, op{Method: http.MethodPut, Path: "/dev/sandbox/payments", ID: "set-sandbox-payments", Summary: "Change how the sandbox payment provider behaves", Tag: "dev"}, s.setSandboxPayments)
	register(s, op{Method: http.MethodPost, Path: "/dev/sandbox/payments/{no}/pay", ID: "pay-at-sandbox", Summary: "Pay an order at the sandbox, as its page does", Tag: "dev"},
		func(ctx context.Context, in *struct {
			No   string `path:"no"`
			Body struct {
				Method string `json:"method,omitempty" enum:"wechat,alipay,card"`
			}
		}) (*struct{}, error) {
			if err := scopeOf(ctx).Require(access.SteerSandboxes, ""); err != nil {
				return nil, err
			}
			return nil, s.payAtSandbox(ctx, in.No, in.Body.Method)
		})
}

func (s *Server) payAtSandbox(ctx context.Context, no, method string) error {
	if s.deps.Till == nil {
		return refusal.New(refusal.NotFound, "not-found", "没有这个支付订单。")
	}
	if method == "" {
		method = "wechat"
	}
	_, err := s.deps.Till.Pay(ctx, no, method)
	return err
}

func (s *Server) sandboxPayments(ctx context.Context) (*answer[SandboxPaymentState], error) {
	p, err := s.store.SandboxPayments(ctx)
	return reply(SandboxPaymentState{Mode: p.Mode, Refunds: p.Refunds, DelayMS: p.Delay.Milliseconds()}), err
}

func (s *Server) setSandboxPayments(ctx context.Context, in *setSandboxPaymentsInput) (*answer[SandboxPaymentState], error) {
	p, err := s.store.SandboxPayments(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Mode != "" {
		p.Mode = in.Body.Mode
	}
	if in.Body.Refunds != "" {
		p.Refunds = in.Body.Refunds
	}
	if in.Body.DelayMS != nil {
		p.Delay = time.Duration(*in.Body.DelayMS) * time.Millisecond
	}
	if err := s.store.SetSandboxPayments(ctx, scopeOf(ctx), p); err != nil {
		return nil, err
	}
	return s.sandboxPayments(ctx)
}

//go:embed sandbox_pay.html
var sandboxPageText string

var sandboxPage = template.Must(template.New("sandbox").Parse(sandboxPageText))

// serveSandboxPage shows what a real provider's own page would: the amount, and the choice.
func (s *Server) serveSandboxPage() {
	s.router.GET("/sandbox/pay/:no", func(c *gin.Context) { s.showSandboxPage(c, http.StatusOK, "") })
	s.router.POST("/sandbox/pay/:no", func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 4<<10)
		if c.PostForm("do") == "pay" {
			if err := s.payAtSandbox(c.Request.Context(), c.Param("no"), "wechat"); err != nil {
				if r, ok := refusal.As(err); ok && r.Kind == refusal.Conflict {
					s.showSandboxPage(c, http.StatusConflict, r.Message)
					return
				}
				s.refuse(c, err)
				return
			}
		}
		c.Redirect(http.StatusSeeOther, "/pay/back/"+c.Param("no"))
	})
}

func (s *Server) showSandboxPage(c *gin.Context, status int, why string) {
	o, err := s.deps.Till.Order(c.Request.Context(), c.Param("no"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Header("Cache-Control", "no-store")
	c.Status(status)
	_ = sandboxPage.Execute(c.Writer, map[string]any{"No": o.No, "Subject": o.Subject, "Amount": money.Format(o.AmountFen), "State": o.State, "Why": why})
}
