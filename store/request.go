package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/command"
)

const (
	requestKept  = 24 * time.Hour
	requestLease = 60 * time.Second // a run that has not ended by then is taken for dead
)

// The states of a request row.
const (
	requestRunning = "running"
	requestOpen    = "open" // ran without an answer that may be kept; the next try runs again
	requestDone    = "done"
)

type requestRow struct {
	BodySHA256   []byte         `db:"body_sha256"`
	Status       string         `db:"status"`
	ResponseBody []byte         `db:"response_body"`
	ResultID     sql.NullString `db:"result_id"`
	CreatedAt    time.Time      `db:"created_at"`
	LeaseUntil   time.Time      `db:"lease_until"`
}

// BeginRequest claims the run of a command under the caller's key, or tells how an earlier run stands. Times are wall time.
func (s *Store) BeginRequest(ctx context.Context, sc access.Scope, r command.Request) (command.Kept, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	kept := command.Kept{State: command.New, CommandID: NewID(), Lease: now.Add(requestLease)}
	_, err := s.db.ExecContext(ctx, `INSERT INTO request (org_id, caller_id, route, idempotency_key, body_sha256, status, result_id, created_at, lease_until)
		VALUES (?,?,?,?,?,?,?,?,?)`, sc.OrgID, sc.ActorID, r.Route, r.Key, r.BodySHA256[:], requestRunning, kept.CommandID, now, kept.Lease)
	if err == nil {
		return kept, nil
	}
	if !duplicate(err) {
		return command.Kept{}, fmt.Errorf("begin request: %w", err)
	}
	err = s.inTx(ctx, "begin request", func(tx *sqlx.Tx) error {
		var inner error
		kept, inner = s.resumeRequest(ctx, tx, sc, r)
		return inner
	})
	return kept, err
}

// resumeRequest looks at the row of an earlier run and takes the run over where that one is dead or left no answer.
func (s *Store) resumeRequest(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r command.Request) (command.Kept, error) {
	var row requestRow
	err := tx.GetContext(ctx, &row, `SELECT body_sha256, status, response_body, result_id, created_at, lease_until FROM request
		WHERE org_id = ? AND caller_id = ? AND route = ? AND idempotency_key = ? FOR UPDATE`, sc.OrgID, sc.ActorID, r.Route, r.Key)
	if errors.Is(err, sql.ErrNoRows) { // purged in between
		return command.Kept{State: command.Running}, nil
	}
	if err != nil {
		return command.Kept{}, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	next := command.Kept{State: command.New, CommandID: row.ResultID.String, Lease: now.Add(requestLease)}
	created := row.CreatedAt
	switch expired := now.Sub(row.CreatedAt) > requestKept; {
	case expired:
		next.CommandID, created = NewID(), now
	case [32]byte(row.BodySHA256) != r.BodySHA256:
		return command.Kept{State: command.Other}, nil
	case row.Status == requestDone:
		answer, err := s.keys.OpenBytes(row.ResponseBody)
		return command.Kept{State: command.Done, Answer: answer}, err
	case row.Status == requestRunning && row.LeaseUntil.After(now):
		return command.Kept{State: command.Running}, nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE request SET body_sha256 = ?, status = ?, response_code = NULL, response_body = NULL, result_id = ?, created_at = ?, lease_until = ?
		WHERE org_id = ? AND caller_id = ? AND route = ? AND idempotency_key = ?`,
		r.BodySHA256[:], requestRunning, next.CommandID, created, next.Lease, sc.OrgID, sc.ActorID, r.Route, r.Key)
	return next, err
}

// FinishRequest keeps the answer, sealed because it may hold personal data. A run that was taken over meanwhile leaves
// the row to its successor.
func (s *Store) FinishRequest(ctx context.Context, sc access.Scope, r command.Request, lease time.Time, status int, answer []byte) error {
	_, err := s.db.ExecContext(ctx, `UPDATE request SET status = ?, response_code = ?, response_body = ?
		WHERE org_id = ? AND caller_id = ? AND route = ? AND idempotency_key = ? AND status = ? AND lease_until = ?`,
		requestDone, status, s.keys.SealBytes(answer), sc.OrgID, sc.ActorID, r.Route, r.Key, requestRunning, lease)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// DropRequest ends a run without an answer; the same key runs again, with the same command id.
func (s *Store) DropRequest(ctx context.Context, sc access.Scope, r command.Request, lease time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE request SET status = ?
		WHERE org_id = ? AND caller_id = ? AND route = ? AND idempotency_key = ? AND status = ? AND lease_until = ?`,
		requestOpen, sc.OrgID, sc.ActorID, r.Route, r.Key, requestRunning, lease)
	if err != nil {
		return fmt.Errorf("drop request: %w", err)
	}
	return nil
}
