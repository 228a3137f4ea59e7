package estate

import "time"

// The states of a pair of records that may be one person.
const (
	MatchOpen      = "open"
	MatchSame      = "same"
	MatchDifferent = "different"
)

// PersonMatch is a pair of records that may be one person, for a person to decide.
type PersonMatch struct {
	ID          string        `json:"id"`
	CommunityID string        `json:"community_id"`
	ImportID    string        `json:"import_id,omitempty"`
	Why         string        `json:"why" enum:"same-phone,same-id-no,same-name"`
	Status      string        `json:"status" enum:"open,same,different"`
	Person      MatchedPerson `json:"person"` // the older record, which stays when they are one
	Other       MatchedPerson `json:"other"`
	NotedAt     time.Time     `json:"noted_at"`
	DecidedBy   string        `json:"decided_by,omitempty"`
	DecidedAt   time.Time     `json:"decided_at,omitzero"`
	Version     int           `json:"version"`
}

// MatchedPerson is one of the two. Name, phone and the ID number's end are masked or left out unless the caller may see people.
type MatchedPerson struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Phone     string   `json:"phone,omitempty"`
	IDNoLast4 string   `json:"id_no_last4,omitempty"`
	Units     []string `json:"units"` // as people call them, in communities that the caller may see
}

// MatchFilter limits a list of pairs; empty fields limit nothing.
type MatchFilter struct {
	CommunityID string
	Status      string
}

// Vehicle is a vehicle with where it belongs. Name and plate are masked unless the caller may see people.
type Vehicle struct {
	ID          string `json:"id"`
	CommunityID string `json:"community_id"`
	Plate       string `json:"plate"`
	Kind        string `json:"kind" enum:"car,bus,truck,motorcycle,other"`
	Brand       string `json:"brand,omitempty"`
	Colour      string `json:"colour,omitempty"`
	PersonID    string `json:"person_id,omitempty"`
	Name        string `json:"name,omitempty"`
	UnitID      string `json:"unit_id,omitempty"`
	Unit        string `json:"unit,omitempty"`
	SpaceID     string `json:"space_id,omitempty"`
	Space       string `json:"space,omitempty"`
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Version     int    `json:"version"`
}

// VehicleFilter limits a list of vehicles. Q is a whole plate, a room in any habit or a parking space's code.
type VehicleFilter struct {
	CommunityID string
	UnitID      string // of the household or of the space
	Q           string
}
