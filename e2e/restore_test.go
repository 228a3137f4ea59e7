package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const restoreHouseholds = 40

// moment is when both stores were backed up.
type moment struct{ mysql, temporal string }

// past is a campaign that ran until its machine was lost: the first stage is told in both backups, the second one and a
// payment only in the later one, and both stores are gone.
type past struct {
	households    []household
	communityID   string
	campaignID    string
	before, after moment
	phones        []arrived // what the provider remembers; it is not lost
	lostAt        time.Time // business time
	early, late   household // who paid before the first backup, and between the two
	dir           string    // of the lost machine
}

// arrived is a row of the sandbox provider's own memory.
type arrived struct {
	ID         int64     `db:"id"`
	Channel    string    `db:"channel"`
	MessageKey string    `db:"message_key"`
	Recipient  string    `db:"recipient"`
	Text       string    `db:"text"`
	BusinessAt time.Time `db:"business_at"`
	WallAt     time.Time `db:"wall_at"`
	Repeated   bool      `db:"repeated"`
	FirstKey   *string   `db:"first_key"`
}

// Both stores are restored to different moments. Nobody is told the same thing twice by a provider that knows repeated
// keys, nothing goes out before a person has decided, who paid hears nothing more once the payment is there again, everybody
// else hears every stage, and the books agree.
func TestBothStoresRestoredToDifferentMoments(t *testing.T) {
	p := makePast(t)
	for name, c := range map[string]struct {
		mysql, temporal string // "" leaves Temporal's store empty
		redo            bool   // the second payment is not in MySQL's backup
		done            string // what reconcile says that it did with a cohort
	}{
		"MySQL older than Temporal":       {p.before.mysql, p.after.temporal, true, "re-armed"},
		"Temporal older than MySQL":       {p.after.mysql, p.before.temporal, false, "re-armed"},
		"MySQL older, Temporal empty":     {p.before.mysql, "", true, "rebuilt"},
		"MySQL and Temporal of one point": {p.after.mysql, p.after.temporal, false, "re-armed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			key, err := os.ReadFile(filepath.Join(p.dir, "data.key"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "data.key"), key, 0o600))
			steward(t, "restore", "mysql", "--dev", dir, "--from", c.mysql)
			if c.temporal != "" {
				steward(t, "restore", "temporal", "--dev", dir, "--from", c.temporal)
			}
			s := startDev(t, dir, "--speed", "17280", "--at", p.lostAt.Format(time.RFC3339))
			report, err := os.ReadFile(filepath.Join(dir, "logs", "reconcile.log"))
			require.NoError(t, err)
			require.Contains(t, string(report), "parked")
			require.Contains(t, string(report), c.done)
			p.goOn(s, c.redo)
		})
	}
	t.Run("only Temporal is lost", func(t *testing.T) {
		t.Parallel()
		p.temporalAlone(t)
	})
}

// temporalAlone: what MySQL says is true, nothing is parked, and everything goes on by itself.
func (p past) temporalAlone(t *testing.T) {
	steward(t, "restore", "temporal", "--dev", p.dir, "--from", p.before.temporal, "--replace")
	s := startDev(t, p.dir, "--speed", "17280")
	out, err := command(s.environment(), "reconcile")
	require.NoErrorf(t, err, "%s", out)
	require.Contains(t, out, "re-armed")
	require.NotContains(t, out, "parked")
	done := s.until(p.campaignID, 2*time.Minute, func(c campaign) bool { return c.Status == "finished" })
	require.Equal(t, 2, done.Paid)
	p.requireHeard(s)
}

// makePast runs a campaign for a while, backs both stores up twice, and stops.
func makePast(t *testing.T) past {
	dir, backups := t.TempDir(), t.TempDir()
	s := startDev(t, dir, "--speed", "17280", "--at", "2026-03-03T20:00")
	p := past{dir: dir, households: makeHouseholds(restoreHouseholds)}
	p.communityID = s.settle(p.households, "2026-02-25")
	p.early, p.late = p.households[3], p.households[11]
	p.early.unitID, p.late.unitID = s.findUnit(p.communityID, p.early), s.findUnit(p.communityID, p.late)
	p.campaignID = s.startCampaign(p.communityID, s.dailyStages()).ID

	s.until(p.campaignID, time.Minute, func(c campaign) bool { return len(c.Stages) == 3 && c.Stages[0].Sent == restoreHouseholds })
	s.pay(p.early.unitID, p.early.arrearsFen, "restore-early")
	p.before = s.backUp(backups)
	s.until(p.campaignID, time.Minute, func(c campaign) bool { return c.Stages[1].Sent == restoreHouseholds-1 })
	s.pay(p.late.unitID, p.late.arrearsFen, "restore-late")
	p.after = s.backUp(backups)

	require.NoError(t, s.db().Select(&p.phones, `SELECT id, channel, message_key, recipient, text, business_at, wall_at, repeated, first_key FROM sandbox_message`))
	p.lostAt = s.businessTime().Add(12 * time.Hour) // the clock is written some hours ahead at this speed
	s.stop()
	return p
}

// dailyStages is a policy of three text messages on three days that follow each other.
func (s *stack) dailyStages() (policyID string) {
	s.t.Helper()
	var stages []any
	for i, key := range []string{"first", "second", "third"} {
		from, days := "previous", 1
		if i == 0 {
			from, days = "due", 7
		}
		stages = append(stages, map[string]any{
			"key": key, "offset_days": days, "offset_from": from, "action": "message", "channels": []string{"sms"},
			"template": "【{{community}}】{{name}}您好，{{unit}}尚有{{amount}}未缴（{{periods}}），请及时缴纳。",
		})
	}
	var policy struct {
		ID string `json:"id"`
	}
	s.call(http.MethodPost, "/dunning-policies", map[string]any{
		"name": "每日短信", "min_gap_days": 1, "max_touches_per_week": 0, "quiet_hours": map[string]string{"from": "22:00", "to": "08:00"}, "stages": stages,
	}, 201).into(s.t, &policy)
	return policy.ID
}

// goOn is what people do after a restore: see that it waits, bring the payments in, let it go on.
func (p past) goOn(s *stack, redo bool) {
	p.remember(s)
	heard := s.phones().Received
	today := s.businessTime()
	require.Eventually(s.t, func() bool { return s.businessTime().After(today.AddDate(0, 0, 2)) }, startLimit, 200*time.Millisecond)
	c := s.campaign(p.campaignID)
	require.Equal(s.t, "needs_attention", c.Status)
	require.Equal(s.t, heard, s.phones().Received, "nothing goes out before a person has decided")

	if redo {
		s.pay(p.late.unitID, p.late.arrearsFen, "restore-late")
	}
	s.pay(p.early.unitID, p.early.arrearsFen, "restore-early") // a notice that is there already changes nothing
	s.call(http.MethodPost, "/campaigns/"+p.campaignID+"/resume", map[string]any{"reason": "付款已补录"}, 200)
	done := s.until(p.campaignID, 2*time.Minute, func(c campaign) bool { return c.Status == "finished" })
	require.Equal(s.t, 2, done.Paid)
	require.Equal(s.t, p.early.arrearsFen+p.late.arrearsFen, done.CollectedFen)
	p.requireHeard(s)
}

// remember gives the provider its memory back, which no restore of ours would have taken from it.
func (p past) remember(s *stack) {
	db := s.db()
	_, err := db.Exec(`DELETE FROM sandbox_message`)
	require.NoError(s.t, err)
	_, err = db.NamedExec(`INSERT INTO sandbox_message (id, channel, message_key, recipient, text, business_at, wall_at, repeated, first_key)
		VALUES (:id, :channel, :message_key, :recipient, :text, :business_at, :wall_at, :repeated, :first_key)`, p.phones)
	require.NoError(s.t, err)
}

// requireHeard: each stage once, for everyone as far as they had not paid; the messages that the provider knows are those of
// the outbox; and reconcile, which checks the books as well, finds nothing.
func (p past) requireHeard(s *stack) {
	db := s.db()
	requireSettled(s.t, db)
	requireNobodyToldTwice(s.t, db)
	heard := s.phones()
	for _, h := range p.households {
		want := 3
		switch h.phone {
		case p.early.phone:
			want = 1
		case p.late.phone:
			want = 2
		}
		require.Equalf(s.t, want, heard.ByRecipient[h.phone], "%s", h.phone)
	}
	var stray []string
	require.NoError(s.t, db.Select(&stray, `SELECT m.recipient FROM sandbox_message m LEFT JOIN outbox o ON o.id = m.message_key WHERE o.id IS NULL AND m.recipient <> ?`, p.late.phone))
	require.Empty(s.t, stray, "a message that was decided again has another key")
	require.Eventually(s.t, func() bool {
		out, err := command(s.environment(), "reconcile", "--dry-run")
		return err == nil && strings.Contains(out, "nothing to reconcile")
	}, time.Minute, time.Second)
}

func (s *stack) businessTime() time.Time {
	s.t.Helper()
	var now struct {
		Now time.Time `json:"now"`
	}
	s.call(http.MethodGet, "/clock", nil, 200).into(s.t, &now)
	return now.Now
}

// backUp copies both stores while they are in use.
func (s *stack) backUp(to string) (m moment) {
	s.t.Helper()
	into := filepath.Join(to, fmt.Sprint(time.Now().UnixNano()))
	steward(s.t, "backup", "mysql", "--dev", s.dir, "--to", into)
	steward(s.t, "backup", "temporal", "--dev", s.dir, "--to", into)
	for kind, place := range map[string]*string{"steward-mysql-*": &m.mysql, "steward-temporal-*": &m.temporal} {
		found, err := filepath.Glob(filepath.Join(into, kind))
		require.NoError(s.t, err)
		require.Len(s.t, found, 1)
		*place = found[0]
	}
	return m
}

// steward runs a command of the program as an operator would.
func steward(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(nil, args...)
	require.NoErrorf(t, err, "steward %s: %s", strings.Join(args, " "), out)
	return out
}

func command(env []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
