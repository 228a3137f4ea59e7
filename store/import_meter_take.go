package store

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"steward/domain/estate"
	"steward/domain/importing"
)

// take decides one row and remembers what it makes, so that the next rows see it.
func (p *meterPlan) take(r importing.MeterRow) {
	var unit *roomUnit
	if r.HasUnit() {
		var code, message string
		if unit, code, message = p.rooms.find(r.Unit); unit == nil {
			p.plan.reject(r.Row, "room", code, "%s", message)
			return
		}
	}
	if r.FeeItem != "" && p.feeItems[estate.NameKey(r.FeeItem)] == "" {
		p.plan.reject(r.Row, "fee_item", "unknown-fee-item", "小区里没有收费项目“%s”。请先导入收费项目，或把这一格留空。", r.FeeItem)
		return
	}
	m, refused := p.find(r, unit)
	if refused == nil && m == nil {
		refused = p.makeable(r, unit)
	}
	if refused == nil && r.Reading != "" && m != nil {
		refused = p.fits(m, r)
	}
	if refused != nil {
		p.plan.reject(r.Row, refused.column, refused.code, "%s", refused.message)
		return
	}
	e := importing.Effect{Row: r.Row, Outcome: importing.Unchanged}
	changes := changeList{kind: importing.MeterReadings}
	if m == nil {
		m = p.makeMeter(r, unit)
		e.Outcome = importing.Created
	} else {
		p.changeMeter(m, r, &changes)
	}
	e.Subject = m.called()
	if r.Reading != "" && p.readingOn(m, r) == nil {
		p.addReading(m, r)
		e.Outcome = importing.Created
		e.Subject += " " + r.ReadOn.String() + " " + r.Reading
	}
	if e.Changes = changes.found; e.Outcome == importing.Unchanged && len(e.Changes) > 0 {
		e.Outcome = importing.Updated
	}
	p.plan.settle(e)
}

// called is how people tell a meter from others.
func (m *meterState) called() string {
	name := or(m.Name, m.Unit+meterWord(m.Kind))
	if m.Serial != "" {
		name += "（" + m.Serial + "）"
	}
	return name
}

func meterWord(kind string) string { return importing.WordOf("meter_kind", kind) }

// find gives the meter that a row means: the one with its serial; else, of the unit's meters of that kind, the only one;
// else, in the common parts, the one of that name. nil means that there is none yet.
func (p *meterPlan) find(r importing.MeterRow, unit *roomUnit) (*meterState, *refusedRow) {
	fits := func(m *meterState) bool { return r.Kind == "" || m.Kind == r.Kind }
	if r.Serial != "" {
		key := serialKey(r.Serial)
		m, refused := only(p.known.bySerial[key], func(m *meterState) bool { return fits(m) && m.SerialKey == key }, "serial", "表号“"+r.Serial+"”")
		switch {
		case refused != nil:
			return nil, refused
		case m != nil && unit != nil && m.UnitID != unit.ID:
			return nil, &refusedRow{"serial", "meter-elsewhere", fmt.Sprintf("表号“%s”登记在“%s”，不是“%s”。请核对表号和房屋。", r.Serial, or(m.Unit, "公共部位"), unit.Display)}
		case m != nil:
			return m, nil
		}
	}
	if unit == nil {
		return p.findCommon(r, fits)
	}
	of := p.known.byUnit[unit.ID]
	if r.Serial == "" {
		return only(of, fits, "meter_kind", "“"+unit.Display+"”的"+meterWord(r.Kind))
	}
	// Another serial is another meter, unless the one that is there has none yet, or the row says that it was replaced.
	m, refused := only(of, func(m *meterState) bool { return fits(m) && (m.SerialKey == "" || r.Reset == "replaced") }, "serial", "“"+unit.Display+"”的"+meterWord(r.Kind))
	return m, refused
}

func (p *meterPlan) findCommon(r importing.MeterRow, fits func(*meterState) bool) (*meterState, *refusedRow) {
	if r.Name == "" {
		return nil, nil
	}
	name := estate.NameKey(r.Name)
	return only(p.known.common, func(m *meterState) bool {
		return fits(m) && estate.NameKey(m.Name) == name && (r.Serial == "" || m.SerialKey == "" || r.Reset == "replaced")
	}, "meter_name", "“"+r.Name+"”")
}

// only gives the one meter that fits, nil when none does.
func only(meters []*meterState, fits func(*meterState) bool, column, what string) (*meterState, *refusedRow) {
	meters = slices.DeleteFunc(slices.Clone(meters), func(m *meterState) bool { return !fits(m) })
	switch len(meters) {
	case 0:
		return nil, nil
	case 1:
		return meters[0], nil
	}
	return nil, &refusedRow{column, "ambiguous-meter", fmt.Sprintf("%s有 %d 块表，不知道是哪一块。请补上表号和表类型。", what, len(meters))}
}

// makeable tells whether a row says enough to register its meter.
func (p *meterPlan) makeable(r importing.MeterRow, unit *roomUnit) *refusedRow {
	switch {
	case unit == nil && r.Name == "":
		return &refusedRow{"serial", "unknown-meter", fmt.Sprintf("没有表号为“%s”的表。登记新表请补上房屋和表类型；公共部位的表请填写表名称。", r.Serial)}
	case r.Kind == "":
		return &refusedRow{"meter_kind", "missing-value", fmt.Sprintf("“%s”是新表，请填写表类型（水表、电表、燃气表……）。", or(r.Serial, r.Name))}
	}
	return nil
}

func (p *meterPlan) makeMeter(r importing.MeterRow, unit *roomUnit) *meterState {
	m := &meterState{ID: NewID(), Kind: r.Kind, Serial: r.Serial, SerialKey: serialKey(r.Serial), Name: r.Name, Mode: or(r.Mode, "reading"),
		FeeItemID: p.feeItems[estate.NameKey(r.FeeItem)], Maker: r.Maker, made: true}
	if unit != nil {
		m.UnitID, m.Unit = unit.ID, unit.Display
	}
	p.known.add(m)
	p.plan.makes("meter", m.ID)
	p.newMeters = append(p.newMeters, m)
	return m
}

// changeMeter takes over what the row says and the meter does not have.
func (p *meterPlan) changeMeter(m *meterState, r importing.MeterRow, c *changeList) {
	if r.Serial != "" && serialKey(r.Serial) != m.SerialKey {
		c.text("serial", &m.Serial, r.Serial)
		m.SerialKey = serialKey(r.Serial)
		p.known.bySerial[m.SerialKey] = append(p.known.bySerial[m.SerialKey], m)
	}
	c.text("meter_name", &m.Name, r.Name)
	c.word("mode", "meter_mode", &m.Mode, r.Mode)
	c.text("maker", &m.Maker, r.Maker)
	if id := p.feeItems[estate.NameKey(r.FeeItem)]; r.FeeItem != "" && id != m.FeeItemID {
		c.note("fee_item", p.feeItemNames[m.FeeItemID], p.feeItemNames[id])
		m.FeeItemID = id
	}
	if len(c.found) > 0 && !m.made && p.changedMeters[m.ID] == nil {
		p.changedMeters[m.ID] = m
		p.plan.changes("meter", m.ID)
	}
}

func (p *meterPlan) readingOn(m *meterState, r importing.MeterRow) *meterReading {
	for _, have := range p.known.readings[m.ID] {
		if have.ReadOn == r.ReadOn {
			return have
		}
	}
	return nil
}

// fits checks a reading against those of its meter: the same day keeps its value, and readings do not fall from one day to
// a later one unless the meter was replaced or began anew.
func (p *meterPlan) fits(m *meterState, r importing.MeterRow) *refusedRow {
	value := decimal.RequireFromString(r.Reading)
	if have := p.readingOn(m, r); have != nil {
		if have.Reading.Equal(value) {
			return nil
		}
		return &refusedRow{"reading", "reading-differs", fmt.Sprintf("%s 已有读数 %s，与这一行的 %s 不同。已有的读数不会被覆盖，请核对日期和读数。", r.ReadOn, have.Reading, r.Reading)}
	}
	var before, after *meterReading
	for _, have := range p.known.readings[m.ID] {
		switch {
		case have.ReadOn.Before(r.ReadOn) && (before == nil || have.ReadOn.After(before.ReadOn)):
			before = have
		case have.ReadOn.After(r.ReadOn) && (after == nil || have.ReadOn.Before(after.ReadOn)):
			after = have
		}
	}
	switch {
	case before != nil && r.Reset == "" && value.LessThan(before.Reading):
		return &refusedRow{"reading", "reading-below-last", fmt.Sprintf("读数 %s 小于上次（%s）的 %s。请核对；如果换了表或表已归零，请在“换表或归零”一列注明。", r.Reading, before.ReadOn, before.Reading)}
	case after != nil && after.Reset == "" && value.GreaterThan(after.Reading):
		return &refusedRow{"reading", "reading-above-next", fmt.Sprintf("读数 %s 大于之后（%s）已有的 %s，请核对日期和读数。", r.Reading, after.ReadOn, after.Reading)}
	}
	return nil
}

func (p *meterPlan) addReading(m *meterState, r importing.MeterRow) {
	reading := &meterReading{ID: NewID(), MeterID: m.ID, ReadOn: r.ReadOn, Reading: decimal.RequireFromString(r.Reading), Reset: r.Reset}
	p.known.seen[reading.ID] = true
	p.known.readings[m.ID] = append(p.known.readings[m.ID], reading)
	p.plan.makes("meter_reading", reading.ID)
	p.newReadings = append(p.newReadings, reading)
}
