package engine

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/billingrun"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/money"
)

// toldStore notes which anchors campaigns were told of; nobody is live.
type toldStore struct {
	RelayStore
	asked int
	told  []clock.Anchor
}

func (s *toldStore) AnchorTold(context.Context, clock.Anchor) (bool, error) {
	s.asked++
	return false, nil
}

func (s *toldStore) TellAnchor(_ context.Context, a clock.Anchor) error {
	s.told = append(s.told, a)
	return nil
}

func (s *toldStore) LiveCampaigns(context.Context) ([]dunning.CampaignRef, error) { return nil, nil }

func (s *toldStore) ScheduledCommunities(context.Context) ([]billingrun.CommunityRef, error) {
	return nil, nil
}

func (s *toldStore) LiveApprovals(context.Context) ([]money.ApprovalRef, error) { return nil, nil }

// readings is a clock that gives one anchor after the other.
type readings struct {
	clock.Source
	anchors []clock.Anchor
}

func (r *readings) Anchor() clock.Anchor {
	next := r.anchors[0]
	r.anchors = r.anchors[1:]
	return next
}

// A production database has no anchor: each reading of the clock is wall time of its moment, which is no turn.
func TestOnlyATurnedClockIsTold(t *testing.T) {
	wall := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	plain := func(after time.Duration) clock.Anchor {
		return clock.Anchor{Wall: wall.Add(after), Business: wall.Add(after), Speed: 1}
	}
	turned := clock.Anchor{Wall: wall.Add(time.Second), Business: wall.AddDate(0, 0, 1), Speed: 1}
	fast := clock.Anchor{Wall: wall.Add(2 * time.Second), Business: wall.AddDate(0, 0, 2), Speed: 17280}
	s := &toldStore{}
	source := &readings{anchors: []clock.Anchor{plain(0), plain(200 * time.Millisecond), plain(400 * time.Millisecond), turned, turned, fast, fast}}
	r := &Relay{store: s, clock: source, log: slog.New(slog.DiscardHandler)}
	var told clock.Anchor
	for range 3 {
		told = r.tellTurnedClock(t.Context(), told)
	}
	require.Zero(t, s.asked, "wall time going on is no turn")
	for len(source.anchors) > 0 {
		told = r.tellTurnedClock(t.Context(), told)
	}
	require.Equal(t, []clock.Anchor{turned, fast}, s.told, "each turn once")
}
