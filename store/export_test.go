package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
)

// RecordPayments lets tests run the set-based path that imports take.
func (s *Store) RecordPayments(ctx context.Context, sc access.Scope, items []money.NewPayment) (recorded []money.Recorded, err error) {
	err = s.inTx(ctx, "record payments", func(tx *sqlx.Tx) (err error) {
		recorded, err = s.recordPaymentsTx(ctx, tx, sc, items)
		return err
	})
	return recorded, err
}

// LeadSilence gives the seconds after which the database takes this leader for dead.
func LeadSilence(ctx context.Context, l *Leadership) (seconds int, err error) {
	err = l.conn.QueryRowContext(ctx, `SELECT @@SESSION.wait_timeout`).Scan(&seconds)
	return seconds, err
}
