package metering

import (
	"steward/domain/calendar"
)

// Entry is a reading that somebody enters. The meter is named by its id, or by unit and kind, or by its serial within a
// community. Decimals are text. A rollover needs the display's digits unless the meter has them; a replacement needs what the
// old meter showed last, and takes the new one's first figure (0 when left out) and serial.
type Entry struct {
	MeterID      string        `json:"meter_id,omitempty" maxLength:"40"`
	UnitID       string        `json:"unit_id,omitempty" maxLength:"40"`
	MeterKind    string        `json:"meter_kind,omitempty" enum:"water,hot_water,electricity,gas,heat,other"`
	CommunityID  string        `json:"community_id,omitempty" maxLength:"40"`
	Serial       string        `json:"serial,omitempty" maxLength:"60"`
	ReadOn       calendar.Date `json:"read_on,omitzero"`
	Reading      string        `json:"reading,omitempty" maxLength:"24"`
	Reset        Reset         `json:"reset,omitempty" enum:"rollover,replaced"`
	Digits       int           `json:"digits,omitempty" minimum:"0" maximum:"10" doc:"Whole digits of the display; for a rollover."`
	FinalReading string        `json:"final_reading,omitempty" maxLength:"24" doc:"What the old meter showed last; for a replacement."`
	StartReading string        `json:"start_reading,omitempty" maxLength:"24" doc:"What the new meter showed first; 0 when left out."`
	NewSerial    string        `json:"new_serial,omitempty" maxLength:"60" doc:"Of the new meter; for a replacement."`
	Corrects     bool          `json:"corrects,omitempty" doc:"Replaces the reading of the same day, as long as it is not billed."`
	Note         string        `json:"note,omitempty" maxLength:"200"`
}

// Meter is one meter with what it showed last. PerDay is its usual use of a day, "" while nothing is known; Waiting tells
// that its last reading waits for review.
type Meter struct {
	ID          string         `json:"id" db:"id"`
	CommunityID string         `json:"community_id" db:"community_id"`
	UnitID      string         `json:"unit_id,omitempty" db:"unit_id"`
	Unit        string         `json:"unit,omitempty" db:"unit"`
	Kind        string         `json:"kind" db:"kind" enum:"water,hot_water,electricity,gas,heat,other"`
	Serial      string         `json:"serial,omitempty" db:"serial"`
	Name        string         `json:"name,omitempty" db:"name"`
	FeeItem     string         `json:"fee_item,omitempty" db:"fee_item"`
	Digits      int            `json:"digits,omitempty" db:"digits"`
	LastOn      *calendar.Date `json:"last_on,omitempty" db:"-"`
	LastReading string         `json:"last_reading,omitempty" db:"-"`
	LastUsed    string         `json:"last_used,omitempty" db:"-"`
	PerDay      string         `json:"per_day,omitempty" db:"-"`
	Waiting     bool           `json:"waiting" db:"-"`
}

// NewMeter is a meter to be registered.
type NewMeter struct {
	CommunityID string `json:"community_id" maxLength:"40"`
	UnitID      string `json:"unit_id,omitempty" maxLength:"40" doc:"Empty for a meter of the common parts, which then needs a name."`
	Kind        string `json:"kind" enum:"water,hot_water,electricity,gas,heat,other"`
	Serial      string `json:"serial,omitempty" maxLength:"60"`
	Name        string `json:"name,omitempty" maxLength:"80"`
	FeeItemID   string `json:"fee_item_id,omitempty" maxLength:"40"`
	Digits      int    `json:"digits,omitempty" minimum:"0" maximum:"10"`
}

// MeterFilter limits a list of meters. Q is a room in any habit, a serial or a part of a name.
type MeterFilter struct {
	CommunityID string
	BuildingID  string
	Kind        string
	Q           string
	NotSince    calendar.Date // only meters without a reading on or after this day
}

// Decision is what a reviewer says of a reading. Figures that a replacement or a rollover lacked can be given with it.
type Decision struct {
	Decision     string `json:"decision" enum:"accept,reject"`
	Note         string `json:"note,omitempty" maxLength:"200"`
	FinalReading string `json:"final_reading,omitempty" maxLength:"24"`
	Digits       int    `json:"digits,omitempty" minimum:"0" maximum:"10"`
}

// RuleFor is a rule with what it is set for; FeeItemID is empty for the community's own. Set is false for the usual one.
type RuleFor struct {
	CommunityID string `json:"community_id"`
	FeeItemID   string `json:"fee_item_id,omitempty"`
	Rule        Rule   `json:"rule"`
	Set         bool   `json:"set"`
	Version     int    `json:"version"`
}
