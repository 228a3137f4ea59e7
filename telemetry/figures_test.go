package telemetry

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/store"
)

// watchedStore is a database whose answers the test decides.
type watchedStore struct {
	figures func(context.Context) (store.Figures, error)
	away    error
	asked   atomic.Int64
	settled atomic.Int64
}

// bench is a collector on a clock that the test turns, scraped over HTTP.
type bench struct {
	*watchedStore
	t        *testing.T
	now      atomic.Pointer[time.Time]
	patience chan time.Time
	handler  http.Handler
}

var start = time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	b := &bench{watchedStore: &watchedStore{}, t: t, patience: make(chan time.Time)}
	b.now.Store(&start)
	b.figures = func(context.Context) (store.Figures, error) {
		return store.Figures{
			Due:    map[dunning.Channel]store.Waiting{"sms": {N: 7, Oldest: 90 * time.Second}},
			Unsent: map[string]int64{"queued": 9, "parked": 0, "sending": 0}, Schema: 3,
		}, b.away
	}
	f := newFigures(Sources{
		Figures: func(ctx context.Context) (store.Figures, error) { b.asked.Add(1); return b.figures(ctx) },
		Settled: func(context.Context) (map[string]int64, error) {
			b.settled.Add(1)
			return map[string]int64{"sent": 4}, b.away
		},
		ClockSkew: func(context.Context) (time.Duration, error) { return 250 * time.Millisecond, b.away },
		Temporal:  func(context.Context) error { return b.away },
		Pool:      func() sql.DBStats { return sql.DBStats{MaxOpenConnections: 20, InUse: 3} },
		Faults:    func() map[store.FaultClass]int64 { return map[store.FaultClass]int64{store.FaultGone: 2} },
		Clock:     clock.Fixed(start), SchemaWanted: 3, Version: "v1", Folder: t.TempDir(),
	}, func() time.Time { return *b.now.Load() }, func(time.Duration) <-chan time.Time { return b.patience })
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(f)
	b.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return b
}

func (b *bench) turn(d time.Duration) {
	at := b.now.Load().Add(d)
	b.now.Store(&at)
}

// scrape gives the samples by name and labels.
func (b *bench) scrape() map[string]string {
	b.t.Helper()
	answer := httptest.NewRecorder()
	b.handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(b.t, http.StatusOK, answer.Code, answer.Body.String())
	samples := map[string]string{}
	for line := range strings.Lines(answer.Body.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			samples[name] = value
		}
	}
	return samples
}

func TestFiguresAreShownUnderTheirNames(t *testing.T) {
	got := newBench(t).scrape()
	for name, want := range map[string]string{
		`steward_figures_up`: "1", `steward_temporal_up`: "1", `steward_database_up`: "1",
		`steward_messages_due{channel="sms"}`:                "7",
		`steward_messages_due_oldest_seconds{channel="sms"}`: "90",
		`steward_outbox_messages{status="queued"}`:           "9",
		`steward_outbox_messages{status="sent"}`:             "4",
		`steward_database_clock_skew_seconds`:                "0.25",
		`steward_database_connections{state="in_use"}`:       "3",
		`steward_database_errors_total{class="gone"}`:        "2",
		`steward_business_clock_offset_seconds`:              "0",
		`steward_schema_version`:                             "3",
		`steward_build_info{version="v1"}`:                   "1",
		`steward_collect_errors_total{part="figures"}`:       "0",
	} {
		require.Equal(t, want, got[name], name)
	}
	require.Contains(t, got, "steward_disk_free_bytes")
}

func TestManyScrapesReadOnce(t *testing.T) {
	b := newBench(t)
	b.scrape()
	b.turn(readEvery - time.Second)
	b.scrape()
	require.EqualValues(t, 1, b.asked.Load())
	b.turn(time.Second)
	require.Equal(t, "0", b.scrape()["steward_figures_age_seconds"])
	require.EqualValues(t, 2, b.asked.Load())
}

func TestADatabaseThatIsAwayLeavesTheProcessesOwnMetrics(t *testing.T) {
	b := newBench(t)
	b.scrape()
	b.away = errors.New("connection refused")
	b.turn(readEvery)
	got := b.scrape()
	require.Equal(t, "0", got["steward_figures_up"])
	require.Equal(t, "0", got["steward_database_up"])
	require.Equal(t, "0", got["steward_temporal_up"])
	require.Equal(t, "15", got["steward_figures_age_seconds"])
	require.Equal(t, "1", got[`steward_collect_errors_total{part="figures"}`])
	require.Equal(t, "3", got[`steward_database_connections{state="in_use"}`])
	require.NotContains(t, got, `steward_messages_due{channel="sms"}`, "an old figure would look like a quiet day")

	b.away = nil
	b.turn(readEvery)
	require.Equal(t, "1", b.scrape()["steward_figures_up"])
}

func TestADatabaseThatHangsIsWaitedForButNotForLong(t *testing.T) {
	b := newBench(t)
	b.scrape()
	entered, release := make(chan struct{}), make(chan struct{})
	b.figures = func(ctx context.Context) (store.Figures, error) {
		deadline, limited := ctx.Deadline()
		require.True(b.t, limited)
		require.LessOrEqual(b.t, time.Until(deadline), figuresLimit)
		close(entered)
		<-release
		return store.Figures{}, context.DeadlineExceeded
	}
	b.turn(readEvery)
	close(b.patience)
	got := b.scrape()
	<-entered
	require.Equal(t, "7", got[`steward_messages_due{channel="sms"}`], "what was known 15 seconds ago is still shown")
	b.turn(freshFor)
	got = b.scrape()
	require.EqualValues(t, 2, b.asked.Load(), "no second question while one is open")
	require.Equal(t, "0", got["steward_figures_up"])
	require.NotContains(t, got, `steward_messages_due{channel="sms"}`)
	close(release)
}

func TestWhatFailsSlowlyIsAskedSeldom(t *testing.T) {
	b := newBench(t)
	b.figures = func(context.Context) (store.Figures, error) {
		b.turn(figuresLimit)
		return store.Figures{}, context.DeadlineExceeded
	}
	b.scrape()
	b.turn(backOff*figuresLimit - figuresLimit - time.Second)
	b.scrape()
	require.EqualValues(t, 1, b.asked.Load())
	b.turn(time.Second)
	b.scrape()
	require.EqualValues(t, 2, b.asked.Load())
}

func TestCountingWhatIsOverRestsLongerTheLongerItTakes(t *testing.T) {
	b := newBench(t)
	b.figures = func(context.Context) (store.Figures, error) { return store.Figures{}, nil }
	slow := &kept[int]{part: "x", limit: settledLimit, rest: settledRest, now: func() time.Time { return *b.now.Load() },
		read: func(context.Context) (int, error) { b.turn(2 * time.Second); return 5, nil }}
	<-slow.begin()
	b.turn(3 * time.Minute)
	require.Nil(t, slow.begin())
	require.True(t, slow.get(nil, nil).ok, "shown until the next read is due")
	b.turn(20 * time.Second)
	<-slow.begin()
}
