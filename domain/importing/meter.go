package importing

import (
	"strings"

	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// MeterRow is a meter, with a reading where ReadOn is given. Unit is zero for a meter of the common parts, and for a
// reading whose meter is named by its serial alone.
type MeterRow struct {
	Row     int           `json:"row"`
	Unit    estate.Room   `json:"unit"`
	Kind    string        `json:"kind,omitempty"` // water, hot_water, electricity, gas, heat, other; "" when the file does not say
	Serial  string        `json:"serial,omitempty"`
	Name    string        `json:"name,omitempty"`
	Mode    string        `json:"mode,omitempty"` // reading, prepaid; "" when the file does not say
	FeeItem string        `json:"fee_item,omitempty"`
	Maker   string        `json:"maker,omitempty"`
	ReadOn  calendar.Date `json:"read_on"`
	Reading string        `json:"reading,omitempty"` // decimal, at most three places
	Reset   string        `json:"reset,omitempty"`   // replaced, rollover: the reading may be lower than the one before
	Final   string        `json:"final,omitempty"`   // what a replaced meter showed last
	Start   string        `json:"start,omitempty"`   // what the one after it showed first
	Digits  int           `json:"digits,omitempty"`  // whole digits of the display
}

// HasUnit tells whether the row names a unit.
func (r MeterRow) HasUnit() bool { return r.Unit != estate.Room{} }

// The columns of a meter.
const (
	colMeterName = "meter_name"
	colSerial    = "serial"
	colMeterKind = "meter_kind"
	colMode      = "mode"
	colMaker     = "maker"
	colReadOn    = "read_on"
	colReading   = "reading"
	colReset     = "reset"
	colFinal     = "final_reading"
	colStart     = "start_reading"
	colDigits    = "digits"
)

const (
	readingPlaces = 3
	serialLimit   = 60
)

var maxReading = decimal.New(1, 10)

func takeMeter(r *Reading, in *row) func() {
	out := in.meter(r.community, calendar.DateOf(r.now))
	r.once(in, meterColumn(out), meterSubject(out)+"|"+out.ReadOn.String())
	return func() { r.result.Good.Meters = append(r.result.Good.Meters, out) }
}

// meterSubject is which meter a row names, as far as the file alone can tell.
func meterSubject(m MeterRow) string {
	if m.Serial != "" {
		return "serial|" + m.Kind + "|" + estate.NameKey(m.Serial)
	}
	return m.Unit.Key() + "|" + m.Kind + "|" + estate.NameKey(m.Name)
}

func meterColumn(m MeterRow) string {
	switch {
	case m.Serial != "":
		return colSerial
	case m.HasUnit():
		return colRoom
	}
	return colMeterName
}

func (r *row) meter(community string, today calendar.Date) MeterRow {
	r.community(community)
	out := MeterRow{
		Row: r.line.No, Name: r.text(colMeterName, feeNameLimit), Serial: strings.ReplaceAll(r.text(colSerial, serialLimit), " ", ""),
		Mode: r.word(colMode, "meter_mode", "bad-meter-mode"), FeeItem: r.text(colFeeItem, feeNameLimit), Maker: r.text(colMaker, feeNameLimit),
		ReadOn: r.date(colReadOn), Reading: r.reading(colReading), Reset: r.word(colReset, "meter_reset", "bad-reset"),
		Final: r.reading(colFinal), Start: r.reading(colStart), Digits: r.digits(),
	}
	out.Kind = r.meterKind(out.Name)
	if r.namesPlace() {
		out.Unit = r.place()
	}
	if !r.ok() {
		return out
	}
	switch {
	case out.Serial == "" && out.Name == "" && !out.HasUnit():
		r.fault(colSerial, faultf("missing-value", "请填写表号、房屋或表名称中的至少一项，否则不知道是哪块表。"))
	case out.Serial == "" && out.Kind == "":
		r.fault(colMeterKind, faultf("missing-value", "没有表号时，请填写表类型（水表、电表、燃气表……）。"))
	case out.ReadOn.IsZero() && out.Reading != "":
		r.fault(colReadOn, faultf("missing-value", "填写了读数，请补上抄表日期。"))
	case !out.ReadOn.IsZero() && out.Reading == "":
		r.fault(colReading, faultf("missing-value", "填写了抄表日期，请补上读数。"))
	case today.Before(out.ReadOn):
		r.fault(colReadOn, faultf("reading-in-future", "抄表日期 %s 还没到，请核对。", out.ReadOn))
	case out.Reset != "" && out.Reading == "":
		r.fault(colReading, faultf("missing-value", "标了换表或归零，请填写新的读数和日期。"))
	}
	return out
}

// meterKind reads what a meter measures; an empty cell is filled from the meter's name, where it tells.
func (r *row) meterKind(name string) string {
	list := words("meter_kind")
	s := r.text(colMeterKind, cellLimit)
	if s == "" {
		v, _ := list.within(name)
		return v
	}
	v, ok := list.mean(s)
	if !ok {
		v, ok = list.within(s)
	}
	if !ok {
		r.fault(colMeterKind, faultf("bad-meter-kind", "表类型“%s”无法识别，请填写水表、热水表、电表、燃气表、热量表或其他。", short(s)))
	}
	return v
}

func (r *row) reading(column string) string {
	s := r.text(column, cellLimit)
	if s == "" {
		return ""
	}
	d, ok := number(s)
	switch {
	case !ok:
		r.fault(column, faultf("bad-reading", "读数“%s”不是数字，请填写如 1234.5 的数。", short(s)))
	case d.IsNegative() || d.GreaterThanOrEqual(maxReading):
		r.fault(column, faultf("bad-reading", "读数“%s”超出了表能显示的范围，请核对。", short(s)))
	case !d.Equal(d.Truncate(readingPlaces)):
		r.fault(column, faultf("reading-precision", "读数最多保留 %d 位小数。", readingPlaces))
	default:
		return d.String()
	}
	return ""
}

// digits reads how many whole digits a display has.
func (r *row) digits() int {
	s := r.text(colDigits, cellLimit)
	if s == "" {
		return 0
	}
	d, ok := number(s)
	if !ok || !d.IsInteger() || d.LessThan(decimal.NewFromInt(1)) || d.GreaterThan(decimal.NewFromInt(10)) {
		r.fault(colDigits, faultf("bad-digits", "表盘位数“%s”应为 1 到 10 的整数。", short(s)))
		return 0
	}
	return int(d.IntPart())
}
