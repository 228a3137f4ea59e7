package importing

import (
	"steward/domain/calendar"
	"steward/domain/estate"
)

// MeterRow is a meter, with a reading where ReadOn is given. Unit is zero for a meter of the common parts.
type MeterRow struct {
	Row     int           `json:"row"`
	Unit    estate.Room   `json:"unit"`
	Kind    string        `json:"kind"` // water, hot_water, electricity, gas, heat, other
	Serial  string        `json:"serial,omitempty"`
	Name    string        `json:"name,omitempty"`
	Mode    string        `json:"mode,omitempty"` // reading, prepaid
	FeeItem string        `json:"fee_item,omitempty"`
	Maker   string        `json:"maker,omitempty"`
	ReadOn  calendar.Date `json:"read_on"`
	Reading string        `json:"reading,omitempty"` // decimal, at most three places
}
