package main

import (
	"context"
	"fmt"
	"time"

	"steward/store"
)

const cohortSize = 300

// bareWrites writes outbox rows of the usual size, as many in one statement and transaction as a cohort has, and nothing
// else: the least that any way of planning must do.
func (g *ground) bareWrites(ctx context.Context, n int) (rate, error) {
	text := fmt.Sprintf("【测试小区】业主%06d您好，1栋1单元%d室尚有1,234.50元未缴（2026-01），请及时缴纳。", 1, 1)
	sealed, now := g.keys.Seal("19900000000"), g.clock.Now()
	campaignID, communityID := store.NewID(), store.NewID()
	began := time.Now()
	for from := 0; from < n; from += cohortSize {
		var r rows
		for range min(cohortSize, n-from) {
			caseID := store.NewID()
			r.add(g.orgID, store.NewID(), campaignID, caseID, communityID, caseID, "stage1", 1, "sms", sealed, []byte(caseID[:16]), text,
				[]byte("0123456789abcdef0123456789abcdef"), "cancelled", 1, now, now)
		}
		err := g.insert(ctx, `outbox (org_id,id,campaign_id,case_id,community_id,debtor_id,stage,touch,channel,recipient_enc,recipient_bidx,text,text_sha256,status,epoch,not_before,created_at)`, r)
		if err != nil {
			return rate{}, err
		}
	}
	took := time.Since(began)
	_, err := g.db.ExecContext(ctx, `DELETE FROM outbox WHERE org_id = ? AND campaign_id = ?`, g.orgID, campaignID)
	return rate{"bare outbox rows", n, took}, err
}
