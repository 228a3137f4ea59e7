package activities

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"steward/domain/dunning"
)

// How answers are gathered before they are written: a few milliseconds of delay buy one statement for many.
const (
	settleBatch = 64
	settleDelay = 5 * time.Millisecond
)

// settle writes answers until there are no more. An answer that the database does not take is tried again: for ever while
// the shift lasts, for a while after it. What is lost then lapses and is asked or called again.
func (s *shift) settle(ctx context.Context) {
	for {
		batch, more := s.collect()
		if len(batch) > 0 {
			s.write(ctx, batch)
		}
		if !more {
			return
		}
	}
}

// collect waits for the first answer and takes what else comes within settleDelay.
func (s *shift) collect() (batch []dunning.Sent, more bool) {
	first, more := <-s.answers
	if !more {
		return nil, false
	}
	batch = append(make([]dunning.Sent, 0, settleBatch), first)
	late := time.NewTimer(settleDelay)
	defer late.Stop()
	for len(batch) < settleBatch {
		select {
		case r, ok := <-s.answers:
			if !ok {
				return batch, false
			}
			batch = append(batch, r)
		case <-late.C:
			return batch, true
		}
	}
	return batch, true
}

func (s *shift) write(ctx context.Context, batch []dunning.Sent) {
	for wait := idleWait; ; wait = min(2*wait, time.Second) {
		err := s.outbox.Settle(ctx, s.channel, batch)
		if err == nil {
			s.count(ctx, batch)
		}
		if s.written(err, len(batch)) {
			return
		}
		s.log.WarnContext(ctx, "answers not written", "messages", len(batch), "error", err)
		rest(ctx, wait)
	}
}

// written notes how a try to write went, and tells whether to go on with the next answers.
func (s *shift) written(err error, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = err != nil
	if err == nil {
		s.report.Settled += n
		return true
	}
	return !s.closedAt.IsZero() && time.Since(s.closedAt) > settleCeiling
}

func (s *shift) count(ctx context.Context, batch []dunning.Sent) {
	for _, r := range batch {
		s.counted.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", string(s.channel)), attribute.String("status", r.Status)))
	}
}
