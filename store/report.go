package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/report"
)

const (
	rowsShown   = 2_000  // of a section, in an answer
	rowsWritten = 50_000 // of a section, in a file
)

// Report gives one report of a community. Names are masked for callers who may not see people, and lines about single
// debtors left out for those who may not see their money. Every report that is read is audited.
func (s *Store) Report(ctx context.Context, sc access.Scope, ask report.Ask) (report.Report, error) {
	none := report.Report{}
	if err := sc.Require(access.SeeReports, asciiKey(ask.CommunityID)); err != nil {
		return none, err
	}
	now := s.clock.Now()
	ask, err := ask.Settle(calendar.DateOf(now))
	if err != nil {
		return none, err
	}
	r := report.Report{Name: ask.Name, Title: report.Titles[ask.Name], CommunityID: ask.CommunityID, From: ask.From, To: ask.To, CutOff: ask.AsOf,
		MadeAt: now, Notes: []string{}}
	err = s.db.GetContext(ctx, &r.Community, `SELECT name FROM community WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(ask.CommunityID))
	if errors.Is(err, sql.ErrNoRows) {
		return none, unknownCommunity()
	}
	if err != nil {
		return none, fmt.Errorf("read the community: %w", err)
	}
	if err := s.fillReport(ctx, sc, ask, &r); err != nil {
		return none, err
	}
	action := "read-report"
	if ask.File {
		action = "export-report"
	}
	return r, s.inTx(ctx, "audit a report", func(tx *sqlx.Tx) error {
		return recordAudit(ctx, tx, sc, now, Audited{Action: action, SubjectKind: "report", SubjectID: ask.CommunityID, CommunityID: ask.CommunityID,
			Detail: map[string]any{"report": ask.Name, "from": ask.From, "to": ask.To, "cut_off": r.CutOff}})
	})
}

func (s *Store) fillReport(ctx context.Context, sc access.Scope, ask report.Ask, r *report.Report) error {
	limit := rowsShown
	if ask.File {
		limit = rowsWritten
	}
	switch ask.Name {
	case report.Takings:
		moves, err := cashMovements(ctx, s.db, sc.OrgID, []string{ask.CommunityID}, ask.From.At(0, 0).UTC(), startOfDayAfter(ask.To))
		if err != nil {
			return err
		}
		r.Figures, r.Sections = report.TakingsSections(moves)
		r.Notes = append(r.Notes, "按入账日期统计；已结账日期之后发生的冲销、退款记入未结账的日期。")
	case report.ArrearsAge:
		return s.arrearsReport(ctx, sc, ask, r, limit)
	case report.CollectionRate:
		lines, err := s.collected(ctx, sc.OrgID, ask)
		if err != nil {
			return err
		}
		r.Figures, r.Sections = report.CollectionSections(lines)
		r.Notes = append(r.Notes, "收缴率（金额）= 已核销到本期账单的金额 ÷ 本期应收；以前预存、本期抵扣的计入本期。减免单列，不计入已收；往年欠费的清收单列为清欠率。")
	case report.OnlineShare:
		months, err := s.paidByMonth(ctx, sc.OrgID, ask)
		if err != nil {
			return err
		}
		r.Figures, r.Sections = report.OnlineSections(months)
		r.Notes = append(r.Notes, "线上缴费指业主通过支付平台自助完成的缴费；目标为金额占比 80%。")
	case report.Advances, report.Deposits:
		return s.heldReport(ctx, sc, ask, r, limit)
	}
	return nil
}

// collected reads each debtor's bills by fee item as booked by the cut-off. Prior bills are those whose time began before
// the report's range; what was paid of them counts from its first day to its last.
func (s *Store) collected(ctx context.Context, orgID string, ask report.Ask) ([]report.Collected, error) {
	from, until, to := ask.From.At(0, 0).UTC(), startOfDayAfter(ask.AsOf), startOfDayAfter(ask.To)
	if until.Before(to) {
		to = until
	}
	const own, prior = `COALESCE(b.period_from, b.due_on) >= ?`, `COALESCE(b.period_from, b.due_on) < ?`
	var lines []report.Collected
	err := s.db.SelectContext(ctx, &lines, `SELECT b.fee_item_id, i.name AS fee_item, b.debtor_id,
			SUM(IF(`+own+` AND m.move IN ('issued', 'adjusted'), m.amount_fen, 0)) AS due_fen,
			-SUM(IF(`+own+` AND m.move = 'paid', m.amount_fen, 0)) AS allocated_fen,
			-SUM(IF(`+own+` AND m.move = 'waived', m.amount_fen, 0)) AS waived_fen,
			SUM(IF(`+prior+` AND (m.occurred_at < ? OR m.move IN ('issued', 'adjusted')), m.amount_fen, 0)) AS prior_fen,
			-SUM(IF(`+prior+` AND m.occurred_at >= ? AND m.occurred_at < ? AND m.move = 'paid', m.amount_fen, 0)) AS recovered_fen
		FROM (`+receivableMoves+`) m JOIN bill b ON b.org_id = ? AND b.id = m.bill_id JOIN fee_item i ON i.org_id = b.org_id AND i.id = b.fee_item_id
		WHERE COALESCE(b.period_from, b.due_on) <= ? GROUP BY b.fee_item_id, i.name, b.debtor_id`,
		ask.From, ask.From, ask.From, ask.From, from, ask.From, from, to, orgID, ask.CommunityID, until, orgID, ask.To)
	if err != nil {
		return nil, fmt.Errorf("read what was collected: %w", err)
	}
	return lines, nil
}

// arrearsReport shows what was owed at the end of the report's last day.
func (s *Store) arrearsReport(ctx context.Context, sc access.Scope, ask report.Ask, r *report.Report, limit int) error {
	day := ask.To
	if day.After(ask.AsOf) {
		day = ask.AsOf
	}
	var owed []report.Owed
	err := s.db.SelectContext(ctx, &owed, `SELECT i.name AS fee_item, x.debtor_id, x.due_on, COUNT(*) AS bills, SUM(x.fen) AS owed_fen FROM (
			SELECT b.id, b.fee_item_id, b.debtor_id, b.due_on, SUM(p.amount_fen) AS fen
			FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account = 'receivable'
			JOIN bill b ON b.org_id = p.org_id AND b.id = p.bill_id
			WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at < ?
			GROUP BY b.id, b.fee_item_id, b.debtor_id, b.due_on HAVING SUM(p.amount_fen) > 0) x
		JOIN fee_item i ON i.org_id = ? AND i.id = x.fee_item_id GROUP BY i.name, x.debtor_id, x.due_on`,
		sc.OrgID, ask.CommunityID, startOfDayAfter(day), sc.OrgID)
	if err != nil {
		return fmt.Errorf("read the arrears: %w", err)
	}
	ids := map[string]bool{}
	for _, o := range owed {
		ids[o.DebtorID] = true
	}
	debtors, err := s.reportDebtors(ctx, sc, ask.CommunityID, sortedKeys(ids))
	if err != nil {
		return err
	}
	r.From, r.CutOff = calendar.Date{}, day
	r.Figures, r.Sections = report.ArrearsSections(owed, debtors, day, limit)
	r.Notes = append(r.Notes, "按欠费本金统计，从应缴日期起算天数；不含违约金。")
	return nil
}

// heldReport shows advances or deposits as they stand.
func (s *Store) heldReport(ctx context.Context, sc access.Scope, ask report.Ask, r *report.Report, limit int) error {
	query, title := `SELECT p.debtor_id, COALESCE(i.name, '通用预存') AS purpose, COUNT(*) AS number, SUM(p.unallocated_fen) AS amount_fen FROM payment p
		LEFT JOIN fee_item i ON i.org_id = p.org_id AND i.id = p.purpose_id
		WHERE p.org_id = ? AND p.community_id = ? AND p.unallocated_fen > 0 GROUP BY p.debtor_id, purpose`, "用途"
	if ask.Name == report.Deposits {
		query, title = `SELECT p.debtor_id, COALESCE(p.deposit_kind, '') AS purpose, COUNT(*) AS number, SUM(p.deposit_fen) AS amount_fen FROM payment p
			WHERE p.org_id = ? AND p.community_id = ? AND p.deposit_fen > 0 GROUP BY p.debtor_id, purpose`, "押金种类"
	}
	var held []report.Held
	if err := s.db.SelectContext(ctx, &held, query, sc.OrgID, ask.CommunityID); err != nil {
		return fmt.Errorf("read what is held: %w", err)
	}
	ids := map[string]bool{}
	for _, h := range held {
		ids[h.DebtorID] = true
	}
	debtors, err := s.reportDebtors(ctx, sc, ask.CommunityID, sortedKeys(ids))
	if err != nil {
		return err
	}
	today := calendar.DateOf(r.MadeAt)
	r.From, r.To, r.CutOff = calendar.Date{}, today, today
	r.Figures, r.Sections = report.HeldSections(held, debtors, title, limit)
	r.Notes = append(r.Notes, "按当前余额统计，不受日期范围影响。")
	return nil
}

// paidByMonth reads payments that stand by the month in which they are booked. Online is what came through a payment provider's channel.
func (s *Store) paidByMonth(ctx context.Context, orgID string, ask report.Ask) ([]report.PaidMonth, error) {
	var months []report.PaidMonth
	err := selectIn(ctx, s.db, &months, `SELECT DATE_FORMAT(e.occurred_at + INTERVAL 8 HOUR, '%Y-%m') AS month, COUNT(*) AS number, SUM(p.amount_fen) AS amount_fen,
			SUM(p.channel IN (?)) AS online, SUM(IF(p.channel IN (?), p.amount_fen, 0)) AS online_fen
		FROM ledger_entry e JOIN payment p ON p.org_id = e.org_id AND p.id = e.subject_id AND p.status = 'recorded'
		WHERE e.org_id = ? AND e.community_id = ? AND e.kind = 'payment' AND e.occurred_at >= ? AND e.occurred_at < ? GROUP BY month ORDER BY month`,
		money.OnlineChannels, money.OnlineChannels, orgID, ask.CommunityID, ask.From.At(0, 0).UTC(), startOfDayAfter(ask.To))
	if err != nil {
		return nil, fmt.Errorf("read payments by month: %w", err)
	}
	return months, nil
}

// reportDebtors names debtors with one of their units; nil for callers who may not see what single people owe.
func (s *Store) reportDebtors(ctx context.Context, sc access.Scope, communityID string, ids []string) (map[string]report.Debtor, error) {
	if view := sc.Money(communityID); view != access.MoneyTotals && view != access.MoneyDetail {
		return nil, nil
	}
	masked := sc.Require(access.SeePeople, communityID) != nil
	debtors := make(map[string]report.Debtor, len(ids))
	for start := 0; start < len(ids); start += rowsPerStatement {
		var rows []struct {
			ID      string         `db:"id"`
			NameEnc []byte         `db:"name_enc"`
			Unit    sql.NullString `db:"unit"`
		}
		chunk := ids[start:min(start+rowsPerStatement, len(ids))]
		err := selectIn(ctx, s.db, &rows, `SELECT p.id, p.name_enc, (SELECT MIN(u.display) FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
				WHERE b.org_id = p.org_id AND b.debtor_id = p.id AND b.community_id = ?) AS unit
			FROM person p WHERE p.org_id = ? AND p.id IN (?)`, communityID, sc.OrgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("read the debtors of a report: %w", err)
		}
		for _, r := range rows {
			name, err := s.keys.Open(r.NameEnc)
			if err != nil {
				return nil, fmt.Errorf("open the name of %s: %w", r.ID, err)
			}
			if masked {
				name = estate.MaskName(name)
			}
			debtors[r.ID] = report.Debtor{ID: r.ID, Name: name, Unit: r.Unit.String}
		}
	}
	return debtors, nil
}
