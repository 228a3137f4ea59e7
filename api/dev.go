package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/domain/sandbox"
)

// Sandboxes steers the provider of dev and tests and shows whose phone got what.
type Sandboxes interface {
	SandboxChannel(ctx context.Context, channel string) (sandbox.Channel, error)
	SetSandboxChannel(ctx context.Context, s access.Scope, channel string, c sandbox.Channel) error
	SandboxStats(ctx context.Context, s access.Scope, channel string) (sandbox.Stats, error)
	SandboxMessages(ctx context.Context, s access.Scope, channel, recipient string, q page.Query) (page.Of[sandbox.Received], error)
}

// SandboxState is how a channel behaves and what it has received.
type SandboxState struct {
	Mode        sandbox.Mode     `json:"mode" enum:"ok,fail,hang,late,ambiguous"`
	Dedupe      bool             `json:"dedupe"`
	DelayMS     int64            `json:"delay_ms"`
	Received    int64            `json:"received" doc:"Messages that reached a phone, repeats that were told included."`
	Duplicates  int64            `json:"duplicates" doc:"Messages that told somebody a second time."`
	Repeats     int64            `json:"repeats" doc:"Calls with a known key that dedupe kept from telling again."`
	ByRecipient map[string]int64 `json:"by_recipient"`
}

// ChannelInput names a channel; embedded structs must be exported for their fields to be found.
type ChannelInput struct {
	Channel string `path:"channel" maxLength:"20"`
}

type setSandboxInput struct {
	ChannelInput
	Body struct {
		Mode    sandbox.Mode `json:"mode,omitempty" enum:"ok,fail,hang,late,ambiguous"`
		Dedupe  *bool        `json:"dedupe,omitempty"`
		DelayMS *int64       `json:"delay_ms,omitempty" minimum:"0" maximum:"600000"`
	}
}

type sandboxMessagesInput struct {
	ChannelInput
	PageQuery
	Recipient string `query:"recipient" maxLength:"200"`
}

// registerDev adds what exists in dev only; elsewhere these addresses are not found.
func (s *Server) registerDev() {
	s.registerDemoLogins()
	s.registerSandboxPayments()
	register(s, op{Method: http.MethodGet, Path: "/dev/sandbox/{channel}", ID: "read-sandbox", Summary: "How a sandbox channel behaves and what it received", Tag: "dev"},
		func(ctx context.Context, in *ChannelInput) (*answer[SandboxState], error) {
			return s.sandboxState(ctx, in.Channel)
		})
	register(s, op{Method: http.MethodPut, Path: "/dev/sandbox/{channel}", ID: "set-sandbox", Summary: "Change how a sandbox channel behaves", Tag: "dev"}, s.setSandbox)
	register(s, op{Method: http.MethodGet, Path: "/dev/sandbox/{channel}/messages", ID: "list-sandbox-messages", Summary: "What reached the phones of a sandbox channel, newest first", Tag: "dev"},
		func(ctx context.Context, in *sandboxMessagesInput) (*answer[page.Of[sandbox.Received]], error) {
			messages, err := s.store.SandboxMessages(ctx, scopeOf(ctx), in.Channel, in.Recipient, in.page())
			return reply(messages), err
		})
	register(s, op{Method: http.MethodPut, Path: "/dev/clock", ID: "turn-clock", Summary: "Move business time forward or change its speed", Tag: "dev"}, s.turnClock)
}

func (s *Server) sandboxState(ctx context.Context, channel string) (*answer[SandboxState], error) {
	stats, err := s.store.SandboxStats(ctx, scopeOf(ctx), channel)
	if err != nil {
		return nil, err
	}
	c, err := s.store.SandboxChannel(ctx, channel)
	if err != nil {
		return nil, err
	}
	return reply(SandboxState{
		Mode: c.Mode, Dedupe: c.Dedupe, DelayMS: c.Delay.Milliseconds(),
		Received: stats.Received, Duplicates: stats.Duplicates, Repeats: stats.Repeats, ByRecipient: stats.ByRecipient,
	}), nil
}

func (s *Server) setSandbox(ctx context.Context, in *setSandboxInput) (*answer[SandboxState], error) {
	c, err := s.store.SandboxChannel(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if in.Body.Mode != "" {
		c.Mode = in.Body.Mode
	}
	if in.Body.Dedupe != nil {
		c.Dedupe = *in.Body.Dedupe
	}
	if in.Body.DelayMS != nil {
		c.Delay = time.Duration(*in.Body.DelayMS) * time.Millisecond
	}
	if err := s.store.SetSandboxChannel(ctx, scopeOf(ctx), in.Channel, c); err != nil {
		return nil, err
	}
	return s.sandboxState(ctx, in.Channel)
}

func (s *Server) turnClock(ctx context.Context, in *setClockInput) (*answer[ClockReading], error) {
	if in.Body.Now.IsZero() && in.Body.Speed == 0 {
		return nil, refusal.New(refusal.Rule, "invalid-field", "请填写 now 或 speed 至少一项。")
	}
	if err := s.store.SetClock(ctx, scopeOf(ctx), in.Body.Now, in.Body.Speed); err != nil {
		return nil, err
	}
	return reply(s.reading()), nil
}
