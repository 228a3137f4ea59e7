package store

import (
	"context"
	"sync"
	"time"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

// windowKey names when a campaign's messages to a community may go out.
type windowKey struct{ orgID, campaignID, communityID string }

// windowCache keeps sending windows for as long as calendars are kept: every claim asks for one.
type windowCache struct {
	mu   sync.Mutex
	kept map[windowKey]keptCalendar
}

func (c *windowCache) get(k windowKey) (calendar.Calendar, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.kept[k]
	if ok && time.Since(kept.readAt) >= calendarFreshness {
		delete(c.kept, k)
		return calendar.Calendar{}, false
	}
	return kept.cal, ok
}

func (c *windowCache) put(k windowKey, cal calendar.Calendar) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[windowKey]keptCalendar{}
	}
	c.kept[k] = keptCalendar{cal, time.Now()}
}

// windowOf is the calendar in which a campaign's messages to a community may go out: the community's, narrowed by the
// policy's own quiet hours.
func (s *Store) windowOf(ctx context.Context, orgID, campaignID, communityID string) (calendar.Calendar, error) {
	k := windowKey{orgID, campaignID, communityID}
	if cal, known := s.windows.get(k); known {
		return cal, nil
	}
	cal, err := s.calendarOf(ctx, orgID, communityID)
	if err != nil {
		return cal, err
	}
	g, err := campaignOf(ctx, s.db, orgID, campaignID, unlocked)
	if err != nil {
		return cal, err
	}
	policy, err := s.policyVersion(ctx, orgID, g.PolicyVersionID)
	if err != nil {
		return cal, err
	}
	cal, _ = cal.Narrow(policy.QuietHours.From, policy.QuietHours.To)
	s.windows.put(k, cal)
	return cal, nil
}

// keepOpen leaves out rows whose window is closed at this moment.
func (s *Store) keepOpen(ctx context.Context, rows []dunning.Queued) ([]dunning.Queued, error) {
	now := s.clock.Now()
	open := rows[:0:0]
	for _, r := range rows {
		cal, err := s.windowOf(ctx, r.OrgID, r.CampaignID, r.CommunityID)
		if err != nil {
			return nil, err
		}
		if cal.Open(now) {
			open = append(open, r)
		}
	}
	return open, nil
}
