package estate

import "steward/domain/calendar"

// MeterReading is one reading with its meter. Reading is a decimal in text; ResetKind says why it may be lower than the one
// before: replaced, rollover, "". Used is what was used since the one before, across a rollover or a replacement, absent
// where that is unknown. A billed reading is frozen.
type MeterReading struct {
	ID          string        `json:"id" db:"id"`
	CommunityID string        `json:"community_id" db:"community_id"`
	MeterID     string        `json:"meter_id" db:"meter_id"`
	MeterKind   string        `json:"meter_kind" db:"kind" enum:"water,hot_water,electricity,gas,heat,other"`
	Serial      string        `json:"serial" db:"serial"`
	MeterName   string        `json:"meter_name" db:"name"`
	UnitID      string        `json:"unit_id,omitempty" db:"unit_id"` // absent for a meter of the common parts
	Unit        string        `json:"unit,omitempty" db:"unit"`
	FeeItem     string        `json:"fee_item,omitempty" db:"fee_item"`
	ReadOn      calendar.Date `json:"read_on" db:"read_on"`
	Reading     string        `json:"reading" db:"reading"`
	ResetKind   string        `json:"reset_kind,omitempty" db:"reset_kind"`
	SourceKind  string        `json:"source_kind" db:"source_kind"`

	Status       string         `json:"status" db:"status" enum:"accepted,review,rejected"`
	ReviewWhy    string         `json:"review_why,omitempty" db:"review_why"` // high-use, zero-use, large-rollover, no-final, no-digits, corrected
	FinalReading string         `json:"final_reading,omitempty" db:"final_reading"`
	StartReading string         `json:"start_reading,omitempty" db:"start_reading"`
	Previous     string         `json:"previous,omitempty" db:"-"`
	PreviousOn   *calendar.Date `json:"previous_on,omitempty" db:"-"`
	Used         string         `json:"used,omitempty" db:"-"`
	Note         string         `json:"note,omitempty" db:"note"`
	EnteredBy    string         `json:"entered_by,omitempty" db:"entered_by"`
	ReviewedBy   string         `json:"reviewed_by,omitempty" db:"reviewed_by"`
	ReviewedNote string         `json:"reviewed_note,omitempty" db:"reviewed_note"`
	Billed       bool           `json:"billed" db:"billed"`
}

// MeterReadingFilter limits a list of readings.
type MeterReadingFilter struct {
	CommunityID string
	UnitID      string
	MeterID     string
	Status      string
}

// Equipment is one entry of the 设备台账. MaintenanceDays is the interval of upkeep, 0 where nobody set one.
type Equipment struct {
	ID              string         `json:"id"`
	CommunityID     string         `json:"community_id"`
	Code            string         `json:"code"`
	Name            string         `json:"name"`
	Category        string         `json:"category,omitempty"`
	Location        string         `json:"location,omitempty"`
	Maker           string         `json:"maker,omitempty"`
	Model           string         `json:"model,omitempty"`
	Serial          string         `json:"serial,omitempty"`
	Maintainer      string         `json:"maintainer,omitempty"`
	Status          string         `json:"status" enum:"in_use,idle,repair,scrapped"`
	InstalledOn     *calendar.Date `json:"installed_on,omitempty"`
	WarrantyTo      *calendar.Date `json:"warranty_to,omitempty"`
	InspectedOn     *calendar.Date `json:"inspected_on,omitempty"`
	InspectBy       *calendar.Date `json:"inspect_by,omitempty"`
	MaintenanceDays int            `json:"maintenance_days,omitempty"`
	Version         int            `json:"version"`
}

// EquipmentFilter limits a list of equipment; Q is a part of a code, a name, a category or a place.
type EquipmentFilter struct {
	CommunityID string
	Q           string
}

// Staff is one person who works in a community. The phone is masked unless the caller may see people there.
type Staff struct {
	ID          string         `json:"id"`
	CommunityID string         `json:"community_id"`
	StaffNo     string         `json:"staff_no,omitempty"`
	Name        string         `json:"name"`
	Phone       string         `json:"phone,omitempty"`
	Post        string         `json:"post,omitempty"`
	Role        string         `json:"role,omitempty"` // a role of the permission table, absent when the post names none
	Team        string         `json:"team,omitempty"`
	Skills      string         `json:"skills,omitempty"`
	JoinedOn    *calendar.Date `json:"joined_on,omitempty"`
	LeftOn      *calendar.Date `json:"left_on,omitempty"`
	Version     int            `json:"version"`
}
