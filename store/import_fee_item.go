package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// feeItemPlan is what a run of rows of fee items would change: the items with their versions, and which unit pays which
// of them from when to when. A version is never rewritten: other terms make a new one.
type feeItemPlan struct {
	plan   planned
	f      planFor
	today  calendar.Date
	known  *knownFees
	rooms  *roomIndex
	toMake struct {
		items    []*feeItemState
		versions []*feeItemState
		fees     []*unitFee
	}
	changedFees map[string]*unitFee
	raised      []*feeItemState // items that were there and get another version
}

// knownFees are the fee items and unit fees that rows name, as they are once the rows before are written.
type knownFees struct {
	items map[string]*feeItemState // by name key
	fees  map[[2]string][]*unitFee // by unit and item
	seen  map[string]bool          // ids of fees
}

// feeItemState is a fee item at its newest version.
type feeItemState struct {
	ID         string `db:"id"`
	Name       string `db:"name"`
	NameKey    string `db:"name_key"`
	VersionID  string `db:"version_id"`
	No         int    `db:"no"`
	Parameters []byte `db:"parameters"`
	Rounding   string `db:"rounding"`
	PrepaidNow bool   `db:"prepaid"`
	feeTerms
	others map[string]any // parameters that no import knows
}

// feeTerms are what a version says, as rows say it.
type feeTerms struct {
	Formula    string        `db:"formula"`
	Cycle      string        `db:"cycle"`
	DebtorRole string        `db:"debtor_role"`
	From       calendar.Date `db:"from_on"`
	Prepaid    string        `db:"-"` // yes, no
	PriceYuan  string        `db:"-"`
	ExtraYuan  string        `db:"-"`
	To         calendar.Date `db:"-"`
}

// The parameters of a version that an import writes. Prices are decimals in text.
const (
	parameterPrice = "price_yuan"
	parameterExtra = "extra_yuan"
	parameterTo    = "to_on"
)

type unitFee struct {
	ID        string        `db:"id"`
	UnitID    string        `db:"unit_id"`
	FeeItemID string        `db:"fee_item_id"`
	From      calendar.Date `db:"from_on"`
	To        calendar.Date `db:"to_on"`
	PriceYuan string        `db:"price_yuan"` // "" is the item's own
	made      bool
}

const selectFeeItemStates = `SELECT i.id, i.name, i.name_key, v.id AS version_id, v.no, v.formula, v.parameters, v.rounding, v.cycle, v.prepaid, v.debtor_role, v.from_on
	FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id
		AND v.no = (SELECT MAX(w.no) FROM fee_item_version w WHERE w.org_id = i.org_id AND w.fee_item_id = i.id)
	WHERE i.org_id = ? AND i.community_id = ? AND i.name_key IN (?)`

func planFeeItems(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &feeItemPlan{f: f, today: calendar.DateOf(s.clock.Now()), changedFees: map[string]*unitFee{}}
	p.known = carried(f, func() *knownFees {
		return &knownFees{items: map[string]*feeItemState{}, fees: map[[2]string][]*unitFee{}, seen: map[string]bool{}}
	})
	if len(rows.FeeItems) == 0 {
		return p, nil
	}
	if err := p.readItems(ctx, q, rows.FeeItems); err != nil {
		return nil, err
	}
	var rooms []estate.Room
	for _, r := range rows.FeeItems {
		if r.HasUnit() {
			rooms = append(rooms, r.Unit)
		}
	}
	var err error
	if p.rooms, err = s.readRooms(ctx, q, f.scope.OrgID, f.communityID, rooms); err != nil {
		return nil, err
	}
	if err := p.readFees(ctx, q); err != nil {
		return nil, err
	}
	for _, r := range rows.FeeItems {
		p.take(r)
	}
	return p, nil
}

func (p *feeItemPlan) planned() *planned { return &p.plan }

func (p *feeItemPlan) readItems(ctx context.Context, q sqlx.QueryerContext, rows []importing.FeeItemRow) error {
	var items []*feeItemState
	err := selectIn(ctx, q, &items, selectFeeItemStates, p.f.scope.OrgID, p.f.communityID,
		distinct(rows, func(r importing.FeeItemRow) string { return estate.NameKey(r.Name) }))
	if err != nil {
		return fmt.Errorf("read the rows' fee items: %w", err)
	}
	for _, i := range items {
		if p.known.items[i.NameKey] != nil {
			continue
		}
		if err := i.readTerms(); err != nil {
			return err
		}
		p.known.items[i.NameKey] = i
	}
	return nil
}

// readTerms takes apart what the version's row holds.
func (i *feeItemState) readTerms() error {
	i.others = map[string]any{}
	if err := json.Unmarshal(i.Parameters, &i.others); err != nil {
		return fmt.Errorf("read the parameters of fee item %s: %w", i.ID, err)
	}
	take := func(key string) string {
		v := i.others[key]
		delete(i.others, key)
		if v == nil {
			return ""
		}
		if d, err := decimal.NewFromString(fmt.Sprint(v)); err == nil {
			return d.String()
		}
		return fmt.Sprint(v)
	}
	i.PriceYuan, i.ExtraYuan = take(parameterPrice), take(parameterExtra)
	if to := take(parameterTo); to != "" {
		day, err := calendar.ParseDate(to)
		if err != nil {
			return fmt.Errorf("read the end of fee item %s: %w", i.ID, err)
		}
		i.To = day
	}
	i.Prepaid = yesNo(i.PrepaidNow)
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// parameters is what the version's row shall hold.
func (i *feeItemState) parameters() (string, error) {
	all := make(map[string]any, len(i.others)+3)
	for k, v := range i.others {
		all[k] = v
	}
	for k, v := range map[string]string{parameterPrice: i.PriceYuan, parameterExtra: i.ExtraYuan, parameterTo: dateText(i.To)} {
		if v != "" {
			all[k] = v
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("write the parameters of a fee item: %w", err)
	}
	return string(b), nil
}

func (p *feeItemPlan) readFees(ctx context.Context, q sqlx.QueryerContext) error {
	units := sortedKeys(p.rooms.units)
	if len(units) == 0 {
		return nil
	}
	var fees []*unitFee
	err := selectIn(ctx, q, &fees, `SELECT id, unit_id, fee_item_id, from_on, to_on, COALESCE(price_yuan, '') AS price_yuan FROM unit_fee
		WHERE org_id = ? AND unit_id IN (?) ORDER BY from_on`, p.f.scope.OrgID, units)
	if err != nil {
		return fmt.Errorf("read what the rows' units pay: %w", err)
	}
	for _, f := range fees {
		if p.known.seen[f.ID] {
			continue
		}
		if d, err := decimal.NewFromString(f.PriceYuan); err == nil {
			f.PriceYuan = d.String()
		}
		p.known.add(f)
	}
	return nil
}

func (k *knownFees) add(f *unitFee) {
	k.seen[f.ID] = true
	key := [2]string{f.UnitID, f.FeeItemID}
	k.fees[key] = append(k.fees[key], f)
}

// write implements importPlan.
func (p *feeItemPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	org, now := sc.OrgID, s.clock.Now()
	var items, versions, fees [][]any
	for _, i := range p.toMake.items {
		items = append(items, []any{org, i.ID, p.f.communityID, i.Name, i.NameKey})
	}
	for _, v := range p.toMake.versions {
		parameters, err := v.parameters()
		if err != nil {
			return err
		}
		versions = append(versions, []any{org, v.VersionID, v.ID, v.No, v.Formula, parameters, v.Rounding, v.Cycle, v.Prepaid == "yes", v.DebtorRole, v.From, v.To, sc.ActorID, now})
	}
	for _, f := range p.toMake.fees {
		fees = append(fees, []any{org, f.ID, f.UnitID, f.FeeItemID, f.From, f.To, nullable(f.PriceYuan), now})
	}
	for _, i := range []struct {
		statement string
		rows      [][]any
	}{
		{`INSERT INTO fee_item (org_id, id, community_id, name, name_key)`, items},
		{`INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, rounding, cycle, prepaid, debtor_role, from_on, to_on, created_by, created_at)`, versions},
		{`INSERT INTO unit_fee (org_id, id, unit_id, fee_item_id, from_on, to_on, price_yuan, created_at)`, fees},
	} {
		if err := insertRows(ctx, tx, i.statement, i.rows); err != nil {
			return fmt.Errorf("write fee items: %w", err)
		}
	}
	return p.writeChanges(ctx, tx, s, sc)
}

func (p *feeItemPlan) writeChanges(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	for _, i := range p.raised {
		if _, err := tx.ExecContext(ctx, `UPDATE fee_item SET version = version + 1 WHERE org_id = ? AND id = ?`, sc.OrgID, i.ID); err != nil {
			return fmt.Errorf("change a fee item: %w", err)
		}
	}
	for _, id := range sortedKeys(p.changedFees) {
		f := p.changedFees[id]
		_, err := tx.ExecContext(ctx, `UPDATE unit_fee SET to_on = ?, price_yuan = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			f.To, nullable(f.PriceYuan), sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("change what a unit pays: %w", err)
		}
	}
	for action, items := range map[string][]*feeItemState{"create-fee-item": p.toMake.items, "change-fee-item": p.raised} {
		for _, i := range items {
			err := recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: action, SubjectKind: "fee_item", SubjectID: i.ID, CommunityID: p.f.communityID})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
