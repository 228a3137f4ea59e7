package telemetry

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/domain/clock"
	"steward/store"
)

// Sources are where the figures come from. Those that are functions may be left out, and their metrics are then missing.
type Sources struct {
	Figures      func(context.Context) (store.Figures, error)
	Settled      func(context.Context) (map[string]int64, error) // messages that are over, by status; slow on a large database
	ClockSkew    func(context.Context) (time.Duration, error)    // of this machine against the database server
	Temporal     func(context.Context) error
	Pool         func() sql.DBStats
	Faults       func() map[store.FaultClass]int64
	Clock        clock.Source
	SchemaWanted int64
	Version      string // of the build
	Folder       string // whose disk is watched; "" watches none
	Log          *slog.Logger
}

// Limits of one read, by part.
const (
	figuresLimit = 5 * time.Second
	settledLimit = 20 * time.Second
	probeLimit   = 2 * time.Second
	// patience is how long a scrape waits for reads under way; Prometheus gives up after 10 seconds.
	patience = 6 * time.Second
	// settledRest keeps counting them below one hundredth of the time, however many they are.
	settledRest = 100
)

// Figures is a prometheus.Collector for what operators watch. It reads the database at most once in readEvery seconds,
// however often it is scraped, and tells of itself when it can not.
type Figures struct {
	sources Sources
	now     func() time.Time
	after   func(time.Duration) <-chan time.Time

	figures  *kept[store.Figures]
	settled  *kept[map[string]int64]
	skew     *kept[time.Duration]
	temporal *kept[struct{}]
}

var _ prometheus.Collector = (*Figures)(nil)

// NewFigures ties the collector to its sources.
func NewFigures(s Sources) *Figures { return newFigures(s, time.Now, time.After) }

func newFigures(s Sources, now func() time.Time, after func(time.Duration) <-chan time.Time) *Figures {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	f := &Figures{sources: s, now: now, after: after}
	f.figures = keep(f, "figures", figuresLimit, 1, s.Figures)
	f.settled = keep(f, "settled", settledLimit, settledRest, s.Settled)
	f.skew = keep(f, "database", probeLimit, 1, s.ClockSkew)
	if s.Temporal != nil {
		f.temporal = keep(f, "temporal", probeLimit, 1, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.Temporal(ctx) })
	}
	return f
}

func keep[T any](f *Figures, part string, limit time.Duration, rest int, read func(context.Context) (T, error)) *kept[T] {
	if read == nil {
		return nil
	}
	logged := func(ctx context.Context) (T, error) {
		value, err := read(ctx)
		if err != nil {
			f.sources.Log.WarnContext(ctx, "figures not read", slog.String("part", part), slog.Any("error", err))
		}
		return value, err
	}
	return &kept[T]{part: part, limit: limit, rest: rest, read: logged, now: f.now}
}

// Describe implements prometheus.Collector.
func (f *Figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range descriptions {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f *Figures) Collect(ch chan<- prometheus.Metric) {
	waits := []func(<-chan time.Time){
		ask(f.figures, func(r reading[store.Figures]) { f.tellFigures(ch, r) }, ch),
		ask(f.skew, func(r reading[time.Duration]) { tellSkew(ch, r) }, ch),
		ask(f.temporal, func(r reading[struct{}]) { gauge(ch, temporalUp, flag(r.ok)) }, ch),
		ask(f.settled, func(r reading[map[string]int64]) { tellSettled(ch, r) }, ch),
	}
	limit := f.after(patience)
	expired := make(chan time.Time)
	go func() { <-limit; close(expired) }()
	for _, wait := range waits {
		wait(expired)
	}
	f.tellProcess(ch)
}

// ask begins a read and gives what waits for it and tells it.
func ask[T any](k *kept[T], tell func(reading[T]), ch chan<- prometheus.Metric) func(<-chan time.Time) {
	if k == nil {
		return func(<-chan time.Time) {}
	}
	under := k.begin()
	return func(expired <-chan time.Time) {
		r := k.get(under, expired)
		tell(r)
		ch <- prometheus.MustNewConstMetric(collectErrors, prometheus.CounterValue, float64(r.errors), k.part)
		gauge(ch, collectSeconds, r.took.Seconds(), k.part)
	}
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
