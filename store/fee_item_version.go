package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// feeItemVersionRow is one version of a fee item as it is listed.
type feeItemVersionRow struct {
	feeVersionRow
	CreatedAt time.Time `db:"created_at"`
	Agreed    bool      `db:"agreed"`
}

func readFeeItemVersions(ctx context.Context, q sqlx.QueryerContext, orgID, feeItemID string) ([]feeItemVersionRow, error) {
	var rows []feeItemVersionRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT `+feeVersionColumns+`, v.created_at, EXISTS (SELECT 1 FROM settlement_item n WHERE n.org_id = v.org_id AND n.fee_item_version_id = v.id) AS agreed
		FROM fee_item_version v WHERE v.org_id = ? AND v.fee_item_id = ? ORDER BY v.no`, orgID, feeItemID)
	if err != nil {
		return nil, fmt.Errorf("read the versions of a fee item: %w", err)
	}
	return rows, nil
}

// FeeItem gives one fee item with all its versions.
func (s *Store) FeeItem(ctx context.Context, sc access.Scope, id string) (money.FeeItemDetail, error) {
	r, err := feeItemFor(ctx, s.db, sc, access.SeeEstate, id)
	if err != nil {
		return money.FeeItemDetail{}, err
	}
	d := money.FeeItemDetail{FeeItem: r.item(), Versions: []money.FeeItemVersion{}}
	if err := s.db.GetContext(ctx, &d.AssignedUnits, `SELECT COUNT(DISTINCT unit_id) FROM unit_fee WHERE org_id = ? AND fee_item_id = ?`, sc.OrgID, r.ID); err != nil {
		return d, fmt.Errorf("count who pays a fee item: %w", err)
	}
	rows, err := readFeeItemVersions(ctx, s.db, sc.OrgID, r.ID)
	if err != nil {
		return d, err
	}
	items := make([]billing.Item, len(rows))
	for i, v := range rows {
		items[i] = v.item(r.ID, r.Name)
	}
	ends := billing.Ends(items)
	for i := len(rows) - 1; i >= 0; i-- {
		v := money.FeeItemVersion{ID: rows[i].ID, No: rows[i].No, FeeTerms: rows[i].terms(), Ends: ends[rows[i].ID], Agreed: rows[i].Agreed, CreatedAt: rows[i].CreatedAt}
		if no, ok := refusal.As(items[i].Check()); ok {
			v.Problem = no.Message
		}
		if known(v.From) == nil {
			v.From = calendar.Date{}
		}
		d.Agreed = d.Agreed || rows[i].Agreed
		d.Versions = append(d.Versions, v)
	}
	return d, nil
}

// AddFeeItemVersion gives a fee item other terms from a day on. Versions do not overlap: one that lasts is ended by the
// new one, any other is in its way. It is billed once a settlement that names it is signed. A repeat of the same command
// gives what it made; ifVersion 0 follows whatever version is newest.
func (s *Store) AddFeeItemVersion(ctx context.Context, sc access.Scope, feeItemID string, t money.FeeTerms, ifVersion int) (money.FeeItemDetail, error) {
	none := money.FeeItemDetail{}
	err := s.inTx(ctx, "add a version of a fee item", func(tx *sqlx.Tx) error {
		r, err := lockFeeItem(ctx, tx, sc, feeItemID)
		if err != nil {
			return err
		}
		rows, err := readFeeItemVersions(ctx, tx, sc.OrgID, r.ID)
		if err != nil {
			return err
		}
		id := commandID(sc)
		for _, v := range rows {
			if v.ID == id {
				return nil
			}
		}
		if ifVersion != 0 && ifVersion != r.No {
			return refusal.New(refusal.Stale, "stale-version", "该收费项目已有新的收费标准，请刷新后重试。").With("version", r.No)
		}
		t := withDefaults(t, calendar.DateOf(s.clock.Now()))
		if err := billingItem(r.Name, t).Check(); err != nil {
			return err
		}
		if err := checkOverlap(rows, t); err != nil {
			return err
		}
		next := feeItemRow{ID: r.ID, VersionID: id, No: r.No + 1, Formula: t.Formula, Parameters: t.Parameters, Rounding: t.Rounding, Cycle: t.Cycle, Prepaid: t.Prepaid,
			DebtorRole: t.DebtorRole, FromOn: t.From, ToOn: t.To, Prorate: t.Prorate, BillDay: t.BillDay, DueDays: *t.DueDays, VacantShare: t.VacantShare}
		if err := s.insertFeeItemVersion(ctx, tx, sc, next); err != nil {
			return err
		}
		return s.feeItemChanged(ctx, tx, sc, r, "change-fee-item", id)
	})
	if err != nil {
		return none, err
	}
	return s.FeeItem(ctx, sc, feeItemID)
}

// feeItemChanged moves the item's version on and leaves the trail.
func (s *Store) feeItemChanged(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r feeItemRow, action, versionID string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE fee_item SET version = version + 1 WHERE org_id = ? AND id = ?`, sc.OrgID, r.ID); err != nil {
		return fmt.Errorf("change a fee item: %w", err)
	}
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "fee_item", SubjectID: r.ID, CommunityID: r.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: action, SubjectKind: "fee_item", SubjectID: r.ID, CommunityID: r.CommunityID, Detail: map[string]any{"version_id": versionID}})
}

// lockFeeItem holds a fee item's row against other changes of its versions.
func lockFeeItem(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string) (feeItemRow, error) {
	var locked []string
	if err := tx.SelectContext(ctx, &locked, `SELECT id FROM fee_item WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(id)); err != nil {
		return feeItemRow{}, fmt.Errorf("lock a fee item: %w", err)
	}
	return feeItemFor(ctx, tx, sc, access.EditPolicies, id)
}

// checkOverlap refuses terms whose days another version has. One that lasts and began earlier is ended instead, and an item
// that only carried imported amounts gives way.
func checkOverlap(versions []feeItemVersionRow, t money.FeeTerms) error {
	for _, v := range versions {
		with := func(field, message string, value any) error {
			return refusal.New(refusal.Rule, "version-overlaps", "执行日期与第 %d 版收费标准（%s）重叠：同一天只能有一个收费标准。%s", v.No, spanText(v.From, v.To), message).
				At(field, "与第 "+fmt.Sprint(v.No)+" 版重叠", value).With("overlaps", v.No)
		}
		switch {
		case v.Formula == string(billing.GivenAmount) && t.Formula != string(billing.GivenAmount) && !v.Agreed:
		case v.From.Before(t.From) && !v.To.IsZero() && !v.To.Before(t.From):
			return with("from", "请改为 "+v.To.AddDays(1).String()+" 或之后开始。", t.From)
		case v.From == t.From:
			return with("from", "请改用更晚的开始日期。", t.From)
		case t.From.Before(v.From) && (t.To.IsZero() || !t.To.Before(v.From)):
			return with("to", "请把结束日期填为 "+v.From.AddDays(-1).String()+" 或更早。", t.To)
		}
	}
	return nil
}

// WithdrawFeeItemVersion takes back the newest version, as long as no settlement names it and no bill stands on it.
func (s *Store) WithdrawFeeItemVersion(ctx context.Context, sc access.Scope, feeItemID, versionID string) (money.FeeItemDetail, error) {
	err := s.inTx(ctx, "withdraw a version of a fee item", func(tx *sqlx.Tx) error {
		r, err := lockFeeItem(ctx, tx, sc, feeItemID)
		if err != nil {
			return err
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		switch {
		case r.VersionID != versionID:
			return refusal.New(refusal.Rule, "version-not-newest", "只能撤回最新一版收费标准。").With("version", r.No)
		case r.No == 1:
			return refusal.New(refusal.Rule, "version-is-first", "这是该收费项目唯一的收费标准，不能撤回。")
		}
		var agreed, bills int
		if err := tx.GetContext(ctx, &agreed, `SELECT COUNT(*) FROM settlement_item WHERE org_id = ? AND fee_item_version_id = ?`, sc.OrgID, versionID); err != nil {
			return fmt.Errorf("look for settlements of a version: %w", err)
		}
		if err := tx.GetContext(ctx, &bills, `SELECT COUNT(*) FROM bill WHERE org_id = ? AND fee_item_id = ? AND fee_item_version_id = ?`, sc.OrgID, r.ID, versionID); err != nil {
			return fmt.Errorf("look for bills of a version: %w", err)
		}
		if agreed+bills > 0 {
			return refusal.New(refusal.Conflict, "version-in-use", "这一版收费标准已写入结算规则或已出账，不能撤回。需要调整请新增一版。")
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM fee_item_version WHERE org_id = ? AND id = ?`, sc.OrgID, versionID); err != nil {
			return fmt.Errorf("withdraw a version of a fee item: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE fee_item SET version = version + 1 WHERE org_id = ? AND id = ?`, sc.OrgID, r.ID); err != nil {
			return fmt.Errorf("change a fee item: %w", err)
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{ID: sc.CommandID, Action: "withdraw-fee-item-version", SubjectKind: "fee_item", SubjectID: r.ID,
			CommunityID: r.CommunityID, Detail: map[string]any{"version_id": versionID}})
	})
	if err != nil {
		return money.FeeItemDetail{}, err
	}
	return s.FeeItem(ctx, sc, feeItemID)
}
