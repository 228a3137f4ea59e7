package store

import (
	"fmt"
	"slices"
	"strconv"

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
		e.Doubts = append(e.Doubts, p.addReading(m, r)...)
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
		FeeItemID: p.feeItems[estate.NameKey(r.FeeItem)], Maker: r.Maker, Digits: r.Digits, made: true}
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
	if r.Digits > 0 && r.Digits != m.Digits {
		c.note("digits", strconv.Itoa(m.Digits), strconv.Itoa(r.Digits))
		m.Digits = r.Digits
	}
	if id := p.feeItems[estate.NameKey(r.FeeItem)]; r.FeeItem != "" && id != m.FeeItemID {
		c.note("fee_item", p.feeItemNames[m.FeeItemID], p.feeItemNames[id])
		m.FeeItemID = id
	}
	if len(c.found) > 0 && !m.made && p.changedMeters[m.ID] == nil {
		p.changedMeters[m.ID] = m
		p.plan.changes("meter", m.ID)
	}
}
