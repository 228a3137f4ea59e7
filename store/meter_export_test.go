package store

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
)

// What billing uses of this package, for tests from outside.

func (s *Store) UsesForBilling(t *testing.T, orgID, communityID string, items map[string]string, unitIDs []string, from, to calendar.Date) map[string][]useForBilling {
	t.Helper()
	uses, err := readingsForBilling(t.Context(), s.db, orgID, communityID, items, unitIDs, from, to)
	require.NoError(t, err)
	return uses
}

func (s *Store) Freeze(t *testing.T, orgID, feeItemID, runID string, readingIDs []string) {
	t.Helper()
	require.NoError(t, s.inTx(t.Context(), "freeze", func(tx *sqlx.Tx) error { return freezeReadings(t.Context(), tx, orgID, feeItemID, runID, readingIDs) }))
}

func (s *Store) Thaw(t *testing.T, orgID, runID string) {
	t.Helper()
	require.NoError(t, s.inTx(t.Context(), "thaw", func(tx *sqlx.Tx) error { return thawReadings(t.Context(), tx, orgID, runID) }))
}
