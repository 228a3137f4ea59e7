package importing

import (
	"strings"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// taker reads one row of a kind and gives what keeps it; what is wrong with the row is noted on it.
type taker func(r *Reading, in *row) (keep func())

// takers has an entry for every kind that can be read.
var takers = map[Kind]taker{
	Roster: takeRoster, Owners: takeOwner, Tenants: takeTenant, Vehicles: takeVehicle, Receivables: takeReceivable, Payments: takePayment,
	FeeItems: takeFeeItem, MeterReadings: takeMeter, Equipment: takeEquipment, Staff: takeStaff, BankStatements: takeStatement,
}

func takeRoster(r *Reading, in *row) func() {
	rows := in.roster(r.community)
	for i := range rows {
		r.once(in, colRoom, rows[i].UnitKey+"|"+string(rows[i].Role)+"|"+estate.NameKey(rows[i].Name))
		r.agree(in, &rows[i])
	}
	return func() { r.result.Good.Roster = append(r.result.Good.Roster, rows...) }
}

func takeReceivable(r *Reading, in *row) func() {
	out := in.receivable(r.community, calendar.DateOf(r.now))
	r.once(in, colRoom, strings.Join([]string{out.Room.Key(), estate.NameKey(out.FeeItem), out.Period.Text, estate.NameKey(out.Name)}, "|"))
	return func() { r.result.Good.Receivables = append(r.result.Good.Receivables, out) }
}

func takePayment(r *Reading, in *row) func() {
	out := in.payment(r.community, r.now)
	r.identify(in, &out)
	return func() { r.result.Good.Payments = append(r.result.Good.Payments, out) }
}
