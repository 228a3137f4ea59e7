package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/store"
	"steward/store/storetest"
)

// TestTwoRelaysNumberTheSameFeed: a relay that has lost its lead without knowing goes on for a moment beside the new one;
// a reader that follows the numbers misses nothing.
func TestTwoRelaysNumberTheSameFeed(t *testing.T) {
	e := storetest.New(t)
	bounds, err := e.Store.FeedBounds(t.Context())
	require.NoError(t, err)
	const writers, each = 4, 60
	var writing, numbering sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		writing.Go(func() {
			for range each {
				tx, err := e.DB.BeginTxx(t.Context(), nil)
				if err != nil {
					errs[w] = err
					return
				}
				_, err = tx.ExecContext(t.Context(), `INSERT INTO change_feed (org_id, kind, subject_id, at) VALUES (?, 'case', ?, ?)`, e.OrgID, store.NewID(), e.Clock.Now())
				errs[w] = errors.Join(errs[w], err, tx.Commit())
			}
		})
	}
	var written atomic.Bool
	for range 2 {
		numbering.Go(func() {
			for {
				last := written.Load()
				n, err := e.Store.NumberFeed(t.Context(), 7)
				if err == nil && n == 0 && last {
					return
				}
			}
		})
	}
	var seen []int64
	own := 0
	at := bounds.Last
	read := func() {
		changes, err := e.Store.ChangesAfter(t.Context(), at, 50)
		require.NoError(t, err)
		for _, c := range changes {
			at = c.Seq
			seen = append(seen, c.Seq)
			if c.OrgID == e.OrgID {
				own++
			}
		}
	}
	go func() { writing.Wait(); written.Store(true) }()
	for !written.Load() {
		read()
	}
	numbering.Wait()
	for before := -1; before != len(seen); {
		before = len(seen)
		read()
	}
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, writers*each, own, "the reader has seen every change")
	require.IsIncreasing(t, seen)
}

func TestALeadEndsWithItsConnection(t *testing.T) {
	e := storetest.New(t)
	lead, err := e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	require.NotNil(t, lead)
	var schema string
	require.NoError(t, e.DB.GetContext(t.Context(), &schema, `SELECT DATABASE()`))
	sum := sha256.Sum256([]byte(schema + "/" + e.OrgID))
	var connection int64
	require.NoError(t, e.DB.GetContext(t.Context(), &connection, `SELECT IS_USED_LOCK(?)`, "steward-"+hex.EncodeToString(sum[:16])))
	_, err = e.DB.ExecContext(t.Context(), `KILL CONNECTION ?`, connection)
	require.NoError(t, err)
	require.False(t, lead.Held(t.Context()))
	var next *store.Leadership
	require.Eventually(t, func() bool {
		next, err = e.Store.Lead(t.Context(), e.OrgID)
		return err == nil && next != nil
	}, waitLimit, waitStep)
	require.True(t, next.Held(t.Context()))
	lead.GiveUp()
	require.True(t, next.Held(t.Context()), "giving up what was lost takes nothing from the successor")
	next.GiveUp()
}

func TestALeaderWhoseMachineVanishesIsNotWaitedForLong(t *testing.T) {
	e := storetest.New(t)
	lead, err := e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	defer lead.GiveUp()
	seconds, err := store.LeadSilence(t.Context(), lead)
	require.NoError(t, err)
	require.Equal(t, 60, seconds)
}
