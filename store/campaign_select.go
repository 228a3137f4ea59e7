package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
)

// cohortCases is how many cases travel together in one process.
const cohortCases = 300

// SelectCases implements dunning.CaseStore. A debtor who has another open case, or came into one in the meantime, is left
// out by the unique key; a repeat after a crash goes on with those who are not members yet.
func (s *Store) SelectCases(ctx context.Context, sc access.Scope, campaignID string, decide dunning.Decide, beat func()) (dunning.Selection, error) {
	g, err := campaignOf(ctx, s.db, sc.OrgID, campaignID, unlocked)
	if err != nil {
		return dunning.Selection{}, err
	}
	if !g.SelectedAt.Valid && g.active() {
		if err := s.enterCandidates(ctx, sc, g, decide, beat); err != nil {
			return dunning.Selection{}, err
		}
		if err := s.closeSelection(ctx, sc, campaignID); err != nil {
			return dunning.Selection{}, err
		}
	}
	return s.selectionOf(ctx, sc.OrgID, campaignID)
}

// entrant is a candidate on the way to a case, with the instant at which the ladder first has something to do.
type entrant struct {
	candidate
	row     caseRow
	firstAt time.Time
}

func (s *Store) enterCandidates(ctx context.Context, sc access.Scope, g campaignRow, decide dunning.Decide, beat func()) error {
	req, err := g.request()
	if err != nil {
		return err
	}
	policy, err := s.policyVersion(ctx, sc.OrgID, g.PolicyVersionID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	list, err := s.candidates(ctx, s.db, sc, req, policy.Policy, now)
	if err != nil {
		return err
	}
	beat()
	members, last, err := s.membersOf(ctx, sc.OrgID, g.ID)
	if err != nil {
		return err
	}
	calendars, err := s.calendarsOf(ctx, s.db, sc.OrgID, req.CommunityIDs)
	if err != nil {
		return err
	}
	entrants := make([]entrant, 0, len(list))
	for _, c := range list {
		if c.Excluded != "" || members[debtorKey{c.CommunityID, c.DebtorID}] {
			continue
		}
		entrants = append(entrants, newEntrant(g, c, now))
	}
	plan := firstPlan{policy: policy.Policy, calendars: calendars, campaign: g, decide: decide, now: now}
	plan.sort(entrants)
	for n, chunk := range slices.Collect(slices.Chunk(entrants, cohortCases)) {
		plan.settle(chunk, last+1+n)
		if err := s.insertCases(ctx, sc, g.ID, chunk); err != nil {
			return err
		}
		beat()
	}
	return nil
}

func newEntrant(g campaignRow, c candidate, now time.Time) entrant {
	return entrant{candidate: c, row: caseRow{
		ID: NewID(), CampaignID: g.ID, CommunityID: c.CommunityID, DebtorID: c.DebtorID, Status: dunning.CaseOpen,
		PlannedEpoch: g.Epoch, DueOn: c.DueOn, EnteredFen: c.AmountFen, ArrearsFen: c.AmountFen,
		EnteredPausedS: g.PausedS, StagePausedS: g.PausedS, OpenedAt: now,
	}}
}

// firstPlan finds the first instant of entrants from what a candidate row tells; the facts are read when it has come.
type firstPlan struct {
	policy    dunning.Policy
	calendars map[string]calendar.Calendar
	campaign  campaignRow
	decide    dunning.Decide
	now       time.Time
}

// sort puts those together who have something to do at the same time: that is what a cohort shares.
func (p firstPlan) sort(entrants []entrant) {
	for i := range entrants {
		entrants[i].firstAt, _ = p.first(entrants[i], 0)
	}
	slices.SortStableFunc(entrants, func(a, b entrant) int {
		return cmp.Or(a.firstAt.Compare(b.firstAt), cmp.Compare(a.CommunityID, b.CommunityID))
	})
}

func (p firstPlan) settle(cohort []entrant, no int) {
	for i := range cohort {
		e := &cohort[i]
		e.row.CohortNo = no
		var stage string
		e.firstAt, stage = p.first(*e, no)
		e.row.NextStage, e.row.NextAt = nullString(stage), nullTime(e.firstAt)
	}
}

func (p firstPlan) first(e entrant, slot int) (time.Time, string) {
	d := p.decide(p.policy, p.calendars[e.CommunityID], dunning.Facts{
		CaseID: e.row.ID, CommunityID: e.CommunityID, DebtorID: e.DebtorID, FromStage: p.campaign.FromStage.String,
		EnteredAt: p.now, CohortSlot: slot, Bills: []dunning.BillFact{{DueOn: e.DueOn, UnpaidFen: e.AmountFen}},
		Addresses: addressable(e.candidate),
	}, p.now)
	if d.Kind == dunning.Wait && !d.NextAt.IsZero() {
		return d.NextAt, d.NextStage
	}
	return p.now, cmp.Or(d.Stage, d.NextStage)
}

func addressable(c candidate) map[dunning.Channel]string {
	phone, email := "", ""
	if c.HasPhone {
		phone = "known"
	}
	if c.HasEmail {
		email = "known"
	}
	return dunning.AddressesOf(phone, email)
}

// membersOf gives who is in the campaign already, and its last cohort (-1 for none).
func (s *Store) membersOf(ctx context.Context, orgID, campaignID string) (map[debtorKey]bool, int, error) {
	var rows []struct {
		CommunityID string `db:"community_id"`
		DebtorID    string `db:"debtor_id"`
		CohortNo    int    `db:"cohort_no"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT community_id, debtor_id, cohort_no FROM dunning_case WHERE org_id = ? AND campaign_id = ?`, orgID, campaignID)
	if err != nil {
		return nil, 0, fmt.Errorf("read the campaign's members: %w", err)
	}
	members, last := make(map[debtorKey]bool, len(rows)), -1
	for _, r := range rows {
		members[debtorKey{r.CommunityID, r.DebtorID}] = true
		last = max(last, r.CohortNo)
	}
	return members, last, nil
}

// insertCases enters one cohort. A campaign that was cancelled meanwhile gets no more cases, and neither does one whose
// selection another run has closed: nobody would start that cohort.
func (s *Store) insertCases(ctx context.Context, sc access.Scope, campaignID string, cohort []entrant) error {
	return s.inTx(ctx, "enter cases", func(tx *sqlx.Tx) error {
		g, err := campaignOf(ctx, tx, sc.OrgID, campaignID, shared)
		if err != nil || !g.active() || g.SelectedAt.Valid {
			return err
		}
		stopped, err := lockDebtors(ctx, tx, sc.OrgID, cohort, calendar.DateOf(s.clock.Now()))
		if err != nil {
			return err
		}
		owing, err := stillOwing(ctx, tx, sc.OrgID, cohort)
		if err != nil {
			return err
		}
		rows := make([][]any, 0, len(cohort))
		for _, e := range cohort {
			c := e.row
			if stopped[c.DebtorID] != "" || !owing[debtorKey{c.CommunityID, c.DebtorID}] {
				continue
			}
			rows = append(rows, []any{sc.OrgID, c.ID, c.CampaignID, c.CohortNo, c.CommunityID, c.DebtorID, c.Status, c.NextStage, c.NextAt, c.PlannedEpoch,
				c.DueOn, c.EnteredFen, c.ArrearsFen, c.EnteredPausedS, c.StagePausedS, c.OpenedAt, 1})
		}
		return upsertRows(ctx, tx, `INSERT INTO dunning_case (org_id, id, campaign_id, cohort_no, community_id, debtor_id, status, next_stage, next_at,
			planned_epoch, due_on, entered_fen, arrears_fen, entered_paused_s, stage_paused_s, opened_at, open_slot)`,
			rows, ` ON DUPLICATE KEY UPDATE id = id`)
	})
}

// lockDebtors holds the debtors' rows, which puts a flag and this entry in order, and gives those whom a flag keeps out.
func lockDebtors(ctx context.Context, tx *sqlx.Tx, orgID string, cohort []entrant, today calendar.Date) (map[string]string, error) {
	ids := make([]string, len(cohort))
	for i, e := range cohort {
		ids[i] = e.DebtorID
	}
	if err := lockPeople(ctx, tx, orgID, ids, shared); err != nil {
		return nil, err
	}
	return readStoppingFlags(ctx, tx, orgID, today)
}

// stillOwing gives who has not paid since the candidates were read: a payment before the case finds none to close.
func stillOwing(ctx context.Context, tx *sqlx.Tx, orgID string, cohort []entrant) (map[debtorKey]bool, error) {
	communities := distinct(cohort, func(e entrant) string { return e.CommunityID })
	debtors := distinct(cohort, func(e entrant) string { return e.DebtorID })
	var rows []struct {
		CommunityID string `db:"community_id"`
		DebtorID    string `db:"debtor_id"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT DISTINCT community_id, debtor_id FROM bill
		WHERE org_id = ? AND community_id IN (?) AND debtor_id IN (?) AND unpaid_fen > 0 AND voided_at IS NULL`, orgID, communities, debtors)
	if err != nil {
		return nil, fmt.Errorf("read who still owes: %w", err)
	}
	owing := make(map[debtorKey]bool, len(rows))
	for _, r := range rows {
		owing[debtorKey{r.CommunityID, r.DebtorID}] = true
	}
	return owing, nil
}

// closeSelection counts the campaign; one without a case is finished at once.
func (s *Store) closeSelection(ctx context.Context, sc access.Scope, campaignID string) error {
	return s.inTx(ctx, "close selection", func(tx *sqlx.Tx) error {
		g, err := campaignOf(ctx, tx, sc.OrgID, campaignID, exclusive)
		if err != nil || g.SelectedAt.Valid {
			return err
		}
		var sum struct {
			Households int   `db:"households"`
			AmountFen  int64 `db:"amount_fen"`
			Cohorts    int   `db:"cohorts"`
		}
		err = tx.GetContext(ctx, &sum, `SELECT COUNT(*) AS households, COALESCE(SUM(entered_fen), 0) AS amount_fen, COUNT(DISTINCT cohort_no) AS cohorts
			FROM dunning_case WHERE org_id = ? AND campaign_id = ?`, sc.OrgID, campaignID)
		if err != nil {
			return fmt.Errorf("count the campaign: %w", err)
		}
		now := s.clock.Now()
		_, err = tx.ExecContext(ctx, `UPDATE campaign SET selected_at = ?, households = ?, amount_fen = ?, cohorts = ?, version = version + 1
			WHERE org_id = ? AND id = ?`, now, sum.Households, sum.AmountFen, sum.Cohorts, sc.OrgID, campaignID)
		if err != nil {
			return fmt.Errorf("count the campaign: %w", err)
		}
		return recordCampaignChange(ctx, tx, sc.OrgID, campaignID, now)
	})
}

func (s *Store) selectionOf(ctx context.Context, orgID, campaignID string) (dunning.Selection, error) {
	g, err := campaignOf(ctx, s.db, orgID, campaignID, unlocked)
	if err != nil {
		return dunning.Selection{}, err
	}
	sel := dunning.Selection{Households: g.Households, AmountFen: g.AmountFen}
	var rows []struct {
		No      int       `db:"cohort_no"`
		FirstAt time.Time `db:"first_at"`
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT cohort_no, COALESCE(MIN(next_at), MIN(opened_at)) AS first_at FROM dunning_case
		WHERE org_id = ? AND campaign_id = ? GROUP BY cohort_no ORDER BY cohort_no`, orgID, campaignID)
	if err != nil {
		return sel, fmt.Errorf("read cohorts: %w", err)
	}
	for _, r := range rows {
		sel.Cohorts = append(sel.Cohorts, dunning.CohortStart{No: r.No, FirstAt: r.FirstAt})
	}
	return sel, nil
}
