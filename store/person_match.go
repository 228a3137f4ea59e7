package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
)

type matchRow struct {
	ID          string         `db:"id"`
	CommunityID string         `db:"community_id"`
	ImportID    sql.NullString `db:"import_id"`
	PersonID    string         `db:"person_id"`
	OtherID     string         `db:"other_id"`
	Why         string         `db:"why"`
	Status      string         `db:"status"`
	NotedAt     time.Time      `db:"noted_at"`
	DecidedBy   sql.NullString `db:"decided_by"`
	DecidedAt   sql.NullTime   `db:"decided_at"`
	Version     int            `db:"version"`
}

const selectMatches = `SELECT m.id, m.community_id, m.import_id, m.person_id, m.other_id, m.why, m.status, m.noted_at, m.decided_by, m.decided_at, m.version
	FROM person_match m WHERE m.org_id = ?`

// PersonMatches lists the pairs of records that may be one person, oldest first, in the communities where the caller may
// import.
func (s *Store) PersonMatches(ctx context.Context, sc access.Scope, f estate.MatchFilter, q page.Query) (page.Of[estate.PersonMatch], error) {
	none := page.Of[estate.PersonMatch]{}
	if err := sc.Require(access.Import, ""); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	query, args := selectMatches, []any{sc.OrgID}
	add := func(condition string, value any) { query, args = query+condition, append(args, value) }
	if all, communities := sc.Reach(access.Import); !all {
		add(` AND m.community_id IN (?)`, orNone(communities))
	}
	if f.CommunityID != "" {
		add(` AND m.community_id = ?`, asciiKey(f.CommunityID))
	}
	if f.Status != "" {
		add(` AND m.status = ?`, asciiKey(f.Status))
	}
	if q.Cursor != "" {
		add(` AND m.id > ?`, q.Cursor)
	}
	var rows []matchRow
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY m.id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list who may be one person: %w", err)
	}
	views, err := s.matchViews(ctx, sc, rows)
	if err != nil {
		return none, err
	}
	return page.Cut(views, q.Limit, func(m estate.PersonMatch) string { return m.ID }), nil
}

// matchViews fills in who the two are. A name is shown where the caller may see people in a community of that person.
func (s *Store) matchViews(ctx context.Context, sc access.Scope, rows []matchRow) ([]estate.PersonMatch, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.PersonID, r.OtherID)
	}
	people, err := s.matchedPeople(ctx, sc, ids)
	if err != nil {
		return nil, err
	}
	views := make([]estate.PersonMatch, 0, len(rows))
	for _, r := range rows {
		views = append(views, estate.PersonMatch{
			ID: r.ID, CommunityID: r.CommunityID, ImportID: r.ImportID.String, Why: r.Why, Status: r.Status, Person: people[r.PersonID], Other: people[r.OtherID],
			NotedAt: r.NotedAt, DecidedBy: r.DecidedBy.String, DecidedAt: r.DecidedAt.Time, Version: r.Version,
		})
	}
	return views, nil
}

func (s *Store) matchedPeople(ctx context.Context, sc access.Scope, ids []string) (map[string]estate.MatchedPerson, error) {
	out := make(map[string]estate.MatchedPerson, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []personRow
	if err := selectIn(ctx, s.db, &rows, `SELECT `+personColumns+` FROM person p WHERE p.org_id = ? AND p.id IN (?)`, sc.OrgID, ids); err != nil {
		return nil, fmt.Errorf("read who may be one person: %w", err)
	}
	var places []struct {
		PersonID    string `db:"person_id"`
		CommunityID string `db:"community_id"`
		Display     string `db:"display"`
	}
	err := selectIn(ctx, s.db, &places, `SELECT DISTINCT o.person_id, u.community_id, u.display FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
		WHERE o.org_id = ? AND o.person_id IN (?) ORDER BY u.display`, sc.OrgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read where people are: %w", err)
	}
	shown, units := map[string]bool{}, map[string][]string{}
	for _, p := range places {
		if sc.Require(access.SeePeople, p.CommunityID) == nil {
			shown[p.PersonID] = true
			units[p.PersonID] = append(units[p.PersonID], p.Display)
		}
	}
	for _, r := range rows {
		m := estate.MatchedPerson{ID: r.ID, Units: append([]string{}, units[r.ID]...)}
		if m.Name, m.Phone, m.IDNoLast4, err = s.openContact(r); err != nil {
			return nil, err
		}
		if !shown[r.ID] {
			m.Name, m.Phone, m.IDNoLast4 = estate.MaskName(m.Name), estate.MaskPhone(m.Phone), ""
		}
		out[r.ID] = m
	}
	return out, nil
}

func (s *Store) openContact(r personRow) (name, phone, idLast4 string, err error) {
	if name, err = s.keys.Open(r.NameEnc); err != nil {
		return "", "", "", fmt.Errorf("read the name of %s: %w", r.ID, err)
	}
	if phone, err = s.keys.Open(r.PhoneEnc); err != nil {
		return "", "", "", fmt.Errorf("read the phone of %s: %w", r.ID, err)
	}
	idNo, err := s.keys.Open(r.IDNoEnc)
	if err != nil {
		return "", "", "", fmt.Errorf("read the ID number of %s: %w", r.ID, err)
	}
	return name, phone, estate.LastFour(idNo), nil
}

// DecidePersonMatch says whether two records are one person. "Different" is never asked again. "Same" makes the newer
// record point at the older one, which gets its homes and vehicles; one that bills, payments or cases stand on is kept as it
// is and refused. version 0 asks nothing. A repeat of the decision gives it again.
func (s *Store) DecidePersonMatch(ctx context.Context, sc access.Scope, id string, same bool, version int) (estate.PersonMatch, error) {
	none := estate.PersonMatch{}
	if err := sc.Require(access.Import, ""); err != nil {
		return none, err
	}
	decision := estate.MatchDifferent
	if same {
		decision = estate.MatchSame
	}
	err := s.inTx(ctx, "decide who is one person", func(tx *sqlx.Tx) error {
		r, err := visibleMatch(ctx, tx, sc, id, " FOR UPDATE")
		if err != nil {
			return err
		}
		switch {
		case r.Status == decision:
			return nil
		case r.Status != estate.MatchOpen:
			return refusal.New(refusal.Conflict, "match-decided", "这一对已经有人核对过了，请刷新后查看。").With("status", r.Status)
		case version != 0 && version != r.Version:
			return refusal.New(refusal.Stale, "stale-version", "数据已被他人修改，请刷新后重试。")
		}
		if same {
			if err := s.mergePeople(ctx, tx, sc, r); err != nil {
				return err
			}
		}
		now := s.clock.Now()
		_, err = tx.ExecContext(ctx, `UPDATE person_match SET status = ?, decided_by = ?, decided_at = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			decision, sc.ActorID, now, sc.OrgID, r.ID)
		if err != nil {
			return fmt.Errorf("write the decision: %w", err)
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "decide-person-match", SubjectKind: "person", SubjectID: r.OtherID, CommunityID: r.CommunityID,
			Detail: map[string]any{"match": r.ID, "decision": decision, "person": r.PersonID}})
	})
	if err != nil {
		return none, err
	}
	r, err := visibleMatch(ctx, s.db, sc, id, "")
	if err != nil {
		return none, err
	}
	views, err := s.matchViews(ctx, sc, []matchRow{r})
	if err != nil {
		return none, err
	}
	return views[0], nil
}

func visibleMatch(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, id, lock string) (matchRow, error) {
	var r matchRow
	err := sqlx.GetContext(ctx, q, &r, selectMatches+` AND m.id = ?`+lock, sc.OrgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && sc.Require(access.Import, r.CommunityID) != nil {
		return r, refusal.New(refusal.NotFound, "not-found", "没有找到这一对待核对的人员，请刷新列表。")
	}
	if err != nil {
		return r, fmt.Errorf("read who may be one person: %w", err)
	}
	return r, nil
}
