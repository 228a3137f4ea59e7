package billing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Parameters are what a version's formula computes with. Which of them count depends on the formula; one that it has no use
// for is refused, so that nobody believes in it.
type Parameters struct {
	PriceYuan   Decimal            `json:"price_yuan,omitempty"`
	ExtraYuan   Decimal            `json:"extra_yuan,omitempty"` // the whole amount of a fixed fee
	AmountFen   *int64             `json:"amount_fen,omitempty"` // of a fixed fee, instead of ExtraYuan
	Per         string             `json:"per,omitempty"`        // what price and extra are for: month, or period of the cycle
	UnitKinds   []string           `json:"unit_kinds,omitempty"` // who pays where no unit is assigned; empty: home, shop, office
	Tiers       []Tier             `json:"tiers,omitempty"`
	TierBasis   string             `json:"tier_basis,omitempty"` // what the tiers count: period (also when empty), or year
	Steps       []RentStep         `json:"steps,omitempty"`
	StepMonths  int                `json:"step_months,omitempty"` // the rent rises after so many months
	StepPercent Decimal            `json:"step_percent,omitempty"`
	StepYuan    Decimal            `json:"step_yuan,omitempty"`
	StepFrom    calendar.Date      `json:"step_from,omitzero"` // counted from; zero: from the assignment or the tenancy
	Expression  string             `json:"expression,omitempty"`
	Variables   map[string]Decimal `json:"variables,omitempty"`  // constants of the expression
	MeterKind   string             `json:"meter_kind,omitempty"` // also bills meters of this kind that name no fee item
	ToOn        calendar.Date      `json:"to_on,omitzero"`       // the last day, as imports write it
}

// MeterKind gives the kind of meter that the item goes by, "" for only the meters that name it, and whether it reads meters
// at all.
func (it Item) MeterKind() (kind string, reads bool) {
	p, err := ReadParameters(it.Formula, it.Parameters)
	if err != nil || it.Formula != Metered && it.Formula != Expression {
		return "", false
	}
	if it.Formula == Metered {
		return p.MeterKind, true
	}
	e, err := parseExpression(p.Expression)
	return p.MeterKind, err == nil && e.uses["usage"]
}

// Tier prices a quantity up to a bound, counted from the bound before; the last tier has none.
type Tier struct {
	UpTo      Decimal `json:"up_to,omitempty"`
	PriceYuan Decimal `json:"price_yuan"`
}

// RentStep is the rent of a month from a day on.
type RentStep struct {
	From       calendar.Date `json:"from"`
	AmountYuan Decimal       `json:"amount_yuan"`
}

// Decimal is a decimal in text; JSON may also give a number.
type Decimal string

var decimalForm = regexp.MustCompile(`^-?\d{1,12}(\.\d{1,10})?$`)

var errNoDecimal = errors.New("not a decimal of at most 12 digits and 10 places")

// UnmarshalJSON implements json.Unmarshaler.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	text := strings.TrimSpace(string(b))
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	if text = strings.TrimSpace(text); text == "null" {
		text = ""
	}
	if text != "" && !decimalForm.MatchString(text) {
		return errNoDecimal
	}
	*d = Decimal(text)
	return nil
}

// rat gives the exact number, nil for none and for what is no decimal.
func (d Decimal) rat() *big.Rat {
	if !decimalForm.MatchString(string(d)) {
		return nil
	}
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return nil
	}
	return r
}

// What a formula reads, beside unit_kinds and to_on, which all do.
var reads = map[Formula][]string{
	BuiltArea:       {"price_yuan", "extra_yuan", "per"},
	InnerArea:       {"price_yuan", "extra_yuan", "per"},
	Fixed:           {"extra_yuan", "amount_fen", "price_yuan", "per"},
	GivenAmount:     {},
	RentSteps:       {"price_yuan", "steps", "step_months", "step_percent", "step_yuan", "step_from"},
	Metered:         {"price_yuan", "extra_yuan", "tiers", "tier_basis", "meter_kind"},
	Usage:           {"price_yuan", "extra_yuan", "tiers", "tier_basis"},
	SharedArea:      {},
	SharedHousehold: {},
	Expression:      {"price_yuan", "extra_yuan", "per", "expression", "variables", "meter_kind"},
}

// What price and extra are for.
const (
	PerMonth  = "month"
	PerPeriod = "period"
)

// The kinds of units, and those that pay an item which names none and has no assignments.
var (
	meterKinds   = []string{"water", "hot_water", "electricity", "gas", "heat", "other"}
	unitKinds    = []string{"home", "shop", "office", "parking", "storage"}
	usualPayers  = []string{"home", "shop", "office"}
	maxPriceYuan = big.NewRat(1_000_000, 1)
)

const (
	maxTiers     = 20
	maxSteps     = 60
	maxVariables = 20
)

// ReadParameters reads what a version's row holds and checks it against the formula. Refusals point at the parameter.
func ReadParameters(formula Formula, raw json.RawMessage) (Parameters, error) {
	var p Parameters
	used, known := reads[formula]
	if !known {
		return p, refusal.New(refusal.Rule, "formula-unknown", "没有这种计费方式，请从列表中选择。").At("formula", "计费方式不正确", string(formula)).With("allowed", Formulas)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage("{}")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return p, refusal.New(refusal.Rule, "parameters-malformed", "计费参数应为一组名称和值。").At("parameters", "格式不正确", nil)
	}
	allowed := append([]string{"unit_kinds", "to_on"}, used...)
	for _, name := range sortedNames(fields) {
		if !slices.Contains(allowed, name) {
			return p, badParameter(name, "parameter-not-used", fmt.Sprintf("“%s”这种计费方式不使用参数 %.40s，请去掉它。可用的参数：%s。", formula.Title(), name, strings.Join(allowed, "、")))
		}
		if err := json.Unmarshal(fields[name], p.field(name)); err != nil {
			return p, badParameter(name, "parameter-malformed", fmt.Sprintf("参数 %s 的值无法识别。%s", name, formHint(name)))
		}
	}
	return p, p.check(formula)
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (p *Parameters) field(name string) any {
	return map[string]any{"price_yuan": &p.PriceYuan, "extra_yuan": &p.ExtraYuan, "amount_fen": &p.AmountFen, "per": &p.Per, "unit_kinds": &p.UnitKinds,
		"tiers": &p.Tiers, "tier_basis": &p.TierBasis, "steps": &p.Steps, "step_months": &p.StepMonths, "step_percent": &p.StepPercent, "step_yuan": &p.StepYuan,
		"step_from": &p.StepFrom, "expression": &p.Expression, "variables": &p.Variables, "meter_kind": &p.MeterKind, "to_on": &p.ToOn}[name]
}

func formHint(name string) string {
	switch name {
	case "step_from", "to_on":
		return "请写成 2026-01-31 这样的日期。"
	case "unit_kinds", "tiers", "steps":
		return "请按列表填写，其中的金额和数量写成小数，日期写成 2026-01-31。"
	case "per", "expression", "meter_kind", "tier_basis":
		return "请填写文字。"
	case "step_months", "amount_fen":
		return "请填写整数。"
	}
	return "请填写数字，最多 10 位小数，例如 1.85。"
}

func badParameter(name, code, message string) error {
	return refusal.New(refusal.Rule, code, "%s", message).At("parameters."+name, message, nil)
}

func (p *Parameters) check(formula Formula) error {
	for _, m := range []struct {
		name  string
		value Decimal
	}{{"price_yuan", p.PriceYuan}, {"extra_yuan", p.ExtraYuan}, {"step_yuan", p.StepYuan}} {
		if err := checkYuan(m.name, m.value); err != nil {
			return err
		}
	}
	if p.Per != "" && p.Per != PerMonth && p.Per != PerPeriod {
		return badParameter("per", "parameter-malformed", "参数 per 只能是 month（每月）或 period（每个账期）。")
	}
	for _, k := range p.UnitKinds {
		if !slices.Contains(unitKinds, k) {
			return badParameter("unit_kinds", "parameter-malformed", fmt.Sprintf("没有“%.20s”这种房屋类型，可用：%s。", k, strings.Join(unitKinds, "、")))
		}
	}
	if p.MeterKind != "" && !slices.Contains(meterKinds, p.MeterKind) {
		return badParameter("meter_kind", "parameter-malformed", fmt.Sprintf("没有“%.20s”这种仪表类型，可用：%s。", p.MeterKind, strings.Join(meterKinds, "、")))
	}
	switch formula {
	case BuiltArea, InnerArea:
		return p.needPrice()
	case Fixed:
		return p.checkFixed()
	case Metered, Usage:
		return p.checkTiers()
	case RentSteps:
		return p.checkRent()
	case Expression:
		_, err := p.checkedExpression()
		return err
	}
	return nil
}

func checkYuan(name string, d Decimal) error {
	r := d.rat()
	switch {
	case r == nil:
		return nil
	case r.Sign() < 0:
		return badParameter(name, "price-negative", fmt.Sprintf("参数 %s 不能为负数。", name))
	case r.Cmp(maxPriceYuan) > 0:
		return badParameter(name, "price-absurd", fmt.Sprintf("参数 %s 超过 100 万元，请核对是否多填了位数。", name))
	}
	return nil
}

func positive(d Decimal) bool {
	r := d.rat()
	return r != nil && r.Sign() > 0
}

func (p *Parameters) needPrice() error {
	if positive(p.PriceYuan) || positive(p.ExtraYuan) {
		return nil
	}
	return badParameter("price_yuan", "price-needed", "请填写单价 price_yuan（元），必须大于 0。")
}

func (p *Parameters) checkFixed() error {
	if p.AmountFen != nil && *p.AmountFen > 0 && p.ExtraYuan == "" && p.PriceYuan == "" {
		if *p.AmountFen > 100_000_000 {
			return badParameter("amount_fen", "price-absurd", "参数 amount_fen 超过 100 万元，请核对是否多填了位数。")
		}
		return nil
	}
	if p.AmountFen == nil && (positive(p.ExtraYuan) || positive(p.PriceYuan)) {
		return nil
	}
	return badParameter("extra_yuan", "price-needed", "请填写每期的固定金额 extra_yuan（元），必须大于 0。")
}

func (p *Parameters) checkTiers() error {
	if p.TierBasis != "" && p.TierBasis != TiersOfPeriod && p.TierBasis != TiersOfYear {
		return badParameter("tier_basis", "parameter-malformed", "参数 tier_basis 只能是 period（按账期）或 year（按年）。")
	}
	if len(p.Tiers) == 0 {
		if p.TierBasis != "" {
			return badParameter("tier_basis", "parameter-not-used", "没有阶梯价时不使用 tier_basis，请填写阶梯 tiers，或去掉它。")
		}
		return p.needPrice()
	}
	if len(p.Tiers) > maxTiers {
		return badParameter("tiers", "too-many-tiers", fmt.Sprintf("阶梯最多 %d 级。", maxTiers))
	}
	if p.PriceYuan != "" {
		return badParameter("price_yuan", "parameter-not-used", "有阶梯价时不使用 price_yuan，请把单价写在各级阶梯里。")
	}
	last := new(big.Rat)
	for i, t := range p.Tiers {
		at := fmt.Sprintf("tiers[%d]", i)
		if t.PriceYuan == "" {
			return badParameter(at+".price_yuan", "price-needed", fmt.Sprintf("请填写第 %d 级阶梯的单价。", i+1))
		}
		if err := checkYuan(at+".price_yuan", t.PriceYuan); err != nil {
			return err
		}
		upTo := t.UpTo.rat()
		switch {
		case upTo == nil && i < len(p.Tiers)-1:
			return badParameter(at+".up_to", "tier-open", fmt.Sprintf("第 %d 级阶梯没有上限 up_to，只有最后一级可以不设上限。", i+1))
		case upTo != nil && i == len(p.Tiers)-1:
			return badParameter(at+".up_to", "tier-closed", "最后一级阶梯不能有上限 up_to，否则超出的用量无法计费。")
		case upTo != nil && upTo.Cmp(last) <= 0:
			return badParameter(at+".up_to", "tiers-out-of-order", fmt.Sprintf("第 %d 级阶梯的上限必须大于前一级。", i+1))
		case upTo != nil:
			last = upTo
		}
	}
	return nil
}

func (p *Parameters) checkRent() error {
	if len(p.Steps) > maxSteps {
		return badParameter("steps", "too-many-steps", fmt.Sprintf("租金阶段最多 %d 个。", maxSteps))
	}
	rises := p.StepMonths != 0 || p.StepPercent != "" || p.StepYuan != ""
	switch {
	case len(p.Steps) > 0 && (rises || p.PriceYuan != ""):
		return badParameter("steps", "parameter-not-used", "租金要么逐段填写 steps，要么填写起始租金 price_yuan 和递增规则，不能同时填写。")
	case len(p.Steps) > 0:
		return p.checkRentSteps()
	case !positive(p.PriceYuan):
		return badParameter("price_yuan", "price-needed", "请填写起始月租金 price_yuan（元），或逐段填写 steps。")
	case !rises:
		return nil
	case p.StepMonths < 1 || p.StepMonths > 120:
		return badParameter("step_months", "parameter-malformed", "请填写每隔几个月递增一次 step_months，1 到 120。")
	case (p.StepPercent == "") == (p.StepYuan == ""):
		return badParameter("step_percent", "parameter-malformed", "请填写每次递增的百分比 step_percent 或金额 step_yuan，二者只填一个。")
	case p.StepPercent != "" && (p.StepPercent.rat().Cmp(big.NewRat(-100, 1)) <= 0 || p.StepPercent.rat().Cmp(big.NewRat(100, 1)) > 0):
		return badParameter("step_percent", "parameter-malformed", "每次递增的百分比应大于 -100 且不超过 100。")
	}
	return nil
}

func (p *Parameters) checkRentSteps() error {
	for i, s := range p.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		switch {
		case s.From.IsZero():
			return badParameter(at+".from", "date-needed", fmt.Sprintf("请填写第 %d 段租金的开始日期。", i+1))
		case i > 0 && !p.Steps[i-1].From.Before(s.From):
			return badParameter(at+".from", "steps-out-of-order", fmt.Sprintf("第 %d 段租金的开始日期必须晚于前一段。", i+1))
		case !positive(s.AmountYuan):
			return badParameter(at+".amount_yuan", "price-needed", fmt.Sprintf("请填写第 %d 段的月租金，必须大于 0。", i+1))
		}
		if err := checkYuan(at+".amount_yuan", s.AmountYuan); err != nil {
			return err
		}
	}
	return nil
}
