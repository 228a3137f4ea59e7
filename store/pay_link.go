package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/checkout"
	"steward/domain/refusal"
)

// payPath is below which address the page of a link is served.
const payPath = "/pay/"

// longestToken is longer than any token that was given out.
const longestToken = 64

// PublishAt says under which address residents reach this system. Links are made with it; without one they are paths.
func (s *Store) PublishAt(baseURL string) { s.publicURL = strings.TrimRight(baseURL, "/") }

// caseToken is the token of a case's messages. It follows from the case and a key that never leaves this program, so that a
// message that is decided again, after a restore for one, carries the same link; to everybody else it is 128 random bits.
func (s *Store) caseToken(caseID string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.Index("pay-link", caseID))
}

// caseLink is where a debtor pays what a message asks for. The row behind it is written with the message.
func (s *Store) caseLink(caseID string) string { return s.publicURL + payPath + s.caseToken(caseID) }

const insertPayLinks = `INSERT INTO pay_link (org_id, id, token_sha256, community_id, debtor_id, case_id, expires_at, made_by, made_at)`

// linkLivesOn keeps a link that was told before and gives it the longer life.
const linkLivesOn = ` ON DUPLICATE KEY UPDATE expires_at = GREATEST(expires_at, VALUES(expires_at))`

// caseLinkRow is the row of a case's link.
func (s *Store) caseLinkRow(orgID string, c caseRow, now time.Time) []any {
	sum := sha256.Sum256([]byte(s.caseToken(c.ID)))
	return []any{orgID, NewID(), sum[:], c.CommunityID, c.DebtorID, c.ID, now.Add(checkout.LinkLife), access.SystemActorID, now}
}

// MakePayLink makes a link by which whoever holds it sees and pays what a debtor owes in a community.
func (s *Store) MakePayLink(ctx context.Context, sc access.Scope, debtorID, communityID string) (checkout.MadeLink, error) {
	if !isID(debtorID) || communityID != "" && !isID(communityID) {
		return checkout.MadeLink{}, refusal.New(refusal.NotFound, "debtor-not-found", "没有找到该缴费人，请核对编号。")
	}
	communities, err := s.tiesOf(ctx, sc.OrgID, debtorID, communityID)
	switch {
	case err != nil:
		return checkout.MadeLink{}, err
	case len(communities) == 0:
		return checkout.MadeLink{}, refusal.New(refusal.NotFound, "debtor-not-found", "没有找到该缴费人，或其在该小区没有账单。")
	case len(communities) > 1:
		return checkout.MadeLink{}, refusal.New(refusal.Rule, "community-needed", "该缴费人在多个小区有账单，请指明小区。").At("community_id", "请指明小区", nil)
	}
	if err := sc.Require(access.HandleCases, communities[0]); err != nil {
		if err := sc.Require(access.TakeMoney, communities[0]); err != nil {
			return checkout.MadeLink{}, err
		}
	}
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
	token, now := base64.RawURLEncoding.EncodeToString(random), s.clock.Now()
	sum := sha256.Sum256([]byte(token))
	made := checkout.MadeLink{ID: NewID(), URL: s.publicURL + payPath + token, ExpiresAt: now.Add(checkout.LinkLife)}
	err = s.inTx(ctx, "make a pay link", func(tx *sqlx.Tx) error {
		err := insertRows(ctx, tx, insertPayLinks, [][]any{{sc.OrgID, made.ID, sum[:], communities[0], debtorID, nil, made.ExpiresAt, sc.ActorID, now}})
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "make-pay-link", SubjectKind: "person", SubjectID: debtorID, CommunityID: communities[0]})
	})
	return made, err
}

func (s *Store) tiesOf(ctx context.Context, orgID, debtorID, communityID string) ([]string, error) {
	var communities []string
	q, args := `SELECT DISTINCT community_id FROM bill WHERE org_id = ? AND debtor_id = ? AND voided_at IS NULL`, []any{orgID, debtorID}
	if communityID != "" {
		q, args = q+` AND community_id = ?`, append(args, communityID)
	}
	if err := s.db.SelectContext(ctx, &communities, q, args...); err != nil {
		return nil, fmt.Errorf("read the debtor's communities: %w", err)
	}
	return communities, nil
}

// linkInvalid is the one answer to every token that opens nothing.
func linkInvalid() error {
	return refusal.New(refusal.NotFound, "link-invalid", "缴费链接无效或已过期，请联系物业服务中心获取新的链接。")
}

// OpenPayLink gives what a token opens; one that is unknown or has expired is refused with link-invalid.
func (s *Store) OpenPayLink(ctx context.Context, token string) (checkout.Link, error) {
	if token == "" || len(token) > longestToken {
		return checkout.Link{}, linkInvalid()
	}
	sum := sha256.Sum256([]byte(token))
	var r struct {
		OrgID       string    `db:"org_id"`
		ID          string    `db:"id"`
		CommunityID string    `db:"community_id"`
		DebtorID    string    `db:"debtor_id"`
		ExpiresAt   time.Time `db:"expires_at"`
	}
	err := s.db.GetContext(ctx, &r, `SELECT org_id, id, community_id, debtor_id, expires_at FROM pay_link WHERE token_sha256 = ?`, sum[:])
	if errors.Is(err, sql.ErrNoRows) || err == nil && !s.clock.Now().Before(r.ExpiresAt) {
		return checkout.Link{}, linkInvalid()
	}
	if err != nil {
		return checkout.Link{}, fmt.Errorf("open a pay link: %w", err)
	}
	return checkout.Link{OrgID: r.OrgID, ID: r.ID, CommunityID: r.CommunityID, DebtorID: r.DebtorID}, nil
}

// LinkDebts gives what a link shows: open bills with masked names and rooms.
func (s *Store) LinkDebts(ctx context.Context, l checkout.Link) (checkout.Debts, error) {
	var who struct {
		Community string `db:"community"`
		Name      []byte `db:"name_enc"`
	}
	err := s.db.GetContext(ctx, &who, `SELECT c.name AS community, p.name_enc FROM community c JOIN person p ON p.org_id = c.org_id
		WHERE c.org_id = ? AND c.id = ? AND p.id = ?`, l.OrgID, l.CommunityID, l.DebtorID)
	if errors.Is(err, sql.ErrNoRows) {
		return checkout.Debts{}, linkInvalid()
	}
	if err != nil {
		return checkout.Debts{}, fmt.Errorf("read whom a link is for: %w", err)
	}
	name, err := s.keys.Open(who.Name)
	if err != nil {
		return checkout.Debts{}, fmt.Errorf("read whom a link is for: %w", err)
	}
	debts := checkout.Debts{Community: who.Community, Payer: checkout.MaskName(name), Bills: []checkout.Debt{}}
	bills, err := s.owedBills(ctx, l.OrgID, l.DebtorID, l.CommunityID)
	if err != nil {
		return debts, err
	}
	rooms, err := s.roomsOf(ctx, l.OrgID, l.DebtorID, l.CommunityID)
	if err != nil {
		return debts, err
	}
	today := calendar.DateOf(s.clock.Now())
	for _, b := range bills {
		debts.TotalFen += b.PayableFen
		debts.Bills = append(debts.Bills, checkout.Debt{BillID: b.ID, Unit: checkout.MaskUnit(b.Unit, rooms[b.UnitID]), FeeItem: b.FeeItem, Period: b.Period, DueOn: b.DueDate,
			PrincipalFen: b.UnpaidFen, LateFeeFen: b.PayableFen - b.UnpaidFen, Overdue: b.DueDate.Before(today)})
	}
	return debts, nil
}

// roomsOf gives the room number of every unit for which a debtor has bills.
func (s *Store) roomsOf(ctx context.Context, orgID, debtorID, communityID string) (map[string]string, error) {
	var rows []struct {
		ID   string `db:"id"`
		Room string `db:"room"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT DISTINCT u.id, u.room FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
		WHERE b.org_id = ? AND b.debtor_id = ? AND b.community_id = ?`, orgID, debtorID, communityID)
	if err != nil {
		return nil, fmt.Errorf("read the rooms of bills: %w", err)
	}
	rooms := make(map[string]string, len(rows))
	for _, r := range rows {
		rooms[r.ID] = r.Room
	}
	return rooms, nil
}
