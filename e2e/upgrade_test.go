package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"steward/devstack"
)

const (
	upgradeHouseholds = 90
	upgradePayers     = 9
)

// A release is rolled out and taken back while a campaign runs: workers without a build id hand over to one build, that to the
// next, and that back again; each is ended with SIGTERM when its successor has the tasks. An API beside dev's is ended while
// a page listens and cashiers book. Nobody is missed, nobody is told twice, nothing is booked twice.
func TestReleasesFollowEachOtherWhileACampaignRuns(t *testing.T) {
	s := startDev(t, t.TempDir(), "--speed", "17280", "--at", "2026-03-02T09:00")
	households := makeHouseholds(upgradeHouseholds)
	communityID := s.settle(households, "2026-02-25")
	for i := range upgradePayers {
		households[i].unitID = s.findUnit(communityID, households[i])
	}
	secondAPI := s.beside("api", "--dev")
	page := s.listen(secondAPI.url)
	first := s.beside("worker", "--build-id", "2026.1")
	first.standsBy("without build id")
	s.steward("release", "use", "2026.1")
	s.refuses("not ask for all tasks", "release", "use", "2026.3", "--wait", "0s")

	c := s.startCampaign(communityID, s.ladder(6, 2, 2))
	s.until(c.ID, time.Minute, func(c campaign) bool { return len(c.Stages) == 3 && c.Stages[0].Sent > 0 })
	next := s.beside("worker", "--build-id", "2026.2")
	next.standsBy("2026.1")
	s.steward("release", "use", "2026.2")
	first.end()

	s.payWhileEnding(secondAPI, households[:upgradePayers])
	page.endsAndResumes(s.dev().BaseURL)

	s.until(c.ID, time.Minute, func(c campaign) bool { return c.Stages[1].Sent > 0 })
	back := s.beside("worker", "--build-id", "2026.1")
	s.steward("release", "use", "2026.1")
	next.end()

	done := s.until(c.ID, 2*time.Minute, func(c campaign) bool { return c.Status == "finished" })
	require.Equal(t, upgradeHouseholds, done.Households)
	require.Equal(t, upgradePayers, done.Paid)
	db := s.db()
	requireSettled(t, db)
	requireNobodyMissed(t, db)
	requireNobodyToldTwice(t, db)
	page.requireGapless(func(from, to int64) (n int) {
		require.NoError(t, db.Get(&n, `SELECT COUNT(*) FROM change_feed WHERE seq BETWEEN ? AND ?`, from, to))
		return n
	})
	require.Equal(t, []string{"2026.1", "2026.2", "2026.1"}, s.buildsOf("campaign/"+c.ID+"/cohort/0"), "each build worked on it, in this order")
	s.requireNothingLeft()
	unversioned, err := os.ReadFile(filepath.Join(s.dir, "logs", "worker.log"))
	require.NoError(t, err)
	require.Contains(t, string(unversioned), "standby: all tasks go to 2026.1", "dev's worker has no build id")
	back.end()
}

// process is one more process of Steward, beside dev's own.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	log string
}

// environment is what a process of this system needs to know.
func (s *stack) environment() []string {
	f := s.dev()
	return append(os.Environ(), "STEWARD_MYSQL_DSN="+f.MySQLDSN, "STEWARD_DATA_KEY_FILE="+filepath.Join(s.dir, "data.key"),
		"TEMPORAL_ADDRESS="+f.TemporalAddress, "TEMPORAL_NAMESPACE=default", "STEWARD_DEV=1", "STEWARD_WEBHOOK_SECRET="+f.WebhookSecret)
}

// beside starts a process and waits until it is ready.
func (s *stack) beside(command string, args ...string) *process {
	s.t.Helper()
	port, err := devstack.FreePort()
	require.NoError(s.t, err)
	address := "127.0.0.1:" + strconv.Itoa(port)
	listen := map[string]string{"api": "--listen", "worker": "--metrics-listen"}[command]
	p := &process{t: s.t, url: "http://" + address, log: filepath.Join(s.t.TempDir(), command+".log")}
	log, err := os.Create(p.log)
	require.NoError(s.t, err)
	defer func() { _ = log.Close() }()
	p.cmd = exec.Command(binary, append([]string{command, listen, address}, args...)...)
	p.cmd.Env, p.cmd.Stderr = s.environment(), log
	require.NoError(s.t, p.cmd.Start())
	s.t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if content, err := os.ReadFile(p.log); err == nil && s.t.Failed() {
			s.t.Logf("%s %v:\n%s", command, args, content)
		}
	})
	require.Eventually(s.t, func() bool { _, err := p.get("/readyz"); return err == nil }, startLimit, 50*time.Millisecond)
	return p
}

func (p *process) get(path string) (string, error) {
	res, err := http.Get(p.url + path)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", res.StatusCode, b)
	}
	return string(b), err
}

// standsBy: a worker whose build does not get the tasks says so on its probe, in its figures and in its log.
func (p *process) standsBy(current string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { words, _ := p.get("/readyz"); return strings.Contains(words, "standby") }, time.Minute, 50*time.Millisecond)
	words, err := p.get("/readyz")
	require.NoError(p.t, err)
	require.Contains(p.t, words, current)
	figures, err := p.get("/metrics")
	require.NoError(p.t, err)
	require.Regexp(p.t, `(?m)^steward_worker_standby\{.*\} 1$`, figures)
	log, err := os.ReadFile(p.log)
	require.NoError(p.t, err)
	require.Contains(p.t, string(log), "standby: all tasks go to")
}

// end asks the process to stop, as a rollout does, and expects that it does so in good order.
func (p *process) end() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.cmd.Wait())
}

// steward runs a command as an operator would.
func (s *stack) steward(args ...string) {
	s.t.Helper()
	out, err := s.command(args...)
	require.NoErrorf(s.t, err, "steward %v: %s", args, out)
}

// refuses expects that a command fails with these words.
func (s *stack) refuses(words string, args ...string) {
	s.t.Helper()
	out, err := s.command(args...)
	require.Errorf(s.t, err, "steward %v", args)
	require.Contains(s.t, out, words)
}

func (s *stack) command(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = s.environment()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// payWhileEnding books payments at an API that is ended meanwhile; what it does not take goes to dev's under the same key.
func (s *stack) payWhileEnding(p *process, payers []household) {
	s.t.Helper()
	ended := make(chan struct{})
	for i, h := range payers {
		if i == len(payers)/2 {
			go func() { defer close(ended); p.end() }()
		}
		body := s.payment(h.unitID, h.arrearsFen, fmt.Sprintf("upgrade-%04d", i))
		key := fmt.Sprintf("upgrade-%d-%d", os.Getpid(), i)
		a, err := s.tryAt(p.url, http.MethodPost, "/payments", key, body)
		for deadline := time.Now().Add(startLimit); (err != nil || a.status >= 500) && time.Now().Before(deadline); {
			a, err = s.try(http.MethodPost, "/payments", key, body)
		}
		require.NoError(s.t, err)
		require.Containsf(s.t, []int{200, 201}, a.status, "%s", a.body)
	}
	<-ended
}

// buildsOf tells which builds worked on a process, one after the other.
func (s *stack) buildsOf(workflowID string) (builds []string) {
	s.t.Helper()
	temporal, err := client.Dial(client.Options{HostPort: s.dev().TemporalAddress})
	require.NoError(s.t, err)
	defer temporal.Close()
	history := temporal.GetWorkflowHistory(s.t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(s.t, err)
		task := event.GetWorkflowTaskCompletedEventAttributes()
		if task == nil {
			continue
		}
		if id := task.GetDeploymentVersion().GetBuildId(); len(builds) == 0 || builds[len(builds)-1] != id {
			builds = append(builds, id)
		}
	}
	return builds
}

// page is a console that listens to /events.
type page struct {
	s     *stack
	lines chan string
	ids   []int64
}

func (s *stack) listen(baseURL string) *page {
	p := &page{s: s}
	p.open(baseURL, "")
	return p
}

// open starts to listen and waits for the first line.
func (p *page) open(baseURL, lastEventID string) {
	p.s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, baseURL+"/api/v1/events", http.NoBody)
	require.NoError(p.s.t, err)
	req.Header.Set("Authorization", "Bearer "+p.s.dev().Logins["admin"].Token)
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(p.s.t, err)
	require.Equal(p.s.t, http.StatusOK, res.StatusCode)
	lines := make(chan string, 100_000)
	go func() {
		defer close(lines)
		defer func() { _ = res.Body.Close() }()
		for scan := bufio.NewScanner(res.Body); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	p.s.t.Cleanup(func() { _ = res.Body.Close() })
	p.lines = lines
	require.Contains(p.s.t, <-lines, "retry")
}

// take notes the events that have come; it returns when the stream ends, or when nothing more is there and wait is false.
func (p *page) take(wait bool) {
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				return
			}
			require.NotContains(p.s.t, line, "reset")
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				n, err := strconv.ParseInt(id, 10, 64)
				require.NoError(p.s.t, err)
				p.ids = append(p.ids, n)
			}
		default:
			if !wait {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// endsAndResumes: the stream of an API that stops has an end, and another API goes on from where it stood.
func (p *page) endsAndResumes(baseURL string) {
	p.s.t.Helper()
	p.take(true)
	require.NotEmpty(p.s.t, p.ids)
	p.open(baseURL, strconv.FormatInt(p.ids[len(p.ids)-1], 10))
}

// requireGapless: over both streams every change came once and in order. The first id only says where the stream began.
func (p *page) requireGapless(count func(from, to int64) int) {
	p.s.t.Helper()
	p.take(false)
	seen := map[int64]bool{}
	for i, id := range p.ids {
		require.GreaterOrEqual(p.s.t, id, p.ids[max(i-1, 0)])
		seen[id] = true
	}
	from, to := p.ids[0], p.ids[len(p.ids)-1]
	require.Greater(p.s.t, to, from)
	require.Equal(p.s.t, count(from+1, to), len(seen)-1)
}
