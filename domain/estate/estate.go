package estate

import (
	"steward/domain/calendar"
)

// Role is what a person is to a unit over a period.
type Role string

// The roles of an occupancy. A developer owes for a unit that is not sold or not delivered yet.
const (
	RoleOwner     Role = "owner"
	RoleTenant    Role = "tenant"
	RoleFamily    Role = "family"
	RoleDeveloper Role = "developer"
)

// UnitStatus is what a unit is used as right now.
type UnitStatus string

// The states of a unit.
const (
	Occupied UnitStatus = "occupied"
	Vacant   UnitStatus = "vacant"
	Rented   UnitStatus = "rented"
	Unsold   UnitStatus = "unsold"
)

// SinceEver stands for "nobody wrote down since when": an occupancy without a known start. It is never shown.
var SinceEver = calendar.Date{Year: 1900, Month: 1, Day: 1}

// Community is one managed estate in a list.
type Community struct {
	ID        string `json:"id" db:"id"`
	Name      string `json:"name" db:"name"`
	RegionID  string `json:"region_id,omitempty" db:"region_id"`
	Buildings int    `json:"buildings" db:"buildings"`
	Units     int    `json:"units" db:"units"`
	Version   int    `json:"version" db:"version"`
}

// CommunityDetail is one community with its buildings.
type CommunityDetail struct {
	Community
	BuildingList []Building `json:"building_list"`
}

// Building is one building with how many units it has.
type Building struct {
	ID    string `json:"id" db:"id"`
	Name  string `json:"name" db:"name"`
	Units int    `json:"units" db:"units"`
}

// Unit is one billable place. Areas are decimals in text, in square metres, "" when unknown.
type Unit struct {
	ID          string         `json:"id" db:"id"`
	CommunityID string         `json:"community_id" db:"community_id"`
	Community   string         `json:"community" db:"community"`
	BuildingID  string         `json:"building_id" db:"building_id"`
	Building    string         `json:"building" db:"building"`
	Entrance    string         `json:"entrance,omitempty" db:"entrance"`
	Room        string         `json:"room" db:"room"`
	Key         string         `json:"key" db:"unit_key"`
	Display     string         `json:"display" db:"display"`
	Kind        string         `json:"kind" db:"kind"`
	Floor       string         `json:"floor,omitempty" db:"floor"`
	BuiltAreaM2 string         `json:"built_area_m2,omitempty" db:"built_area_m2"`
	InnerAreaM2 string         `json:"inner_area_m2,omitempty" db:"inner_area_m2"`
	Status      UnitStatus     `json:"status" db:"status"`
	Version     int            `json:"version" db:"version"`
	Occupancies []Occupancy    `json:"occupancies" db:"-"`
	Vehicles    []Vehicle      `json:"vehicles,omitempty" db:"-"` // of the household or on the space; these two only where one unit is asked for
	Spaces      []ParkingSpace `json:"spaces,omitempty" db:"-"`   // that people of the unit hold today
}

// ParkingSpace is a space as people call it; it is a unit of its own.
type ParkingSpace struct {
	UnitID  string `json:"unit_id" db:"unit_id"`
	Display string `json:"display" db:"display"`
}

// Occupancy is a person's role in a unit over a period; To is the last day, absent while it lasts. Messages go to Phone;
// OtherPhones are for people to call. Name and phones are masked unless the caller may see people.
type Occupancy struct {
	ID          string         `json:"id"`
	UnitID      string         `json:"unit_id"`
	PersonID    string         `json:"person_id"`
	Kind        string         `json:"kind" enum:"person,company"`
	Role        Role           `json:"role" enum:"owner,tenant,family,developer"`
	Name        string         `json:"name"`
	Phone       string         `json:"phone,omitempty"`
	OtherPhones []string       `json:"other_phones,omitempty"`
	From        *calendar.Date `json:"from,omitempty"`
	To          *calendar.Date `json:"to,omitempty"`
}

// UnitFilter limits a list of units. Building is a building's id or its name in any habit; Q is a room in any habit, an
// exact name, a whole phone number or its last four digits.
type UnitFilter struct {
	CommunityID string
	Building    string
	Q           string
}
