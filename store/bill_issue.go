package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// IssueBills issues lines in one transaction. It is idempotent by natural key: a line that is there already with the same
// amount is unchanged, one with another amount is a problem, because an issued line is never rewritten. An advance of the
// debtor in that community pays new lines at once.
func (s *Store) IssueBills(ctx context.Context, sc access.Scope, bills []money.NewBill, source money.Source) (money.Issued, error) {
	var issued money.Issued
	err := s.inTx(ctx, "issue bills", func(tx *sqlx.Tx) (err error) {
		issued, err = s.issueBillsTx(ctx, tx, sc, bills, source)
		return err
	})
	return issued, err
}

// issueBillsTx is IssueBills inside a transaction of the caller's.
func (s *Store) issueBillsTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, bills []money.NewBill, source money.Source) (money.Issued, error) {
	var issued money.Issued
	communities := distinct(bills, func(b money.NewBill) string { return b.CommunityID })
	action := access.Import
	if source.Kind == money.FromBilling {
		action = access.RunBilling
	}
	for _, c := range communities {
		if err := sc.Require(action, c); err != nil {
			return issued, err
		}
	}
	if source.ID == "" {
		source.ID = NewID()
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, communities); err != nil {
		return issued, err
	}
	items, err := s.ensureFeeItems(ctx, tx, sc, bills)
	if err != nil {
		return issued, err
	}
	rules, err := readMoneyRules(ctx, tx, sc.OrgID, communities)
	if err != nil {
		return issued, err
	}
	run := &billIssue{scope: sc, source: source, now: s.clock.Now(), items: items, rules: rules, seen: map[billKey]int64{}, debtors: map[string][]string{}}
	for i := 0; i < len(bills); i += rowsPerStatement {
		if err := s.issueChunk(ctx, tx, run, bills[i:min(i+rowsPerStatement, len(bills))], i); err != nil {
			return issued, err
		}
	}
	if err := s.afterIssue(ctx, tx, run); err != nil {
		return issued, err
	}
	return run.issued, nil
}

// billKey is a bill's natural key.
type billKey struct {
	unitID, feeItemID, period, debtorID string
	lineNo                              int
}

// billIssue is one run of issueBillsTx.
type billIssue struct {
	scope   access.Scope
	source  money.Source
	now     time.Time
	items   feeItemIndex
	rules   map[string]moneyRules
	seen    map[billKey]int64   // amounts of lines that exist, in the database or earlier in the input
	debtors map[string][]string // who got new lines, by community
	issued  money.Issued
}

func (r *billIssue) problem(index int, code, message string) {
	r.issued.Problems = append(r.issued.Problems, money.BillProblem{Index: index, Code: code, Message: message})
}

// issuedLine is a line that passed every check.
type issuedLine struct {
	money.NewBill
	id   string
	item feeItemRow
}

func (s *Store) issueChunk(ctx context.Context, tx *sqlx.Tx, r *billIssue, chunk []money.NewBill, offset int) error {
	wellFormed := slices.DeleteFunc(slices.Clone(chunk), func(b money.NewBill) bool { return b.Check() != nil })
	known, err := knownParties(ctx, tx, r.scope.OrgID, wellFormed)
	if err != nil {
		return err
	}
	if err := r.readExisting(ctx, tx, wellFormed); err != nil {
		return err
	}
	var lines []issuedLine
	for i, b := range chunk {
		if b.BilledOn.IsZero() {
			b.BilledOn = earlier(b.DueOn, calendar.DateOf(r.now))
		}
		item, no := r.judge(b, known)
		if no != nil {
			r.problem(offset+i, no.Code, no.Message)
			continue
		}
		key := billKey{b.UnitID, item.ID, b.Period, b.DebtorID, b.LineNo}
		if amount, exists := r.seen[key]; exists {
			if amount == b.AmountFen {
				r.issued.Unchanged++
			} else {
				r.problem(offset+i, "bill-exists-with-other-amount", fmt.Sprintf(
					"该账单已存在，金额为 %s，与本次的 %s 不一致。已出账单不能改写，如需更正请做调整。", money.Format(amount), money.Format(b.AmountFen)))
			}
			continue
		}
		r.seen[key] = b.AmountFen
		r.issued.New = append(r.issued.New, offset+i)
		lines = append(lines, issuedLine{NewBill: b, id: or(b.ID, NewID()), item: item})
	}
	return s.writeLines(ctx, tx, r, lines)
}

// judge gives the fee item of a line that can be issued, or why it can't.
func (r *billIssue) judge(b money.NewBill, known parties) (feeItemRow, *refusal.Refusal) {
	if err := b.Check(); err != nil {
		no, _ := refusal.As(err)
		return feeItemRow{}, no
	}
	if community, ok := known.units[b.UnitID]; !ok || community != b.CommunityID {
		return feeItemRow{}, refusal.New(refusal.Rule, "unit-unknown", "该小区没有这套房屋，请先导入房屋资料。")
	}
	if !known.debtors[b.DebtorID] {
		return feeItemRow{}, refusal.New(refusal.Rule, "debtor-unknown", "没有找到账单的缴费人，请先登记业主。")
	}
	item, ok := r.items.find(b)
	if !ok {
		return feeItemRow{}, refusal.New(refusal.Rule, "fee-item-unknown", "该小区没有这个收费项目，请先添加。")
	}
	return item, nil
}

// parties are the units (with their community) and persons that a chunk of lines names and that exist.
type parties struct {
	units   map[string]string
	debtors map[string]bool
}

func knownParties(ctx context.Context, tx *sqlx.Tx, orgID string, bills []money.NewBill) (parties, error) {
	known := parties{units: map[string]string{}, debtors: map[string]bool{}}
	unitIDs := named(distinct(bills, func(b money.NewBill) string { return b.UnitID }))
	debtorIDs := named(distinct(bills, func(b money.NewBill) string { return b.DebtorID }))
	if len(unitIDs) == 0 || len(debtorIDs) == 0 {
		return known, nil
	}
	var units []struct {
		ID          string `db:"id"`
		CommunityID string `db:"community_id"`
	}
	err := selectIn(ctx, tx, &units, `SELECT id, community_id FROM unit WHERE org_id = ? AND id IN (?)`, orgID, unitIDs)
	if err != nil {
		return known, fmt.Errorf("read the units of bills: %w", err)
	}
	for _, u := range units {
		known.units[u.ID] = u.CommunityID
	}
	var persons []string
	err = selectIn(ctx, tx, &persons, `SELECT id FROM person WHERE org_id = ? AND id IN (?)`, orgID, debtorIDs)
	if err != nil {
		return known, fmt.Errorf("read the debtors of bills: %w", err)
	}
	for _, p := range persons {
		known.debtors[p] = true
	}
	return known, nil
}

// readExisting reads a superset of the lines that a chunk may repeat; the book's lock keeps it true.
func (r *billIssue) readExisting(ctx context.Context, tx *sqlx.Tx, chunk []money.NewBill) error {
	var items []string
	for _, b := range chunk {
		if item, ok := r.items.find(b); ok && !slices.Contains(items, item.ID) {
			items = append(items, item.ID)
		}
	}
	unitIDs := named(distinct(chunk, func(b money.NewBill) string { return b.UnitID }))
	if len(items) == 0 || len(unitIDs) == 0 {
		return nil
	}
	var rows []struct {
		UnitID    string `db:"unit_id"`
		FeeItemID string `db:"fee_item_id"`
		Period    string `db:"period"`
		DebtorID  string `db:"debtor_id"`
		LineNo    int    `db:"line_no"`
		AmountFen int64  `db:"amount_fen"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT unit_id, fee_item_id, period, debtor_id, line_no, amount_fen FROM bill
		WHERE org_id = ? AND unit_id IN (?) AND fee_item_id IN (?) AND period IN (?)`, r.scope.OrgID, unitIDs, items,
		distinct(chunk, func(b money.NewBill) string { return b.Period }))
	if err != nil {
		return fmt.Errorf("read existing bills: %w", err)
	}
	for _, b := range rows {
		r.seen[billKey{b.UnitID, b.FeeItemID, b.Period, b.DebtorID, b.LineNo}] = b.AmountFen
	}
	return nil
}

// writeLines inserts bills and posts them: one entry for the lines of a community that were billed on one day.
func (s *Store) writeLines(ctx context.Context, tx *sqlx.Tx, r *billIssue, lines []issuedLine) error {
	type group struct {
		community string
		billedOn  calendar.Date
	}
	var rows [][]any
	postings, totals := map[group][]money.Posting{}, map[group]int64{}
	var groups []group
	for _, l := range lines {
		basis, err := l.basis()
		if err != nil {
			return fmt.Errorf("write the basis of a bill: %w", err)
		}
		rows = append(rows, []any{r.scope.OrgID, l.id, l.CommunityID, l.UnitID, l.DebtorID, l.item.ID, nullable(or(l.FeeItemVersionID, l.item.VersionID)), l.Period, l.LineNo,
			l.PeriodFrom, l.PeriodTo, l.BilledOn, l.DueOn, l.GraceEndOn, l.LateFeeFromOn, l.AmountFen, string(basis), r.source.Kind, r.source.ID, r.now})
		g := group{l.CommunityID, l.BilledOn}
		if totals[g] == 0 {
			groups = append(groups, g)
		}
		totals[g] += l.AmountFen
		postings[g] = append(postings[g], money.Posting{Account: money.Receivable, DebtorID: l.DebtorID, BillID: l.id, AmountFen: l.AmountFen})
		r.debtors[l.CommunityID] = append(r.debtors[l.CommunityID], l.DebtorID)
	}
	err := insertRows(ctx, tx, `INSERT INTO bill (org_id, id, community_id, unit_id, debtor_id, fee_item_id, fee_item_version_id, period, line_no,
		period_from, period_to, billed_on, due_on, grace_end_on, late_fee_from_on, amount_fen, basis, source_kind, source_id, issued_at)`, rows)
	if err != nil {
		return err
	}
	var entries []money.Entry
	for _, g := range groups {
		at := g.billedOn.At(0, 0).UTC()
		if at.After(r.now) {
			at = r.now
		}
		at = r.rules[g.community].bookedAt(at, r.now)
		e, err := money.NewEntry(s.entryHead(r.scope, g.community, money.EntryIssue, "bills", r.source.ID, at),
			append(postings[g], money.Posting{Account: money.Revenue, AmountFen: -totals[g]})...)
		if err != nil {
			return fmt.Errorf("post bills: %w", err)
		}
		entries = append(entries, e)
	}
	r.issued.Created += len(lines)
	return postEntries(ctx, tx, r.scope.OrgID, entries)
}

// basis is what explains the line, as it is kept.
func (l issuedLine) basis() ([]byte, error) {
	if len(l.Explained) > 0 {
		return l.Explained, nil
	}
	return json.Marshal(l.explanation())
}

func (l issuedLine) explanation() map[string]any {
	basis := map[string]any{"formula": l.item.Formula}
	for k, v := range l.Basis {
		basis[k] = v
	}
	if basis["inputs"] == nil {
		basis["inputs"] = map[string]any{"amount_fen": l.AmountFen}
	}
	return basis
}

// afterIssue lets advances pay the new lines and tells the debtors' cases.
func (s *Store) afterIssue(ctx context.Context, tx *sqlx.Tx, r *billIssue) error {
	for _, community := range sortedKeys(r.debtors) {
		debtors := distinct(r.debtors[community], func(id string) string { return id })
		if err := s.offsetAdvances(ctx, tx, r.scope, community, debtors); err != nil {
			return err
		}
		err := s.settleCases(ctx, tx, r.scope, balanceChange{CommunityID: community, DebtorIDs: debtors, Cause: causeBill, At: r.now})
		if err != nil {
			return err
		}
	}
	if r.issued.Created == 0 {
		return nil
	}
	return recordAudit(ctx, tx, r.scope, r.now, Audited{Action: "issue-bills", SubjectKind: r.source.Kind, SubjectID: r.source.ID,
		Detail: map[string]any{"created": r.issued.Created, "unchanged": r.issued.Unchanged, "problems": len(r.issued.Problems)}})
}

func earlier(a, b calendar.Date) calendar.Date {
	if b.Before(a) {
		return b
	}
	return a
}

// distinct gives the sorted different values of a field.
func distinct[T any](rows []T, field func(T) string) []string {
	values := make([]string, 0, len(rows))
	for _, r := range rows {
		values = append(values, field(r))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
