package telemetry

import (
	"context"
	"sync"
	"time"
)

// Pace of what is read for /metrics. Whoever may scrape must not be able to put load on what is measured.
const (
	readEvery = 15 * time.Second
	// freshFor is how long a value is shown while newer ones can't be read.
	freshFor = time.Minute
	// backOff is how many times as long as a failed read took the next one waits: what hangs is not asked again at once.
	backOff = 3
)

// kept is a value that is read at most once in a while, by one reader at a time, within a limit. Who asks waits for a read
// under way, but not for long.
type kept[T any] struct {
	part  string
	limit time.Duration // of one read
	rest  int           // the next read waits this many times as long as the last one took
	read  func(context.Context) (T, error)
	now   func() time.Time

	mu     sync.Mutex
	under  chan struct{} // closed when the read under way ends; nil without one
	next   time.Time
	value  T
	good   time.Time // when value was read; zero before the first time
	failed bool      // the last read
	took   time.Duration
	errors int64
}

// reading is what is known at one moment.
type reading[T any] struct {
	value  T
	ok     bool // the last read succeeded, and not too long ago
	ever   bool
	age    time.Duration
	took   time.Duration
	errors int64
}

// begin starts a read if one is due and gives the channel that is closed when it ends; nil when nothing is under way.
func (k *kept[T]) begin() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.under != nil {
		return k.under
	}
	began := k.now()
	if began.Before(k.next) {
		return nil
	}
	done := make(chan struct{})
	k.under = done
	go k.readOnce(began, done)
	return done
}

func (k *kept[T]) readOnce(began time.Time, done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), k.limit)
	defer cancel()
	value, err := k.read(ctx)

	k.mu.Lock()
	defer k.mu.Unlock()
	ended := k.now()
	k.took = ended.Sub(began)
	rest := k.rest
	k.failed = err != nil
	if k.failed {
		k.errors++
		rest = backOff
	} else {
		k.value, k.good = value, ended
	}
	k.next = began.Add(max(readEvery, time.Duration(rest)*k.took))
	k.under = nil
	close(done)
}

// get gives what is known once the read under way has ended, or patience has.
func (k *kept[T]) get(under <-chan struct{}, patience <-chan time.Time) reading[T] {
	if under != nil {
		select {
		case <-under:
		case <-patience:
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	age := k.now().Sub(k.good)
	fresh := max(freshFor, k.next.Sub(k.good)+k.limit)
	return reading[T]{value: k.value, ever: !k.good.IsZero(), ok: !k.failed && !k.good.IsZero() && age < fresh, age: age, took: k.took, errors: k.errors}
}
