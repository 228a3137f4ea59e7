package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/refusal"
)

// calendarFreshness is how long (wall time) a calendar that was read may be used: a change by another process is in force
// within it, one by this process at once.
const calendarFreshness = time.Second

// calendarCache keeps calendars, which every message that goes out asks.
type calendarCache struct {
	mu   sync.Mutex
	kept map[calendarKey]keptCalendar
}

type calendarKey struct{ orgID, communityID string }

type keptCalendar struct {
	cal    calendar.Calendar
	readAt time.Time
}

func (c *calendarCache) get(k calendarKey) (calendar.Calendar, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.kept[k]
	return kept.cal, ok && time.Since(kept.readAt) < calendarFreshness
}

func (c *calendarCache) put(k calendarKey, cal calendar.Calendar) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[calendarKey]keptCalendar{}
	}
	c.kept[k] = keptCalendar{cal, time.Now()}
}

func (c *calendarCache) forget(orgID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.kept {
		if k.orgID == orgID {
			delete(c.kept, k)
		}
	}
}

// calendarOf gives the calendar of one community, at most a second old.
func (s *Store) calendarOf(ctx context.Context, orgID, communityID string) (calendar.Calendar, error) {
	k := calendarKey{orgID, communityID}
	if cal, ok := s.calendars.get(k); ok {
		return cal, nil
	}
	all, err := s.calendarsOf(ctx, s.db, orgID, []string{communityID})
	if err != nil {
		return calendar.Calendar{}, err
	}
	cal, ok := all[communityID]
	if !ok {
		return calendar.Calendar{}, fmt.Errorf("read the calendar of community %s: %w", communityID, sql.ErrNoRows)
	}
	s.calendars.put(k, cal)
	return cal, nil
}

// communityRules are the columns of a community that make its calendar.
type communityRules struct {
	ID             string `db:"id"`
	QuietFrom      string `db:"quiet_from"`
	QuietTo        string `db:"quiet_to"`
	ClosedWeekends bool   `db:"closed_weekends"`
	MuteDaysBefore int    `db:"mute_days_before"`
	MuteDaysAfter  int    `db:"mute_days_after"`
	Version        int    `db:"version"`
}

func (r communityRules) rules() calendar.Rules {
	return calendar.Rules{QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, ClosedWeekends: r.ClosedWeekends,
		MuteDaysBefore: r.MuteDaysBefore, MuteDaysAfter: r.MuteDaysAfter}
}

const selectRules = `SELECT id, quiet_from, quiet_to, closed_weekends, mute_days_before, mute_days_after, version FROM community `

// calendarsOf reads the calendars of some communities afresh; an unknown community is left out.
func (s *Store) calendarsOf(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string) (map[string]calendar.Calendar, error) {
	if len(communityIDs) == 0 {
		return map[string]calendar.Calendar{}, nil
	}
	holidays, err := readHolidays(ctx, q, orgID)
	if err != nil {
		return nil, err
	}
	query, args, err := sqlx.In(selectRules+`WHERE org_id = ? AND id IN (?)`, orgID, communityIDs)
	if err != nil {
		return nil, fmt.Errorf("read calendars: %w", err)
	}
	var rows []communityRules
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read calendars: %w", err)
	}
	out := make(map[string]calendar.Calendar, len(rows))
	for _, r := range rows {
		if out[r.ID], err = calendar.New(r.rules(), holidays); err != nil {
			return nil, fmt.Errorf("make the calendar of community %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// Calendar gives a community's calendar as people edit it.
func (s *Store) Calendar(ctx context.Context, sc access.Scope, communityID string) (calendar.Sheet, error) {
	if err := sc.Require(access.SeeEstate, communityID); err != nil {
		return calendar.Sheet{}, err
	}
	return s.calendarSheet(ctx, s.db, sc.OrgID, communityID)
}

func (s *Store) calendarSheet(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) (calendar.Sheet, error) {
	var r communityRules
	err := sqlx.GetContext(ctx, q, &r, selectRules+`WHERE org_id = ? AND id = ?`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return calendar.Sheet{}, unknownCommunity()
	}
	if err != nil {
		return calendar.Sheet{}, fmt.Errorf("read calendar: %w", err)
	}
	days, err := readSpecialDays(ctx, q, orgID)
	if err != nil {
		return calendar.Sheet{}, err
	}
	holidays, err := calendar.NewHolidays(days)
	if err != nil {
		return calendar.Sheet{}, fmt.Errorf("read holidays: %w", err)
	}
	sheet := calendar.Sheet{CommunityID: r.ID, QuietHours: calendar.QuietHours{From: r.QuietFrom, To: r.QuietTo}, ClosedWeekends: r.ClosedWeekends,
		MuteDaysBefore: r.MuteDaysBefore, MuteDaysAfter: r.MuteDaysAfter, Holidays: days, ProvisionalDays: []calendar.SpecialDay{},
		LoadedYears: holidays.LoadedYears(), Version: r.Version}
	for _, d := range days {
		if d.Provisional {
			sheet.ProvisionalDays = append(sheet.ProvisionalDays, d)
		}
	}
	return sheet, nil
}

// ChangeCalendar sets a community's rules and, where the list is given, replaces the organization's provisional days.
// ifVersion 0 takes whatever version is there; another stale one is refused.
func (s *Store) ChangeCalendar(ctx context.Context, sc access.Scope, communityID string, c calendar.Change, ifVersion int) (calendar.Sheet, error) {
	if err := sc.Require(access.EditPolicies, communityID); err != nil {
		return calendar.Sheet{}, err
	}
	days, err := c.Provisional()
	if err != nil {
		return calendar.Sheet{}, err
	}
	now := s.clock.Now()
	var sheet calendar.Sheet
	err = s.inTx(ctx, "change calendar", func(tx *sqlx.Tx) error {
		version, err := lockCommunity(ctx, tx, sc.OrgID, communityID, ifVersion)
		if err != nil {
			return err
		}
		if err := writeRules(ctx, tx, sc.OrgID, communityID, c, version+1); err != nil {
			return err
		}
		if c.ProvisionalDays != nil {
			if err := replaceProvisionalDays(ctx, tx, sc.OrgID, days); err != nil {
				return err
			}
		}
		if err := recordAudit(ctx, tx, sc, now, Audited{Action: "change-calendar", SubjectKind: "community", SubjectID: communityID, CommunityID: communityID}); err != nil {
			return err
		}
		sheet, err = s.calendarSheet(ctx, tx, sc.OrgID, communityID)
		return err
	})
	s.calendars.forget(sc.OrgID)
	return sheet, err
}

func writeRules(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, c calendar.Change, version int) error {
	var old communityRules
	if err := tx.GetContext(ctx, &old, selectRules+`WHERE org_id = ? AND id = ?`, orgID, communityID); err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	r, err := c.Apply(old.rules())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE community SET quiet_from = ?, quiet_to = ?, closed_weekends = ?, mute_days_before = ?, mute_days_after = ?, version = ?
		WHERE org_id = ? AND id = ?`, r.QuietFrom, r.QuietTo, r.ClosedWeekends, r.MuteDaysBefore, r.MuteDaysAfter, version, orgID, communityID)
	if err != nil {
		return fmt.Errorf("write calendar: %w", err)
	}
	return nil
}

// lockCommunity holds a community's row and gives its version; a version that the caller saw and that has passed is refused.
func lockCommunity(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, ifVersion int) (int, error) {
	var version int
	err := tx.GetContext(ctx, &version, `SELECT version FROM community WHERE org_id = ? AND id = ? FOR UPDATE`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, unknownCommunity()
	}
	if err != nil {
		return 0, fmt.Errorf("lock community: %w", err)
	}
	if ifVersion != 0 && ifVersion != version {
		return 0, refusal.New(refusal.Stale, "stale-version", "该内容已被他人修改，请刷新后重试。").With("version", version)
	}
	return version, nil
}

func unknownCommunity() error {
	return refusal.New(refusal.NotFound, "unknown-community", "小区不存在，请检查小区编号。")
}
