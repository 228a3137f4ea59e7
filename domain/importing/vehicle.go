package importing

import (
	"steward/domain/calendar"
	"steward/domain/estate"
)

// VehicleRow is a parking space, a vehicle, or a vehicle on a space, with the household that it belongs to. Space and
// Plate are not both empty.
type VehicleRow struct {
	Row         int           `json:"row"`
	Lot         string        `json:"lot,omitempty"`   // the car park, normalised as a building's name is
	Level       string        `json:"level,omitempty"` // ground, underground, mechanical
	Space       string        `json:"space,omitempty"`
	SpaceAreaM2 string        `json:"space_area_m2,omitempty"`
	Plate       string        `json:"plate,omitempty"` // normalised: upper case, no blanks or dots
	Kind        string        `json:"kind,omitempty"`  // car, bus, truck, motorcycle, other
	Brand       string        `json:"brand,omitempty"`
	Colour      string        `json:"colour,omitempty"`
	Unit        estate.Room   `json:"unit"` // the household's unit, zero when the file does not say
	Name        string        `json:"name,omitempty"`
	Company     bool          `json:"company,omitempty"`
	Phone       string        `json:"phone,omitempty"`
	IDNo        string        `json:"id_no,omitempty"`
	Role        estate.Role   `json:"role,omitempty"` // owner of a space that was sold, tenant of one that is let
	From        calendar.Date `json:"from"`
	To          calendar.Date `json:"to"`
}
