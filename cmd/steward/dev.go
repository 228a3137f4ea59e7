package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"steward/devstack"
	"steward/domain/calendar"
	"steward/store"
)

// DevCmd runs the whole system on this machine: database, Temporal, API and worker, with a demo community.
type DevCmd struct {
	Speed  float64 `help:"Business seconds for every second of the wall, at most 17280 (a day in five seconds)." default:"1"`
	At     string  `help:"Move business time forward to this instant (2026-03-09, 2026-03-09T10:00 or RFC 3339; China time)." placeholder:"TIME"`
	Listen string  `help:"Where the API and the console listen; port 0 takes a free one." default:"127.0.0.1:8080"`
	Data   string  `help:"Folder for all state." default:".steward" type:"path"`
	Demo   bool    `help:"Make the demo community." default:"true" negatable:""`
}

// Run starts everything, keeps it running and stops it in order on Ctrl-C.
func (c *DevCmd) Run() error {
	// Output that nobody reads any more must not end this program: SIGHUP and the others stop it in order.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	_ = mysql.SetLogger(log.New(io.Discard, "", 0)) // lost connections are news of a restart, and that is told already
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	say := newDevOutput(os.Stdout)
	settings, err := c.settings(time.Now())
	if err != nil {
		return err
	}
	unlock, err := lockDataFolder(settings.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := settings.preflight(); err != nil {
		return err
	}
	stack := &devStack{devSettings: settings, say: say, instance: store.NewID()}
	defer stack.stop()
	if err := stack.start(ctx); err != nil {
		if ctx.Err() != nil {
			say.line("启动已中断 / start interrupted")
			return nil
		}
		return err
	}
	say.ready(stack.description())
	<-ctx.Done()
	time.AfterFunc(sameSignal, stop) // a second Ctrl-C ends this program at once, and the kernel ends the children
	say.line("")
	say.line("正在停止（再按一次 Ctrl-C 强制退出）/ stopping (Ctrl-C again to force)")
	return nil
}

// devSettings are the checked flags.
type devSettings struct {
	dir     string // absolute
	listen  string // host:port, port never 0
	baseURL string
	speed   float64
	at      time.Time // zero: go on from where time stood
	demo    bool
}

func (c *DevCmd) settings(now time.Time) (devSettings, error) {
	s := devSettings{speed: c.Speed, demo: c.Demo}
	if !(c.Speed >= store.MinClockSpeed && c.Speed <= store.MaxClockSpeed) {
		return s, &devstack.Problem{
			Code: "speed-out-of-range",
			Zh:   fmt.Sprintf("--speed %g 超出范围。", c.Speed), En: fmt.Sprintf("--speed %g is out of range.", c.Speed),
			FixZh: fmt.Sprintf("请使用 %g 到 %d 之间的数值。", store.MinClockSpeed, store.MaxClockSpeed),
			FixEn: fmt.Sprintf("Use a number from %g to %d.", store.MinClockSpeed, store.MaxClockSpeed),
		}
	}
	var err error
	if s.at, err = parseAt(c.At, now); err != nil {
		return s, err
	}
	if s.listen, s.baseURL, err = resolveListen(c.Listen); err != nil {
		return s, err
	}
	if s.dir, err = filepath.Abs(c.Data); err != nil {
		return s, fmt.Errorf("find the data folder: %w", err)
	}
	return s, nil
}

var atLayouts = []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", time.DateTime}

const farthestYears = 50

// parseAt reads an instant; without a zone it is China's. "" is the zero instant.
func parseAt(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range atLayouts {
		if err == nil {
			break
		}
		at, err = time.ParseInLocation(layout, text, calendar.Shanghai)
	}
	if err == nil && (at.After(now.AddDate(farthestYears, 0, 0)) || at.Before(now.AddDate(-farthestYears, 0, 0))) {
		err = fmt.Errorf("%s is more than %d years away", text, farthestYears)
	}
	if err != nil {
		return time.Time{}, &devstack.Problem{
			Code: "bad-time",
			Zh:   fmt.Sprintf("--at %q 不是有效的时间。", text), En: fmt.Sprintf("--at %q is not a usable time.", text),
			FixZh: "请使用 2026-03-09、2026-03-09T10:00 或 2026-03-09T10:00:00+08:00 的写法。",
			FixEn: "Write 2026-03-09, 2026-03-09T10:00 or 2026-03-09T10:00:00+08:00.", Cause: err,
		}
	}
	return at, nil
}

// clockProblem explains a refusal to turn time back.
func clockProblem(err error) error {
	if !errors.Is(err, store.ErrClockBackwards) {
		return err
	}
	return &devstack.Problem{
		Code: "clock-backwards",
		Zh:   "业务时间只能向前调整，--at 早于当前业务时间。", En: "Business time only moves forward, and --at lies behind it.",
		FixZh: "请指定更晚的时间、去掉 --at，或运行 make clean-state 重新开始。",
		FixEn: "Name a later time, leave --at out, or start afresh with make clean-state.", Cause: err,
	}
}
