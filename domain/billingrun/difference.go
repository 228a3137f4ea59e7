package billingrun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"steward/domain/billing"
	"steward/domain/money"
)

// Difference is by how much a charge differs from the last period's, and why.
type Difference struct {
	Fen    int64   `json:"fen"`
	Causes []Cause `json:"causes"`
	Text   string  `json:"text" doc:"One sentence for people."`
}

// Cause is one figure that is another one now. What is days, price, area, usage, version, formula or the name of an input.
type Cause struct {
	What   string `json:"what"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Past is a bill of the last period, as far as a comparison needs it. Basis is what the bill keeps as its explanation; it may
// be of another maker, or empty.
type Past struct {
	AmountFen int64
	Basis     json.RawMessage
}

// causeNames are how people call the inputs of the formulas.
var causeNames = map[string]string{
	"days": "计费天数", "price_yuan": "单价", "built_area_m2": "建筑面积", "inner_area_m2": "套内面积", "usage": "用量", "quantity": "用量",
	"previous": "上次读数", "current": "本次读数", "version": "收费标准版本", "formula": "计费方式", "vacant_share": "空置系数", "extra_yuan": "附加费",
	"total_yuan": "分摊总额", "total_area_m2": "分摊总面积", "households": "分摊户数", "rent_yuan": "租金", "tier_basis": "阶梯计算周期", "year_before": "本年此前已计费用量", "amount_yuan": "金额", "parts": "分段",
}

// Compare says why the sum of some lines differs from that of the last period's bills for the same unit, fee item and
// debtor.
func Compare(before []Past, now []billing.Line) Difference {
	d := Difference{Causes: []Cause{}}
	for _, l := range now {
		d.Fen += l.AmountFen
	}
	for _, p := range before {
		d.Fen -= p.AmountFen
	}
	if d.Fen != 0 {
		d.Causes = causes(before, now)
	}
	d.Text = d.sentence()
	return d
}

func (d Difference) sentence() string {
	switch {
	case d.Fen == 0:
		return "与上期相同"
	case len(d.Causes) == 0:
		return "较上期" + moreOrLess(d.Fen)
	}
	text := "较上期" + moreOrLess(d.Fen) + "："
	for i, c := range d.Causes {
		if i > 0 {
			text += "，"
		}
		name := cmp.Or(causeNames[c.What], c.What)
		text += fmt.Sprintf("%s %s → %s", name, cmp.Or(c.Before, "无"), cmp.Or(c.After, "无"))
	}
	return text
}

func moreOrLess(fen int64) string {
	if fen < 0 {
		return "减少 " + money.Format(-fen)
	}
	return "增加 " + money.Format(fen)
}

// explained is a basis as far as every maker writes it.
type explained struct {
	Formula string         `json:"formula"`
	Inputs  map[string]any `json:"inputs"`
	Days    int            `json:"days"`
	Rule    struct {
		No int `json:"no"`
	} `json:"rule"`
}

// unmeasured are inputs that differ in every period and explain nothing beside the usage that they add up to.
var unmeasured = []string{"previous", "current", "from", "to", "note", "meter", "meter_id", "amount_fen"}

// causes compares the explanations. One part is compared input by input; several are told by their number and days.
func causes(before []Past, now []billing.Line) []Cause {
	out := []Cause{}
	add := func(what, was, is string) {
		if was != is {
			out = append(out, Cause{What: what, Before: was, After: is})
		}
	}
	if len(before) != len(now) {
		add("parts", strconv.Itoa(len(before)), strconv.Itoa(len(now)))
	}
	if len(before) == 0 || len(now) == 0 {
		return out
	}
	var was explained
	if json.Unmarshal(before[0].Basis, &was) != nil || was.Formula == "" {
		return out
	}
	is := now[0].Basis
	add("formula", was.Formula, string(is.Formula))
	if was.Rule.No > 0 {
		add("version", strconv.Itoa(was.Rule.No), strconv.Itoa(is.Rule.No))
	}
	if len(before) == 1 && len(now) == 1 {
		for _, key := range inputNames(was.Inputs, is.Inputs) {
			add(key, text(was.Inputs[key]), is.Inputs[key])
		}
	}
	if was.Days > 0 {
		wasDays, isDays := 0, 0
		for _, p := range before {
			var e explained
			_ = json.Unmarshal(p.Basis, &e) // one that cannot be read has no days to tell
			wasDays += e.Days
		}
		for _, l := range now {
			isDays += l.Basis.Days
		}
		add("days", strconv.Itoa(wasDays), strconv.Itoa(isDays))
	}
	return out
}

func inputNames(was map[string]any, is map[string]string) []string {
	var names []string
	for key := range was {
		names = append(names, key)
	}
	for key := range is {
		names = append(names, key)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return slices.Contains(unmeasured, n) })
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
