package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// RosterRow is one unit with one of its people, normalised. Name is empty for a unit of which nobody is known.
type RosterRow struct {
	Row         int           `json:"row"`
	UnitKey     string        `json:"unit_key"`
	Building    string        `json:"building"` // normalised, as are entrance and room
	Entrance    string        `json:"entrance,omitempty"`
	Room        string        `json:"room"`
	UnitKind    string        `json:"unit_kind,omitempty"`
	Floor       string        `json:"floor,omitempty"`
	BuiltAreaM2 string        `json:"built_area_m2,omitempty"`
	InnerAreaM2 string        `json:"inner_area_m2,omitempty"`
	Status      string        `json:"status,omitempty"`
	Name        string        `json:"name,omitempty"`
	Company     bool          `json:"company,omitempty"`
	Phone       string        `json:"phone,omitempty"`
	OtherPhones []string      `json:"other_phones,omitempty"`
	IDNo        string        `json:"id_no,omitempty"`
	Email       string        `json:"email,omitempty"`
	Role        estate.Role   `json:"role,omitempty"`
	From        calendar.Date `json:"from"`
	To          calendar.Date `json:"to"`
	DeliveredOn calendar.Date `json:"delivered_on"`
	KeysOn      calendar.Date `json:"keys_on"`
	FeeStartOn  calendar.Date `json:"fee_start_on"`
	IDShared    bool          `json:"id_shared,omitempty"`    // the file gives this ID number to several names: it makes nobody the same person
	AnyEntrance bool          `json:"any_entrance,omitempty"` // the room is written without one ("3#1501"), as also where there is one
	Aside       []Aside       `json:"aside,omitempty"`
}

// Aside is a value of a row that gives way to the one that an earlier row of the file has for the same person.
type Aside struct {
	Column string `json:"column"`
	Said   string `json:"said"`
	Row    int    `json:"row"` // the earlier row; 0 where nobody need look at it
}

// ReceivableRow is one bill to issue. UnitID and DebtorID are filled in when it is resolved.
type ReceivableRow struct {
	Row       int           `json:"row"`
	Room      estate.Room   `json:"room"`
	Name      string        `json:"name,omitempty"`
	FeeItem   string        `json:"fee_item"`
	Period    Period        `json:"period"`
	AmountFen int64         `json:"amount_fen"`
	DueOn     calendar.Date `json:"due_on"`
	BilledOn  calendar.Date `json:"billed_on"`
	UnitID    string        `json:"unit_id,omitempty"`
	DebtorID  string        `json:"debtor_id,omitempty"`
}

// PaymentRow is one payment to record. Derived tells that the file gave no serial and ExternalNo was made from the row.
type PaymentRow struct {
	Row        int         `json:"row"`
	Room       estate.Room `json:"room"`
	Plate      string      `json:"plate,omitempty"` // whose vehicle it is, where the file names no unit
	Name       string      `json:"name,omitempty"`
	AmountFen  int64       `json:"amount_fen"`
	PaidAt     time.Time   `json:"paid_at"`
	Method     string      `json:"method"`
	Channel    string      `json:"channel"`
	ExternalNo string      `json:"external_no"`
	Derived    bool        `json:"derived,omitempty"`
	FeeItem    string      `json:"fee_item,omitempty"`
	Period     Period      `json:"period"`
	UnitID     string      `json:"unit_id,omitempty"`
	DebtorID   string      `json:"debtor_id,omitempty"`
	BillIDs    []string    `json:"bill_ids,omitempty"`
}

var companyMarks = []string{"公司", "开发商", "集团", "置业", "房地产", "事务所", "中心", "管委会", "委员会", "合作社"}

func isCompany(name string) bool {
	for _, m := range companyMarks {
		if strings.Contains(name, m) {
			return true
		}
	}
	return false
}

// roster reads a unit and its people: a row for each of them, and one without a name where there are none.
func (r *row) roster(community string) []RosterRow {
	r.community(community)
	room := r.place()
	unit := RosterRow{
		Row: r.line.No, UnitKey: room.Key(), Building: room.Building, Entrance: room.Entrance, Room: room.Number, AnyEntrance: room.AnyEntrance,
		UnitKind: r.word(colUnitKind, "unit_kind", "bad-unit-kind"), Status: r.word(colStatus, "unit_status", "bad-status"),
		Floor: r.text(colFloor, 16), BuiltAreaM2: r.area(colBuiltArea), InnerAreaM2: r.area(colInnerArea), From: r.date(colFrom), To: r.date(colTo),
		DeliveredOn: r.date(colDeliveredOn), KeysOn: r.date(colKeysOn), FeeStartOn: r.date(colFeeStartOn),
	}
	if !unit.To.IsZero() && !unit.From.IsZero() && unit.To.Before(unit.From) {
		r.fault(colTo, faultf("bad-date", "终止日期早于起始日期，请核对。"))
	}
	people := r.people()
	out := make([]RosterRow, 0, len(people))
	for _, p := range people {
		out = append(out, unit.with(p, community))
	}
	return out
}

// with gives the row of one person of the unit.
func (u RosterRow) with(p person, community string) RosterRow {
	role := estate.Role(p.Role)
	switch {
	case role == "" && (u.Status == string(estate.Unsold) || strings.Contains(p.Name, "开发商")):
		role = estate.RoleDeveloper
	case role == "":
		role = estate.RoleOwner
	}
	if role == estate.RoleDeveloper && p.Name == "" {
		p.Name = estate.Fold(community) + "开发商"
	}
	u.Phone, u.OtherPhones, u.IDNo, u.Email = p.Phone, p.OtherPhones, p.IDNo, p.Email
	if p.Name == "" {
		return u
	}
	u.Name, u.Role = p.Name, role
	u.Company = role == estate.RoleDeveloper || isCompany(p.Name)
	if u.From.IsZero() && role == estate.RoleOwner {
		u.From = u.DeliveredOn
	}
	return u
}

func (r *row) receivable(community string, today calendar.Date) ReceivableRow {
	r.community(community)
	out := ReceivableRow{
		Row: r.line.No, Room: r.place(), Name: r.text(colName, nameLimit), FeeItem: r.needed(colFeeItem, 40),
		AmountFen: r.amount(colAmount), DueOn: r.neededDate(colDueOn), BilledOn: r.date(colBilledOn),
	}
	before := len(r.problems)
	out.Period = r.period()
	if out.Period.Text == "" && len(r.problems) == before {
		r.needed(colPeriod, cellLimit)
	}
	if out.BilledOn.IsZero() {
		out.BilledOn = today
		if out.DueOn.Before(today) {
			out.BilledOn = out.DueOn
		}
	}
	return out
}

func (r *row) payment(community string, now time.Time) PaymentRow {
	r.community(community)
	out := PaymentRow{
		Row: r.line.No, Name: r.text(colName, nameLimit), AmountFen: r.amount(colAmount), PaidAt: r.neededInstant(colPaidAt),
		Method: r.word(colMethod, "method", "bad-method"), ExternalNo: r.text(colExternalNo, 80), FeeItem: r.text(colFeeItem, 40),
	}
	if out.Plate = estate.Plate(r.text(colPlate, 20)); out.Plate == "" || r.peek(colRoom)+r.peek(colPlace) != "" {
		out.Room = r.place()
	}
	if out.PaidAt.After(now) {
		r.fault(colPaidAt, faultf("date-in-future", "缴费时间晚于现在，请核对。"))
	}
	if out.PaidAt.Year() > 1 && out.PaidAt.Year() < 2000 {
		r.fault(colPaidAt, faultf("date-absurd", "缴费时间早于 2000 年，请核对。"))
	}
	out.Period = r.period()
	if s := r.text(colChannel, 24); s != "" {
		out.Channel = asciiName(s)
	}
	return out
}

var channelForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,23}$`)

// asciiName turns a channel's name into the form in which channels are stored.
func asciiName(s string) string {
	if v, ok := words("method").mean(s); ok && v != "" {
		return v
	}
	if channelForm.MatchString(s) {
		return strings.ToLower(s)
	}
	sum := sha256.Sum256([]byte(estate.NameKey(s)))
	return "c" + hex.EncodeToString(sum[:6])
}

// serial gives a payment without a serial one that the same row gets again when the file is imported again; nth counts
// equal rows.
func (p PaymentRow) serial(nth int) string {
	place := p.Room.Key()
	if p.Plate != "" {
		place += "|" + p.Plate
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%s|%s|%s|%s", place, estate.NameKey(p.Name), p.AmountFen, p.PaidAt.UTC().Format(time.RFC3339), p.Method, estate.NameKey(p.FeeItem), p.Period.Text))
	return fmt.Sprintf("row-%s-%d", hex.EncodeToString(sum[:16]), nth)
}
