package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
)

// PreviewItems pages through the debtors of a preview, those left out included.
func (s *Store) PreviewItems(ctx context.Context, sc access.Scope, previewID string, pq page.Query) (page.Of[dunning.PreviewItem], error) {
	none := page.Of[dunning.PreviewItem]{}
	if err := sc.Require(access.RunCampaigns, ""); err != nil {
		return none, err
	}
	kept, err := readPreview(ctx, s.db, sc.OrgID, previewID)
	if err != nil {
		return none, err
	}
	for _, id := range kept.request.CommunityIDs {
		if err := sc.Require(access.RunCampaigns, id); err != nil {
			return none, err
		}
	}
	after := 0
	if pq.Cursor != "" {
		if after, err = strconv.Atoi(pq.Cursor); err != nil {
			return none, refusal.New(refusal.Malformed, "invalid-cursor", "翻页游标无效，请从第一页重新开始。")
		}
	}
	var rows []previewItemRow
	err = s.db.SelectContext(ctx, &rows, `SELECT i.n, i.community_id, i.debtor_id, i.amount_fen, i.due_on, COALESCE(i.excluded, '') AS excluded,
			COALESCE(i.first_stage, '') AS first_stage, i.first_at, p.name_enc
		FROM campaign_preview_item i JOIN person p ON p.org_id = i.org_id AND p.id = i.debtor_id
		WHERE i.org_id = ? AND i.preview_id = ? AND i.n > ? ORDER BY i.n LIMIT ?`, sc.OrgID, previewID, after, pq.Limit+1)
	if err != nil {
		return none, fmt.Errorf("list the preview's items: %w", err)
	}
	cut := page.Cut(rows, pq.Limit, func(r previewItemRow) string { return strconv.Itoa(r.N) })
	out := page.Of[dunning.PreviewItem]{NextCursor: cut.NextCursor, Items: make([]dunning.PreviewItem, 0, len(cut.Items))}
	for _, r := range cut.Items {
		item, err := s.previewItem(sc, r)
		if err != nil {
			return none, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

type previewItemRow struct {
	N           int           `db:"n"`
	CommunityID string        `db:"community_id"`
	DebtorID    string        `db:"debtor_id"`
	AmountFen   int64         `db:"amount_fen"`
	DueOn       calendar.Date `db:"due_on"`
	Excluded    string        `db:"excluded"`
	FirstStage  string        `db:"first_stage"`
	FirstAt     sql.NullTime  `db:"first_at"`
	NameEnc     []byte        `db:"name_enc"`
}

// previewItem shows as much of a debtor as the caller may see: the name in full to who may see people, the amount with totals.
func (s *Store) previewItem(sc access.Scope, r previewItemRow) (dunning.PreviewItem, error) {
	item := dunning.PreviewItem{CommunityID: r.CommunityID, DebtorID: r.DebtorID, DueOn: r.DueOn, Excluded: r.Excluded, FirstStage: r.FirstStage}
	name, err := s.keys.Open(r.NameEnc)
	if err != nil {
		return item, fmt.Errorf("read debtor %s: %w", r.DebtorID, err)
	}
	item.Household = name
	if sc.Require(access.SeePeople, r.CommunityID) != nil {
		item.Household = estate.MaskName(name)
	}
	if level := sc.Money(r.CommunityID); level == access.MoneyDetail || level == access.MoneyTotals {
		item.AmountFen = &r.AmountFen
	}
	if r.FirstAt.Valid {
		item.FirstAt = &r.FirstAt.Time
	}
	return item, nil
}
