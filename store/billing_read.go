package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/page"
	"steward/domain/refusal"
)

// seesBilling refuses who may neither bill nor see every bill of the community; without one, who may nowhere.
func seesBilling(sc access.Scope, communityID string) error {
	if sc.Require(access.RunBilling, communityID) == nil {
		return nil
	}
	if err := sc.Require(access.SeeReports, communityID); err != nil {
		return err
	}
	if communityID != "" && sc.Money(communityID) != access.MoneyDetail {
		return access.Forbidden()
	}
	return nil
}

// BillingRun gives one run with what its lines come to.
func (s *Store) BillingRun(ctx context.Context, sc access.Scope, id string) (billingrun.Detail, error) {
	r, err := s.visibleRun(ctx, sc, id)
	if err != nil {
		return billingrun.Detail{}, err
	}
	sums, err := readSums(ctx, s.db, sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Detail{}, err
	}
	runs, err := s.runsOf(ctx, sc, []billingRunRow{r})
	if err != nil {
		return billingrun.Detail{}, err
	}
	d := billingrun.Detail{Run: runs[0], Warnings: s.runWarnings(r)}
	d.Totals, d.Items = addUp(sums)
	if r.Status == billingrun.Issued {
		var asked []string
		err = s.db.SelectContext(ctx, &asked, `SELECT id FROM approval WHERE org_id = ? AND subject_id = ? AND status = 'asked' AND expires_at > ? LIMIT 1`, sc.OrgID, r.ID, s.clock.Now())
		if err != nil {
			return d, fmt.Errorf("look for a request to void the run: %w", err)
		}
		if len(asked) > 0 {
			d.VoidApprovalID = asked[0]
		}
	}
	return d, nil
}

func (s *Store) visibleRun(ctx context.Context, sc access.Scope, id string) (billingRunRow, error) {
	if err := seesBilling(sc, ""); err != nil {
		return billingRunRow{}, err
	}
	r, err := getRun(ctx, s.db, sc.OrgID, id, "")
	if err == nil && seesBilling(sc, r.CommunityID) != nil {
		err = runUnknown()
	}
	return r, err
}

func (s *Store) runWarnings(r billingRunRow) []billingrun.Warning {
	period, err := billing.ParsePeriod(r.Period)
	if err != nil || r.Status.Over() {
		return []billingrun.Warning{}
	}
	return s.periodWarnings(period, r.Timing)
}

func (s *Store) periodWarnings(period billing.Period, timing billingrun.Timing) []billingrun.Warning {
	warnings := []billingrun.Warning{}
	if timing != billingrun.Prepaid && !calendar.DateOf(s.clock.Now()).After(period.To) {
		warnings = append(warnings, billingrun.Warning{Code: "period-not-over",
			Message: fmt.Sprintf("账期 %s 还没有结束。出账后再发生的业主、面积或空置变更不会改写已出的账单，需要做调整。", period.Text)})
	}
	return warnings
}

// runsOf fills in the names and counts that lists show.
func (s *Store) runsOf(ctx context.Context, sc access.Scope, rows []billingRunRow) ([]billingrun.Run, error) {
	runs := make([]billingrun.Run, len(rows))
	if len(rows) == 0 {
		return runs, nil
	}
	ids := distinct(rows, func(r billingRunRow) string { return r.ID })
	var counts []struct {
		RunID    string `db:"run_id"`
		Lines    int    `db:"n"`
		Fen      int64  `db:"fen"`
		Problems int    `db:"problems"`
	}
	err := selectIn(ctx, s.db, &counts, `SELECT run_id, COALESCE(SUM(IF(verdict IN ('new','changed','same'), lines_n, 0)), 0) AS n,
		COALESCE(SUM(IF(verdict IN ('new','changed','same'), amount_fen, 0)), 0) AS fen, COALESCE(SUM(IF(verdict IN ('problem','withheld'), lines_n, 0)), 0) AS problems
		FROM billing_sum WHERE org_id = ? AND run_id IN (?) GROUP BY run_id`, sc.OrgID, ids)
	if err != nil {
		return nil, fmt.Errorf("count billing lines: %w", err)
	}
	var names []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	err = selectIn(ctx, s.db, &names, `SELECT id, name FROM app_user WHERE org_id = ? AND id IN (?)`, sc.OrgID, distinct(rows, func(r billingRunRow) string { return r.OpenedBy }))
	if err != nil {
		return nil, fmt.Errorf("read who opened billing runs: %w", err)
	}
	for i, r := range rows {
		runs[i] = r.run(sc)
		for _, c := range counts {
			if c.RunID == r.ID {
				runs[i].Lines, runs[i].AmountFen, runs[i].Problems = c.Lines, c.Fen, c.Problems
			}
		}
		for _, n := range names {
			if n.ID == r.OpenedBy {
				runs[i].OpenedByName = n.Name
			}
		}
	}
	return runs, nil
}

func (r billingRunRow) run(sc access.Scope) billingrun.Run {
	return billingrun.Run{ID: r.ID, CommunityID: r.CommunityID, Period: r.Period, Timing: r.Timing, SettlementID: r.SettlementID, Status: r.Status,
		WorkflowID: "billing-run/" + r.ID, Why: r.Why, ByCalendar: r.OpenedBy == access.SystemActorID, Units: r.UnitsN, UnitsDone: r.UnitsDone,
		Issued: r.IssuedN, IssuedFen: r.IssuedFen, Voided: r.VoidedN, OpenedBy: r.OpenedBy, OpenedAt: r.OpenedAt, ComputedAt: r.ComputedAt,
		ApprovedBy: r.ApprovedBy, ApprovedAt: r.ApprovedAt, IssuedAt: r.IssuedAt, VoidWhy: r.VoidWhy, VoidAskedBy: r.VoidAskedBy, VoidedAt: r.VoidedAt, Version: r.Version,
		MayApprove: r.Status == billingrun.Ready && r.OpenedBy != sc.ActorID && sc.Require(access.RunBilling, r.CommunityID) == nil}
}

// BillingRuns lists runs, the newest first.
func (s *Store) BillingRuns(ctx context.Context, sc access.Scope, communityID string, q page.Query) (page.Of[billingrun.Run], error) {
	none := page.Of[billingrun.Run]{}
	if err := seesBilling(sc, communityID); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, args := `org_id = ?`, []any{sc.OrgID}
	if communityID != "" {
		where, args = where+` AND community_id = ?`, append(args, asciiKey(communityID))
	} else if all, communities := sc.Reach(access.SeeReports); !all {
		where, args = where+` AND community_id IN (?)`, append(args, append(communities, ""))
	}
	if q.Cursor != "" {
		where, args = where+` AND id < ?`, append(args, q.Cursor)
	}
	var rows []billingRunRow
	if err := selectIn(ctx, s.db, &rows, `SELECT `+billingRunColumns+` FROM billing_run WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list billing runs: %w", err)
	}
	visible := rows[:0]
	for _, r := range rows {
		if seesBilling(sc, r.CommunityID) == nil {
			visible = append(visible, r)
		}
	}
	runs, err := s.runsOf(ctx, sc, visible)
	if err != nil {
		return none, err
	}
	return page.Cut(runs, q.Limit, func(r billingrun.Run) string { return r.ID }), nil
}

// sumRow is one row of what a run's lines come to.
type sumRow struct {
	FeeItemID   string             `db:"fee_item_id"`
	FeeItem     string             `db:"fee_item"`
	Verdict     billingrun.Verdict `db:"verdict"`
	Lines       int                `db:"lines_n"`
	AmountFen   int64              `db:"amount_fen"`
	PreviousFen int64              `db:"previous_fen"`
}

func readSums(ctx context.Context, q sqlx.QueryerContext, orgID, runID string) ([]sumRow, error) {
	var rows []sumRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT s.fee_item_id, f.name AS fee_item, s.verdict, s.lines_n, s.amount_fen, s.previous_fen
		FROM billing_sum s JOIN fee_item f ON f.org_id = s.org_id AND f.id = s.fee_item_id WHERE s.org_id = ? AND s.run_id = ? ORDER BY f.name, s.fee_item_id, s.verdict`, orgID, runID)
	if err != nil {
		return nil, fmt.Errorf("read what a billing run comes to: %w", err)
	}
	return rows, nil
}

// addUp makes totals of sums, which are in the order of fee items.
func addUp(sums []sumRow) (billingrun.Totals, []billingrun.ItemSum) {
	all, items := billingrun.Totals{}, []billingrun.ItemSum{}
	for _, r := range sums {
		if n := len(items); n == 0 || items[n-1].FeeItemID != r.FeeItemID {
			items = append(items, billingrun.ItemSum{FeeItemID: r.FeeItemID, FeeItem: r.FeeItem})
		}
		c := billingrun.Count{Lines: r.Lines, AmountFen: r.AmountFen, PreviousFen: r.PreviousFen}
		all.Add(r.Verdict, c)
		items[len(items)-1].Add(r.Verdict, c)
	}
	return all, items
}

// lineRow is a line as the database keeps it.
type lineRow struct {
	ID          string             `db:"id"`
	Verdict     billingrun.Verdict `db:"verdict"`
	UnitID      string             `db:"unit_id"`
	Unit        string             `db:"unit"`
	FeeItemID   string             `db:"fee_item_id"`
	FeeItem     string             `db:"fee_item"`
	VersionID   sql.NullString     `db:"fee_item_version_id"`
	DebtorID    sql.NullString     `db:"debtor_id"`
	Period      string             `db:"period"`
	LineNo      int                `db:"line_no"`
	From        calendar.Date      `db:"from_on"`
	To          calendar.Date      `db:"to_on"`
	BilledOn    calendar.Date      `db:"billed_on"`
	DueOn       calendar.Date      `db:"due_on"`
	AmountFen   int64              `db:"amount_fen"`
	Basis       []byte             `db:"basis"`
	ComparedFen *int64             `db:"compared_fen"`
	PreviousFen *int64             `db:"previous_fen"`
	Difference  []byte             `db:"difference"`
	ProblemCode sql.NullString     `db:"problem_code"`
	Problem     sql.NullString     `db:"problem"`
	Billed      bool               `db:"billed"`
}

// BillingLines lists the lines of a run in the order of rooms.
func (s *Store) BillingLines(ctx context.Context, sc access.Scope, runID string, only billingrun.Only, q page.Query) (page.Of[billingrun.Line], error) {
	none := page.Of[billingrun.Line]{}
	r, err := s.visibleRun(ctx, sc, runID)
	if err != nil {
		return none, err
	}
	verdicts, ok := only.Verdicts()
	if !ok {
		return none, refusal.New(refusal.Rule, "filter-unknown", "only 只能是 problems、changed、new、gone、same 或 nothing。").At("query.only", "没有这种筛选", only)
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, index, args := ``, `PRIMARY`, []any{sc.OrgID, r.ID, q.Cursor}
	if len(verdicts) > 0 {
		where, index, args = ` AND l.verdict IN (?)`, `billing_line_verdict`, append(args, verdicts)
	}
	var rows []lineRow
	err = selectIn(ctx, s.db, &rows, `SELECT l.id, l.verdict, l.unit_id, u.display AS unit, l.fee_item_id, f.name AS fee_item, l.fee_item_version_id, l.debtor_id, l.period, l.line_no,
			l.from_on, l.to_on, l.billed_on, l.due_on, l.amount_fen, l.basis, l.compared_fen, l.previous_fen, l.difference, l.problem_code, l.problem,
			EXISTS (SELECT 1 FROM bill b WHERE b.org_id = l.org_id AND b.id = l.id) AS billed
		FROM billing_line l FORCE INDEX (`+index+`) JOIN unit u ON u.org_id = l.org_id AND u.id = l.unit_id JOIN fee_item f ON f.org_id = l.org_id AND f.id = l.fee_item_id
		WHERE l.org_id = ? AND l.run_id = ? AND l.id > ?`+where+` ORDER BY l.id LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return none, fmt.Errorf("list billing lines: %w", err)
	}
	terms, err := s.termsOf(ctx, s.db, sc.OrgID, r.SettlementID)
	if err != nil {
		return none, err
	}
	lines := make([]billingrun.Line, len(rows))
	for i, row := range rows {
		if lines[i], err = row.line(); err != nil {
			return none, err
		}
		lines[i].GraceEnd, lines[i].LateFeeFrom = graceEnd(terms.Rules.LateFee, row.DueOn), lateFeeFrom(terms.Rules.LateFee, row.DueOn)
	}
	return page.Cut(lines, q.Limit, func(l billingrun.Line) string { return l.ID }), nil
}

func (r lineRow) line() (billingrun.Line, error) {
	l := billingrun.Line{ID: r.ID, Verdict: r.Verdict, UnitID: r.UnitID, Unit: r.Unit, FeeItemID: r.FeeItemID, FeeItem: r.FeeItem, VersionID: r.VersionID.String,
		DebtorID: r.DebtorID.String, Period: r.Period, LineNo: r.LineNo, From: r.From, To: r.To, BillDate: r.BilledOn, DueDate: r.DueOn, AmountFen: r.AmountFen,
		ComparedFen: r.ComparedFen, PreviousFen: r.PreviousFen, Basis: r.Basis}
	if r.ProblemCode.Valid {
		l.Problem = &billing.Problem{Code: r.ProblemCode.String, Message: r.Problem.String}
	}
	if r.Billed {
		l.BillID = r.ID
	}
	if len(r.Difference) > 0 {
		l.Difference = &billingrun.Difference{}
		if err := json.Unmarshal(r.Difference, l.Difference); err != nil {
			return l, fmt.Errorf("read the difference of line %s: %w", r.ID, err)
		}
	}
	var basis billing.Basis
	if len(r.Basis) > 0 {
		if err := json.Unmarshal(r.Basis, &basis); err != nil {
			return l, fmt.Errorf("read the basis of line %s: %w", r.ID, err)
		}
	}
	l.Explain(basis.Text)
	return l, nil
}
