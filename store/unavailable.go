package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/go-sql-driver/mysql"
)

// Unavailable tells whether an error means that the database could not be reached, gave up, lost the connection, or has no
// room to write: the same request may succeed later, and whether a write took effect is not known.
func Unavailable(err error) bool {
	if retryable(err) || DiskFull(err) || errIsAny(err, driver.ErrBadConn, mysql.ErrInvalidConn, sql.ErrConnDone, context.DeadlineExceeded) {
		return true
	}
	var network net.Error
	if errors.As(err, &network) {
		return true
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		switch my.Number {
		case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1290, 1317, 1927, 3024, 3169: // shutting down, killed, read-only, out of connections
			return true
		}
	}
	return false
}

func errIsAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// BadValue tells whether MySQL could not take or compare a value: too long, out of range, or with characters that an
// ASCII column does not hold. Callers check their input; this is the net under them.
func BadValue(err error) bool {
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return false
	}
	switch my.Number {
	case 1264, 1267, 1270, 1271, 1292, 1366, 1406, 1690, 3819, 3854, 4025: // a failed CHECK is 3819 in MySQL, 4025 in MariaDB
		return true
	}
	return false
}
