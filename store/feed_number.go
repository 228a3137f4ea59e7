package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// NumberFeed gives the next numbers to up to limit committed rows of the change feed and tells how many it numbered. Only
// the leading relay calls it: the numbers then rise in an order in which readers can never miss a row.
func (s *Store) NumberFeed(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, `SELECT id FROM change_feed WHERE seq IS NULL ORDER BY id LIMIT ?`, limit)
	if err != nil {
		return 0, fmt.Errorf("read the unnumbered feed: %w", err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	err = s.inTx(ctx, "number the feed", func(tx *sqlx.Tx) error {
		var last int64
		if err := tx.GetContext(ctx, &last, `SELECT COALESCE(MAX(seq), 0) FROM change_feed`); err != nil {
			return err
		}
		var cases strings.Builder
		args := make([]any, 0, 3*len(ids))
		for i, id := range ids {
			cases.WriteString(" WHEN ? THEN ?")
			args = append(args, id, last+int64(i)+1)
		}
		in, inArgs, err := sqlx.In(`(?)`, ids)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE change_feed SET seq = CASE id`+cases.String()+` END WHERE seq IS NULL AND id IN `+in, append(args, inArgs...)...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(ids), nil
}

// PurgeFeed removes up to limit of the oldest rows beyond the newest keep; a reader that comes back from before is told to
// start over.
func (s *Store) PurgeFeed(ctx context.Context, keep int64, limit int) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM change_feed WHERE seq <= (SELECT last FROM (SELECT MAX(seq) AS last FROM change_feed) newest) - ?
		ORDER BY seq LIMIT ?`, keep, limit)
	if err != nil {
		return fmt.Errorf("purge the feed: %w", err)
	}
	return nil
}
