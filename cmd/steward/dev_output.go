package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"steward/devstack"
)

// devOutput is what a person sees of steward dev: one line for each step, in Chinese and English.
type devOutput struct {
	mu  sync.Mutex
	out io.Writer
}

func newDevOutput(out io.Writer) *devOutput { return &devOutput{out: out} }

func (o *devOutput) line(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = fmt.Fprintln(o.out, text)
}

func (o *devOutput) progress(what string) { o.line("    " + what) }

// devStep is one step of the start.
type devStep struct {
	out   *devOutput
	name  string
	began time.Time
}

func (o *devOutput) step(name string) devStep { return devStep{out: o, name: name, began: time.Now()} }

func (s devStep) done() {
	s.out.line(fmt.Sprintf("  ✓ %s (%.1f s)", s.name, time.Since(s.began).Seconds()))
}

func (s devStep) failed(err error) error {
	s.out.line(fmt.Sprintf("  ✗ %s (%.1f s)", s.name, time.Since(s.began).Seconds()))
	return err
}

func (o *devOutput) fell(name string, why error, tail, logFile string, next time.Duration) {
	lines := strings.Split(tail, "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	var problem *devstack.Problem
	switch {
	case errors.As(why, &problem):
		last = problem.Error()
	case why != nil && last == "":
		last = why.Error()
	case why != nil:
		last = why.Error() + ": " + last
	}
	o.line(fmt.Sprintf("%s 停止了，%s 后重启 / it ended and starts again in %s (log: %s)", name, next, next, logFile))
	if last != "" {
		o.line("    " + strings.ReplaceAll(last, "\n", "\n    "))
	}
}

func (o *devOutput) stopped(name string, took time.Duration) {
	o.line(fmt.Sprintf("  ✓ %s 已停止 / stopped (%.1f s)", name, took.Seconds()))
}

// devDescription is what the screen shows when everything runs.
type devDescription struct {
	facts  [][2]string
	logins []devLoginLine
}

type devLoginLine struct{ role, login, password string }

func (o *devOutput) ready(d devDescription) {
	var b strings.Builder
	b.WriteString("\n")
	for _, fact := range d.facts {
		b.WriteString(text.Pad(fact[0], 28, ' ') + fact[1] + "\n")
	}
	if len(d.logins) > 0 {
		b.WriteString("\n演示账号 / demo logins\n")
		for _, l := range d.logins {
			b.WriteString("  " + text.Pad(l.role, 20, ' ') + text.Pad(l.login, 20, ' ') + l.password + "\n")
		}
	}
	b.WriteString("\n按 Ctrl-C 停止 / Ctrl-C stops it")
	o.line(b.String())
}
