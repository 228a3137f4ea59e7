package access

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/refusal"
)

func TestRequireAsksRoleAndReach(t *testing.T) {
	cashier := Scope{Grants: []Grant{{Role: Cashier, Level: LevelCommunity, Communities: []string{"A"}, Money: MoneyDetail}}}
	finance := Scope{Grants: []Grant{{Role: CompanyFinance, Level: LevelCompany, Money: MoneyDetail}}}
	worker := Scope{Grants: []Grant{{Role: Worker, Level: LevelCommunity, Communities: []string{"A"}, Money: MoneyNone}}}
	owner := Scope{PersonID: "P", Grants: []Grant{{Role: Owner, Level: LevelOwn, Money: MoneyDetail}}}

	for name, c := range map[string]struct {
		scope     Scope
		action    Action
		community string
		allowed   bool
	}{
		"cashier takes money at home":           {cashier, TakeMoney, "A", true},
		"cashier elsewhere":                     {cashier, TakeMoney, "B", false},
		"cashier somewhere":                     {cashier, TakeMoney, "", true},
		"cashier runs no campaign":              {cashier, RunCampaigns, "A", false},
		"company level reaches every community": {finance, RunCampaigns, "B", true},
		"worker sees units":                     {worker, SeeEstate, "A", true},
		"worker sees no money":                  {worker, SeeMoney, "A", false},
		"owner takes no money":                  {owner, TakeMoney, "", false},
		"the product itself":                    {ForSystem("O"), Administrate, "B", true},
		"nobody":                                {Scope{}, SeeEstate, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.scope.Require(c.action, c.community)
			if c.allowed {
				require.NoError(t, err)
				return
			}
			require.True(t, refusal.Is(err, "forbidden"))
		})
	}
}

func TestReachLimitsLists(t *testing.T) {
	s := Scope{Grants: []Grant{
		{Role: Cashier, Level: LevelCommunity, Communities: []string{"A", "B"}},
		{Role: CommunityManager, Level: LevelCommunity, Communities: []string{"B", "C"}},
		{Role: Owner, Level: LevelOwn},
	}}
	all, ids := s.Reach(TakeMoney)
	require.False(t, all)
	require.Equal(t, []string{"A", "B", "C"}, ids)
	_, ids = s.Reach(RunCampaigns)
	require.Equal(t, []string{"B", "C"}, ids)
	all, ids = s.Reach(Administrate)
	require.False(t, all)
	require.Empty(t, ids)
	all, _ = Scope{Grants: []Grant{{Role: Auditor, Level: LevelCompany}}}.Reach(SeeMoney)
	require.True(t, all)
}

func TestAResidentsGrantShowsNobodyElsesMoney(t *testing.T) {
	s := Scope{PersonID: "P", Grants: []Grant{{Role: Owner, Level: LevelOwn, Communities: []string{"A"}, Money: MoneyDetail}}}
	require.NoError(t, s.Require(SeeMoney, "A"))
	require.Equal(t, MoneyNone, s.Money("A"), "the neighbours live in A too")
	s.Grants = append(s.Grants, Grant{Role: Steward, Level: LevelCommunity, Communities: []string{"A"}, Money: MoneyTotals})
	require.Equal(t, MoneyTotals, s.Money("A"), "who lives where they work")
}

func TestMoneyViewIsTheWidestGrantThatReaches(t *testing.T) {
	s := Scope{Grants: []Grant{
		{Role: Steward, Level: LevelGrid, Communities: []string{"A"}, Money: MoneyTotals},
		{Role: Cashier, Level: LevelCommunity, Communities: []string{"B"}, Money: MoneyDetail},
		{Role: Worker, Level: LevelCommunity, Communities: []string{"C"}, Money: MoneyDetail},
	}}
	require.Equal(t, MoneyTotals, s.Money("A"))
	require.Equal(t, MoneyDetail, s.Money("B"))
	require.Equal(t, MoneyNone, s.Money("C"), "a worker never sees money, whatever the grant says")
	require.Equal(t, MoneyNone, s.Money("D"))
}

func TestResidentOnly(t *testing.T) {
	require.True(t, Scope{PersonID: "P", Grants: []Grant{{Role: Owner, Level: LevelOwn}}}.ResidentOnly())
	require.False(t, Scope{Grants: []Grant{{Role: Owner, Level: LevelOwn}, {Role: Steward, Level: LevelGrid}}}.ResidentOnly())
	require.False(t, ForSystem("O").ResidentOnly())
}
