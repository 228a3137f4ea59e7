package importing

import (
	"strings"

	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// FeeItemRow is a fee item, or a fee item together with a unit that pays it (Unit is zero when the row names none). What
// the file leaves open is empty and changes nothing. Prices are decimals without trailing zeros.
type FeeItemRow struct {
	Sheet      string        `json:"sheet,omitempty"` // rows come from two sheets where units are in one of their own
	Row        int           `json:"row"`
	Name       string        `json:"name"`
	Formula    string        `json:"formula,omitempty"` // built_area, inner_area, fixed, metered, usage, given
	PriceYuan  string        `json:"price_yuan,omitempty"`
	ExtraYuan  string        `json:"extra_yuan,omitempty"` // added to the product; the whole amount of a fixed fee
	Cycle      string        `json:"cycle,omitempty"`      // month, quarter, half_year, year
	Prepaid    string        `json:"prepaid,omitempty"`    // yes, no
	DebtorRole estate.Role   `json:"debtor_role,omitempty"`
	From       calendar.Date `json:"from"`
	To         calendar.Date `json:"to"`
	Unit       estate.Room   `json:"unit"`
	UnitFrom   calendar.Date `json:"unit_from"`
	UnitTo     calendar.Date `json:"unit_to"`
	// Defined tells that a row of the file defines the item by itself, so that units follow its price; where none does,
	// PriceYuan is what this unit pays.
	Defined bool `json:"defined,omitempty"`
	// UnitPriceYuan is what this unit pays where the file defines the item with another price.
	UnitPriceYuan string `json:"unit_price_yuan,omitempty"`
}

// HasUnit tells whether the row names a unit.
func (r FeeItemRow) HasUnit() bool { return r.Unit != estate.Room{} }

// The columns of a fee item.
const (
	colFormula    = "formula"
	colPrice      = "price"
	colExtra      = "extra"
	colCycle      = "cycle"
	colPrepaid    = "prepaid"
	colDebtorRole = "debtor_role"
	colFeeFlag    = "fee_flag"
	colUnitFrom   = "unit_from"
	colUnitTo     = "unit_to"
)

// maxPriceYuan bounds a price and an extra: a million yuan.
var maxPriceYuan = decimal.NewFromInt(1_000_000)

const (
	pricePlaces  = 6
	amountPlaces = 2
	feeNameLimit = 80
)

func takeFeeItem(r *Reading, in *row) func() {
	out := in.feeItem(r.community)
	r.agreeOnFeeItem(in, &out)
	return func() {
		if r.feeItems == nil {
			r.feeItems = map[string]FeeItemRow{}
		}
		if _, again := r.feeItems[estate.NameKey(out.Name)]; !again {
			r.feeItems[estate.NameKey(out.Name)] = out
		}
		r.result.Good.FeeItems = append(r.result.Good.FeeItems, out)
	}
}

func (r *row) feeItem(community string) FeeItemRow {
	r.community(community)
	r.word(colFeeFlag, "fee_flag", "one-off-fee")
	out := FeeItemRow{
		Sheet: r.sheet.name, Row: r.line.No, Name: r.needed(colFeeItem, feeNameLimit), Formula: r.formula(),
		PriceYuan: r.decimal(colPrice, pricePlaces), ExtraYuan: r.decimal(colExtra, amountPlaces),
		Cycle: r.word(colCycle, "cycle", "bad-cycle"), Prepaid: r.word(colPrepaid, "prepaid", "bad-prepaid"),
		DebtorRole: estate.Role(r.word(colDebtorRole, "debtor_role", "bad-debtor-role")),
		From:       r.date(colFrom), To: r.date(colTo), UnitFrom: r.date(colUnitFrom), UnitTo: r.date(colUnitTo),
	}
	if r.namesPlace() {
		out.Unit = r.place()
	}
	r.inOrder(colTo, out.From, out.To)
	r.inOrder(colUnitTo, out.UnitFrom, out.UnitTo)
	r.chargeable(&out)
	return out
}

// namesPlace tells whether any cell says which unit the row is about.
func (r *row) namesPlace() bool {
	return r.peek(colBuilding)+r.peek(colRoom)+r.peek(colPlace) != ""
}

var formulaSigns = strings.NewReplacer("×", "*", "✕", "*", "·", "*", " ", "", "（", "(", "）", ")", "［", "(", "【", "(", "】", ")")

// formula reads how a fee is computed, by word or by the code that other systems export.
func (r *row) formula() string {
	written := r.text(colFormula, cellLimit)
	if written == "" {
		return ""
	}
	list, key := words("formula"), formulaSigns.Replace(written)
	if name := list.Refused[key]; name != "" {
		r.fault(colFormula, faultf("formula-not-supported", "暂不支持“%s”这种计费方式。请改用面积、固定费用或抄表方式，或按期导入应收欠费。", name))
		return ""
	}
	v, ok := list.mean(key)
	if !ok {
		r.fault(colFormula, faultf("bad-formula", "计算公式“%s”无法识别。可以填：面积*单价+附加费、套内面积*单价+附加费、固定费用、(本期度数-上期度数)*单价+附加费、用量*单价+附加费。", short(written)))
	}
	return v
}

// decimal reads a number of yuan that is not negative, exactly: more places are a fault, not rounded away.
func (r *row) decimal(key string, places int32) string {
	s := r.text(key, cellLimit)
	if s == "" {
		return ""
	}
	d, ok := number(s)
	switch {
	case !ok:
		r.fault(key, faultf("bad-price", "“%s”的值“%s”不是数字，请填写如 1.85 的数。", r.label(key), short(s)))
	case d.IsNegative():
		r.fault(key, faultf("price-negative", "“%s”不能为负数。", r.label(key)))
	case d.GreaterThan(maxPriceYuan):
		r.fault(key, faultf("price-absurd", "“%s”超过 100 万元，请核对是否多填了位数。", r.label(key)))
	case !d.Equal(d.Truncate(places)):
		r.fault(key, faultf("price-precision", "“%s”最多保留 %d 位小数。", r.label(key), places))
	default:
		return d.String()
	}
	return ""
}

// inOrder checks that an end is not before its start.
func (r *row) inOrder(key string, from, to calendar.Date) {
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		r.fault(key, faultf("dates-out-of-order", "“%s”早于开始日期 %s，请核对。", r.label(key), from))
	}
}

// chargeable checks that the formula has the numbers it needs. A fixed fee is its extra; forms also write it as the price.
func (r *row) chargeable(f *FeeItemRow) {
	if !r.ok() {
		return
	}
	priced, extra := positive(f.PriceYuan), positive(f.ExtraYuan)
	switch f.Formula {
	case "fixed":
		if !extra && priced {
			amount := decimal.RequireFromString(f.PriceYuan)
			if !amount.Equal(amount.Truncate(amountPlaces)) {
				r.fault(colPrice, faultf("price-precision", "固定费用最多保留两位小数（分）。"))
				return
			}
			f.ExtraYuan = f.PriceYuan
		}
		f.PriceYuan = ""
		if f.ExtraYuan == "" || !positive(f.ExtraYuan) {
			r.fault(colExtra, faultf("missing-value", "计算公式是固定费用，请在“%s”里填写每期的金额。", r.label(colExtra)))
		}
	case "given":
		f.PriceYuan, f.ExtraYuan = "", ""
	case "":
		if !priced && !extra && f.PriceYuan+f.ExtraYuan != "" {
			r.fault(colPrice, faultf("price-not-positive", "“%s”必须大于 0。", r.label(colPrice)))
		}
	default:
		if !priced && !extra {
			r.fault(colPrice, faultf("missing-value", "按“%s”计费时，“%s”不能为空或为 0。", WordOf("formula", f.Formula), r.label(colPrice)))
		}
	}
}

func positive(s string) bool {
	if s == "" {
		return false
	}
	d, err := decimal.NewFromString(s)
	return err == nil && d.IsPositive()
}

// agreeOnFeeItem lets the first row of an item say what the item is. A later row may repeat it; a row of a unit may give
// the unit a price of its own.
func (r *Reading) agreeOnFeeItem(in *row, out *FeeItemRow) {
	subject := "item|" + estate.NameKey(out.Name)
	if out.HasUnit() {
		subject = out.Unit.Key() + "|" + estate.NameKey(out.Name) + "|" + out.UnitFrom.String()
	}
	r.once(in, colFeeItem, subject)
	if !in.ok() {
		return
	}
	first, again := r.feeItems[estate.NameKey(out.Name)]
	if !again {
		out.Defined = !out.HasUnit()
		return
	}
	for _, c := range []struct{ key, said, had string }{
		{colFormula, out.Formula, first.Formula}, {colExtra, out.ExtraYuan, first.ExtraYuan}, {colCycle, out.Cycle, first.Cycle},
		{colPrepaid, out.Prepaid, first.Prepaid}, {colDebtorRole, string(out.DebtorRole), string(first.DebtorRole)},
		{colFrom, dated(out.From), dated(first.From)}, {colTo, dated(out.To), dated(first.To)},
	} {
		if c.said != "" && c.said != c.had {
			in.fault(c.key, faultf("fee-item-differs", "与第 %d 行是同一个收费项目“%s”，但“%s”不同。请统一，或给其中一个换名称。", first.Row, out.Name, in.label(c.key)))
			return
		}
	}
	price := first.PriceYuan
	switch {
	case out.HasUnit() && !first.Defined:
		price = out.PriceYuan
	case out.PriceYuan == "" || out.PriceYuan == first.PriceYuan:
	case out.HasUnit():
		out.UnitPriceYuan = out.PriceYuan
	default:
		in.fault(colPrice, faultf("fee-item-differs", "与第 %d 行是同一个收费项目“%s”，但“%s”不同。请统一，或给其中一个换名称。", first.Row, out.Name, in.label(colPrice)))
		return
	}
	out.Formula, out.PriceYuan, out.ExtraYuan, out.Cycle, out.Prepaid = first.Formula, price, first.ExtraYuan, first.Cycle, first.Prepaid
	out.DebtorRole, out.From, out.To, out.Defined = first.DebtorRole, first.From, first.To, first.Defined
}

func dated(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
