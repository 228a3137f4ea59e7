package activities

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/notify"
)

// slowOutbox has one message, and a database that takes its time over a claim.
type slowOutbox struct {
	dunning.Outbox
	takes   time.Duration
	claimed bool
	said    []dunning.Sent
	settled context.CancelFunc
}

func (o *slowOutbox) Due(context.Context, dunning.Channel, int) ([]dunning.Queued, error) {
	return []dunning.Queued{{OrgID: "org", ID: "m"}}, nil
}

func (o *slowOutbox) Claim(context.Context, dunning.Channel, []dunning.Queued, time.Duration) ([]dunning.Claimed, error) {
	if o.claimed {
		return nil, nil
	}
	o.claimed = true
	time.Sleep(o.takes)
	return []dunning.Claimed{{OrgID: "org", ID: "m", Claim: "c", Attempts: 1}}, nil
}

func (o *slowOutbox) Settle(_ context.Context, _ dunning.Channel, results []dunning.Sent) error {
	o.said = append(o.said, results...)
	o.settled()
	return nil
}

func (o *slowOutbox) Lapsed(context.Context, dunning.Channel, int, time.Duration) ([]dunning.Claimed, error) {
	return nil, nil
}

func (o *slowOutbox) SendSetting(context.Context, dunning.Channel) (dunning.SendSetting, error) {
	return dunning.SendSetting{}, nil
}

type oneCall struct{ calls int }

func (p *oneCall) BatchSize() int   { return 1 }
func (p *oneCall) Idempotent() bool { return false }
func (p *oneCall) Send(context.Context, []notify.Message) ([]notify.Result, error) {
	p.calls++
	return []notify.Result{{Status: notify.Sent}}, nil
}

func TestAClaimThatTookTooLongIsGivenBack(t *testing.T) {
	for takes, want := range map[time.Duration]string{5 * time.Second: "sent", 25 * time.Second: "queued"} {
		synctest.Test(t, func(t *testing.T) {
			open, stop := context.WithCancel(t.Context())
			o := &slowOutbox{takes: takes, settled: stop}
			p := &oneCall{}
			s := newShift(&Sending{Outbox: o, Settings: o}, dunning.SMS, notify.Setting{Provider: p, Timeout: 10 * time.Second})
			s.run(open, t.Context(), func() {})
			require.Len(t, o.said, 1)
			require.Equal(t, want, o.said[0].Status)
			require.Equal(t, map[string]int{"sent": 1}[want], p.calls)
		})
	}
}
