package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

// withDefaults fills what terms leave open.
func withDefaults(t money.FeeTerms, today calendar.Date) money.FeeTerms {
	t.Rounding, t.Cycle, t.DebtorRole = or(t.Rounding, string(billing.HalfUp)), or(t.Cycle, string(billing.Month)), or(t.DebtorRole, string(estate.RoleOwner))
	t.Prorate, t.VacantShare = or(t.Prorate, string(billing.ActualDays)), or(t.VacantShare, "1")
	if len(t.Parameters) == 0 {
		t.Parameters = json.RawMessage("{}")
	}
	if t.BillDay == 0 {
		t.BillDay = 1
	}
	if t.DueDays == nil {
		days := 30
		t.DueDays = &days
	}
	if t.From.IsZero() {
		t.From = today
	}
	return t
}

// billingItem is the version that terms make, as billing computes with it. The terms have their defaults.
func billingItem(name string, t money.FeeTerms) billing.Item {
	return billing.Item{FeeItem: name, Formula: billing.Formula(t.Formula), Parameters: t.Parameters, Rounding: billing.Rounding(t.Rounding), Cycle: billing.Cycle(t.Cycle),
		Prepaid: t.Prepaid, DebtorRole: estate.Role(t.DebtorRole), From: t.From, To: t.To, Prorate: billing.Prorate(t.Prorate), BillDay: t.BillDay, DueDays: *t.DueDays,
		VacantShare: t.VacantShare}
}

func checkFeeItemName(name string) error {
	if estate.NameKey(name) == "" || utf8.RuneCountInString(name) > maxFeeItemName {
		return refusal.New(refusal.Rule, "fee-item-name-malformed", "收费项目名称不能为空，且不能超过 80 个字。").At("name", "名称不正确", name)
	}
	return nil
}

// CreateFeeItem defines a way of charging with its first version; its name is unique within the community. A repeat of the
// same command gives the item that it made.
func (s *Store) CreateFeeItem(ctx context.Context, sc access.Scope, item money.NewFeeItem) (money.FeeItem, error) {
	if err := sc.Require(access.EditPolicies, item.CommunityID); err != nil {
		return money.FeeItem{}, err
	}
	if err := checkFeeItemName(item.Name); err != nil {
		return money.FeeItem{}, err
	}
	item.FeeTerms = withDefaults(item.FeeTerms, calendar.DateOf(s.clock.Now()))
	if err := billingItem(item.Name, item.FeeTerms).Check(); err != nil {
		return money.FeeItem{}, err
	}
	id := commandID(sc)
	var made feeItemRow
	err := s.inTx(ctx, "create fee item", func(tx *sqlx.Tx) (err error) {
		if sc.CommandID != "" {
			if made, err = oneFeeItem(ctx, tx, sc.OrgID, id); err == nil || !refusal.Is(err, "fee-item-not-found") {
				return err
			}
		}
		if err = communityExists(ctx, tx, sc.OrgID, item.CommunityID); err == nil {
			made, err = s.insertFeeItem(ctx, tx, sc, id, item)
		}
		return err
	})
	if duplicate(err) {
		return money.FeeItem{}, refusal.New(refusal.Conflict, "fee-item-exists", "该小区已有名为“%s”的收费项目。", item.Name).At("name", "名称已存在", item.Name)
	}
	return made.item(), err
}

func (s *Store) insertFeeItem(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, item money.NewFeeItem) (feeItemRow, error) {
	t := withDefaults(item.FeeTerms, calendar.DateOf(s.clock.Now()))
	r := feeItemRow{ID: id, CommunityID: item.CommunityID, Name: strings.TrimSpace(item.Name), NameKey: estate.NameKey(item.Name), VersionID: NewID(), No: 1,
		Formula: t.Formula, Parameters: t.Parameters, Rounding: t.Rounding, Cycle: t.Cycle, DebtorRole: t.DebtorRole, Prepaid: t.Prepaid, FromOn: t.From, ToOn: t.To,
		Prorate: t.Prorate, BillDay: t.BillDay, DueDays: *t.DueDays, VacantShare: t.VacantShare}
	_, err := tx.ExecContext(ctx, `INSERT INTO fee_item (org_id, id, community_id, name, name_key) VALUES (?,?,?,?,?)`,
		sc.OrgID, r.ID, r.CommunityID, r.Name, r.NameKey)
	if err != nil {
		return r, fmt.Errorf("make fee item: %w", err)
	}
	if err := s.insertFeeItemVersion(ctx, tx, sc, r); err != nil {
		return r, err
	}
	return r, recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "create-fee-item", SubjectKind: "fee_item", SubjectID: r.ID, CommunityID: r.CommunityID})
}

func (s *Store) insertFeeItemVersion(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r feeItemRow) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, rounding, cycle, prepaid, debtor_role, from_on, to_on,
		prorate, bill_day, due_days, vacant_share, created_by, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, r.VersionID, r.ID, r.No, r.Formula,
		string(r.Parameters), r.Rounding, r.Cycle, r.Prepaid, r.DebtorRole, r.FromOn, r.ToOn, r.Prorate, r.BillDay, r.DueDays, r.VacantShare, sc.ActorID, s.clock.Now())
	if err != nil {
		return fmt.Errorf("make a version of a fee item: %w", err)
	}
	return nil
}

const selectFeeItem = `SELECT i.id, i.community_id, i.name, i.name_key, v.id AS version_id, v.no, v.formula, v.parameters, v.rounding, v.cycle, v.debtor_role, v.prepaid, v.from_on,
	v.to_on, v.prorate, v.bill_day, v.due_days, v.vacant_share FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id
	WHERE i.org_id = ? AND i.id = ? ORDER BY v.no DESC LIMIT 1`

func oneFeeItem(ctx context.Context, q sqlx.QueryerContext, orgID, id string) (feeItemRow, error) {
	var r feeItemRow
	err := sqlx.GetContext(ctx, q, &r, selectFeeItem, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, refusal.New(refusal.NotFound, "fee-item-not-found", "没有找到这个收费项目，请核对编号。")
	}
	if err != nil {
		return r, fmt.Errorf("read a fee item: %w", err)
	}
	return r, nil
}

// feeItemFor reads a fee item that the caller may act on; one out of reach is not found.
func feeItemFor(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, a access.Action, id string) (feeItemRow, error) {
	if err := sc.Require(a, ""); err != nil {
		return feeItemRow{}, err
	}
	r, err := oneFeeItem(ctx, q, sc.OrgID, id)
	if err == nil && sc.Require(a, r.CommunityID) != nil {
		_, err = oneFeeItem(ctx, q, sc.OrgID, "")
	}
	return r, err
}
