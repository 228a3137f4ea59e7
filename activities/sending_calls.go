package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"steward/domain/dunning"
	"steward/notify"
)

// feed hands queued rows to the callers, oldest first, cut into what one call carries.
func (s *shift) feed(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := s.outbox.Due(ctx, s.channel, prefetch)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "queue not read", "error", err)
		}
		fresh := s.hand(found)
		for part := range slices.Chunk(fresh, s.batch) {
			select {
			case s.rows <- part:
			case <-ctx.Done():
				return
			}
		}
		if len(fresh) == 0 {
			rest(ctx, idleWait)
		}
	}
}

// hand keeps the rows that are not on their way to a caller already, and notes that they are now.
func (s *shift) hand(found []dunning.Queued) []dunning.Queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := found[:0:0]
	for _, q := range found {
		if _, known := s.handed[q.ID]; !known {
			s.handed[q.ID] = struct{}{}
			fresh = append(fresh, q)
		}
	}
	return fresh
}

// callLoop is one caller: a rate token for each message first, then the claim, then the call. A row is claimed only when
// it can be called at once, so that a stop that commits while messages wait for their turn still counts.
func (s *shift) callLoop(ctx, finish context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case claimed := <-s.lapsed:
			s.repeat(ctx, finish, claimed)
		case rows := <-s.rows:
			s.attempt(ctx, finish, rows)
		}
	}
}

func (s *shift) attempt(ctx, finish context.Context, rows []dunning.Queued) {
	defer s.release(rows)
	if !s.reachable(ctx) || s.limiter.WaitN(ctx, len(rows)) != nil {
		return
	}
	began := time.Now()
	claimed, err := s.outbox.Claim(ctx, s.channel, rows, s.lease)
	if err != nil {
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "messages not claimed", "error", err)
			rest(ctx, idleWait)
		}
		return
	}
	if len(claimed) == 0 {
		return
	}
	s.mu.Lock()
	s.report.Claimed += len(claimed)
	s.mu.Unlock()
	if time.Since(began)+s.timeout > s.lease { // the database was slow: the lease could end during the call
		for _, c := range claimed {
			s.say(sentFrom(c, dunning.Sent{Status: "queued", Why: "claimed-late"}))
		}
		return
	}
	s.call(finish, claimed)
}

func (s *shift) release(rows []dunning.Queued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range rows {
		delete(s.handed, q.ID)
	}
}

// repeat settles rows whose sender died in the middle of a call. A provider that knows repeated keys is called again; one
// that can be asked is asked; otherwise nobody knows, and the channel's setting says what becomes of the unknown.
func (s *shift) repeat(ctx, finish context.Context, claimed []dunning.Claimed) {
	if s.provider.Idempotent() {
		fresh := claimed[:0:0]
		for _, c := range claimed {
			if c.Attempts > maxUnclear {
				s.say(sentFrom(c, s.unclear(c, "no-clear-answer")))
				continue
			}
			fresh = append(fresh, c)
		}
		if len(fresh) == 0 || s.limiter.WaitN(ctx, len(fresh)) != nil {
			return
		}
		fresh, err := s.outbox.Renew(ctx, fresh, s.lease) // a stop may have come while they waited for their turn
		if err != nil {
			s.log.WarnContext(ctx, "claims not renewed", "error", err)
			return
		}
		if len(fresh) > 0 {
			s.call(finish, fresh)
		}
		return
	}
	for _, c := range claimed {
		s.say(sentFrom(c, s.ask(finish, c, "sender-died")))
	}
}

// ask turns "nobody knows" into the provider's own record, where there is one.
func (s *shift) ask(ctx context.Context, c dunning.Claimed, why string) dunning.Sent {
	lookup, ok := s.provider.(notify.Lookup)
	if !ok {
		return s.unclear(c, why)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, found, err := lookup.Lookup(ctx, c.ID)
	switch {
	case err != nil:
		return s.unclear(c, why)
	case !found:
		return dunning.Sent{Status: "queued", Why: "never-arrived"}
	default:
		return s.read(c, r)
	}
}

// call makes one provider call. Without a clear answer a provider that knows repeated keys soon gets the same call again; if
// that does not help, the rows are left to lapse and are called again then, so that others get their turn.
func (s *shift) call(ctx context.Context, claimed []dunning.Claimed) {
	messages := make([]notify.Message, len(claimed))
	for i, c := range claimed {
		messages[i] = notify.Message{Key: c.ID, To: c.To, Text: c.Text}
	}
	began := time.Now()
	for pause := unclearPause; ; pause *= 2 {
		results, err := s.send(ctx, messages)
		if err == nil && len(results) == len(claimed) {
			s.reached()
			for i, r := range results {
				s.say(sentFrom(claimed[i], s.read(claimed[i], r)))
			}
			return
		}
		if errors.Is(err, notify.ErrNotSent) {
			s.missed()
			for _, c := range claimed {
				s.say(sentFrom(c, dunning.Sent{Status: "queued", Why: "provider-away", RetryAfter: retryAfter(c.Attempts)}))
			}
			return
		}
		s.log.WarnContext(ctx, "no clear answer", "messages", len(claimed), "error", err)
		if !s.provider.Idempotent() {
			for _, c := range claimed {
				s.say(sentFrom(c, s.ask(ctx, c, "no-clear-answer")))
			}
			return
		}
		if pause > unclearPauses || time.Since(began)+pause+s.timeout > s.lease {
			return
		}
		rest(ctx, pause)
	}
}

func (s *shift) send(ctx context.Context, messages []notify.Message) ([]notify.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.provider.Send(ctx, messages)
}

// read turns a provider's answer for one message into what is written.
func (s *shift) read(c dunning.Claimed, r notify.Result) dunning.Sent {
	switch {
	case r.Status == notify.Failed && r.Retry:
		return dunning.Sent{Status: "queued", Why: r.Why, RetryAfter: retryAfter(c.Attempts)}
	case r.Status == notify.Unknown:
		return s.unclear(c, r.Why)
	default:
		return dunning.Sent{Status: string(r.Status), ProviderID: r.ProviderID, Why: r.Why}
	}
}

// unclear is what becomes of a message of which nobody knows whether it was told. Where it is sent again it may well arrive
// each time, so there is an end to that.
func (s *shift) unclear(c dunning.Claimed, why string) dunning.Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.setting.ResendUnknown && c.Attempts < maxResent {
		return dunning.Sent{Status: "queued", Why: why, RetryAfter: retryAfter(c.Attempts)}
	}
	return dunning.Sent{Status: "unknown", Why: why}
}

func sentFrom(c dunning.Claimed, r dunning.Sent) dunning.Sent {
	r.OrgID, r.ID, r.Claim = c.OrgID, c.ID, c.Claim
	return r
}

func retryAfter(attempts int) time.Duration {
	return min(retryFirst<<min(max(attempts-1, 0), 10), retryCeiling)
}

// reachable waits while the provider is away.
func (s *shift) reachable(ctx context.Context) bool {
	for ctx.Err() == nil {
		s.mu.Lock()
		d := time.Until(s.away)
		s.mu.Unlock()
		if d <= 0 {
			return true
		}
		rest(ctx, d)
	}
	return false
}

func (s *shift) reached() {
	s.mu.Lock()
	s.aways = 0
	s.mu.Unlock()
}

func (s *shift) missed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.away) {
		return
	}
	s.aways++
	s.away = time.Now().Add(min(idleWait<<min(s.aways, 8), 5*time.Second))
}

func (s *shift) say(r dunning.Sent) { s.answers <- r }

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
