package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// previewFingerprint names whom a campaign reaches, for how much, by which version of the policy. Dates are not in it: a
// later start moves them.
func previewFingerprint(versionID string, list []candidate) [sha256.Size]byte {
	in := make([]candidate, 0, len(list))
	for _, c := range list {
		if c.Excluded == "" {
			in = append(in, c)
		}
	}
	slices.SortFunc(in, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.CommunityID, b.CommunityID), cmp.Compare(a.DebtorID, b.DebtorID))
	})
	h := sha256.New()
	_, _ = fmt.Fprintln(h, versionID)
	for _, c := range in {
		_, _ = fmt.Fprintln(h, c.CommunityID, c.DebtorID, c.AmountFen)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// checkPreview refuses with preview-changed, and the difference, when a campaign would no longer do what its preview
// showed. list is what candidates gives for the same request and version now.
func checkPreview(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, previewID string, version dunning.PolicyVersion, list []candidate) error {
	kept, err := readPreview(ctx, q, sc.OrgID, previewID)
	if refusal.Is(err, "unknown-preview") {
		return refusal.New(refusal.Rule, "unknown-preview", "预览不存在或已过期，请重新预览后再发起。").At("preview_id", "没有此预览", previewID)
	}
	if err != nil {
		return err
	}
	now := previewFingerprint(version.VersionID, list)
	if bytes.Equal(now[:], kept.Fingerprint) {
		return nil
	}
	d, err := previewDifference(ctx, q, sc.OrgID, kept, version, list)
	if err != nil {
		return err
	}
	return refusal.New(refusal.Conflict, "preview-changed", "预览之后住户、金额或策略有变化，请核对差异；确认无误后以 confirm_changes 重新提交。").
		With("difference", d)
}

// PreviewDifference is how a campaign departs from its preview.
type PreviewDifference struct {
	Households    [2]int   `json:"households"` // then, now
	AmountFen     [2]int64 `json:"amount_fen"`
	Added         int      `json:"added"`   // debtors who have come in
	Removed       int      `json:"removed"` // debtors who have gone out
	Changed       int      `json:"changed"` // debtors who owe another amount
	PolicyChanged bool     `json:"policy_changed"`
}

func previewDifference(ctx context.Context, q sqlx.QueryerContext, orgID string, kept previewRow, version dunning.PolicyVersion, list []candidate) (PreviewDifference, error) {
	d := PreviewDifference{PolicyChanged: kept.result.VersionID != version.VersionID}
	then, err := debtorSums(ctx, q, `SELECT community_id, debtor_id, amount_fen AS fen FROM campaign_preview_item
		WHERE org_id = ? AND preview_id = ? AND excluded IS NULL`, orgID, kept.ID)
	if err != nil {
		return d, fmt.Errorf("compare with the preview: %w", err)
	}
	d.Households[0] = len(then)
	for _, fen := range then {
		d.AmountFen[0] += fen
	}
	stayed := 0
	for _, c := range list {
		if c.Excluded != "" {
			continue
		}
		d.Households[1]++
		d.AmountFen[1] += c.AmountFen
		fen, was := then[debtorKey{c.CommunityID, c.DebtorID}]
		switch {
		case !was:
			d.Added++
			continue
		case fen != c.AmountFen:
			d.Changed++
		}
		stayed++
	}
	d.Removed = len(then) - stayed
	return d, nil
}

type previewRow struct {
	ID          string `db:"id"`
	Request     []byte `db:"request"`
	Result      []byte `db:"result"`
	Fingerprint []byte `db:"fingerprint"`

	request dunning.CampaignRequest
	result  dunning.Preview
}

func readPreview(ctx context.Context, q sqlx.QueryerContext, orgID, id string) (previewRow, error) {
	var r previewRow
	err := sqlx.GetContext(ctx, q, &r, `SELECT id, request, result, fingerprint FROM campaign_preview WHERE org_id = ? AND id = ?`, orgID, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, refusal.New(refusal.NotFound, "unknown-preview", "预览不存在或已过期，请重新预览。")
	}
	if err == nil {
		err = errors.Join(json.Unmarshal(r.Request, &r.request), json.Unmarshal(r.Result, &r.result))
	}
	if err != nil {
		return r, fmt.Errorf("read preview: %w", err)
	}
	return r, nil
}
