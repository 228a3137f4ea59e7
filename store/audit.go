package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/audit"
	"steward/domain/page"
)

type auditRow struct {
	ID          string         `db:"id"`
	At          time.Time      `db:"at"`
	ActorID     string         `db:"actor_id"`
	ActorKind   string         `db:"actor_kind"`
	ActorName   sql.NullString `db:"actor_name"`
	Action      string         `db:"action"`
	SubjectKind string         `db:"subject_kind"`
	SubjectID   string         `db:"subject_id"`
	CommunityID sql.NullString `db:"community_id"`
	Why         sql.NullString `db:"why"`
	Detail      []byte         `db:"detail"`
	RequestID   sql.NullString `db:"request_id"`
}

func (r auditRow) entry() (audit.Entry, error) {
	e := audit.Entry{
		ID: r.ID, At: r.At, ActorID: r.ActorID, ActorKind: r.ActorKind, ActorName: r.ActorName.String, Action: r.Action,
		SubjectKind: r.SubjectKind, SubjectID: r.SubjectID, CommunityID: r.CommunityID.String, Why: r.Why.String, RequestID: r.RequestID.String,
	}
	if len(r.Detail) == 0 {
		return e, nil
	}
	if err := json.Unmarshal(r.Detail, &e.Detail); err != nil {
		return e, fmt.Errorf("read the detail of audit %s: %w", r.ID, err)
	}
	return e, nil
}

// ListAudit gives the trail, newest first, as far as the caller's grants reach. Actor may be an id or a login.
func (s *Store) ListAudit(ctx context.Context, sc access.Scope, f audit.Filter, q page.Query) (page.Of[audit.Entry], error) {
	if err := sc.Require(access.SeeAudit, ""); err != nil {
		return page.Of[audit.Entry]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[audit.Entry]{}, err
	}
	where, args := []string{"a.org_id = ?"}, []any{sc.OrgID}
	add := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	if all, communities := sc.Reach(access.SeeAudit); !all {
		add("a.community_id IN (?)", append(communities, ""))
	}
	if f.Actor != "" {
		add("a.actor_id IN (?, (SELECT id FROM app_user WHERE login = ? AND org_id = ?))", asciiKey(f.Actor), asciiKey(f.Actor), sc.OrgID)
	}
	if f.Subject != "" {
		add("a.subject_id = ?", asciiKey(f.Subject))
	}
	if f.Action != "" {
		add("a.action = ?", asciiKey(f.Action))
	}
	if q.Cursor != "" {
		add("a.id < ?", q.Cursor)
	}
	query, args, err := sqlx.In(`SELECT a.id, a.at, a.actor_id, a.actor_kind, u.name AS actor_name, a.action, a.subject_kind, a.subject_id, a.community_id, a.why, a.detail, a.request_id
		FROM audit a LEFT JOIN app_user u ON u.org_id = a.org_id AND u.id = a.actor_id
		WHERE `+strings.Join(where, " AND ")+` ORDER BY a.id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return page.Of[audit.Entry]{}, fmt.Errorf("list audit: %w", err)
	}
	var rows []auditRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return page.Of[audit.Entry]{}, fmt.Errorf("list audit: %w", err)
	}
	entries := make([]audit.Entry, len(rows))
	for i, r := range rows {
		if entries[i], err = r.entry(); err != nil {
			return page.Of[audit.Entry]{}, err
		}
	}
	return page.Cut(entries, q.Limit, func(e audit.Entry) string { return e.ID }), nil
}
