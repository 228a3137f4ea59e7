package devstack

import (
	"context"
	"time"
)

// Keeper keeps one child running: it starts the child, and starts it again whenever it ends by itself, waiting longer
// each time that it did not last.
type Keeper struct {
	Name  string
	Start func(ctx context.Context) (*Process, error)
	Grace time.Duration // how long the child may take to stop in good order

	// Running hears of every child that is up; Fell hears why one ended or could not start, and when the next try is.
	// Both are called from the keeper's own goroutine.
	Running func(pid int)
	Fell    func(why error, logTail string, next time.Duration)

	restart chan struct{}
	cancel  context.CancelFunc
	stopped chan struct{}
}

const (
	firstPause = 100 * time.Millisecond
	longPause  = 10 * time.Second
	lasted     = 3 * time.Second // a child that lived so long came up well: the pauses begin anew
)

// Keep watches over a child that is already running, or starts it when first is nil. It returns at once.
func (k *Keeper) Keep(first *Process) {
	ctx, cancel := context.WithCancel(context.Background())
	k.cancel, k.stopped, k.restart = cancel, make(chan struct{}), make(chan struct{}, 1)
	go func() {
		defer close(k.stopped)
		k.run(ctx, first)
	}()
}

// Restart ends the child in good order; the keeper then starts it again with what its Start finds.
func (k *Keeper) Restart() {
	select {
	case k.restart <- struct{}{}:
	default:
	}
}

// Stop ends the child in good order and stops keeping it. Stop of a keeper that never kept does nothing.
func (k *Keeper) Stop() {
	if k.cancel == nil {
		return
	}
	k.cancel()
	<-k.stopped
}

func (k *Keeper) run(ctx context.Context, p *Process) {
	pause := firstPause
	for ctx.Err() == nil {
		if p == nil {
			var err error
			if p, err = k.Start(ctx); err != nil {
				if ctx.Err() != nil {
					return
				}
				k.Fell(err, "", pause)
				pause = wait(ctx, pause)
				continue
			}
		}
		began := time.Now()
		k.Running(p.PID())
		select {
		case <-ctx.Done():
			p.Stop(k.Grace)
			return
		case <-k.restart:
			p.Stop(k.Grace)
			p = nil
			continue
		case <-p.Done():
		}
		if time.Since(began) > lasted {
			pause = firstPause
		}
		k.Fell(p.Err(), p.LogTail(6), pause)
		pause, p = wait(ctx, pause), nil
	}
}

// wait sleeps and gives the next, longer pause.
func wait(ctx context.Context, pause time.Duration) time.Duration {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	return min(2*pause, longPause)
}
