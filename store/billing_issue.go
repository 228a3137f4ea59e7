package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
)

// linesPerIssue is how many lines one step issues: a statement's worth, so that the community's books are held for a moment.
const linesPerIssue = 500

// issueRow is a line as it is issued.
type issueRow struct {
	ID        string             `db:"id"`
	Verdict   billingrun.Verdict `db:"verdict"`
	UnitID    string             `db:"unit_id"`
	FeeItemID string             `db:"fee_item_id"`
	VersionID string             `db:"fee_item_version_id"`
	DebtorID  string             `db:"debtor_id"`
	Period    string             `db:"period"`
	LineNo    int                `db:"line_no"`
	From      calendar.Date      `db:"from_on"`
	To        calendar.Date      `db:"to_on"`
	BilledOn  calendar.Date      `db:"billed_on"`
	DueOn     calendar.Date      `db:"due_on"`
	AmountFen int64              `db:"amount_fen"`
	Basis     json.RawMessage    `db:"basis"`
	Readings  []byte             `db:"readings"`
}

// issueStep issues the run's next lines and moves its mark. A line that was billed by another way meanwhile, or whose reading
// is another one now, is withheld and listed.
func (s *Store) issueStep(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{r.CommunityID}); err != nil {
		return billingrun.Progress{}, err
	}
	var lines []issueRow
	err := tx.SelectContext(ctx, &lines, `SELECT id, verdict, unit_id, fee_item_id, COALESCE(fee_item_version_id, '') AS fee_item_version_id, COALESCE(debtor_id, '') AS debtor_id,
			period, line_no, from_on, to_on, billed_on, due_on, amount_fen, COALESCE(basis, '{}') AS basis, readings
		FROM billing_line FORCE INDEX (PRIMARY) WHERE org_id = ? AND run_id = ? AND id > ? AND verdict IN ('new','changed','same') ORDER BY id LIMIT ?`,
		sc.OrgID, r.ID, r.IssuedThrough, linesPerIssue)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("read the lines to issue: %w", err)
	}
	if len(lines) == 0 {
		return s.endIssuing(ctx, tx, sc, r)
	}
	terms, err := s.termsOf(ctx, tx, sc.OrgID, r.SettlementID)
	if err != nil {
		return billingrun.Progress{}, err
	}
	in := &issuing{store: s, tx: tx, scope: sc, run: r, rule: terms.Rules.LateFee, withheld: map[string]billing.Problem{}}
	if err := in.issue(ctx, lines); err != nil {
		return billingrun.Progress{}, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE billing_run SET issued_through = ?, issued_n = issued_n + ?, issued_fen = issued_fen + ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		lines[len(lines)-1].ID, in.n, in.fen, sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("note how far a billing run is issued: %w", err)
	}
	return billingrun.Progress{Status: r.Status, More: true}, nil
}

func (s *Store) endIssuing(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	_, err := tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, issued_at = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		billingrun.Issued, s.clock.Now(), sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("end a billing run: %w", err)
	}
	return billingrun.Progress{Status: billingrun.Issued}, nil
}

// issuing is one step of issueStep.
type issuing struct {
	store    *Store
	tx       *sqlx.Tx
	scope    access.Scope
	run      billingRunRow
	rule     money.LateFeeRule
	withheld map[string]billing.Problem // by line
	n        int
	fen      int64
}

func (in *issuing) issue(ctx context.Context, lines []issueRow) error {
	standing, err := in.checkReadings(ctx, lines)
	if err != nil {
		return err
	}
	bills := make([]money.NewBill, len(standing))
	for i, l := range standing {
		bills[i] = money.NewBill{ID: l.ID, CommunityID: in.run.CommunityID, UnitID: l.UnitID, DebtorID: l.DebtorID, FeeItemID: l.FeeItemID, FeeItemVersionID: l.VersionID,
			Period: l.Period, LineNo: l.LineNo, PeriodFrom: l.From, PeriodTo: l.To, BilledOn: l.BilledOn, DueOn: l.DueOn, AmountFen: l.AmountFen, Explained: l.Basis,
			GraceEndOn: graceEnd(in.rule, l.DueOn), LateFeeFromOn: lateFeeFrom(in.rule, l.DueOn)}
	}
	issued, err := in.store.issueBillsTx(ctx, in.tx, in.scope, bills, money.Source{Kind: money.FromBilling, ID: in.run.ID})
	if err != nil {
		return err
	}
	made := make(map[string]bool, len(issued.New))
	for _, i := range issued.New {
		made[standing[i].ID] = true
		in.n++
		in.fen += standing[i].AmountFen
	}
	for _, p := range issued.Problems {
		in.withheld[standing[p.Index].ID] = billing.Problem{Code: p.Code, Message: p.Message}
	}
	for _, l := range standing {
		if _, told := in.withheld[l.ID]; !made[l.ID] && !told {
			in.withheld[l.ID] = billing.Problem{Code: "billed-meanwhile", Message: "计算之后，这笔费用已由其他途径出账，本次不再重复出账。"}
		}
	}
	if err := in.freeze(ctx, standing, made); err != nil {
		return err
	}
	return in.withhold(ctx, lines)
}

// checkReadings leaves out lines whose readings were changed or rejected since they were computed. It locks what is left.
func (in *issuing) checkReadings(ctx context.Context, lines []issueRow) ([]issueRow, error) {
	computed := map[string]map[string]int{}
	for _, l := range lines {
		if len(l.Readings) == 0 {
			continue
		}
		var of map[string]int
		if err := json.Unmarshal(l.Readings, &of); err != nil {
			return nil, fmt.Errorf("read the readings of line %s: %w", l.ID, err)
		}
		computed[l.ID] = of
	}
	if len(computed) == 0 {
		return lines, nil
	}
	now, err := readingVersions(ctx, in.tx, in.scope.OrgID, computed, " FOR UPDATE")
	if err != nil {
		return nil, err
	}
	standing := make([]issueRow, 0, len(lines))
	for _, l := range lines {
		changed := false
		for id, version := range computed[l.ID] {
			changed = changed || now[id] != version
		}
		if changed {
			in.withheld[l.ID] = billing.Problem{Code: "reading-changed", Message: "计算之后抄表读数有改动，本次未出账。请对该账期再做一次出账，按新读数计算。"}
			continue
		}
		standing = append(standing, l)
	}
	return standing, nil
}

// freeze holds the readings that issued lines stand on.
func (in *issuing) freeze(ctx context.Context, lines []issueRow, made map[string]bool) error {
	byItem := map[string][]string{}
	for _, l := range lines {
		if len(l.Readings) == 0 || !made[l.ID] {
			continue
		}
		var of map[string]int
		if err := json.Unmarshal(l.Readings, &of); err != nil {
			return fmt.Errorf("read the readings of line %s: %w", l.ID, err)
		}
		byItem[l.FeeItemID] = append(byItem[l.FeeItemID], sortedKeys(of)...)
	}
	for _, item := range sortedKeys(byItem) {
		if err := freezeReadings(ctx, in.tx, in.scope.OrgID, item, in.run.ID, byItem[item]); err != nil {
			return err
		}
	}
	return nil
}

// withhold marks the lines that were not issued, and moves them from one sum to the other.
func (in *issuing) withhold(ctx context.Context, lines []issueRow) error {
	sums := map[sumKey]billingrun.Count{}
	move := func(key sumKey, n int, fen int64) {
		c := sums[key]
		c.Lines += n
		c.AmountFen += fen
		sums[key] = c
	}
	for _, l := range lines {
		why, held := in.withheld[l.ID]
		if !held {
			continue
		}
		move(sumKey{l.FeeItemID, l.Verdict}, -1, -l.AmountFen)
		move(sumKey{l.FeeItemID, billingrun.Withheld}, 1, l.AmountFen)
		_, err := in.tx.ExecContext(ctx, `UPDATE billing_line SET verdict = ?, problem_code = ?, problem = ? WHERE org_id = ? AND run_id = ? AND id = ?`,
			billingrun.Withheld, why.Code, clipped(why.Message, maxWhy), in.scope.OrgID, in.run.ID, l.ID)
		if err != nil {
			return fmt.Errorf("withhold a line: %w", err)
		}
	}
	if len(sums) == 0 {
		return nil
	}
	return addSums(ctx, in.tx, in.scope.OrgID, in.run.ID, sums)
}
