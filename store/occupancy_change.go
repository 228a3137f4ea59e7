package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// occupancyRow is who is in a unit, as far as a change of people goes by it.
type occupancyRow struct {
	ID       string        `db:"id"`
	PersonID string        `db:"person_id"`
	Role     string        `db:"role"`
	FromOn   calendar.Date `db:"from_on"`
	ToOn     calendar.Date `db:"to_on"`
}

// lasts tells whether the occupancy reaches a day.
func (o occupancyRow) lasts(day calendar.Date) bool { return o.ToOn.IsZero() || !o.ToOn.Before(day) }

// ChangePeople writes down a new owner or tenant from a day on. With EndsPrevious those of the role end the day before; what
// they owe stays with them, and bills issued to them for later days are listed, not rewritten.
func (s *Store) ChangePeople(ctx context.Context, sc access.Scope, unitID string, n estate.NewOccupancy) (estate.ChangedPeople, error) {
	none := estate.ChangedPeople{}
	if err := sc.Require(access.EditPolicies, ""); err != nil {
		return none, err
	}
	facts, err := enteredFacts(n)
	if err == nil {
		err = estate.CheckFrom(n.From, calendar.DateOf(s.clock.Now()))
	}
	if err != nil {
		return none, err
	}
	var out estate.ChangedPeople
	attempt := func() error {
		return s.inTx(ctx, "change who is in a unit", func(tx *sqlx.Tx) (err error) {
			out, err = s.changePeople(ctx, tx, sc, unitID, n, facts)
			return err
		})
	}
	if err = attempt(); duplicate(err) { // the same person was made at this moment
		err = attempt()
	}
	if duplicate(err) {
		err = refusal.New(refusal.Conflict, "occupancy-exists", "这个人从这一天起已登记在这套房屋，无需重复登记。").At("body.from", "已登记", n.From)
	}
	return out, err
}

func enteredFacts(n estate.NewOccupancy) (personFacts, error) {
	facts := personFacts{Name: estate.Fold(n.Name), Company: n.Company}
	if facts.Name == "" {
		return facts, refusal.New(refusal.Rule, "name-needed", "请填写姓名或公司名称。").At("body.name", "不能为空", nil)
	}
	if n.Phone != "" {
		phone, ok := estate.Phone(n.Phone)
		if !ok {
			return facts, refusal.New(refusal.Rule, "bad-phone", "联系电话不正确，请填写手机号或带区号的座机。").At("body.phone", "电话不正确", nil)
		}
		facts.Phone = phone
	}
	if n.IDNo != "" {
		no, ok := estate.IDNumber(n.IDNo)
		if !ok || !estate.IDChecks(no) {
			return facts, refusal.New(refusal.Rule, "bad-id-no", "证件号码不正确，请核对。").At("body.id_no", "证件号码不正确", nil)
		}
		facts.IDNo = no
	}
	return facts, nil
}

func (s *Store) changePeople(ctx context.Context, tx *sqlx.Tx, sc access.Scope, unitID string, n estate.NewOccupancy, facts personFacts) (estate.ChangedPeople, error) {
	out := estate.ChangedPeople{Ended: []string{}, Warnings: []estate.Warning{}}
	unit, err := lockUnit(ctx, tx, sc, unitID)
	if err != nil {
		return out, err
	}
	if detail, done, err := carriedOut(ctx, tx, sc); err != nil || done {
		if err == nil {
			err = json.Unmarshal(detail, &out)
		}
		return out, err
	}
	var there []occupancyRow
	err = tx.SelectContext(ctx, &there, `SELECT id, person_id, role, from_on, to_on FROM occupancy WHERE org_id = ? AND unit_id = ? ORDER BY from_on, id FOR UPDATE`, sc.OrgID, unit.ID)
	if err != nil {
		return out, fmt.Errorf("read who is in the unit: %w", err)
	}
	ends, err := endsFor(unit, there, n)
	if err != nil {
		return out, err
	}
	if out.PersonID, err = s.personFor(ctx, tx, sc.OrgID, unit.ID, facts); err != nil {
		return out, err
	}
	for _, o := range there {
		if o.PersonID == out.PersonID && o.Role == string(n.Role) && o.lasts(n.From) && !slices.Contains(ends, o.ID) {
			return out, refusal.New(refusal.Conflict, "occupancy-exists", "这个人在 %s 已登记在这套房屋，无需重复登记。", n.From).At("body.name", "已登记", nil)
		}
	}
	out.OccupancyID = or(sc.CommandID, NewID())
	if err := s.writeOccupancyChange(ctx, tx, sc, unit, n, &out, ends); err != nil {
		return out, err
	}
	var old []string
	for _, o := range there {
		if slices.Contains(ends, o.ID) {
			old = append(old, o.PersonID)
		}
	}
	if len(old) > 0 {
		out.Warnings, err = billsAfter(ctx, tx, sc.OrgID, unit.ID, n.From, old)
	}
	if err == nil {
		err = s.tellOccupancyChange(ctx, tx, sc, unit, n, out)
	}
	return out, err
}

// endsFor gives the occupancies that end, or why the new one cannot begin.
func endsFor(unit changingUnit, there []occupancyRow, n estate.NewOccupancy) ([]string, error) {
	if n.Role == estate.RoleOwner && !unit.DeliveredOn.IsZero() && n.From.Before(unit.DeliveredOn) {
		return nil, refusal.New(refusal.Rule, "before-delivery", "房屋 %s 才交付，业主不能从更早的 %s 起算。交付前由开发商承担。", unit.DeliveredOn, n.From).At("body.from", "早于交付日期", n.From)
	}
	var ends []string
	for _, o := range there {
		same := o.Role == string(n.Role) || n.Role == estate.RoleOwner && o.Role == string(estate.RoleDeveloper)
		if !same || !o.lasts(n.From) || n.Role == estate.RoleFamily {
			continue
		}
		switch {
		case n.CoOwner && !n.EndsPrevious:
		case !n.EndsPrevious && o.Role == string(estate.RoleDeveloper):
		case !n.EndsPrevious:
			return nil, refusal.New(refusal.Conflict, "role-taken", "这套房屋在 %s 已有%s。变更请选择“结束原有”，共有请选择“共有人”。", n.From, roleWord[n.Role]).
				At("body.ends_previous", "需要说明原有的是否结束", nil)
		case !o.FromOn.Before(n.From):
			return nil, refusal.New(refusal.Conflict, "later-occupancy", "这套房屋从 %s 起已登记了另一位%s，不能从更早或同一天起变更。请先核对日期。", o.FromOn, roleWord[n.Role]).
				At("body.from", "与之后的登记冲突", n.From)
		default:
			ends = append(ends, o.ID)
		}
	}
	return ends, nil
}

var roleWord = map[estate.Role]string{estate.RoleOwner: "业主", estate.RoleTenant: "租户", estate.RoleFamily: "家属"}

// personFor finds the person whom the facts mean, as an import would, or makes one.
func (s *Store) personFor(ctx context.Context, tx *sqlx.Tx, orgID, unitID string, f personFacts) (string, error) {
	people := newPeople(s.keys)
	if err := people.read(ctx, tx, orgID, []sought{{facts: f, unitID: unitID}}); err != nil {
		return "", err
	}
	if found := people.find(f, unitID); len(found) > 0 {
		return found[0].ID, nil
	}
	id, identity := NewID(), s.keys.identity(f, unitID)
	taken, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM person WHERE org_id = ? AND identity_bidx = ?)`, orgID, identity)
	if err != nil {
		return "", err
	}
	if taken {
		identity = s.keys.ownIdentity(id)
	}
	if err := insertRows(ctx, tx, insertPersons, [][]any{s.personValues(orgID, id, identity, f, s.clock.Now())}); err != nil {
		return "", fmt.Errorf("make a person: %w", err)
	}
	return id, nil
}

func (s *Store) writeOccupancyChange(ctx context.Context, tx *sqlx.Tx, sc access.Scope, unit changingUnit, n estate.NewOccupancy, out *estate.ChangedPeople, ends []string) error {
	if len(ends) > 0 {
		err := execIn(ctx, tx, `UPDATE occupancy SET to_on = ?, version = version + 1 WHERE org_id = ? AND id IN (?)`, n.From.AddDays(-1), sc.OrgID, ends)
		if err != nil {
			return fmt.Errorf("end occupancies: %w", err)
		}
		out.Ended = ends
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,?,?,?)`,
		sc.OrgID, out.OccupancyID, unit.ID, out.PersonID, string(n.Role), n.From, s.clock.Now())
	if err != nil {
		return fmt.Errorf("write an occupancy: %w", err)
	}
	return nil
}

func (s *Store) tellOccupancyChange(ctx context.Context, tx *sqlx.Tx, sc access.Scope, unit changingUnit, n estate.NewOccupancy, out estate.ChangedPeople) error {
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "unit", SubjectID: unit.ID, CommunityID: unit.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{ID: sc.CommandID, Action: "change-occupancy", SubjectKind: "unit", SubjectID: unit.ID, CommunityID: unit.CommunityID,
		Detail: map[string]any{"occupancy_id": out.OccupancyID, "person_id": out.PersonID, "ended": out.Ended, "warnings": out.Warnings,
			"role": string(n.Role), "from": n.From.String()}})
}
