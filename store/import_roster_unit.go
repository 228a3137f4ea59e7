package store

import (
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

func (p *rosterPlan) makeUnit(r importing.RosterRow) *rosterUnit {
	buildingID, entranceID := p.entrance(estate.BuildingName(r.Building), r.Building, r.Entrance)
	u := &rosterUnit{
		ID: NewID(), Key: r.UnitKey, BuildingID: buildingID, EntranceID: entranceID, Room: r.Room, Kind: or(r.UnitKind, "home"), Floor: r.Floor,
		BuiltAreaM2: r.BuiltAreaM2, InnerAreaM2: r.InnerAreaM2, Status: or(r.Status, usualStatus(r)), DeliveredOn: r.DeliveredOn, KeysOn: r.KeysOn, FeeStartOn: r.FeeStartOn,
		Display: estate.BuildingName(r.Building) + estate.EntranceName(r.Entrance) + r.Room,
	}
	p.units[r.UnitKey] = u
	p.plan.makes("unit", u.ID)
	p.newUnits = append(p.newUnits, rosterInsert{unit: u})
	return u
}

// entrance finds or makes a building and its entrance, which is empty in a building without any.
func (p *rosterPlan) entrance(buildingName, building, entrance string) (buildingID, entranceID string) {
	buildingKey := estate.NameKey(building)
	buildingID, ok := p.buildings[buildingKey]
	if !ok {
		buildingID = NewID()
		p.buildings[buildingKey] = buildingID
		p.plan.makes("building", buildingID)
		p.newBuildings = append(p.newBuildings, rosterInsert{id: buildingID, name: buildingName, key: buildingKey})
	}
	key := [2]string{buildingID, estate.NameKey(entrance)}
	if entranceID, ok = p.entrances[key]; !ok {
		entranceID = NewID()
		p.entrances[key] = entranceID
		p.plan.makes("entrance", entranceID)
		p.newEntrances = append(p.newEntrances, rosterInsert{id: entranceID, parentID: buildingID, name: estate.EntranceName(entrance), key: key[1]})
	}
	return buildingID, entranceID
}

func usualStatus(r importing.RosterRow) string {
	switch {
	case r.Name == "":
		return string(estate.Vacant)
	case r.Role == estate.RoleDeveloper:
		return string(estate.Unsold)
	}
	return string(estate.Occupied)
}

// keeps leaves a row's areas and status out where the unit's are written down by day, and tells whether the row says others.
func (u *rosterUnit) keeps(r *importing.RosterRow) bool {
	if !u.Dated {
		return false
	}
	differs := r.BuiltAreaM2 != "" && r.BuiltAreaM2 != u.BuiltAreaM2 || r.InnerAreaM2 != "" && r.InnerAreaM2 != u.InnerAreaM2 || r.Status != "" && r.Status != u.Status
	r.BuiltAreaM2, r.InnerAreaM2, r.Status = "", "", ""
	return differs
}

// changeUnit takes over what the row says and the unit does not have; a cell left empty changes nothing.
func (p *rosterPlan) changeUnit(u *rosterUnit, r importing.RosterRow) []importing.Change {
	c := p.changeList()
	c.word("unit_kind", "unit_kind", &u.Kind, r.UnitKind)
	c.text("floor", &u.Floor, r.Floor)
	c.text("built_area", &u.BuiltAreaM2, r.BuiltAreaM2)
	c.text("inner_area", &u.InnerAreaM2, r.InnerAreaM2)
	c.word("status", "unit_status", &u.Status, r.Status)
	c.date("delivered_on", &u.DeliveredOn, r.DeliveredOn)
	c.date("keys_on", &u.KeysOn, r.KeysOn)
	c.date("fee_start_on", &u.FeeStartOn, r.FeeStartOn)
	if len(c.found) > 0 && p.plan.changesOld("unit", u.ID) {
		p.changedUnits[u.ID] = u
	}
	return c.found
}

func (p *rosterPlan) changeList() *changeList { return &changeList{kind: p.kind} }

func dateText(d calendar.Date) string {
	if d.IsZero() || d == estate.SinceEver {
		return ""
	}
	return d.String()
}
