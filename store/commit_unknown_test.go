package store_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/store"
	"steward/store/storetest"
)

// cutAt tells where a line is cut when a commit goes over it.
type cutAt int

const (
	nowhere cutAt = iota
	beforeCommit
	afterCommit // the database has committed, and nobody hears it
)

const (
	waitLimit = 10 * time.Second
	waitStep  = 5 * time.Millisecond
)

// line is a connection to the database that can be cut at the next commit.
type line struct {
	address string
	mu      sync.Mutex
	cut     cutAt
}

func (l *line) next() cutAt {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.cut
	l.cut = nowhere
	return c
}

func (l *line) cutNext(at cutAt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = at
}

// newLine gives a store whose connections go over a line.
func newLine(t *testing.T, e *storetest.Env) (*line, *store.Store) {
	t.Helper()
	cfg, err := mysql.ParseDSN(storetest.DSN())
	require.NoError(t, err)
	l := &line{address: cfg.Addr}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(client)
		}
	}()
	cfg.Addr = listener.Addr().String()
	db, err := store.Open(t.Context(), cfg.FormatDSN(), 2)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return l, store.New(db, e.Keys, e.Clock)
}

var commitPacket = []byte("\x07\x00\x00\x00\x03COMMIT")

func (l *line) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "tcp", l.address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	answers := make(chan struct{})
	var deaf sync.Mutex // held while the client must not hear the server
	go func() {
		defer close(answers)
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				return
			}
			deaf.Lock()
			_, err = client.Write(buffer[:n])
			deaf.Unlock()
			if err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Equal(buffer[:n], commitPacket) {
			switch l.next() {
			case beforeCommit:
				return
			case afterCommit:
				deaf.Lock()
				_ = client.Close()
				_, _ = server.Write(buffer[:n])
				_, _ = server.Write([]byte("\x01\x00\x00\x00\x01")) // COM_QUIT: the server answers and closes
				deaf.Unlock()
				<-answers
				_, _ = io.Copy(io.Discard, server)
				return
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestAPaymentWhoseCommitNobodyHeardIsRecordedOnce(t *testing.T) {
	for name, at := range map[string]cutAt{"not committed": beforeCommit, "committed": afterCommit} {
		t.Run(name, func(t *testing.T) {
			e := newMoneyEnv(t)
			unit, owner := e.household()
			bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10_000)
			l, far := newLine(t, e.Env)
			p := e.payment(10_000)
			p.UnitID = unit
			l.cutNext(at)
			_, _, err := far.RecordPayment(t.Context(), e.Scope, p)
			require.Error(t, err)
			require.True(t, store.Unavailable(err), "the caller is told that nobody knows: %v", err)
			require.Eventually(t, func() bool { return (e.unpaid(bill) == 0) == (at == afterCommit) }, waitLimit, waitStep)

			recorded, existed, err := far.RecordPayment(t.Context(), e.Scope, p)
			require.NoError(t, err)
			require.Equal(t, at == afterCommit, existed)
			require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 10_000}}, recorded.Allocations)
			var payments int
			require.NoError(t, e.DB.GetContext(t.Context(), &payments, `SELECT COUNT(*) FROM payment WHERE org_id = ?`, e.OrgID))
			require.Equal(t, 1, payments)
			e.sound()
		})
	}
}

func TestAReversalWhoseCommitNobodyHeardIsDoneOnce(t *testing.T) {
	for name, at := range map[string]cutAt{"not committed": beforeCommit, "committed": afterCommit} {
		t.Run(name, func(t *testing.T) {
			e := newMoneyEnv(t)
			unit, owner := e.household()
			bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10_000)
			p := e.payUnit(unit, 10_000)
			l, far := newLine(t, e.Env)
			scope := e.Scope
			scope.CommandID = store.NewID()
			l.cutNext(at)
			_, err := far.ReversePayment(t.Context(), scope, p.ID, "退票")
			require.True(t, store.Unavailable(err), "%v", err)
			require.Eventually(t, func() bool { return (e.unpaid(bill) == 10_000) == (at == afterCommit) }, waitLimit, waitStep)
			reversed, err := far.ReversePayment(t.Context(), scope, p.ID, "退票")
			require.NoError(t, err, "the same command finds its own work")
			require.Equal(t, money.PaymentReversed, reversed.Status)
			require.Equal(t, int64(10_000), e.unpaid(bill))
			e.sound()
		})
	}
}
