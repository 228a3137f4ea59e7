package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

const maxLookReason = 200

// PaymentHistory lists the payments for a unit, reversed ones too, the newest first. It is for callers with the detail of the
// unit's money, and for a resident's own part. Staff say why they look; who looked, or was refused, is kept.
func (s *Store) PaymentHistory(ctx context.Context, sc access.Scope, unitID, reason string, q page.Query) (page.Of[money.Payment], error) {
	none := page.Of[money.Payment]{}
	var community []string
	if err := s.db.SelectContext(ctx, &community, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(unitID)); err != nil {
		return none, fmt.Errorf("read unit: %w", err)
	}
	if len(community) == 0 {
		return none, s.hidden(sc, "unit-not-found", "没有找到这套房屋，请核对编号。")
	}
	reason = strings.TrimSpace(reason)
	look := Audited{Action: "read-payment-history", SubjectKind: "unit", SubjectID: unitID, CommunityID: community[0], Why: shorten(reason, maxLookReason)}
	view, debtorID, err := s.unitView(ctx, sc, unitID, community[0])
	if err == nil && view != access.MoneyDetail {
		err = refusal.New(refusal.Forbidden, "forbidden", "您没有查看缴费记录的权限，请联系管理员授权。")
	}
	if refusal.Is(err, "forbidden") {
		look.Action = "refuse-payment-history"
		if auditErr := s.auditLook(ctx, sc, look); auditErr != nil {
			return none, auditErr
		}
	}
	if err != nil {
		return none, err
	}
	switch {
	case reason == "" && debtorID == "":
		return none, refusal.New(refusal.Rule, "reason-needed", "查看缴费记录会留下记录，请在 reason 里填写原因，例如“住户来电核对”。").At("query.reason", "请填写原因", nil)
	case utf8.RuneCountInString(reason) > maxLookReason:
		return none, refusal.New(refusal.Rule, "reason-too-long", "原因最多 %d 个字。", maxLookReason).At("query.reason", "太长", nil)
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	history, err := s.paymentsForUnit(ctx, sc.OrgID, community[0], unitID, debtorID, q)
	if err != nil {
		return none, err
	}
	return history, s.auditLook(ctx, sc, look)
}

// paymentsForUnit lists what was paid for a unit or settled bills of it; debtorID limits it to one payer's.
func (s *Store) paymentsForUnit(ctx context.Context, orgID, communityID, unitID, debtorID string, q page.Query) (page.Of[money.Payment], error) {
	where, args := `JOIN (SELECT id FROM payment WHERE org_id = ? AND community_id = ? AND unit_id = ? UNION
			SELECT a.payment_id FROM bill b JOIN allocation a ON a.org_id = b.org_id AND a.bill_id = b.id WHERE b.org_id = ? AND b.unit_id = ?) h ON h.id = p.id
		WHERE p.org_id = ?`, []any{orgID, communityID, unitID, orgID, unitID, orgID}
	if debtorID != "" {
		where, args = where+` AND p.debtor_id = ?`, append(args, debtorID)
	}
	if q.Cursor != "" {
		where, args = where+` AND p.id < ?`, append(args, q.Cursor)
	}
	payments, err := readPayments(ctx, s.db, orgID, selectPayments+where+` ORDER BY p.id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return page.Of[money.Payment]{}, err
	}
	return page.Cut(payments, q.Limit, func(p money.Payment) string { return p.ID }), nil
}

func (s *Store) auditLook(ctx context.Context, sc access.Scope, look Audited) error {
	return s.inTx(ctx, "audit a look at a payment history", func(tx *sqlx.Tx) error {
		return recordAudit(ctx, tx, sc, s.clock.Now(), look)
	})
}
