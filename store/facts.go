package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

// caseFacts is everything that decisions about a chunk of one campaign's cases rest on, read in one transaction.
type caseFacts struct {
	facts     map[string]dunning.Facts // by case id
	policies  map[string]dunning.Policy
	calendars map[string]calendar.Calendar // by community id
}

// debtFact is one unpaid bill of a debtor.
type debtFact struct {
	CommunityID string        `db:"community_id"`
	DebtorID    string        `db:"debtor_id"`
	BillID      string        `db:"id"`
	Period      string        `db:"period"`
	FeeItem     string        `db:"fee_item"`
	Unit        string        `db:"unit"`
	DueOn       calendar.Date `db:"due_on"`
	UnpaidFen   int64         `db:"unpaid_fen"`
	Disputed    bool          `db:"disputed"`
}

// loadFacts reads the facts of cases of one campaign with some eight statements, whatever their number.
func (s *Store) loadFacts(ctx context.Context, tx *sqlx.Tx, orgID string, g campaignRow, cases []caseRow, now time.Time) (caseFacts, error) {
	out := caseFacts{facts: make(map[string]dunning.Facts, len(cases)), policies: map[string]dunning.Policy{}, calendars: map[string]calendar.Calendar{}}
	if len(cases) == 0 {
		return out, nil
	}
	communities, debtors := distinctOf(cases)
	var err error
	f := factSources{now: now, link: s.caseLink}
	if f.debts, err = readDebts(ctx, tx, orgID, communities, debtors); err != nil {
		return out, err
	}
	if f.advances, err = readAdvances(ctx, tx, orgID, communities, debtors); err != nil {
		return out, err
	}
	if f.people, err = s.readDebtors(ctx, tx, orgID, debtors); err != nil {
		return out, err
	}
	if f.touches, err = readTouches(ctx, tx, orgID, debtors, now); err != nil {
		return out, err
	}
	if f.underWay, err = readUnderWay(ctx, tx, orgID, cases); err != nil {
		return out, err
	}
	if f.communities, err = readGuards(ctx, tx, orgID, communities); err != nil {
		return out, err
	}
	if f.lateFees, err = readDebtorLateFees(ctx, tx, orgID, f.communities, debtors, now); err != nil {
		return out, err
	}
	for _, id := range communities {
		if out.calendars[id], err = s.calendarOf(ctx, orgID, id); err != nil {
			return out, err
		}
	}
	if err := s.addPolicies(ctx, orgID, g, cases, out.policies); err != nil {
		return out, err
	}
	if f.approved, err = readApprovals(ctx, tx, orgID, out.policies, cases); err != nil {
		return out, err
	}
	for _, c := range cases {
		out.facts[c.ID] = f.of(g, c)
	}
	return out, nil
}

// policyOf is the policy that a case follows: the campaign's, or the older one that it keeps.
func (f caseFacts) policyOf(g campaignRow, c caseRow) dunning.Policy {
	return f.policies[versionOf(g, c)]
}

func versionOf(g campaignRow, c caseRow) string {
	if c.PolicyVersionID.Valid {
		return c.PolicyVersionID.String
	}
	return g.PolicyVersionID
}

func (s *Store) addPolicies(ctx context.Context, orgID string, g campaignRow, cases []caseRow, into map[string]dunning.Policy) error {
	for _, c := range cases {
		id := versionOf(g, c)
		if _, known := into[id]; known {
			continue
		}
		v, err := s.policyVersion(ctx, orgID, id)
		if err != nil {
			return err
		}
		into[id] = v.Policy
	}
	return nil
}

func distinctOf(cases []caseRow) (communities, debtors []string) {
	for _, c := range cases {
		communities = append(communities, c.CommunityID)
		debtors = append(debtors, c.DebtorID)
	}
	slices.Sort(communities)
	slices.Sort(debtors)
	return slices.Compact(communities), slices.Compact(debtors)
}

func readDebts(ctx context.Context, tx *sqlx.Tx, orgID string, communities, debtors []string) (map[debtorKey][]debtFact, error) {
	var rows []debtFact
	err := selectIn(ctx, tx, &rows, `SELECT b.community_id, b.debtor_id, b.id, b.period, f.name AS fee_item, u.display AS unit, b.due_on, b.unpaid_fen, b.disputed
		FROM bill b JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
		WHERE b.org_id = ? AND b.community_id IN (?) AND b.debtor_id IN (?) AND b.unpaid_fen > 0 AND b.voided_at IS NULL`,
		orgID, communities, debtors)
	if err != nil {
		return nil, fmt.Errorf("read debts: %w", err)
	}
	slices.SortFunc(rows, func(a, b debtFact) int {
		if a.DueOn != b.DueOn {
			return -a.DueOn.DaysUntil(b.DueOn)
		}
		if a.BillID < b.BillID {
			return -1
		}
		return 1
	})
	debts := make(map[debtorKey][]debtFact, len(debtors))
	for _, r := range rows {
		k := debtorKey{r.CommunityID, r.DebtorID}
		debts[k] = append(debts[k], r)
	}
	return debts, nil
}

func readAdvances(ctx context.Context, tx *sqlx.Tx, orgID string, communities, debtors []string) (map[debtorKey]int64, error) {
	sums, err := debtorSums(ctx, tx, `SELECT community_id, debtor_id, SUM(unallocated_fen) AS fen FROM payment
		WHERE org_id = ? AND debtor_id IN (?) AND community_id IN (?) AND unallocated_fen > 0 AND reversed_at IS NULL
		GROUP BY community_id, debtor_id`, orgID, debtors, communities)
	if err != nil {
		return nil, fmt.Errorf("read advances: %w", err)
	}
	return sums, nil
}

// debtorFact is how a debtor is called and reached.
type debtorFact struct {
	Name      string
	Phone     string
	Addresses map[dunning.Channel]string
}

func (s *Store) readDebtors(ctx context.Context, tx *sqlx.Tx, orgID string, ids []string) (map[string]debtorFact, error) {
	var rows []struct {
		ID       string `db:"id"`
		NameEnc  []byte `db:"name_enc"`
		PhoneEnc []byte `db:"phone_enc"`
		EmailEnc []byte `db:"email_enc"`
	}
	if err := selectIn(ctx, tx, &rows, `SELECT id, name_enc, phone_enc, email_enc FROM person WHERE org_id = ? AND id IN (?)`, orgID, ids); err != nil {
		return nil, fmt.Errorf("read debtors: %w", err)
	}
	people := make(map[string]debtorFact, len(rows))
	for _, r := range rows {
		var d debtorFact
		var err error
		if d.Name, err = s.keys.Open(r.NameEnc); err != nil {
			return nil, fmt.Errorf("read debtor %s: %w", r.ID, err)
		}
		if d.Phone, err = s.keys.Open(r.PhoneEnc); err != nil {
			return nil, fmt.Errorf("read debtor %s: %w", r.ID, err)
		}
		email, err := s.keys.Open(r.EmailEnc)
		if err != nil {
			return nil, fmt.Errorf("read debtor %s: %w", r.ID, err)
		}
		d.Addresses = dunning.AddressesOf(d.Phone, email)
		people[r.ID] = d
	}
	return people, nil
}

// weekTouches counts a debtor's messages of the last seven days over all campaigns and communities.
type weekTouches struct {
	DebtorID string    `db:"debtor_id"`
	N        int       `db:"n"`
	OldestAt time.Time `db:"oldest_at"`
}

// touchMemoryDays is how far back messages are looked for that were decided long ago and went out this week, or still wait.
const touchMemoryDays = 60

// readTouches counts touches, not messages: a second channel for the same touch is no second touch. A message counts on
// the day on which it went out; one that is under way counts as well, and for at least another day.
func readTouches(ctx context.Context, tx *sqlx.Tx, orgID string, debtors []string, now time.Time) (map[string]weekTouches, error) {
	var rows []weekTouches
	err := selectIn(ctx, tx, &rows, `SELECT debtor_id, COUNT(DISTINCT case_id, stage, touch) AS n, MIN(at) AS oldest_at
		FROM (SELECT debtor_id, case_id, stage, touch,
				IF(status IN (`+underWay+`), GREATEST(created_at, ?), COALESCE(sent_at, created_at)) AS at FROM outbox
			WHERE org_id = ? AND debtor_id IN (?) AND created_at > ? AND status NOT IN ('cancelled','failed')) m
		WHERE at > ? GROUP BY debtor_id`,
		now.AddDate(0, 0, -6), orgID, debtors, now.AddDate(0, 0, -touchMemoryDays), now.AddDate(0, 0, -7))
	if err != nil {
		return nil, fmt.Errorf("read the week's messages: %w", err)
	}
	touches := make(map[string]weekTouches, len(rows))
	for _, r := range rows {
		touches[r.DebtorID] = r
	}
	return touches, nil
}

// underWay are the statuses of a message that is not settled.
const underWay = `'queued','parked','sending'`

// caseMessages is how far the messages of a case have come.
type caseMessages struct {
	CaseID    string       `db:"case_id"`
	UnderWay  bool         `db:"under_way"`
	TouchedAt sql.NullTime `db:"touched_at"`
}

// readUnderWay looks at the messages of cases that some stage has touched; before the first there are none.
func readUnderWay(ctx context.Context, tx *sqlx.Tx, orgID string, cases []caseRow) (map[string]caseMessages, error) {
	ids := make([]string, 0, len(cases))
	for _, c := range cases {
		if c.Stage != "" {
			ids = append(ids, c.ID)
		}
	}
	var rows []caseMessages
	err := inChunks(ids, func(ids []string) error {
		var some []caseMessages
		err := selectIn(ctx, tx, &some, `SELECT case_id, MAX(status IN (`+underWay+`)) AS under_way,
				MAX(IF(status IN ('sent','delivered','unknown'), sent_at, NULL)) AS touched_at
			FROM outbox WHERE org_id = ? AND case_id IN (?) GROUP BY case_id`, orgID, ids)
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read messages under way: %w", err)
	}
	byCase := make(map[string]caseMessages, len(rows))
	for _, r := range rows {
		byCase[r.CaseID] = r
	}
	return byCase, nil
}

// communityFact is a community's name, its go-live guard, and whether it has ever agreed on a late fee.
type communityFact struct {
	Name       string
	Guard      bool
	TestPhones []string
	LateFee    bool
}

func readGuards(ctx context.Context, tx sqlx.QueryerContext, orgID string, ids []string) (map[string]communityFact, error) {
	var rows []struct {
		ID         string `db:"id"`
		Name       string `db:"name"`
		Guard      bool   `db:"guard"`
		TestPhones []byte `db:"test_phones"`
		LateFee    bool   `db:"late_fee"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT c.id, c.name, c.guard, c.test_phones, `+lateFeeAgreed+` AS late_fee
		FROM community c WHERE c.org_id = ? AND c.id IN (?)`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read communities: %w", err)
	}
	out := make(map[string]communityFact, len(rows))
	for _, r := range rows {
		c := communityFact{Name: r.Name, Guard: r.Guard, LateFee: r.LateFee}
		if r.Guard && len(r.TestPhones) > 0 {
			if err := json.Unmarshal(r.TestPhones, &c.TestPhones); err != nil {
				return nil, fmt.Errorf("read the test phones of community %s: %w", r.ID, err)
			}
		}
		out[r.ID] = c
	}
	return out, nil
}

// readApprovals finds which of the stages that need a person's approval have it.
func readApprovals(ctx context.Context, tx *sqlx.Tx, orgID string, policies map[string]dunning.Policy, cases []caseRow) (map[string]string, error) {
	needed := false
	for _, p := range policies {
		needed = needed || slices.ContainsFunc(p.Stages, func(s dunning.Stage) bool { return s.NeedsApproval })
	}
	if !needed {
		return nil, nil
	}
	var rows []struct {
		CaseID string `db:"case_id"`
		Stage  string `db:"stage"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT case_id, stage FROM task WHERE org_id = ? AND case_id IN (?) AND kind = ? AND status = 'done' AND outcome = ?`,
		orgID, caseIDs(cases), dunning.TaskApproval, dunning.OutcomeApproved)
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	next := make(map[string]string, len(cases))
	for _, c := range cases {
		next[c.ID] = c.NextStage.String
	}
	approved := map[string]string{}
	for _, r := range rows {
		if approved[r.CaseID] == "" || r.Stage == next[r.CaseID] {
			approved[r.CaseID] = r.Stage
		}
	}
	return approved, nil
}

// factSources are the rows from which facts are put together.
type factSources struct {
	now         time.Time
	link        func(caseID string) string
	debts       map[debtorKey][]debtFact
	advances    map[debtorKey]int64
	people      map[string]debtorFact
	touches     map[string]weekTouches
	underWay    map[string]caseMessages // by case id
	lateFees    map[debtorKey]int64
	communities map[string]communityFact
	approved    map[string]string
}

func (f factSources) of(g campaignRow, c caseRow) dunning.Facts {
	key := debtorKey{c.CommunityID, c.DebtorID}
	person, community, touches := f.people[c.DebtorID], f.communities[c.CommunityID], f.touches[c.DebtorID]
	paused := pausedFor(g, c, f.now)
	facts := dunning.Facts{
		CaseID: c.ID, CommunityID: c.CommunityID, DebtorID: c.DebtorID,
		Stage: c.Stage, StageAt: c.StageAt.Time, FromStage: g.FromStage.String, EnteredAt: c.OpenedAt, CohortSlot: c.CohortNo,
		PausedFor:        paused - seconds(c.EnteredPausedS),
		PausedSinceStage: paused - seconds(c.StagePausedS),
		UnderWay:         f.underWay[c.ID].UnderWay,
		TouchedAt:        f.underWay[c.ID].TouchedAt.Time,
		ApprovedStage:    f.approved[c.ID],
		AdvanceFen:       f.advances[key], LateFeeFen: f.lateFees[key],
		Name: person.Name, Community: community.Name, Link: f.link(c.ID), Addresses: person.Addresses,
		Guarded:         community.Guard && !slices.Contains(community.TestPhones, person.Phone),
		TouchesLastWeek: touches.N, OldestTouchAt: touches.OldestAt,
	}
	for _, d := range f.debts[key] {
		if d.Disputed {
			facts.DisputedFen += d.UnpaidFen
			continue
		}
		facts.Bills = append(facts.Bills, dunning.BillFact{BillID: d.BillID, Period: d.Period, FeeItem: d.FeeItem, DueOn: d.DueOn, UnpaidFen: d.UnpaidFen})
		if !slices.Contains(facts.Units, d.Unit) {
			facts.Units = append(facts.Units, d.Unit)
		}
	}
	return facts
}

// pausedFor is how long a case has stood still in all: the campaign's pauses and its own holds, those that last included,
// and what falls into both counted once.
func pausedFor(g campaignRow, c caseRow, now time.Time) time.Duration {
	if !c.HeldAt.Valid {
		return g.pausedFor(now) + seconds(c.HeldS)
	}
	return seconds(c.HeldS) + max(now.Sub(c.HeldAt.Time), 0)
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
