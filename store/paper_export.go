package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
)

// ExportedStatement writes down that a debtor's statement was taken out as a paper.
func (s *Store) ExportedStatement(ctx context.Context, sc access.Scope, st money.Statement) error {
	return s.inTx(ctx, "audit a statement", func(tx *sqlx.Tx) error {
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "export-statement", SubjectKind: "person", SubjectID: st.DebtorID, CommunityID: st.CommunityID,
			Detail: map[string]any{"as_of": st.AsOf, "bills": len(st.Bills), "balance_fen": st.BalanceFen}})
	})
}

// ExportedClosing writes down that the sheet of a closing was taken out as a paper, and gives the community's name for its head.
func (s *Store) ExportedClosing(ctx context.Context, sc access.Scope, c money.Closing) (community string, err error) {
	if err := s.db.GetContext(ctx, &community, `SELECT name FROM community WHERE org_id = ? AND id = ?`, sc.OrgID, c.CommunityID); err != nil {
		return "", fmt.Errorf("read the community of a closing: %w", err)
	}
	return community, s.inTx(ctx, "audit a closing sheet", func(tx *sqlx.Tx) error {
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "export-closing", SubjectKind: "closing", SubjectID: c.ID, CommunityID: c.CommunityID,
			Detail: map[string]any{"kind": c.Kind, "through": c.Through}})
	})
}
