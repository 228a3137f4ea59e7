package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

type settlementRow struct {
	ID          string                 `db:"id"`
	CommunityID string                 `db:"community_id"`
	No          int                    `db:"no"`
	Status      money.SettlementStatus `db:"status"`
	From        calendar.Date          `db:"from_on"`
	Body        []byte                 `db:"body"`
	Examples    []byte                 `db:"examples"`
	Note        string                 `db:"note"`
	ProposedBy  string                 `db:"proposed_by"`
	ProposedAt  time.Time              `db:"proposed_at"`
	DecidedBy   string                 `db:"decided_by"`
	DecidedAt   *time.Time             `db:"decided_at"`
	SignedNames string                 `db:"signed_names"`
	InForce     bool                   `db:"in_force"`
}

const selectSettlements = `SELECT v.id, v.community_id, v.no, v.status, v.from_on, v.body, v.examples, COALESCE(v.note, '') AS note, v.proposed_by, v.proposed_at,
	COALESCE(v.decided_by, '') AS decided_by, v.decided_at, COALESCE(v.signed_names, '') AS signed_names, COALESCE(c.settlement_id = v.id, FALSE) AS in_force
	FROM settlement_version v JOIN community c ON c.org_id = v.org_id AND c.id = v.community_id WHERE v.org_id = ? AND v.community_id = ?`

func (r settlementRow) version(today calendar.Date) (money.SettlementVersion, error) {
	v := money.SettlementVersion{ID: r.ID, CommunityID: r.CommunityID, No: r.No, Status: r.Status, InForce: r.InForce, From: r.From, Note: r.Note,
		ProposedBy: r.ProposedBy, ProposedAt: r.ProposedAt, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, SignedNames: r.SignedNames}
	if err := json.Unmarshal(r.Body, &v.Rules); err != nil {
		return v, fmt.Errorf("read settlement version %s: %w", r.ID, err)
	}
	if err := json.Unmarshal(r.Examples, &v.Examples); err != nil {
		return v, fmt.Errorf("read the examples of settlement version %s: %w", r.ID, err)
	}
	v.Warnings = v.Rules.Warnings(today)
	return v, nil
}

// maxSettlements is how many versions of a community's settlement a list shows.
const maxSettlements = 100

// Settlements lists the versions of a community's settlement rules, the newest first.
func (s *Store) Settlements(ctx context.Context, sc access.Scope, communityID string) ([]money.SettlementVersion, error) {
	if err := sc.Require(access.SignOff, asciiKey(communityID)); err != nil && sc.Require(access.SeeReports, asciiKey(communityID)) != nil {
		return nil, err
	}
	var rows []settlementRow
	if err := s.db.SelectContext(ctx, &rows, selectSettlements+` ORDER BY v.no DESC LIMIT ?`, sc.OrgID, asciiKey(communityID), maxSettlements); err != nil {
		return nil, fmt.Errorf("list settlement versions: %w", err)
	}
	list := make([]money.SettlementVersion, len(rows))
	for i, r := range rows {
		v, err := r.version(calendar.DateOf(s.clock.Now()))
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func (s *Store) settlement(ctx context.Context, q sqlx.QueryerContext, orgID, communityID, id string) (money.SettlementVersion, error) {
	var rows []settlementRow
	if err := sqlx.SelectContext(ctx, q, &rows, selectSettlements+` AND v.id = ?`, orgID, asciiKey(communityID), asciiKey(id)); err != nil {
		return money.SettlementVersion{}, fmt.Errorf("read a settlement version: %w", err)
	}
	if len(rows) == 0 {
		return money.SettlementVersion{}, refusal.New(refusal.NotFound, "settlement-not-found", "没有找到这一版结算规则，请核对编号。")
	}
	return rows[0].version(calendar.DateOf(s.clock.Now()))
}

// ProposeSettlement stores a proposal with examples worked out on the community's own units. It counts once another person
// has signed it. A repeat of the same command gives the proposal that it made.
func (s *Store) ProposeSettlement(ctx context.Context, sc access.Scope, communityID string, d money.SettlementDraft) (money.SettlementVersion, error) {
	none := money.SettlementVersion{}
	if err := sc.Require(access.SignOff, asciiKey(communityID)); err != nil {
		return none, err
	}
	id := commandID(sc)
	if sc.CommandID != "" {
		if v, err := s.settlement(ctx, s.db, sc.OrgID, communityID, id); !refusal.Is(err, "settlement-not-found") {
			return v, err
		}
	}
	rules, err := s.drafted(ctx, sc.OrgID, communityID, d)
	if err != nil {
		return none, err
	}
	examples, err := s.workExamples(ctx, sc.OrgID, communityID, rules)
	if err != nil {
		return none, err
	}
	err = s.inTx(ctx, "propose settlement rules", func(tx *sqlx.Tx) error {
		if err := communityExists(ctx, tx, sc.OrgID, communityID); err != nil {
			return err
		}
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
			return err
		}
		return s.insertSettlement(ctx, tx, sc, communityID, id, d.Note, rules, examples)
	})
	if err != nil {
		return none, err
	}
	return s.settlement(ctx, s.db, sc.OrgID, communityID, id)
}

func (s *Store) insertSettlement(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID, id, note string, rules money.Settlement, examples []money.SettlementExample) error {
	body, err := json.Marshal(rules)
	if err != nil {
		return fmt.Errorf("write settlement rules: %w", err)
	}
	worked, err := json.Marshal(examples)
	if err != nil {
		return fmt.Errorf("write settlement examples: %w", err)
	}
	var no int
	err = tx.GetContext(ctx, &no, `SELECT COALESCE(MAX(no), 0) + 1 FROM settlement_version WHERE org_id = ? AND community_id = ?`, sc.OrgID, communityID)
	if err != nil {
		return fmt.Errorf("number a settlement version: %w", err)
	}
	now := s.clock.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO settlement_version (org_id, id, community_id, no, status, from_on, body, examples, note, proposed_by, proposed_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, id, communityID, no, money.SettlementProposed, calendar.DateOf(now), string(body), string(worked), nullable(note), sc.ActorID, now)
	if err != nil {
		return fmt.Errorf("write a settlement version: %w", err)
	}
	pins := make([][]any, len(rules.FeeItemVersionIDs))
	for i, v := range rules.FeeItemVersionIDs {
		pins[i] = []any{sc.OrgID, NewID(), id, v}
	}
	if err := insertRows(ctx, tx, `INSERT INTO settlement_item (org_id, id, settlement_id, fee_item_version_id)`, pins); err != nil {
		return fmt.Errorf("note what a settlement names: %w", err)
	}
	return s.settlementChanged(ctx, tx, sc, communityID, id, "propose-settlement", "", "")
}

func (s *Store) settlementChanged(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID, id, action, why, auditID string) error {
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "settlement", SubjectID: id, CommunityID: communityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{ID: auditID, Action: action, SubjectKind: "settlement", SubjectID: id, CommunityID: communityID, Why: why})
}

const maxSignedNames = 500

// SignSettlement puts a proposal in force. The signer is never who proposed it; names are who agreed on paper.
func (s *Store) SignSettlement(ctx context.Context, sc access.Scope, communityID, id, names, note string) (money.SettlementVersion, error) {
	names = strings.TrimSpace(names)
	if names == "" || utf8.RuneCountInString(names) > maxSignedNames {
		return money.SettlementVersion{}, refusal.New(refusal.Rule, "signed-names-needed", "请填写签署人姓名，不超过 %d 个字。", maxSignedNames).At("signed_names", "请填写签署人", nil)
	}
	return s.decideSettlement(ctx, sc, communityID, id, "sign-settlement", note, func(tx *sqlx.Tx, v money.SettlementVersion) error {
		if v.ProposedBy == sc.ActorID && !sc.System {
			return makerIsChecker("这版结算规则由您提交，须由另一位有权限的同事签署。")
		}
		var later int
		err := tx.GetContext(ctx, &later, `SELECT COUNT(*) FROM settlement_version WHERE org_id = ? AND community_id = ? AND no > ? AND status = ?`,
			sc.OrgID, communityID, v.No, money.SettlementSigned)
		if err != nil {
			return fmt.Errorf("look for later settlements: %w", err)
		}
		if later > 0 {
			return refusal.New(refusal.Conflict, "settlement-overtaken", "之后提交的结算规则已经签署，这一版不能再签署。请重新提交。")
		}
		if _, err := s.agreedItems(ctx, tx, sc.OrgID, communityID, v.Rules.FeeItemVersionIDs); err != nil {
			return err
		}
		now := s.clock.Now()
		_, err = tx.ExecContext(ctx, `UPDATE settlement_version SET status = ?, from_on = ?, decided_by = ?, decided_at = ?, signed_names = ? WHERE org_id = ? AND id = ?`,
			money.SettlementSigned, calendar.DateOf(now), sc.ActorID, now, names, sc.OrgID, v.ID)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE community SET settlement_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, v.ID, sc.OrgID, communityID)
		}
		if err != nil {
			return fmt.Errorf("sign settlement rules: %w", err)
		}
		return enqueueDelivery(ctx, tx, sc.OrgID, DeliverBillingSchedule, communityID)
	})
}

// WithdrawSettlement takes a proposal back; its fee item versions are free again.
func (s *Store) WithdrawSettlement(ctx context.Context, sc access.Scope, communityID, id, reason string) (money.SettlementVersion, error) {
	return s.decideSettlement(ctx, sc, communityID, id, "withdraw-settlement", reason, func(tx *sqlx.Tx, v money.SettlementVersion) error {
		_, err := tx.ExecContext(ctx, `UPDATE settlement_version SET status = ?, decided_by = ?, decided_at = ? WHERE org_id = ? AND id = ?`,
			money.SettlementWithdrawn, sc.ActorID, s.clock.Now(), sc.OrgID, v.ID)
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM settlement_item WHERE org_id = ? AND settlement_id = ?`, sc.OrgID, v.ID)
		}
		if err != nil {
			return fmt.Errorf("withdraw settlement rules: %w", err)
		}
		return nil
	})
}

// decideSettlement carries one decision on a proposal out. It holds the community's books, so that no money is written by
// the rules of before while they change.
func (s *Store) decideSettlement(ctx context.Context, sc access.Scope, communityID, id, action, why string, do func(*sqlx.Tx, money.SettlementVersion) error) (money.SettlementVersion, error) {
	none := money.SettlementVersion{}
	if err := sc.Require(access.SignOff, asciiKey(communityID)); err != nil {
		return none, err
	}
	err := s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		if err := communityExists(ctx, tx, sc.OrgID, communityID); err != nil {
			return err
		}
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
			return err
		}
		v, err := s.settlement(ctx, tx, sc.OrgID, communityID, id)
		if err != nil {
			return err
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		if v.Status != money.SettlementProposed {
			return refusal.New(refusal.Conflict, "not-allowed-in-state", "这一版结算规则已经签署或撤回，不能再更改。").With("status", v.Status).
				With("allowed", []money.SettlementStatus{money.SettlementProposed})
		}
		if err := do(tx, v); err != nil {
			return err
		}
		return s.settlementChanged(ctx, tx, sc, communityID, v.ID, action, why, sc.CommandID)
	})
	if err != nil {
		return none, err
	}
	return s.settlement(ctx, s.db, sc.OrgID, communityID, id)
}
