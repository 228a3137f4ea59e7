package api

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"steward/domain/feed"
	"steward/domain/refusal"
)

var changeType = reflect.TypeFor[feed.Change]()

const (
	feedPoll = 150 * time.Millisecond
	feedPage = 500
	feedRing = 2000 // recent changes kept in memory, so that open streams cost no query each
)

// hub follows the change feed once for all streams of this process.
type hub struct {
	feed    Feed
	log     *slog.Logger
	drained chan struct{}

	mu      sync.Mutex
	ended   bool
	news    chan struct{} // closed and replaced when the ring grows
	ring    []feed.Change
	from    int64 // the ring holds every change after this number
	started bool
	open    map[string]int
	total   int
}

func newHub(f Feed, log *slog.Logger) *hub {
	return &hub{feed: f, log: log, drained: make(chan struct{}), news: make(chan struct{}), open: map[string]int{}}
}

// run polls the feed until the context ends.
func (h *hub) run(ctx context.Context) {
	tick := time.NewTicker(feedPoll)
	defer tick.Stop()
	failing := false
	for {
		err := h.poll(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			h.log.WarnContext(ctx, "change feed cannot be read", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *hub) poll(ctx context.Context) error {
	h.mu.Lock()
	started, last := h.started, h.from
	if n := len(h.ring); n > 0 {
		last = h.ring[n-1].Seq
	}
	idle := h.total == 0
	h.mu.Unlock()
	if idle && started {
		h.forget()
		return nil
	}
	if !started {
		bounds, err := h.feed.FeedBounds(ctx)
		if err != nil {
			return err
		}
		last = bounds.Last
	}
	changes, err := h.feed.ChangesAfter(ctx, last, feedPage)
	if err != nil {
		return err
	}
	h.take(last, changes)
	return nil
}

// forget drops the ring while nobody listens; the next listener starts it anew.
func (h *hub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring, h.started = nil, false
}

func (h *hub) take(last int64, changes []feed.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fresh := !h.started
	if fresh {
		h.started, h.from, h.ring = true, last, nil
	}
	if len(changes) == 0 && !fresh {
		return
	}
	h.ring = append(h.ring, changes...)
	if extra := len(h.ring) - feedRing; extra > 0 {
		h.from = h.ring[extra-1].Seq
		h.ring = append([]feed.Change(nil), h.ring[extra:]...)
	}
	close(h.news) // also on a fresh start: a stream may be waiting for what came just before it
	h.news = make(chan struct{})
}

// changed gives a channel that is closed with the next news.
func (h *hub) changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.news
}

// after gives some changes above seq: from the ring where it reaches, else from the feed itself.
func (h *hub) after(ctx context.Context, seq int64) ([]feed.Change, error) {
	h.mu.Lock()
	if h.started && seq >= h.from {
		defer h.mu.Unlock()
		for i, ch := range h.ring {
			if ch.Seq > seq {
				return h.ring[i:min(len(h.ring), i+feedPage):len(h.ring)], nil
			}
		}
		return nil, nil
	}
	h.mu.Unlock()
	return h.feed.ChangesAfter(ctx, seq, feedPage)
}

// enter admits one more stream of the caller; leave must be called when it ends.
func (h *hub) enter(callerID string) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ended:
		return nil, refusal.New(refusal.Unavailable, "unavailable", "系统正在重启，请稍后重试。")
	case h.total >= streamsInAll:
		return nil, tooManyStreams(refusal.Unavailable)
	case h.open[callerID] >= streamsPerCaller:
		return nil, tooManyStreams(refusal.TooMany)
	}
	h.total++
	h.open[callerID]++
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.total--
		if h.open[callerID]--; h.open[callerID] == 0 {
			delete(h.open, callerID)
		}
	}), nil
}

func (h *hub) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.ended = true
		close(h.drained)
	}
}
