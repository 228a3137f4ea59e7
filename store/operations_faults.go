package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/go-sql-driver/mysql"
)

// FaultClass says what kind of trouble an error of the database is, for those who keep it running.
type FaultClass string

// The classes. A duplicate key is none: it is an answer.
const (
	FaultDiskFull    FaultClass = "disk_full"
	FaultLocks       FaultClass = "locks"       // deadlocks and lock waits that ran out; repeated by themselves
	FaultConnections FaultClass = "connections" // the server takes no more of them
	FaultReadOnly    FaultClass = "read_only"   // a replica, or a primary that has stepped down
	FaultGone        FaultClass = "gone"        // not reachable, or lost in the middle
	FaultTimeout     FaultClass = "timeout"
	FaultOther       FaultClass = "other"
)

var faultClasses = []FaultClass{FaultDiskFull, FaultLocks, FaultConnections, FaultReadOnly, FaultGone, FaultTimeout, FaultOther}

// faults counts over the whole process: pools come and go.
var faults = func() map[FaultClass]*atomic.Int64 {
	counts := make(map[FaultClass]*atomic.Int64, len(faultClasses))
	for _, class := range faultClasses {
		counts[class] = new(atomic.Int64)
	}
	return counts
}()

// Faults gives how many errors of each class the database has answered with since this process started.
func Faults() map[FaultClass]int64 {
	counts := make(map[FaultClass]int64, len(faults))
	for class, n := range faults {
		counts[class] = n.Load()
	}
	return counts
}

const errDuplicateKey = 1062

// classOfFault gives "" for what is no trouble of the database.
func classOfFault(err error) FaultClass {
	switch {
	case err == nil, errors.Is(err, driver.ErrSkip), errors.Is(err, context.Canceled):
		return ""
	case DiskFull(err):
		return FaultDiskFull
	case errors.Is(err, context.DeadlineExceeded):
		return FaultTimeout
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return classOfNumber(my.Number)
	}
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return FaultTimeout
	}
	return FaultGone
}

func classOfNumber(number uint16) FaultClass {
	switch number {
	case errDuplicateKey:
		return ""
	case 1205, 1213:
		return FaultLocks
	case 1040, 1203, 1226:
		return FaultConnections
	case 1290, 1792, 1836:
		return FaultReadOnly
	case 1053, 1077, 1079, 1927:
		return FaultGone
	case 1969, 3024: // MariaDB's and MySQL's statement time
		return FaultTimeout
	}
	return FaultOther
}

// errNoSpace is the operating system's number for a full disk, which the server repeats in its messages.
const errNoSpace = "rrcode: 28"

// DiskFull tells whether the database could not write because its disk is full, or its tablespace may not grow.
func DiskFull(err error) bool {
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return false
	}
	switch my.Number {
	case 1021, 1114:
		return true
	case 3, 1026, 1030: // a file that can't be written; error %d from the storage engine
		return strings.Contains(my.Message, errNoSpace) || strings.Contains(my.Message, "error 28")
	}
	return false
}

// counted notes an error's class and gives the error back.
func counted(err error) error {
	if class := classOfFault(err); class != "" {
		faults[class].Add(1)
	}
	return err
}

// driverConn is what the MySQL driver's connections can do; the pool uses all of it.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// countingConn counts the troubles of one connection.
type countingConn struct{ driverConn }

// countFaults wraps a connection.
func countFaults(conn driver.Conn) (driver.Conn, error) {
	c, ok := conn.(driverConn)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("the MySQL driver's %T lacks what the pool needs", conn)
	}
	return countingConn{c}, nil
}

// ExecContext implements driver.ExecerContext.
func (c countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	res, err := c.driverConn.ExecContext(ctx, query, args)
	return res, counted(err)
}

// QueryContext implements driver.QueryerContext.
func (c countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.driverConn.QueryContext(ctx, query, args)
	return rows, counted(err)
}

// BeginTx implements driver.ConnBeginTx.
func (c countingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.driverConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, counted(err)
	}
	return countingTx{tx}, nil
}

type countingTx struct{ driver.Tx }

// Commit implements driver.Tx.
func (t countingTx) Commit() error { return counted(t.Tx.Commit()) }
