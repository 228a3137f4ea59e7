package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/engine"
)

const (
	standbyLook     = 10 * time.Second
	standbyReminder = 5 * time.Minute
)

// standbyState knows whether Temporal gives its tasks to another build than this worker's, which then does nothing: the relay and
// the probes run, processes do not. A start of the next release is meant to look like this, until it is made current.
type standbyState struct {
	own string // "" for a worker without a build id

	mu      sync.Mutex
	looked  bool
	current string
}

// newStandby puts the state on /metrics.
func newStandby(own string, registry prometheus.Registerer) (*standbyState, error) {
	s := &standbyState{own: own}
	err := registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "steward_worker_standby", Help: "1 while Temporal gives the tasks to another build than this worker's.",
		ConstLabels: prometheus.Labels{"build_id": own},
	}, func() float64 {
		if s.words() != "" {
			return 1
		}
		return 0
	}))
	if err != nil {
		return nil, fmt.Errorf("show whether this worker stands by: %w", err)
	}
	return s, nil
}

// words are "" while this worker gets tasks, or while nobody knows.
func (s *standbyState) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.looked || s.current == s.own {
		return ""
	}
	return fmt.Sprintf("standby: all tasks go to %s, this worker is %s; \"steward release use BUILD_ID\" changes that", buildName(s.current), buildName(s.own))
}

// found notes who gets the tasks and tells whether that is news.
func (s *standbyState) found(current string) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = !s.looked || s.current != current
	s.looked, s.current = true, current
	return news
}

// watch asks Temporal until ctx ends, and logs what changes; standing by is said again every few minutes.
func (s *standbyState) watch(ctx context.Context, door *engine.Engine, log *slog.Logger) {
	log = log.With(slog.String("build_id", s.own))
	var said time.Time
	for {
		if current, err := door.CurrentRelease(ctx); err == nil {
			news := s.found(current)
			switch words := s.words(); {
			case words == "" && news:
				log.Info("this build gets the tasks")
			case words != "" && (news || time.Since(said) > standbyReminder):
				log.Warn(words, slog.String("current_build_id", current))
				said = time.Now()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(standbyLook):
		}
	}
}
