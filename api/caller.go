package api

import (
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// Caller is embedded in the input of operations that need the transport's own facts.
type Caller struct {
	ip    string
	token string
}

// Resolve implements huma.Resolver.
func (c *Caller) Resolve(hc huma.Context) []error {
	g := humagin.Unwrap(hc)
	c.ip, c.token = g.ClientIP(), tokenOf(g)
	return nil
}

// The limits on failed sign-ins within their window; a success clears the login's count.
const (
	failuresPerLogin = 10
	failuresPerIP    = 100
	failureWindow    = 5 * time.Minute
	guardedCallers   = 50_000
)

// loginGuard slows down guessing: failures are counted by login with address, and by address alone. It lives in this
// process; several API processes each allow their own share.
type loginGuard struct {
	mu    sync.Mutex
	count map[string]failures
	now   func() time.Time
}

type failures struct {
	n     int
	until time.Time
}

func newLoginGuard() *loginGuard { return &loginGuard{count: map[string]failures{}, now: time.Now} }

// waitFor gives how long this caller must wait before the next try, 0 when it may go on.
func (g *loginGuard) waitFor(who, ip string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.waitOf(who, failuresPerLogin), g.waitOf(ip, failuresPerIP))
}

func (g *loginGuard) waitOf(key string, limit int) time.Duration {
	f := g.count[key]
	if f.n < limit {
		return 0
	}
	return max(f.until.Sub(g.now()), 0)
}

func (g *loginGuard) failed(who, ip string) { g.note(who, ip) }

// note counts one more try under each key.
func (g *loginGuard) note(keys ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.count) >= guardedCallers {
		g.forgetOld()
	}
	for _, key := range keys {
		f := g.count[key]
		if g.now().After(f.until) {
			f = failures{}
		}
		g.count[key] = failures{n: f.n + 1, until: g.now().Add(failureWindow)}
	}
}

func (g *loginGuard) succeeded(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.count, who)
}

// forgetOld keeps the table bounded: what has run out goes, and if that is not enough, everything.
func (g *loginGuard) forgetOld() {
	for key, f := range g.count {
		if g.now().After(f.until) {
			delete(g.count, key)
		}
	}
	if len(g.count) >= guardedCallers {
		clear(g.count)
	}
}
