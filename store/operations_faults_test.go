package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"steward/store"
	"steward/store/storetest"
)

// faultsOf runs something and gives how many troubles of a class it made.
func faultsOf(class store.FaultClass, cause func()) int64 {
	before := store.Faults()[class]
	cause()
	return store.Faults()[class] - before
}

func TestTroublesOfTheDatabaseAreCountedByClass(t *testing.T) {
	db := storetest.New(t).DB
	exec := func(ctx context.Context, query string) func() {
		return func() {
			_, err := db.ExecContext(ctx, query)
			require.Error(t, err)
		}
	}
	require.EqualValues(t, 1, faultsOf(store.FaultOther, exec(t.Context(), `SELECT no_such_column FROM organization`)))
	require.EqualValues(t, 1, faultsOf(store.FaultLocks, exec(t.Context(), `SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213`)))
	require.EqualValues(t, 1, faultsOf(store.FaultReadOnly, exec(t.Context(), `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290`)))
	require.EqualValues(t, 1, faultsOf(store.FaultDiskFull, exec(t.Context(), `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114`)))
	require.EqualValues(t, 1, faultsOf(store.FaultConnections, exec(t.Context(), `SIGNAL SQLSTATE '08004' SET MYSQL_ERRNO = 1040`)))
	require.Zero(t, faultsOf(store.FaultOther, exec(t.Context(), `SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062`)), "a duplicate is an answer")

	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.EqualValues(t, 1, faultsOf(store.FaultTimeout, exec(short, `SELECT SLEEP(30)`)))
}

func TestADatabaseThatIsAwayIsCounted(t *testing.T) {
	require.Positive(t, faultsOf(store.FaultGone, func() {
		_, err := store.Open(t.Context(), "x:y@tcp(127.0.0.1:1)/steward", 1) // nobody listens there
		require.Error(t, err)
	}))
}

func TestAFullDiskIsNotTheCallersFault(t *testing.T) {
	for _, err := range []error{
		&mysql.MySQLError{Number: 1114, Message: "The table 'outbox' is full"},
		&mysql.MySQLError{Number: 1021, Message: "Disk full (/tmp/#sql-temptable); waiting for someone to free some space... (errno: 28 \"No space left on device\")"},
		&mysql.MySQLError{Number: 3, Message: "Error writing file './binlog.000002' (Errcode: 28 \"No space left on device\")"},
		&mysql.MySQLError{Number: 1030, Message: "Got error 28 \"No space left on device\" from storage engine InnoDB"},
	} {
		require.True(t, store.DiskFull(fmt.Errorf("write the import: %w", err)), err)
		require.True(t, store.Unavailable(err), "the same request may succeed later")
	}
	require.False(t, store.DiskFull(&mysql.MySQLError{Number: 1030, Message: "Got error 122 from storage engine"}))
	require.False(t, store.DiskFull(errors.New("the table is full")))
}
