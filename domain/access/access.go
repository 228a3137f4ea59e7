// Package access says who may do and see what. It is the one place for permission rules: every repository method takes a
// Scope and asks it, and no endpoint decides for itself.
package access

import (
	"slices"

	"steward/domain/refusal"
)

// Role is a job in a property company or a resident's place in a household.
type Role string

// The roles of the contract.
const (
	Admin            Role = "admin"
	CompanyFinance   Role = "company_finance"
	RegionManager    Role = "region_manager"
	CommunityManager Role = "community_manager"
	TeamLeader       Role = "team_leader"
	Cashier          Role = "cashier"
	Steward          Role = "steward"
	Dispatcher       Role = "dispatcher"
	Worker           Role = "worker"
	Vendor           Role = "vendor"
	Legal            Role = "legal"
	Owner            Role = "owner"
	Family           Role = "family"
	Tenant           Role = "tenant"
	Auditor          Role = "auditor"
)

// Level is how far a grant reaches.
type Level string

// The levels, widest first. Own is a resident's: only what carries the own person id.
const (
	LevelCompany   Level = "company"
	LevelRegion    Level = "region"
	LevelCommunity Level = "community"
	LevelBuilding  Level = "building"
	LevelGrid      Level = "grid"
	LevelOwn       Level = "own"
)

// MoneyView is how much of a person's money data a grant shows.
type MoneyView string

// The viewing levels: nothing, owes or not, how much, bills and payments.
const (
	MoneyNone   MoneyView = "none"
	MoneyStatus MoneyView = "status"
	MoneyTotals MoneyView = "totals"
	MoneyDetail MoneyView = "detail"
)

// Grant is one role over one part of the organization. Communities is the reach resolved to community ids when the
// caller signs in; it is empty for LevelCompany, which reaches all.
type Grant struct {
	Role        Role
	Level       Level
	ScopeID     string
	Communities []string
	Money       MoneyView
}

// Action is something that a caller asks to do.
type Action string

// The actions that are checked.
const (
	SeeEstate      Action = "see-estate"      // communities, units, occupancies
	SeePeople      Action = "see-people"      // names and phones unmasked
	SeeMoney       Action = "see-money"       // accounts, bills, payments (further limited by MoneyView)
	TakeMoney      Action = "take-money"      // record a payment, match suspense
	ReverseMoney   Action = "reverse-money"   // reverse, void
	Import         Action = "import"          // spreadsheets
	SeeCampaigns   Action = "see-campaigns"   // campaigns, cases, messages
	RunCampaigns   Action = "run-campaigns"   // start, pause, resume, cancel, change
	HandleCases    Action = "handle-cases"    // hold, release, exclude, promise, tasks
	EditPolicies   Action = "edit-policies"   // dunning policies, calendars, fee items, go-live
	FlagPeople     Action = "flag-people"     // hold, deceased, hardship, wrong contact
	SeeAudit       Action = "see-audit"       // audit trail
	Administrate   Action = "administrate"    // users and roles
	CorrectMoney   Action = "correct-money"   // ask for refunds, waivers, adjustments; transfer
	DecideMoney    Action = "decide-money"    // approve or reject what another has asked
	RunBilling     Action = "run-billing"     // compute, approve, issue and void billing runs; meter readings are reviewed
	EnterReadings  Action = "enter-readings"  // meter readings
	SignOff        Action = "sign-off"        // settlement rules, opening balances
	CloseDay       Action = "close-day"       // close a day of the desk
	CloseMonth     Action = "close-month"     // close a month
	SeeReports     Action = "see-reports"     // figures of communities
	TurnClock      Action = "turn-clock"      // dev only
	SteerSandboxes Action = "steer-sandboxes" // dev only
)

// rights is the whole table. Roles that are not listed under an action may not do it.
var rights = map[Action][]Role{
	SeeEstate:      {Admin, CompanyFinance, RegionManager, CommunityManager, TeamLeader, Cashier, Steward, Dispatcher, Worker, Auditor, Owner, Family, Tenant},
	SeePeople:      {Admin, CompanyFinance, RegionManager, CommunityManager, TeamLeader, Cashier, Steward, Dispatcher},
	SeeMoney:       {Admin, CompanyFinance, RegionManager, CommunityManager, Cashier, Steward, Auditor, Owner, Tenant},
	TakeMoney:      {CompanyFinance, CommunityManager, Cashier, Admin},
	ReverseMoney:   {CompanyFinance, CommunityManager, Cashier, Admin},
	Import:         {Admin, CompanyFinance, RegionManager, CommunityManager},
	SeeCampaigns:   {Admin, CompanyFinance, RegionManager, CommunityManager, Steward, Auditor},
	RunCampaigns:   {Admin, CompanyFinance, RegionManager, CommunityManager},
	HandleCases:    {Admin, CompanyFinance, RegionManager, CommunityManager, Steward},
	EditPolicies:   {Admin, CompanyFinance, RegionManager, CommunityManager},
	FlagPeople:     {Admin, CompanyFinance, CommunityManager},
	SeeAudit:       {Admin, Auditor, CompanyFinance},
	Administrate:   {Admin},
	CorrectMoney:   {Admin, CompanyFinance, CommunityManager, Cashier},
	DecideMoney:    {Admin, CompanyFinance, RegionManager, CommunityManager},
	RunBilling:     {Admin, CompanyFinance, CommunityManager},
	EnterReadings:  {Admin, CompanyFinance, CommunityManager, Cashier, Steward, TeamLeader},
	SignOff:        {Admin, CompanyFinance, RegionManager, CommunityManager},
	CloseDay:       {Admin, CompanyFinance, CommunityManager, Cashier},
	CloseMonth:     {Admin, CompanyFinance, CommunityManager},
	SeeReports:     {Admin, CompanyFinance, RegionManager, CommunityManager, Cashier, Auditor},
	TurnClock:      {Admin, CompanyFinance, CommunityManager},
	SteerSandboxes: {Admin, CompanyFinance, CommunityManager},
}

// Scope is the caller of one request or one process step: who, for whom, how far.
type Scope struct {
	OrgID     string
	ActorID   string // user id, or the process or provider's own name for a system scope
	PersonID  string // the person behind a resident's login, else ""
	System    bool   // a durable process or a verified provider: reaches the whole organization
	RequestID string
	// CommandID is the same ULID for every run of one command under one Idempotency-Key, "" outside of commands. What the
	// command creates takes it as its id, so that a run whose answer was lost finds its own work instead of doing it twice.
	CommandID string
	Grants    []Grant
}

// SystemActorID stands for the product itself where a row must say who did something. It is a valid ULID.
const SystemActorID = "00000000000000000000000000"

// ForSystem is the scope of a durable process or a verified provider's notice.
func ForSystem(orgID string) Scope {
	return Scope{OrgID: orgID, ActorID: SystemActorID, System: true}
}

// Require refuses with `forbidden` unless some grant allows the action in this community; communityID "" asks whether
// it is allowed anywhere, and the lists are then limited by Reach.
func (s Scope) Require(a Action, communityID string) error {
	if s.System {
		return nil
	}
	for _, g := range s.Grants {
		if slices.Contains(rights[a], g.Role) && (communityID == "" || g.reaches(communityID)) {
			return nil
		}
	}
	return Forbidden()
}

// Forbidden is the refusal of what no grant of the caller allows.
func Forbidden() error {
	return refusal.New(refusal.Forbidden, "forbidden", "您没有进行此操作的权限，请联系管理员授权。")
}

// Reach gives the communities in which the action is allowed; all is true when there is no limit. A resident's reach is
// never all and holds no community: residents are limited by PersonID.
func (s Scope) Reach(a Action) (all bool, communityIDs []string) {
	if s.System {
		return true, nil
	}
	for _, g := range s.Grants {
		if !slices.Contains(rights[a], g.Role) || g.Level == LevelOwn {
			continue
		}
		if g.Level == LevelCompany {
			return true, nil
		}
		for _, c := range g.Communities {
			if !slices.Contains(communityIDs, c) {
				communityIDs = append(communityIDs, c)
			}
		}
	}
	return false, communityIDs
}

// Money gives the widest view of money data that the caller has in a community. A resident's own grant gives none: it reaches
// the community of the own units, and there only what carries the own person id.
func (s Scope) Money(communityID string) MoneyView {
	if s.System {
		return MoneyDetail
	}
	order := []MoneyView{MoneyNone, MoneyStatus, MoneyTotals, MoneyDetail}
	best := 0
	for _, g := range s.Grants {
		if g.Level != LevelOwn && slices.Contains(rights[SeeMoney], g.Role) && g.reaches(communityID) {
			best = max(best, slices.Index(order, g.Money))
		}
	}
	return order[best]
}

// ResidentOnly tells whether the caller has no grant but a resident's own: lists are then limited to PersonID.
func (s Scope) ResidentOnly() bool {
	return !s.System && !slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Level != LevelOwn })
}

func (g Grant) reaches(communityID string) bool {
	return g.Level == LevelCompany || slices.Contains(g.Communities, communityID)
}
