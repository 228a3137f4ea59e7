package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// SeedHolidays gives an organization the statutory days that ship with the program. It can be repeated: a notice that came
// with a newer program replaces provisional days of the same dates, and nothing else is changed.
func (s *Store) SeedHolidays(ctx context.Context, orgID string) error {
	return s.inTx(ctx, "seed holidays", func(tx *sqlx.Tx) error {
		return writeSpecialDays(ctx, tx, orgID, calendar.Statutory(),
			`ON DUPLICATE KEY UPDATE name = VALUES(name), off = VALUES(off), provisional = FALSE`)
	})
}

func writeSpecialDays(ctx context.Context, tx *sqlx.Tx, orgID string, days []calendar.SpecialDay, onDuplicate string) error {
	const chunk = 500
	for len(days) > 0 {
		part := days[:min(chunk, len(days))]
		days = days[len(part):]
		args := make([]any, 0, len(part)*5)
		for _, d := range part {
			args = append(args, orgID, d.Date, d.Name, d.Off, d.Provisional)
		}
		query := `INSERT INTO holiday (org_id, on_date, name, off, provisional) VALUES ` +
			strings.TrimSuffix(strings.Repeat("(?,?,?,?,?),", len(part)), ",") + " " + onDuplicate
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("write special days: %w", err)
		}
	}
	return nil
}

// replaceProvisionalDays puts an administrator's days in the place of the provisional ones. A date of a published notice
// cannot be overruled.
func replaceProvisionalDays(ctx context.Context, tx *sqlx.Tx, orgID string, days []calendar.SpecialDay) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM holiday WHERE org_id = ? AND provisional`, orgID); err != nil {
		return fmt.Errorf("replace provisional days: %w", err)
	}
	if err := writeSpecialDays(ctx, tx, orgID, days, ""); err != nil {
		if duplicate(err) {
			return refusal.New(refusal.Rule, "published-day", "所填日期已由国务院办公厅通知公布，无需另行录入，请删除后重试。")
		}
		return err
	}
	if _, err := readHolidays(ctx, tx, orgID); err != nil {
		return refusal.New(refusal.Rule, "too-many-days-off", "连续休息日超过 45 天，请检查所填日期。")
	}
	return nil
}

func readSpecialDays(ctx context.Context, q sqlx.QueryerContext, orgID string) ([]calendar.SpecialDay, error) {
	days := []calendar.SpecialDay{}
	err := sqlx.SelectContext(ctx, q, &days, `SELECT on_date, name, off, provisional FROM holiday WHERE org_id = ? ORDER BY on_date`, orgID)
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	return days, nil
}

func readHolidays(ctx context.Context, q sqlx.QueryerContext, orgID string) (calendar.Holidays, error) {
	days, err := readSpecialDays(ctx, q, orgID)
	if err != nil {
		return calendar.Holidays{}, err
	}
	h, err := calendar.NewHolidays(days)
	if err != nil {
		return calendar.Holidays{}, fmt.Errorf("read holidays: %w", err)
	}
	return h, nil
}
