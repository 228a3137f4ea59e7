package activities

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.temporal.io/sdk/activity"
	"golang.org/x/time/rate"

	"steward/domain/dunning"
	"steward/notify"
)

// ShiftLength is how long one run of SendQueued lasts; a channel's history grows by a few events a shift.
const ShiftLength = 10 * time.Minute

// Pace of a shift, in wall time.
const (
	leaseAtLeast  = 30 * time.Second       // of a claimed row: longer than two calls
	idleWait      = 50 * time.Millisecond  // between looks at an empty queue
	beatEvery     = 2 * time.Second        // heartbeat
	lookEvery     = 2 * time.Second        // lapsed rows and the channel's setting
	prefetch      = 500                    // rows read at once
	soloCallers   = 16                     // calls in flight where a call carries one message
	batchCallers  = 4                      // calls in flight where a call carries several
	maxUnclear    = 10                     // claims of one message without a clear answer
	maxResent     = 5                      // calls for one message where the unknown is sent again
	unclearPause  = 100 * time.Millisecond // before the same key is sent again, doubled each time
	unclearPauses = 400 * time.Millisecond // the longest of them
	retryFirst    = time.Second            // before what was certainly not sent is tried again
	retryCeiling  = 2 * time.Minute
	settleCeiling = 8 * time.Second // for the last answers of a shift
)

// SendSettings tells how a channel may be used; it is read again during a shift.
type SendSettings interface {
	SendSetting(ctx context.Context, ch dunning.Channel) (dunning.SendSetting, error)
}

// Sending is the sender's step.
type Sending struct {
	Outbox    dunning.Outbox
	Settings  SendSettings
	Providers *notify.Registry
	Shift     time.Duration // ShiftLength unless set

	mu       sync.Mutex
	limiters map[dunning.Channel]*rate.Limiter // outlive a shift, so that a new one starts with no fresh allowance
}

// SendInput names the channel of a shift.
type SendInput struct {
	Channel dunning.Channel `json:"channel"`
}

// SendReport counts a shift.
type SendReport struct {
	Claimed int `json:"claimed"`
	Settled int `json:"settled"`
}

// SendQueued sends what is queued for one channel until its shift ends, the worker stops or the heartbeat is refused.
// However it ends, calls in flight are awaited and their answers written.
func (a *Sending) SendQueued(ctx context.Context, in SendInput) (SendReport, error) {
	setting, err := a.Providers.For(in.Channel)
	if err != nil {
		return SendReport{}, fmt.Errorf("send on %s: %w", in.Channel, err)
	}
	length := a.Shift
	if length <= 0 {
		length = ShiftLength
	}
	open, stop := context.WithTimeout(ctx, length)
	defer stop()
	go func() {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
			stop()
		case <-open.Done():
		}
	}()
	report := newShift(a, in.Channel, setting).run(open, ctx, func() { activity.RecordHeartbeat(ctx) })
	return report, ctx.Err()
}

func (a *Sending) limiter(ch dunning.Channel, setting notify.Setting) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limiters == nil {
		a.limiters = map[dunning.Channel]*rate.Limiter{}
	}
	if a.limiters[ch] == nil {
		a.limiters[ch] = rate.NewLimiter(rate.Inf, max(setting.Provider.BatchSize(), 1))
	}
	return a.limiters[ch]
}

// shift is one run of sending on one channel: a feeder reads the queue, callers claim and call, one settler writes answers.
type shift struct {
	outbox   dunning.Outbox
	settings SendSettings
	channel  dunning.Channel
	provider notify.Provider
	timeout  time.Duration // of one call
	lease    time.Duration
	ceiling  int // the provider's own limit a second, 0 for none
	batch    int
	callers  int
	limiter  *rate.Limiter
	log      *slog.Logger
	counted  metric.Int64Counter // answers, by channel and status

	rows    chan []dunning.Queued // each what one call carries
	lapsed  chan []dunning.Claimed
	answers chan dunning.Sent

	mu       sync.Mutex
	handed   map[string]struct{} // ids given to callers and not yet dealt with
	setting  dunning.SendSetting
	report   SendReport
	away     time.Time // the provider could not be reached: no claim before this instant
	aways    int
	closedAt time.Time // since when no more answers come
	stuck    bool      // the database does not take answers
}

func newShift(a *Sending, ch dunning.Channel, setting notify.Setting) *shift {
	s := &shift{
		outbox: a.Outbox, settings: a.Settings, channel: ch, provider: setting.Provider, timeout: setting.Timeout,
		lease: max(leaseAtLeast, 2*setting.Timeout+10*time.Second), ceiling: setting.PerSecond,
		batch: max(setting.Provider.BatchSize(), 1), callers: soloCallers, limiter: a.limiter(ch, setting), log: slog.With("channel", ch),
		rows: make(chan []dunning.Queued), lapsed: make(chan []dunning.Claimed), answers: make(chan dunning.Sent, 4*prefetch),
		handed: map[string]struct{}{},
	}
	if s.batch > 1 {
		s.callers = batchCallers
	}
	var err error
	s.counted, err = otel.Meter("steward/sender").Int64Counter("steward_messages", metric.WithDescription("Messages by channel and what the provider said."))
	if err != nil {
		s.log.Warn("messages are not counted", "error", err)
		s.counted = noop.Int64Counter{}
	}
	return s
}

// run works until open ends. whole is the activity's own context; calls in flight and their answers outlive both, and so
// does the heartbeat, so that no second sender starts before the last answer is written.
func (s *shift) run(open, whole context.Context, beat func()) SendReport {
	finish := context.WithoutCancel(whole)
	alive, done := context.WithCancel(finish)
	var settler, heart sync.WaitGroup
	settler.Go(func() { s.settle(finish) })
	heart.Go(func() { every(alive, beatEvery, beat) })

	if s.readSetting(open) {
		var work sync.WaitGroup
		work.Go(func() { s.feed(open) })
		work.Go(func() { every(open, lookEvery, func() { s.readSetting(open); s.takeOver(open) }) })
		for range s.callers {
			work.Go(func() { s.callLoop(open, finish) })
		}
		work.Wait()
	}
	s.mu.Lock()
	s.closedAt = time.Now()
	s.mu.Unlock()
	close(s.answers)
	settler.Wait()
	done()
	heart.Wait()
	return s.report
}

// every does something at once and then at each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readSetting takes over the channel's limit. The first reading is waited for: nothing is sent at an unknown rate.
func (s *shift) readSetting(ctx context.Context) bool {
	for ctx.Err() == nil {
		setting, err := s.settings.SendSetting(ctx, s.channel)
		if err == nil {
			s.use(setting)
			return true
		}
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "channel setting not read", "error", err)
			rest(ctx, time.Second)
		}
	}
	return false
}

func (s *shift) use(setting dunning.SendSetting) {
	perSecond := setting.PerSecond
	if s.ceiling > 0 && (perSecond == 0 || s.ceiling < perSecond) {
		perSecond = s.ceiling
	}
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	if s.limiter.Limit() != limit {
		s.limiter.SetLimit(limit)
	}
	s.mu.Lock()
	s.setting = setting
	s.mu.Unlock()
}

// takeOver finds rows of a sender that died, no more at once than can be called within their new lease. Answers that this
// shift still has to write come first: a row that waits only for the database is not of the dead.
func (s *shift) takeOver(ctx context.Context) {
	for limit := s.callers * s.batch; ctx.Err() == nil; {
		s.mu.Lock()
		stuck := s.stuck || len(s.answers) > settleBatch
		s.mu.Unlock()
		if stuck {
			return
		}
		lapsed, err := s.outbox.Lapsed(ctx, s.channel, limit, s.lease)
		if err != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "lapsed messages not read", "error", err)
			}
			return
		}
		for part := range slices.Chunk(lapsed, s.batch) {
			select {
			case s.lapsed <- part:
			case <-ctx.Done():
				return
			}
		}
		if len(lapsed) < limit {
			return
		}
	}
}
