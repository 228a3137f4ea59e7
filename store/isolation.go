package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// readCommitted opens connections whose single statements read what is committed, like the transactions of inTx: a claim
// then reads the case and the campaign without locking them. The address can't say it, because MySQL and MariaDB name the
// variable differently; this statement is the same on both. Errors of its connections are counted by class.
type readCommitted struct{ driver.Connector }

// Connect implements driver.Connector.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, counted(err)
	}
	exec, ok := conn.(driver.ExecerContext)
	if !ok {
		_ = conn.Close()
		return nil, errors.New("the MySQL driver runs no statements")
	}
	if _, err := exec.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("set the isolation level: %w", counted(err))
	}
	return countFaults(conn)
}
