package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/importing"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
	"steward/store/storetest"
)

// turned is business time that runs at a speed from storetest.Start on.
type turned struct{ anchor clock.Anchor }

func (c turned) Anchor() clock.Anchor { return c.anchor }
func (c turned) Now() time.Time {
	return c.anchor.BusinessAt(time.Now()).UTC().Truncate(time.Microsecond)
}

// ground is a real database with households that owe one bill each, and business time that runs.
type ground struct {
	*storetest.Env
	t         *testing.T
	store     *store.Store
	imports   importing.Store
	checkout  *activities.Checkout // nil where no order is made
	billing   billingrun.Store
	clock     turned
	community string
	policy    string
	units     []string
	debtors   []string
	phones    []string
}

const owedFen = 120_000

func newGround(t *testing.T, speed float64, households int) *ground {
	e := storetest.New(t)
	g := &ground{Env: e, t: t, community: store.NewID()}
	g.clock = turned{clock.Anchor{Wall: time.Now(), Business: storetest.Start, Speed: speed}}
	g.store = store.New(e.DB, e.Keys, g.clock)
	g.imports, g.billing = g.store, g.store
	require.NoError(t, g.store.SeedHolidays(t.Context(), e.OrgID))
	require.NoError(t, g.store.SeedDefaultPolicy(t.Context(), e.OrgID))
	policies, err := g.store.Policies(t.Context(), e.Scope, page.Query{Limit: 50})
	require.NoError(t, err)
	for _, p := range policies.Items {
		if p.Name == "短信三次提醒" {
			g.policy = p.ID
		}
	}
	require.NotEmpty(t, g.policy)
	g.insert("community (org_id, id, name, name_key, created_at)", [][]any{{e.OrgID, g.community, "测试小区", g.community, storetest.Start}})
	g.settle(households)
	return g
}

// settle makes the households and issues their bills, due at different days of February.
func (g *ground) settle(households int) {
	var units, people, occupancies [][]any
	var bills []money.NewBill
	building := store.NewID()
	for i := range households {
		unit, person, phone := store.NewID(), store.NewID(), fmt.Sprintf("138%08d", i)
		g.units, g.debtors, g.phones = append(g.units, unit), append(g.debtors, person), append(g.phones, phone)
		units = append(units, []any{g.OrgID, unit, g.community, building, unit, fmt.Sprint(i), fmt.Sprintf("1栋%d", i), storetest.Start})
		people = append(people, []any{g.OrgID, person, g.Keys.Index("identity", person), g.Keys.Seal("业主"), g.Keys.Index("name", "业主"), g.Keys.Seal(phone), g.Keys.Index("phone", phone), storetest.Start})
		occupancies = append(occupancies, []any{g.OrgID, store.NewID(), unit, person, "owner", "2020-01-01", storetest.Start})
		due := calendar.DateOf(time.Date(2026, 2, 1+i%3, 0, 0, 0, 0, time.UTC))
		bills = append(bills, money.NewBill{CommunityID: g.community, UnitID: unit, DebtorID: person, FeeItem: "物业费", Period: "2026-01", DueOn: due, AmountFen: owedFen})
	}
	g.insert("unit (org_id, id, community_id, building_id, unit_key, room, display, created_at)", units)
	g.insert("person (org_id, id, identity_bidx, name_enc, name_bidx, phone_enc, phone_bidx, created_at)", people)
	g.insert("occupancy (org_id, id, unit_id, person_id, role, from_on, created_at)", occupancies)
	issued, err := g.store.IssueBills(g.t.Context(), g.Scope, bills, money.Source{Kind: money.FromBilling})
	require.NoError(g.t, err)
	require.Equal(g.t, households, issued.Created)
}

func (g *ground) insert(into string, rows [][]any) {
	g.t.Helper()
	marks := "(" + strings.TrimSuffix(strings.Repeat("?,", len(rows[0])), ",") + ")"
	for len(rows) > 0 {
		n := min(len(rows), 500)
		var args []any
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		_, err := g.DB.ExecContext(g.t.Context(), "INSERT INTO "+into+" VALUES "+strings.TrimSuffix(strings.Repeat(marks+",", n), ","), args...)
		require.NoError(g.t, err)
		rows = rows[n:]
	}
}

func (g *ground) campaign(name string) string {
	g.t.Helper()
	c, err := g.store.CreateCampaign(g.t.Context(), g.Scope, dunning.NewCampaign{
		CampaignRequest: dunning.CampaignRequest{CommunityIDs: []string{g.community}, PolicyID: g.policy}, Name: name,
	})
	require.NoError(g.t, err)
	return c.ID
}

func (g *ground) pay(i int) {
	g.t.Helper()
	_, _, err := g.store.RecordPayment(g.t.Context(), g.Scope, money.NewPayment{
		UnitID: g.units[i], AmountFen: owedFen, Method: "cash", Channel: "counter", ExternalNo: fmt.Sprintf("%s-%d", g.OrgID, i), PaidAt: g.clock.Now(),
	})
	require.NoError(g.t, err)
}

// told counts what reached each phone.
func (g *ground) told() map[string]int {
	g.t.Helper()
	var rows []struct {
		Recipient string `db:"recipient"`
		N         int    `db:"n"`
	}
	require.NoError(g.t, g.DB.SelectContext(g.t.Context(), &rows, `SELECT recipient, COUNT(*) AS n FROM sandbox_message GROUP BY recipient`))
	told := map[string]int{}
	for _, r := range rows {
		told[r.Recipient] = r.N
	}
	return told
}
