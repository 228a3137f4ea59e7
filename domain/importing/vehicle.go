package importing

import (
	"regexp"
	"strings"

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
	SpaceName   string        `json:"space_name,omitempty"` // the space as the file writes it
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

const (
	colLot         = "lot"
	colSpace       = "space"
	colLevel       = "level"
	colSpaceArea   = "space_area"
	colBrand       = "brand"
	colVehicleKind = "vehicle_kind"
	colColour      = "colour"
	colTenure      = "tenure"
)

// takeVehicle reads a parking space with its vehicles, or a vehicle without one; several plates in a cell are a row each.
func takeVehicle(r *Reading, in *row) func() {
	base := in.vehicle(r.community)
	plates := in.plates(base.Kind)
	if in.ok() && len(plates) == 0 && base.Space == "" {
		in.fault(colPlate, faultf("missing-value", "车牌号和车位号不能都为空。"))
	}
	if len(plates) == 0 {
		plates = []string{""}
	}
	rows := make([]VehicleRow, 0, len(plates))
	for _, plate := range plates {
		out := base
		out.Plate = plate
		if plate != "" {
			r.once(in, colPlate, "plate|"+plate)
		} else {
			r.once(in, colSpace, "space|"+base.Lot+"|"+base.Space)
		}
		rows = append(rows, out)
	}
	return func() { r.result.Good.Vehicles = append(r.result.Good.Vehicles, rows...) }
}

// vehicle reads all of a row but the plates.
func (r *row) vehicle(community string) VehicleRow {
	r.community(community)
	out := VehicleRow{
		Row: r.line.No, SpaceAreaM2: r.area(colSpaceArea), Brand: r.text(colBrand, nameLimit), Colour: r.text(colColour, 20),
		From: r.date(colFrom), To: r.date(colTo), Level: r.word(colLevel, "level", "bad-level"), Role: estate.Role(r.word(colTenure, "tenure", "bad-tenure")),
	}
	if r.peek(colVehicleKind) != "" {
		out.Kind = r.word(colVehicleKind, "vehicle_kind", "bad-vehicle-kind")
	}
	lot, space := r.text(colLot, roomLimit), r.text(colSpace, roomLimit)
	if space != "" {
		place := estate.NewRoom(lotName(lot), "", space)
		out.Lot, out.Space, out.SpaceName = place.Building, place.Number, space
		if out.Space == "" {
			r.fault(colSpace, faultf("bad-space", "车位号“%s”无法识别，请写成如 B2-015。", short(space)))
		}
	}
	if r.peek(colRoom)+r.peek(colPlace) != "" {
		out.Unit = r.place()
	}
	person := r.people()[0]
	out.Name, out.Company, out.Phone, out.IDNo = person.Name, person.Company, person.Phone, person.IDNo
	if !out.To.IsZero() && !out.From.IsZero() && out.To.Before(out.From) {
		r.fault(colTo, faultf("bad-date", "结束日期早于开始日期，请核对。"))
	}
	return out
}

var numberedLot = regexp.MustCompile(`^([0-9A-Za-z]+|[一二三四五六七八九十]+)号?(停车场|车场)?$`)

// lotName is a car park's name: a bare number is no building's.
func lotName(s string) string {
	if s == "" {
		return "停车场"
	}
	if m := numberedLot.FindStringSubmatch(s); m != nil {
		return "停车场" + m[1]
	}
	return s
}

const plateSigns = "、/,，;；|\n "

// plates reads the plates of a cell. A plate written with a blank in it is one.
func (r *row) plates(vehicleKind string) (out []string) {
	s := r.text(colPlate, cellLimit)
	if s == "" || isPlaceholder("plate", s) {
		return nil
	}
	if one := estate.Plate(s); estate.PlateFits(one, vehicleKind) && !strings.ContainsAny(one, plateSigns) {
		return []string{one}
	}
	for _, part := range fields(r.peek(colPlate), plateSigns) {
		plate := estate.Plate(part)
		if !estate.PlateFits(plate, vehicleKind) {
			r.fault(colPlate, faultf("bad-plate", "车牌号“%s”格式不对，请写成如 浙A12345（新能源 8 位）；车牌里没有字母 I 和 O。", short(part)))
			return nil
		}
		out = append(out, plate)
	}
	return out
}
