package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"steward/store"
)

// descriptions is every metric of the collector, in the order in which they were described.
var descriptions []*prometheus.Desc

func describe(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc(name, help, labels, nil)
	descriptions = append(descriptions, d)
	return d
}

var (
	figuresUp      = describe("steward_figures_up", "1 when the figures of the database could be read.")
	figuresAge     = describe("steward_figures_age_seconds", "Since when the figures shown are known.")
	collectErrors  = describe("steward_collect_errors_total", "Reads for /metrics that failed, by part.", "part")
	collectSeconds = describe("steward_collect_seconds", "How long the last read for /metrics took, by part.", "part")

	messagesDue       = describe("steward_messages_due", "Messages that should be going out now: queued, their time has come, campaign not stopped, window open.", "channel")
	messagesDueOldest = describe("steward_messages_due_oldest_seconds", "How long the oldest of them has been due.", "channel")
	messagesLapsed    = describe("steward_messages_lapsed", "Messages in sending that their sender has let go of.")
	outboxMessages    = describe("steward_outbox_messages", "All messages, by status.", "status")

	timersLate       = describe("steward_timers_late", "Steps whose instant has passed and that were not taken yet.", "kind")
	timersLateOldest = describe("steward_timers_late_oldest_seconds", "How late the latest of them is.", "kind")
	processesParked  = describe("steward_processes_parked", "Processes that wait for a person.", "kind")
	campaignsLive    = describe("steward_campaigns", "Campaigns that are not over, by status.", "status")

	deliveriesWaiting = describe("steward_deliveries_waiting", "Committed words that Temporal was not given yet.")
	deliveriesOldest  = describe("steward_deliveries_waiting_oldest_seconds", "How long the oldest of them waits.")
	feedWaiting       = describe("steward_feed_waiting", "Changes that open pages were not told of yet.")

	importsRunning    = describe("steward_imports_running", "Imports that have not ended.")
	importsOldest     = describe("steward_imports_running_oldest_seconds", "How long the oldest of them has been running.")
	importRowsDone    = describe("steward_import_rows_done", "Rows that running imports have finished.")
	importRowsPlanned = describe("steward_import_rows_planned", "Rows that running imports have to do, as far as they know.")

	suspenseOpen   = describe("steward_suspense_open", "Payments that match nobody yet.")
	suspenseOldest = describe("steward_suspense_open_oldest_seconds", "How long the oldest of them waits.")

	runsLive          = describe("steward_billing_runs", "Billing runs that are not over, by status.", "status")
	runsReadyOldest   = describe("steward_billing_runs_ready_oldest_seconds", "How long the oldest computed run waits for approval.")
	calendarOldest    = describe("steward_billing_calendar_oldest_seconds", "How long ago the billing calendar of a community was looked at, of the one that waits longest.")
	approvalsWaiting  = describe("steward_approvals_waiting", "Corrections of money that wait for a decision.")
	approvalsOldest   = describe("steward_approvals_waiting_oldest_seconds", "How long the oldest of them waits.")
	approvalsExpiring = describe("steward_approvals_expiring", "Of these, the ones that lapse within a day.")
	daysOpen          = describe("steward_days_unclosed", "Days since the last closed one, of the community that is furthest behind; communities that never closed a day are left out.")

	schemaVersion = describe("steward_schema_version", "Version of the database's schema.")
	schemaWanted  = describe("steward_schema_version_wanted", "Version of the schema that this program needs.")

	databaseUp          = describe("steward_database_up", "1 when the database answers.")
	databaseSkew        = describe("steward_database_clock_skew_seconds", "How far this machine's clock is ahead of the database server's.")
	databaseConns       = describe("steward_database_connections", "Connections of this process to the database.", "state")
	databaseConnsLimit  = describe("steward_database_connections_limit", "How many of them there may be.")
	databaseWaits       = describe("steward_database_waits_total", "How often work had to wait for a connection.")
	databaseWaitSeconds = describe("steward_database_wait_seconds_total", "How long work has waited for connections.")
	databaseErrors      = describe("steward_database_errors_total", "Errors of the database, by what kind of trouble they are.", "class")

	temporalUp = describe("steward_temporal_up", "1 when Temporal answers.")

	businessOffset = describe("steward_business_clock_offset_seconds", "How far business time is ahead of this machine's clock; 0 in production.")
	businessSpeed  = describe("steward_business_clock_speed", "Business seconds for every second; 1 in production.")

	diskFree = describe("steward_disk_free_bytes", "Free space on the disk of the watched folder.")
	diskSize = describe("steward_disk_size_bytes", "Size of that disk.")

	buildInfo = describe("steward_build_info", "Always 1; the version of the build is in the label.", "version")
)

// tellFigures shows what is known as long as it is fresh: an old figure would look like a quiet day.
func (f *Figures) tellFigures(ch chan<- prometheus.Metric, r reading[store.Figures]) {
	gauge(ch, figuresUp, flag(r.ok))
	if r.ever {
		gauge(ch, figuresAge, r.age.Seconds())
	}
	if !r.ok {
		return
	}
	v := r.value
	for channel, w := range v.Due {
		gauge(ch, messagesDue, float64(w.N), string(channel))
		gauge(ch, messagesDueOldest, w.Oldest.Seconds(), string(channel))
	}
	for status, n := range v.Unsent {
		gauge(ch, outboxMessages, float64(n), status)
	}
	gauge(ch, messagesLapsed, float64(v.Lapsed))
	waiting(ch, v.LateCases, timersLate, timersLateOldest, "case")
	waiting(ch, v.LateCampaigns, timersLate, timersLateOldest, "campaign")
	for status, n := range v.Campaigns {
		gauge(ch, campaignsLive, float64(n), status)
	}
	gauge(ch, processesParked, float64(v.Campaigns["needs_attention"]), "campaign")
	gauge(ch, processesParked, float64(v.CasesAttention), "case")
	waiting(ch, v.Deliveries, deliveriesWaiting, deliveriesOldest)
	gauge(ch, feedWaiting, float64(v.FeedWaiting))
	waiting(ch, v.Imports, importsRunning, importsOldest)
	gauge(ch, importRowsDone, float64(v.ImportRows.Done))
	gauge(ch, importRowsPlanned, float64(v.ImportRows.Total))
	waiting(ch, v.Suspense, suspenseOpen, suspenseOldest)
	tellMoney(ch, v.Money)
	gauge(ch, schemaVersion, float64(v.Schema))
}

func tellMoney(ch chan<- prometheus.Metric, m store.MoneyFigures) {
	for status, n := range m.Runs {
		gauge(ch, runsLive, float64(n), status)
	}
	gauge(ch, runsReadyOldest, m.RunsReady.Oldest.Seconds())
	gauge(ch, calendarOldest, m.Calendar.Seconds())
	waiting(ch, m.Approvals, approvalsWaiting, approvalsOldest)
	gauge(ch, approvalsExpiring, float64(m.ApprovalsExpiring))
	gauge(ch, processesParked, float64(m.Runs["needs_attention"]), "billing_run")
	gauge(ch, processesParked, float64(m.OrdersAttention), "pay_order")
	gauge(ch, processesParked, float64(m.RefundsAttention), "refund")
	gauge(ch, daysOpen, float64(m.DaysOpen))
}

func waiting(ch chan<- prometheus.Metric, w store.Waiting, count, oldest *prometheus.Desc, labels ...string) {
	gauge(ch, count, float64(w.N), labels...)
	gauge(ch, oldest, w.Oldest.Seconds(), labels...)
}

// tellSettled shows the messages that are over; tellFigures shows the others under the same name.
func tellSettled(ch chan<- prometheus.Metric, r reading[map[string]int64]) {
	if !r.ok {
		return
	}
	for status, n := range r.value {
		gauge(ch, outboxMessages, float64(n), status)
	}
}

func tellSkew(ch chan<- prometheus.Metric, r reading[time.Duration]) {
	gauge(ch, databaseUp, flag(r.ok))
	if r.ok {
		gauge(ch, databaseSkew, r.value.Seconds())
	}
}

// tellProcess shows what this process knows without asking anybody.
func (f *Figures) tellProcess(ch chan<- prometheus.Metric) {
	s := f.sources
	gauge(ch, buildInfo, 1, s.Version)
	gauge(ch, schemaWanted, float64(s.SchemaWanted))
	if s.Pool != nil {
		pool := s.Pool()
		gauge(ch, databaseConns, float64(pool.InUse), "in_use")
		gauge(ch, databaseConns, float64(pool.Idle), "idle")
		gauge(ch, databaseConnsLimit, float64(pool.MaxOpenConnections))
		ch <- prometheus.MustNewConstMetric(databaseWaits, prometheus.CounterValue, float64(pool.WaitCount))
		ch <- prometheus.MustNewConstMetric(databaseWaitSeconds, prometheus.CounterValue, pool.WaitDuration.Seconds())
	}
	if s.Faults != nil {
		for class, n := range s.Faults() {
			ch <- prometheus.MustNewConstMetric(databaseErrors, prometheus.CounterValue, float64(n), string(class))
		}
	}
	if s.Clock != nil {
		anchor, wall := s.Clock.Anchor(), f.now()
		gauge(ch, businessOffset, anchor.BusinessAt(wall).Sub(wall).Round(time.Millisecond).Seconds())
		gauge(ch, businessSpeed, anchor.Speed)
	}
	if s.Folder == "" {
		return
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(s.Folder, &disk); err == nil {
		gauge(ch, diskFree, float64(disk.Bavail)*float64(disk.Bsize))
		gauge(ch, diskSize, float64(disk.Blocks)*float64(disk.Bsize))
	}
}
