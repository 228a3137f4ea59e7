package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// agreeEnv is a community with a home, its handover on 12-15, a vacant home and two people who may sign.
type agreeEnv struct {
	*moneyEnv
	maker, checker access.Scope
	home           string
}

func newAgreeEnv(t testing.TB) *agreeEnv {
	e := &agreeEnv{moneyEnv: newMoneyEnv(t)}
	as := func(r access.Role) access.Scope {
		return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: r, Level: access.LevelCompany, Money: access.MoneyDetail}}}
	}
	e.maker, e.checker = as(access.CommunityManager), as(access.CompanyFinance)
	seller := e.addPerson()
	e.home = e.addUnit(e.community)
	e.addOwner(e.home, seller)
	e.exec(`UPDATE occupancy SET to_on = '2026-12-14' WHERE org_id = ? AND unit_id = ?`, e.OrgID, e.home)
	e.exec(`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2026-12-15',?)`,
		e.OrgID, store.NewID(), e.home, e.addPerson(), e.Clock.Now())
	vacant, _ := e.household()
	e.exec(`UPDATE unit SET built_area_m2 = 89.5, unit_key = CONCAT('3-', display, id) WHERE org_id = ?`, e.OrgID)
	e.exec(`UPDATE unit SET status = 'vacant' WHERE org_id = ? AND id = ?`, e.OrgID, vacant)
	return e
}

func (e *agreeEnv) fee(name, formula, parameters string, change ...func(*money.FeeTerms)) money.FeeItem {
	e.t.Helper()
	terms := money.FeeTerms{Formula: formula, Parameters: json.RawMessage(parameters), From: date("2020-01-01")}
	for _, c := range change {
		c(&terms)
	}
	made, err := e.Store.CreateFeeItem(e.t.Context(), e.maker, money.NewFeeItem{CommunityID: e.community, Name: name, FeeTerms: terms})
	require.NoError(e.t, err)
	return made
}

func (e *agreeEnv) propose(d money.SettlementDraft) money.SettlementVersion {
	e.t.Helper()
	v, err := e.Store.ProposeSettlement(e.t.Context(), e.maker, e.community, d)
	require.NoError(e.t, err)
	return v
}

func TestVersionsOfAFeeItemDoNotOverlap(t *testing.T) {
	e := newAgreeEnv(t)
	item := e.fee("物业费", "built_area", `{"price_yuan":"2.80"}`)
	add := func(from, to string) (money.FeeItemDetail, error) {
		terms := money.FeeTerms{Formula: "built_area", Parameters: json.RawMessage(`{"price_yuan":"3"}`), From: date(from)}
		if to != "" {
			terms.To = date(to)
		}
		return e.Store.AddFeeItemVersion(t.Context(), e.maker, item.ID, terms, 0)
	}
	d, err := add("2026-07-01", "2026-12-31")
	require.NoError(t, err)
	require.Equal(t, "2026-06-30", d.Versions[1].Ends.String())
	require.Equal(t, "2026-12-31", d.Versions[0].Ends.String())
	for _, c := range []struct{ from, to, field string }{
		{"2026-08-01", "", "from"}, {"2026-12-31", "2027-01-31", "from"}, {"2026-07-01", "", "from"}, {"2026-05-01", "2026-07-01", "to"}, {"2026-05-01", "", "to"}, {"2020-01-01", "2020-02-01", "from"},
	} {
		_, err := add(c.from, c.to)
		no, ok := refusal.As(err)
		require.True(t, ok, "%+v: %v", c, err)
		require.Equal(t, "version-overlaps", no.Code)
		require.Equal(t, c.field, no.Fields[0].Location, "%+v", c)
	}
	d, err = add("2027-01-01", "")
	require.NoError(t, err)
	require.Equal(t, 3, d.Version)
	_, err = e.Store.AddFeeItemVersion(t.Context(), e.maker, item.ID, money.FeeTerms{Formula: "fixed", From: date("2028-01-01")}, 0)
	require.True(t, refusal.Is(err, "price-needed"), "%v", err)
	_, err = e.Store.AddFeeItemVersion(t.Context(), e.maker, item.ID, money.FeeTerms{Formula: "given", From: date("2028-01-01")}, 2)
	require.True(t, refusal.Is(err, "stale-version"), "%v", err)

	command := e.maker
	command.CommandID = store.NewID()
	for range 2 { // a repeat finds its own work
		d, err = e.Store.AddFeeItemVersion(t.Context(), command, item.ID, money.FeeTerms{Formula: "given", From: date("2028-01-01")}, 0)
		require.NoError(t, err)
		require.Len(t, d.Versions, 4)
	}
	_, err = e.Store.WithdrawFeeItemVersion(t.Context(), e.maker, item.ID, d.Versions[1].ID)
	require.True(t, refusal.Is(err, "version-not-newest"), "%v", err)
	d, err = e.Store.WithdrawFeeItemVersion(t.Context(), e.maker, item.ID, d.Versions[0].ID)
	require.NoError(t, err)
	require.Len(t, d.Versions, 3)
}

func TestSettlementIsShownOnTheCommunitysOwnUnits(t *testing.T) {
	e := newAgreeEnv(t)
	e.fee("物业费", "built_area", `{"price_yuan":"2.80"}`, func(t *money.FeeTerms) { t.VacantShare = "0.7" })
	first := date("2026-12-01")
	v := e.propose(money.SettlementDraft{FirstDay: &first, LateFee: &money.LateFeeRule{Enabled: true, Rates: []money.LateFeeRate{{From: date("2020-01-01"), Daily: "0.0005"}}}})
	byCase := map[string][]int64{}
	for _, x := range v.Examples {
		require.Empty(t, x.Problem)
		require.NotEmpty(t, x.Explanation)
		byCase[x.Case] = append(byCase[x.Case], x.AmountFen)
	}
	require.Equal(t, []int64{11317, 13743}, byCase[money.CaseSplit], "the handover on 12-15")
	require.Equal(t, []int64{17542}, byCase[money.CaseVacant])
	require.Equal(t, []int64{1450}, byCase[money.CaseLateFee], "29 days of 0.50")
	require.Len(t, v.Warnings, 1, "0.0005 a day is 18.25 % a year, above four times the LPR")
	require.Equal(t, money.OrderLaw, v.Rules.AllocationOrder)
	require.False(t, v.InForce)
}

func TestSettlementIsSignedByAnotherPersonAndNeverChanges(t *testing.T) {
	e := newAgreeEnv(t)
	_, err := e.Store.ProposeSettlement(t.Context(), e.maker, e.community, money.SettlementDraft{})
	require.True(t, refusal.Is(err, "fee-items-needed"), "%v", err)
	item := e.fee("物业费", "built_area", `{"price_yuan":"2.80"}`)
	other := newAgreeEnv(t)
	foreign := other.someVersion(t)
	_, err = e.Store.ProposeSettlement(t.Context(), e.maker, e.community, money.SettlementDraft{FeeItemVersionIDs: []string{foreign}})
	require.True(t, refusal.Is(err, "fee-item-version-unknown"), "%v", err)
	_, err = e.Store.ProposeSettlement(t.Context(), e.maker, e.community, money.SettlementDraft{LateFee: &money.LateFeeRule{Enabled: true}})
	require.True(t, refusal.Is(err, "late-fee-rate-needed"), "%v", err)

	v := e.propose(money.SettlementDraft{})
	_, err = e.Store.SignSettlement(t.Context(), e.maker, e.community, v.ID, "业委会 张某", "")
	require.True(t, refusal.Is(err, "maker-is-checker"), "%v", err)
	_, err = e.Store.SignSettlement(t.Context(), e.checker, e.community, v.ID, " ", "")
	require.True(t, refusal.Is(err, "signed-names-needed"), "%v", err)
	cashier := e.checker
	cashier.Grants = []access.Grant{{Role: access.Cashier, Level: access.LevelCompany}}
	_, err = e.Store.SignSettlement(t.Context(), cashier, e.community, v.ID, "张某", "")
	require.True(t, refusal.Is(err, "forbidden"), "%v", err)

	sign := e.checker
	sign.CommandID = store.NewID()
	for range 2 {
		signed, err := e.Store.SignSettlement(t.Context(), sign, e.community, v.ID, "业委会 张某", "2026 年业主大会")
		require.NoError(t, err)
		require.True(t, signed.InForce)
		require.Equal(t, money.SettlementSigned, signed.Status)
	}
	_, err = e.Store.WithdrawSettlement(t.Context(), e.maker, e.community, v.ID, "写错了")
	require.True(t, refusal.Is(err, "not-allowed-in-state"), "%v", err)

	d, err := e.Store.FeeItem(t.Context(), e.maker, item.ID)
	require.NoError(t, err)
	require.True(t, d.Versions[0].Agreed)
	d, err = e.Store.AddFeeItemVersion(t.Context(), e.maker, item.ID, money.FeeTerms{Formula: "fixed", Parameters: json.RawMessage(`{"extra_yuan":"9"}`), From: date("2030-01-01")}, 0)
	require.NoError(t, err)
	next := e.propose(money.SettlementDraft{})
	require.Len(t, next.Rules.FeeItemVersionIDs, 2)
	_, err = e.Store.WithdrawFeeItemVersion(t.Context(), e.maker, item.ID, d.Versions[0].ID)
	require.True(t, refusal.Is(err, "version-in-use"), "%v", err)
	_, err = e.Store.WithdrawSettlement(t.Context(), e.maker, e.community, next.ID, "重新提交")
	require.NoError(t, err)
	_, err = e.Store.WithdrawFeeItemVersion(t.Context(), e.maker, item.ID, d.Versions[0].ID)
	require.NoError(t, err)

	early := e.propose(money.SettlementDraft{}).ID
	late := e.propose(money.SettlementDraft{})
	_, err = e.Store.SignSettlement(t.Context(), e.checker, e.community, late.ID, "张某", "")
	require.NoError(t, err)
	_, err = e.Store.SignSettlement(t.Context(), e.checker, e.community, early, "张某", "")
	require.True(t, refusal.Is(err, "settlement-overtaken"), "%v", err)
	list, err := e.Store.Settlements(t.Context(), e.checker, e.community)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.True(t, list[0].InForce)
	require.False(t, list[3].InForce)
}

// someVersion gives a fee item version of another organization.
func (e *agreeEnv) someVersion(t *testing.T) string {
	d, err := e.Store.FeeItem(t.Context(), e.maker, e.fee("物业费", "given", ``).ID)
	require.NoError(t, err)
	return d.Versions[0].ID
}

func TestAFeeItemIsTriedOnAUnit(t *testing.T) {
	e := newAgreeEnv(t)
	item := e.fee("物业费", "built_area", `{"price_yuan":"2.80"}`)
	tried, err := e.Store.PreviewFeeItem(t.Context(), e.maker, money.FeeItemTrial{UnitID: e.home, Period: "2026-12", FeeItemID: item.ID})
	require.NoError(t, err)
	require.Len(t, tried.Lines, 2)
	require.Equal(t, []int64{11317, 13743}, []int64{tried.Lines[0].AmountFen, tried.Lines[1].AmountFen})
	require.NotEqual(t, tried.Lines[0].Debtor, tried.Lines[1].Debtor)
	require.Equal(t, "2027-01-01", tried.Lines[0].BillDate.String())
	quarterly := money.FeeTerms{Formula: "fixed", Parameters: json.RawMessage(`{"extra_yuan":"90"}`), Cycle: "quarter"}
	tried, err = e.Store.PreviewFeeItem(t.Context(), e.maker, money.FeeItemTrial{UnitID: e.home, Period: "2026-05", Terms: &quarterly})
	require.NoError(t, err)
	require.Equal(t, "2026Q2", tried.Period)
	require.Equal(t, int64(9000), tried.Lines[0].AmountFen)
	quarterly.Formula, quarterly.Parameters = "expression", json.RawMessage(`{"expression":"1/usage"}`)
	_, err = e.Store.PreviewFeeItem(t.Context(), e.maker, money.FeeItemTrial{UnitID: e.home, Period: "2026-05", Terms: &quarterly})
	require.True(t, refusal.Is(err, "division-by-zero"), "%v", err)
	_, err = e.Store.PreviewFeeItem(t.Context(), e.maker, money.FeeItemTrial{UnitID: store.NewID(), Period: "2026-05", FeeItemID: item.ID})
	require.True(t, refusal.Is(err, "unit-not-found"), "%v", err)
	_, err = e.Store.PreviewFeeItem(t.Context(), access.Scope{OrgID: e.OrgID, Grants: []access.Grant{{Role: access.Owner, Level: access.LevelOwn}}}, money.FeeItemTrial{UnitID: e.home, Period: "2026-05", FeeItemID: item.ID})
	require.True(t, refusal.Is(err, "forbidden"), "%v", err)
}

func TestFiguresOfAPeriod(t *testing.T) {
	e := newAgreeEnv(t)
	item := e.fee("停车费", "given", ``)
	list, err := e.Store.EnterFeeFigures(t.Context(), e.maker, item.ID, "2026-12", []money.FeeEntry{{UnitID: e.home, Value: "88.88"}})
	require.NoError(t, err)
	require.Equal(t, "88.88", list[0].Value)
	tried, err := e.Store.PreviewFeeItem(t.Context(), e.maker, money.FeeItemTrial{UnitID: e.home, Period: "2026-12", FeeItemID: item.ID})
	require.NoError(t, err)
	require.Equal(t, int64(8888), tried.Lines[0].AmountFen+tried.Lines[1].AmountFen)
	for _, c := range []struct {
		entry money.FeeEntry
		code  string
	}{
		{money.FeeEntry{Value: "1"}, "entry-unit-malformed"}, {money.FeeEntry{UnitID: e.home, Value: "-1"}, "entry-malformed"}, {money.FeeEntry{UnitID: e.home, Value: `1","x`}, "entry-malformed"},
		{money.FeeEntry{UnitID: store.NewID(), Value: "1"}, "unit-unknown"},
	} {
		_, err := e.Store.EnterFeeFigures(t.Context(), e.maker, item.ID, "2026-12", []money.FeeEntry{c.entry})
		require.True(t, refusal.Is(err, c.code), "%+v: %v", c, err)
	}
	_, err = e.Store.EnterFeeFigures(t.Context(), e.maker, e.fee("物业费", "built_area", `{"price_yuan":"1"}`).ID, "2026-12", []money.FeeEntry{{UnitID: e.home, Value: "1"}})
	require.True(t, refusal.Is(err, "fee-item-takes-no-figures"), "%v", err)
	e.issue(money.NewBill{CommunityID: e.community, UnitID: e.home, DebtorID: e.addPerson(), FeeItemID: item.ID, Period: "2026-12", DueOn: date("2027-01-31"), AmountFen: 8888})
	_, err = e.Store.EnterFeeFigures(t.Context(), e.maker, item.ID, "2026-12", []money.FeeEntry{{UnitID: e.home, Value: "90"}})
	require.True(t, refusal.Is(err, "already-billed"), "%v", err)
}
