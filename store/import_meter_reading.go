package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/metering"
	"steward/domain/refusal"
)

func (p *meterPlan) readingOn(m *meterState, r importing.MeterRow) *importedReading {
	for _, have := range p.known.readings[m.ID] {
		if have.ReadOn == r.ReadOn {
			return have
		}
	}
	return nil
}

// known gives the meter's readings in order of their days, as the rules see them.
func (p *meterPlan) rulesOf(m *meterState) []metering.Reading {
	all := p.known.readings[m.ID]
	slices.SortFunc(all, func(a, b *importedReading) int { return b.ReadOn.DaysUntil(a.ReadOn) })
	rules := make([]metering.Reading, len(all))
	for i, r := range all {
		rules[i] = r.rule()
	}
	return rules
}

// readingOf is what a row says of its reading.
func readingOf(m *meterState, r importing.MeterRow) metering.Reading {
	out := metering.Reading{On: r.ReadOn, Value: decimal.RequireFromString(r.Reading), Reset: metering.Reset(r.Reset), Digits: cmp.Or(r.Digits, m.Digits), Status: metering.Accepted}
	if r.Final != "" {
		out.Final = decimal.NewNullDecimal(decimal.RequireFromString(r.Final))
	}
	if r.Start != "" {
		out.Start = decimal.RequireFromString(r.Start)
	}
	return out
}

// fits checks a reading against those of its meter: the same day keeps its value, nothing changes before what is billed, and
// readings do not fall from one day to a later one unless the meter was replaced or began anew.
func (p *meterPlan) fits(m *meterState, r importing.MeterRow) *refusedRow {
	value := readingOf(m, r)
	if have := p.readingOn(m, r); have != nil {
		if have.Reading.Equal(value.Value) {
			return nil
		}
		return &refusedRow{"reading", "reading-differs", fmt.Sprintf("%s 已有读数 %s，与这一行的 %s 不同。已有的读数不会被覆盖，请核对日期和读数。", r.ReadOn, have.Reading, r.Reading)}
	}
	for _, have := range p.known.readings[m.ID] {
		if have.Billed && have.ReadOn.After(r.ReadOn) {
			return &refusedRow{"read_on", "reading-billed", fmt.Sprintf("%s 的读数已经出账，不能再补录之前的读数。", have.ReadOn)}
		}
	}
	before, _, after := metering.Around(p.rulesOf(m), r.ReadOn)
	if value.Reset == metering.Rollover && (before == nil || value.Digits == 0 && value.Value.LessThan(before.Value)) {
		value.Reset = metering.Replaced // what is not known waits for review, instead of being refused
	}
	no, refused := refusal.As(metering.Fits(value, before, after, p.today))
	if !refused {
		return nil
	}
	column := "reading"
	if len(no.Fields) > 0 {
		column = no.Fields[0].Location
	}
	return &refusedRow{column, no.Code, no.Message}
}

// addReading takes a reading and says why it waits for review, if it does.
func (p *meterPlan) addReading(m *meterState, r importing.MeterRow) []importing.Notice {
	value := readingOf(m, r)
	value.ID = NewID()
	made := &importedReading{readingRow: readingRow{ID: value.ID, MeterID: m.ID, ReadOn: r.ReadOn, Reading: value.Value, Reset: r.Reset, Final: value.Final, Digits: value.Digits}}
	if value.Reset == metering.Replaced {
		made.Start = decimal.NewNullDecimal(value.Start)
	}
	all := p.rulesOf(m)
	if before, _, _ := metering.Around(all, r.ReadOn); before != nil {
		history := slices.DeleteFunc(all, func(h metering.Reading) bool { return !h.On.Before(r.ReadOn) })
		value.Status, made.why = metering.Judge(p.rules.of(p.f.communityID, m.FeeItemID), metering.StepTo(*before, value), value.Digits,
			metering.Steps(history), m.Status == string(estate.Vacant))
	}
	made.Status = string(value.Status)
	p.known.seen[value.ID] = true
	p.known.readings[m.ID] = append(p.known.readings[m.ID], made)
	p.plan.makes("meter_reading", value.ID)
	p.newReadings = append(p.newReadings, made)
	if value.Status == metering.Accepted {
		return nil
	}
	return []importing.Notice{{Row: r.Row, Column: importing.ColumnTitle(importing.MeterReadings, "reading"), Code: string(made.why),
		Message: fmt.Sprintf("%s 的读数 %s 需要复核：%s。复核通过前不会出账。", m.called(), r.Reading, whyWaits[made.why])}}
}

// whyWaits says to people why a reading waits for review.
var whyWaits = map[metering.Why]string{
	metering.HighUse: "用量明显高于往期", metering.ZeroUse: "用量为零", metering.LargeRollover: "按归零计算的用量过大", metering.NoFinal: "换表时没有填旧表的最后读数",
	metering.NoDigits: "归零但不知道表盘位数", metering.Corrected: "复核后又做了更正",
}
