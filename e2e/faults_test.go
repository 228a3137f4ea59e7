package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

const (
	faultHouseholds = 240
	faultPayers     = 40
)

// Every part of the system is killed in the middle of stages, with a provider that recognises repeated keys and with one
// that does not: nobody is missed, nobody is told twice, nobody is told after the payment was known, the books balance,
// and reconcile finds nothing left.
func TestKillingEveryPartLosesAndRepeatsNothing(t *testing.T) {
	for name, dedupe := range map[string]bool{"provider knows repeats": true, "provider takes anything": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startDev(t, t.TempDir(), "--speed", "17280", "--at", "2026-03-02T09:00")
			households := makeHouseholds(faultHouseholds)
			communityID := s.settle(households, "2026-02-25")
			for i := range faultPayers {
				households[i*5].unitID = s.findUnit(communityID, households[i*5])
			}
			// A slow provider keeps calls in flight while processes die.
			s.call(http.MethodPut, "/dev/sandbox/sms", map[string]any{"mode": "ok", "dedupe": dedupe, "delay_ms": 300}, 200)
			c := s.startCampaign(communityID, s.threeStages())

			stop := make(chan struct{})
			kills := make(chan int, 1)
			go func() { kills <- s.havoc(stop) }()
			s.until(c.ID, time.Minute, func(c campaign) bool { return c.Households == faultHouseholds })
			paidAt := s.payOneByOne(households)
			done := s.until(c.ID, 6*time.Minute, func(c campaign) bool { return c.Status == "finished" })
			close(stop)
			require.GreaterOrEqual(t, <-kills, 4, "each of the four parts died at least once")
			require.Equal(t, faultHouseholds, done.Households)
			require.Equal(t, faultPayers, done.Paid)

			db := s.db()
			requireSettled(t, db)
			requireNobodyMissed(t, db)
			requireNobodyToldTwice(t, db)
			requireSilenceAfterPaying(t, db, paidAt)
			s.requireNothingLeft()
		})
	}
}

// havoc kills worker, API, MariaDB and Temporal in turn until it is stopped, each when the one before is up again.
func (s *stack) havoc(stop <-chan struct{}) (kills int) {
	for {
		f, err := s.read()
		if err != nil {
			continue
		}
		victim := []int{f.PIDs.Worker, f.PIDs.MySQL, f.PIDs.API, f.PIDs.Temporal}[kills%4]
		select {
		case <-stop:
			return kills
		case <-time.After(time.Duration(1500+rand.IntN(2500)) * time.Millisecond):
		}
		if p, err := os.FindProcess(victim); err == nil && victim > 0 && p.Kill() == nil {
			kills++
		}
		for deadline := time.Now().Add(startLimit); time.Now().Before(deadline) && !s.ready(victim); {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// ready tells whether the system answers and no longer names the process that was killed.
func (s *stack) ready(killed int) bool {
	f, err := s.read()
	if err != nil || f.PIDs.Worker == killed || f.PIDs.MySQL == killed || f.PIDs.API == killed || f.PIDs.Temporal == killed {
		return false
	}
	res, err := s.http.Get(f.BaseURL + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// payOneByOne lets every fifth household pay while stages run, and notes when the payment was known to be booked.
func (s *stack) payOneByOne(households []household) map[string]time.Time {
	known := map[string]time.Time{}
	for i := range faultPayers {
		h := households[i*5]
		s.pay(h.unitID, h.arrearsFen, fmt.Sprintf("fault-%04d", i))
		known[h.unitID] = time.Now()
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
	}
	return known
}

// requireSettled waits for the leases of calls that died with their sender.
func requireSettled(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var stuck int
	require.Eventuallyf(t, func() bool {
		return db.Get(&stuck, `SELECT COUNT(*) FROM outbox WHERE status IN ('queued','parked','sending')`) == nil && stuck == 0
	}, 2*time.Minute, 200*time.Millisecond, "%d messages are not settled", &stuck)
}

// logUndelivered notes what became of messages that did not simply arrive.
func (s *stack) logUndelivered(db *sqlx.DB) {
	s.t.Helper()
	var rows []string
	require.NoError(s.t, db.Select(&rows, `SELECT CONCAT_WS(' ', case_id, stage, status, why, attempts, claimed_at, lease_until, sent_at) FROM outbox
		WHERE status NOT IN ('sent','delivered') OR attempts > 1 LIMIT 50`))
	for _, r := range rows {
		s.t.Log(r)
	}
}

// requireNobodyMissed: every case is closed, and one that ran to its end had a message of every stage leave the house.
func requireNobodyMissed(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var open int
	require.NoError(t, db.Get(&open, `SELECT COUNT(*) FROM dunning_case WHERE status NOT IN ('paid','finished')`))
	require.Zero(t, open)
	var missed []string
	require.NoError(t, db.Select(&missed, `SELECT c.id FROM dunning_case c
		LEFT JOIN outbox o ON o.org_id = c.org_id AND o.case_id = c.id AND o.status IN ('sent','delivered','unknown')
		WHERE c.status = 'finished' GROUP BY c.id HAVING COUNT(DISTINCT o.stage) <> 3`))
	require.Empty(t, missed)
}

// requireNobodyToldTwice: what the provider says reached a phone, message by message and stage by stage.
func requireNobodyToldTwice(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var twice []string
	require.NoError(t, db.Select(&twice, `SELECT message_key FROM sandbox_message GROUP BY message_key HAVING COUNT(*) > 1`))
	require.Empty(t, twice, "the same message reached a phone twice")
	require.NoError(t, db.Select(&twice, `SELECT CONCAT(o.case_id, ' ', o.stage) FROM sandbox_message m JOIN outbox o ON o.id = m.message_key
		GROUP BY o.case_id, o.stage HAVING COUNT(*) > 1`))
	require.Empty(t, twice, "a stage was told twice")
	var lost []string
	require.NoError(t, db.Select(&lost, `SELECT o.id FROM outbox o LEFT JOIN sandbox_message m ON m.message_key = o.id
		WHERE o.status IN ('sent','delivered') AND m.id IS NULL`))
	require.Empty(t, lost, "a message counted as sent never arrived")
	var unknown int
	require.NoError(t, db.Get(&unknown, `SELECT COUNT(*) FROM outbox WHERE status = 'unknown'`))
	t.Logf("%d messages are unknown", unknown)
}

// requireSilenceAfterPaying: no message was claimed after the answer to the payment had come.
func requireSilenceAfterPaying(t *testing.T, db *sqlx.DB, paidAt map[string]time.Time) {
	t.Helper()
	require.Len(t, paidAt, faultPayers)
	for unitID, at := range paidAt {
		var later int
		require.NoError(t, db.Get(&later, `SELECT COUNT(*) FROM outbox o JOIN occupancy y ON y.org_id = o.org_id AND y.person_id = o.debtor_id
			WHERE y.unit_id = ? AND o.claimed_at > ?`, unitID, at.UTC()))
		require.Zerof(t, later, "unit %s was told after its payment was known", unitID)
	}
}

// requireNothingLeft runs `steward reconcile` as an operator would.
func (s *stack) requireNothingLeft() {
	s.t.Helper()
	key, err := os.ReadFile(filepath.Join(s.dir, "data.key"))
	require.NoError(s.t, err)
	f := s.dev()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "reconcile", "--dry-run")
	cmd.Env = append(os.Environ(), "STEWARD_MYSQL_DSN="+f.MySQLDSN, "STEWARD_DATA_KEY="+strings.TrimSpace(string(key)), "TEMPORAL_ADDRESS="+f.TemporalAddress)
	out, err := cmd.CombinedOutput()
	require.NoErrorf(s.t, err, "%s", out)
	s.t.Logf("reconcile: %s", out)
}
