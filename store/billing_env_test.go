package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

// billingEnv is a community with agreed fee items, and two people of whom one opens runs and the other approves them.
type billingEnv struct {
	*moneyEnv
	maker, checker access.Scope
	settlement     money.Settlement
}

func newBillingEnv(t testing.TB) *billingEnv {
	e := &billingEnv{moneyEnv: newMoneyEnv(t)}
	e.maker, e.checker = e.person(access.CommunityManager), e.person(access.CompanyFinance)
	e.settlement = money.Settlement{FirstDay: date("2025-01-01"), AllocationOrder: money.OrderLaw}
	return e
}

// person is a caller with one role over the whole company.
func (e *billingEnv) person(role access.Role) access.Scope {
	return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: role, Level: access.LevelCompany, Money: access.MoneyDetail}}}
}

// item makes a fee item with one version and gives both ids.
func (e *billingEnv) item(name, formula string, prepaid bool, parameters map[string]any) (itemID, versionID string) {
	itemID = store.NewID()
	e.exec(`INSERT INTO fee_item (org_id, id, community_id, name, name_key) VALUES (?,?,?,?,?)`, e.OrgID, itemID, e.community, name, name)
	return itemID, e.version(itemID, 1, "2020-01-01", formula, prepaid, parameters)
}

func (e *billingEnv) version(itemID string, no int, from, formula string, prepaid bool, parameters map[string]any) string {
	e.t.Helper()
	id := store.NewID()
	b, err := json.Marshal(parameters)
	require.NoError(e.t, err)
	e.exec(`INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, prepaid, from_on, created_by, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		e.OrgID, id, itemID, no, formula, string(b), prepaid, from, access.SystemActorID, e.Clock.Now())
	return id
}

// sign puts versions in force by the environment's settlement.
func (e *billingEnv) sign(versionIDs ...string) {
	e.t.Helper()
	e.settlement.FeeItemVersionIDs = versionIDs
	body, err := json.Marshal(e.settlement)
	require.NoError(e.t, err)
	id, no := store.NewID(), 0
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &no, `SELECT COUNT(*) + 1 FROM settlement_version WHERE org_id = ?`, e.OrgID))
	e.exec(`INSERT INTO settlement_version (org_id, id, community_id, no, status, from_on, body, examples, proposed_by, proposed_at) VALUES (?,?,?,?,'signed',?,?,'[]',?,?)`,
		e.OrgID, id, e.community, no, e.settlement.FirstDay, string(body), access.SystemActorID, e.Clock.Now())
	e.exec(`UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, id, e.OrgID, e.community)
}

// room adds a unit of an area with its owner since a day.
func (e *billingEnv) room(key, area, since string) (unit, owner string) {
	unit, owner = store.NewID(), e.addPerson()
	e.exec(`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, built_area_m2, created_at) VALUES (?,?,?,?,?,?,?,NULLIF(?,''),?)`,
		e.OrgID, unit, e.community, store.NewID(), key, key, key, area, e.Clock.Now())
	e.occupy(unit, owner, since, "")
	return unit, owner
}

func (e *billingEnv) occupy(unit, person, from, to string) {
	e.exec(`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, to_on, created_at) VALUES (?,?,?,?,'owner',?,NULLIF(?,''),?)`,
		e.OrgID, store.NewID(), unit, person, from, to, e.Clock.Now())
}

// work does what the run's process does, until it waits or ends.
func (e *billingEnv) work(runID string) billingrun.Status {
	e.t.Helper()
	for {
		done, err := e.Store.AdvanceBillingRun(e.t.Context(), e.Scope, runID)
		require.NoError(e.t, err)
		if !done.More {
			return done.Status
		}
	}
}

// open opens a run and computes it.
func (e *billingEnv) open(period string) billingrun.Detail {
	e.t.Helper()
	r, err := e.Store.OpenBillingRun(e.t.Context(), e.maker, e.community, period)
	require.NoError(e.t, err)
	require.Equal(e.t, billingrun.Ready, e.work(r.ID))
	return e.run(r.ID)
}

func (e *billingEnv) run(id string) billingrun.Detail {
	e.t.Helper()
	r, err := e.Store.BillingRun(e.t.Context(), e.maker, id)
	require.NoError(e.t, err)
	return r
}

// issue approves a run as the other person and issues it.
func (e *billingEnv) issue(id string) billingrun.Detail {
	e.t.Helper()
	_, err := e.Store.ApproveBillingRun(e.t.Context(), e.checker, id)
	require.NoError(e.t, err)
	require.Equal(e.t, billingrun.Issued, e.work(id))
	return e.run(id)
}

func (e *billingEnv) lines(runID string, only billingrun.Only) []billingrun.Line {
	e.t.Helper()
	p, err := e.Store.BillingLines(e.t.Context(), e.maker, runID, only, page.Query{Limit: 500})
	require.NoError(e.t, err)
	return p.Items
}

// bills gives what stands of a period, in the order of rooms and parts.
func (e *billingEnv) bills(period string) []money.Bill {
	e.t.Helper()
	p, err := e.Store.Bills(e.t.Context(), e.maker, money.BillFilter{CommunityID: e.community, Period: period}, page.Query{Limit: 500})
	require.NoError(e.t, err)
	var standing []money.Bill
	for _, b := range p.Items {
		if b.Status != money.BillVoid {
			standing = append(standing, b)
		}
	}
	return standing
}

func amounts(bills []money.Bill) []int64 {
	var fen []int64
	for _, b := range bills {
		fen = append(fen, b.PrincipalFen)
	}
	return fen
}

// manyRooms adds rooms of one area with their owners, in a few statements.
func (e *billingEnv) manyRooms(n int, area string) {
	e.t.Helper()
	insert := func(into string, width int, args []any) {
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
		e.exec("INSERT INTO "+into+" VALUES "+strings.TrimSuffix(strings.Repeat(one+",", len(args)/width), ","), args...)
	}
	for from := 0; from < n; from += 300 {
		var people, units, occupancies []any
		for i := from; i < min(n, from+300); i++ {
			unit, owner, now := store.NewID(), store.NewID(), e.Clock.Now()
			people = append(people, e.OrgID, owner, e.Keys.Index("identity", owner), e.Keys.Seal("业主"), e.Keys.Index("name", owner), now)
			units = append(units, e.OrgID, unit, e.community, e.community, unit, "1", "1栋", area, now)
			occupancies = append(occupancies, e.OrgID, store.NewID(), unit, owner, "owner", "2020-01-01", now)
		}
		insert("person (org_id, id, identity_bidx, name_enc, name_bidx, created_at)", 6, people)
		insert("unit (org_id, id, community_id, building_id, unit_key, room, display, built_area_m2, created_at)", 9, units)
		insert("occupancy (org_id, id, unit_id, person_id, role, from_on, created_at)", 7, occupancies)
	}
}
