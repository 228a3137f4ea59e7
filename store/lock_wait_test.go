package store_test

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/store/storetest"
)

// running is something that a test has started and that may have to wait for a lock.
type running struct {
	done chan struct{}
	err  error
}

func begin(do func() error) *running {
	r := &running{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = do()
	}()
	return r
}

// endedOr returns when r has ended, or when the row of a query is locked.
func (r *running) endedOr(t *testing.T, e *storetest.Env, query string, args ...any) {
	t.Helper()
	require.Eventually(t, func() bool {
		select {
		case <-r.done:
			return true
		default:
			return locked(t, e, query, args...)
		}
	}, 20*time.Second, 2*time.Millisecond)
}

func locked(t *testing.T, e *storetest.Env, query string, args ...any) bool {
	t.Helper()
	tx, err := e.DB.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), query+` FOR UPDATE NOWAIT`, args...)
	return err != nil
}

func (r *running) ended(t *testing.T) {
	t.Helper()
	<-r.done
	require.NoError(t, r.err)
}

// holdRows locks the rows of a query until the test lets them go.
func holdRows(t *testing.T, e *storetest.Env, query string, args ...any) *sqlx.Tx {
	t.Helper()
	tx, err := e.DB.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	var ids []string
	require.NoError(t, tx.SelectContext(t.Context(), &ids, query+` FOR UPDATE`, args...))
	require.NotEmpty(t, ids)
	return tx
}

// reversedMeanwhile is a household whose payment is being taken back, stopped in the middle by a lock on its message, while
// other is carried out.
func reversedMeanwhile(t *testing.T, other func(d *drive) error) (d *drive, caseID string) {
	d, unit, id := oneHousehold(t)
	p := d.payUnit(unit, 10_000)
	held := holdRows(t, d.Env, `SELECT id FROM outbox WHERE org_id = ? AND case_id = ?`, d.OrgID, id)
	reversal := begin(func() error {
		_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "银行退票")
		return err
	})
	reversal.endedOr(t, d.Env, `SELECT id FROM dunning_case WHERE org_id = ? AND id = ?`, d.OrgID, id)
	meanwhile := begin(func() error { return other(d) })
	meanwhile.endedOr(t, d.Env, `SELECT id FROM campaign WHERE org_id = ? AND id = ?`, d.OrgID, d.id)
	require.NoError(t, held.Rollback())
	reversal.ended(t)
	meanwhile.ended(t)
	return d, id
}

func TestACampaignDoesNotFinishWhileAReversalReopensItsLastCase(t *testing.T) {
	d, id := reversedMeanwhile(t, func(d *drive) error {
		_, err := d.Store.CloseCampaign(t.Context(), d.Scope, d.id)
		return err
	})
	c, err := d.Store.Case(t.Context(), d.Scope, id)
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, dunning.CampaignRunning, d.campaign().Status, "an open case needs a campaign that runs")
}

func TestAMessageThatAReversalQueuesDuringAPauseGoesOutAfterIt(t *testing.T) {
	d, _ := reversedMeanwhile(t, func(d *drive) error {
		_, err := d.Store.PauseCampaign(t.Context(), d.Scope, d.id, "")
		return err
	})
	require.Empty(t, d.send())
	_, err := d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	require.Len(t, d.send(), 1)
}

func TestACaseIsNotReopenedInACampaignThatIsBeingCancelled(t *testing.T) {
	d, id := reversedMeanwhile(t, func(d *drive) error {
		_, err := d.Store.CancelCampaign(t.Context(), d.Scope, d.id, "误发")
		return err
	})
	c, err := d.Store.Case(t.Context(), d.Scope, id)
	require.NoError(t, err)
	require.NotEqual(t, dunning.CaseOpen, c.Status)
	require.Empty(t, d.send())
}
