// Package storetest gives tests a real database: one private MariaDB for a test binary, migrated once, and a fresh
// organization for every test, which is what keeps tests apart.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/devstack"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/store"
)

// Env is what one test works with.
type Env struct {
	Store *store.Store
	DB    *sqlx.DB // for arranging and looking; the code under test goes through Store
	OrgID string
	Scope access.Scope // a system scope of this organization
	Clock *Clock
	Keys  *store.KeyRing
}

var shared struct {
	db  *sqlx.DB
	dsn string
}

const startLimit = 3 * time.Minute

// Main starts the database, runs the tests and ends it; TestMain passes the result to os.Exit.
func Main(m *testing.M) int {
	removeAbandoned()
	dir, err := os.MkdirTemp("", folderPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	server, err := devstack.StartMariaDB(ctx, devstack.MariaDBOptions{Dir: dir, BufferPoolMB: 64, Scratch: true})
	if err != nil {
		return fail(err)
	}
	defer server.Kill()
	db, err := store.Open(ctx, server.DSN(), 20)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = db.Close() }()
	if err := store.Migrate(ctx, db); err != nil {
		return fail(err)
	}
	shared.db, shared.dsn = db, server.DSN()
	return m.Run()
}

// DSN is the address of the binary's database, for code under test that opens a pool of its own.
func DSN() string { return shared.dsn }

// New makes an organization of its own for the test. Its clock stands at Start until the test turns it.
func New(t testing.TB) *Env {
	t.Helper()
	if shared.db == nil {
		t.Fatal("the package's TestMain must call storetest.Main")
	}
	keys, err := store.NewKeyRing([]byte("a key for tests, thirty-two long"))
	if err != nil {
		t.Fatal(err)
	}
	c := NewClock(Start)
	e := &Env{DB: shared.db, OrgID: store.NewID(), Clock: c, Keys: keys, Store: store.New(shared.db, keys, c)}
	e.Scope = access.ForSystem(e.OrgID)
	_, err = e.DB.ExecContext(t.Context(), `INSERT INTO organization (id, name, created_at) VALUES (?,?,?)`, e.OrgID, t.Name(), c.Now())
	if err != nil {
		t.Fatalf("make an organization: %v", err)
	}
	return e
}

// Start is when a test's business time begins: a Monday, 10:00 in China, no holiday.
var Start = time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)

// Clock is business time that stands still until the test turns it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock gives a clock that stands at an instant.
func NewClock(at time.Time) *Clock { return &Clock{now: at.UTC().Truncate(time.Microsecond)} }

// Now implements clock.Source.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Anchor implements clock.Source.
func (c *Clock) Anchor() clock.Anchor {
	now := c.Now()
	return clock.Anchor{Wall: now, Business: now, Speed: 1}
}

// Set turns the clock to an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at.UTC().Truncate(time.Microsecond)
}

// Advance turns the clock forward.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

const folderPrefix = "steward-test-"

// removeAbandoned clears what test binaries that were ended by force have left in the temporary folder.
func removeAbandoned() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range folders {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		pid, err := strconv.Atoi(owner)
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(folder)
		}
	}
}

func fail(err error) int {
	fmt.Fprintf(os.Stderr, "no database for the tests: %v\n", err)
	return 1
}
