package access

import "time"

// User is someone who can sign in.
type User struct {
	ID       string      `json:"id"`
	Login    string      `json:"login"`
	Name     string      `json:"name"`
	Disabled bool        `json:"disabled"`
	Version  int         `json:"version"`
	Roles    []RoleGrant `json:"roles"`
}

// RoleGrant is one role over one part of the organization, as it is edited and shown.
type RoleGrant struct {
	Role  Role      `json:"role" enum:"admin,company_finance,region_manager,community_manager,team_leader,cashier,steward,dispatcher,worker,vendor,legal,owner,family,tenant,auditor"`
	Scope GrantArea `json:"scope"`
	Money MoneyView `json:"money,omitempty" enum:"none,status,totals,detail" doc:"How much of a person's money data is shown; the role's usual view when left out."`
}

// GrantArea is how far a grant reaches; ID is empty for company and own.
type GrantArea struct {
	Level Level  `json:"level" enum:"company,region,community,building,grid,own"`
	ID    string `json:"id,omitempty" maxLength:"26"`
}

// Session is what signing in gives. Token is shown once and stored only as its hash.
type Session struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	User      User      `json:"user"`
}

// Roles lists every role.
var Roles = []Role{Admin, CompanyFinance, RegionManager, CommunityManager, TeamLeader, Cashier, Steward, Dispatcher, Worker, Vendor, Legal, Owner, Family, Tenant, Auditor}

// UsualMoney is the view of money data that a role has unless a grant says otherwise.
func UsualMoney(r Role) MoneyView {
	switch r {
	case Admin, CompanyFinance, CommunityManager, Cashier, RegionManager, Owner, Tenant, Auditor:
		return MoneyDetail
	case Steward:
		return MoneyTotals
	}
	return MoneyNone
}

// NewUser is a user to be made.
type NewUser struct {
	Login    string      `json:"login" minLength:"3" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$" patternDescription:"字母、数字或 . _ @ -"`
	Name     string      `json:"name" minLength:"1" maxLength:"80"`
	Password string      `json:"password" minLength:"10" maxLength:"200"`
	Roles    []RoleGrant `json:"roles,omitempty" maxItems:"50"`
}
