package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/money"
	"steward/store"
)

// A command whose answer was lost is repeated with the same id; these find their own work and do it no second time.

func TestARepeatedBatchSkipsOneStageOnly(t *testing.T) {
	d, _, id := oneHousehold(t)
	scope := d.Scope
	scope.CommandID = store.NewID()
	batch := dunning.CaseBatch{CaseIDs: []string{id, store.NewID()}, Order: dunning.CaseOrder{Command: dunning.OrderSkip, Reason: "已当面沟通"}}
	first, err := d.Store.CommandCases(t.Context(), scope, d.id, batch)
	require.NoError(t, err)
	require.Equal(t, 1, first.Done)
	require.Len(t, first.Refused, 1)
	after, err := d.Store.Case(t.Context(), d.Scope, id)
	require.NoError(t, err)
	again, err := d.Store.CommandCases(t.Context(), scope, d.id, batch)
	require.NoError(t, err)
	require.Equal(t, first, again)
	now, err := d.Store.Case(t.Context(), d.Scope, id)
	require.NoError(t, err)
	require.Equal(t, after.Stage, now.Stage)
}

func TestARepeatedPauseDoesNotUndoAResumption(t *testing.T) {
	d, _, _ := oneHousehold(t)
	scope := d.Scope
	scope.CommandID = store.NewID()
	_, err := d.Store.PauseCampaign(t.Context(), scope, d.id, "")
	require.NoError(t, err)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	_, err = d.Store.PauseCampaign(t.Context(), scope, d.id, "")
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignRunning, d.campaign().Status)
}

func TestARepeatedMatchFindsItsPayment(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	stray := e.payment(500)
	stray.UnitID = store.NewID()
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, stray))
	waiting, err := e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{Status: "open"}, pageOf(1))
	require.NoError(t, err)
	scope := e.Scope
	scope.CommandID = store.NewID()
	first, err := e.Store.MatchSuspense(t.Context(), scope, waiting.Items[0].ID, money.NewPayment{UnitID: unit})
	require.NoError(t, err)
	again, err := e.Store.MatchSuspense(t.Context(), scope, waiting.Items[0].ID, money.NewPayment{UnitID: unit})
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	e.sound()
}
