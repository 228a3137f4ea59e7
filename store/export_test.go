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
