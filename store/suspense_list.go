package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/claiming"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

// suspenseWithdrawn is money whose statement was rolled back: it is there no more, its row stays.
const suspenseWithdrawn = "withdrawn"

// suspenseReach limits a list to money of the communities in which the caller takes money, and of none yet.
func suspenseReach(sc access.Scope) (string, []any, error) {
	if err := sc.Require(access.TakeMoney, ""); err != nil {
		return "", nil, err
	}
	all, communities := sc.Reach(access.TakeMoney)
	if all {
		return "", nil, nil
	}
	return ` AND (community_id IS NULL OR community_id IN (?))`, []any{orNone(communities)}, nil
}

// Suspense lists money that matches nobody, in order of arrival.
func (s *Store) Suspense(ctx context.Context, sc access.Scope, f money.SuspenseFilter, q page.Query) (page.Of[money.SuspenseItem], error) {
	var none page.Of[money.SuspenseItem]
	reach, reachArgs, err := suspenseReach(sc)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return none, err
	}
	where, args := `WHERE org_id = ? AND id > ? AND status <> '`+suspenseWithdrawn+`'`+reach, append([]any{sc.OrgID, q.Cursor}, reachArgs...)
	add := func(condition string, values ...any) { where, args = where+condition, append(args, values...) }
	if f.Status != "" {
		add(` AND status = ?`, asciiKey(f.Status))
	}
	switch f.Keeper {
	case "":
	case "none":
		add(` AND keeper_id IS NULL`)
	case "me":
		add(` AND keeper_id = ?`, sc.ActorID)
	default:
		add(` AND keeper_id = ?`, asciiKey(f.Keeper))
	}
	if f.CommunityID != "" {
		add(` AND community_id = ?`, asciiKey(f.CommunityID))
	}
	var rows []suspenseRow
	if err := selectIn(ctx, s.db, &rows, selectSuspense+where+` ORDER BY id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list suspense: %w", err)
	}
	items := make([]money.SuspenseItem, len(rows))
	for i, r := range rows {
		if items[i], err = s.suspenseItem(r); err != nil {
			return none, err
		}
	}
	return page.Cut(items, q.Limit, func(i money.SuspenseItem) string { return i.ID }), nil
}

func (s *Store) suspenseItem(r suspenseRow) (money.SuspenseItem, error) {
	now := s.clock.Now()
	out := money.SuspenseItem{ID: r.ID, Channel: r.Channel, ExternalNo: r.ExternalNo, AmountFen: r.AmountFen, Method: r.Method, PaidAt: r.PaidAt,
		ReceivedAt: r.ReceivedAt, AgeDays: int(now.Sub(r.ReceivedAt) / (24 * time.Hour)), Reference: r.Reference, Why: r.Why, Status: r.Status,
		KeeperID: r.KeeperID, Keeper: r.KeeperName, PaymentID: r.PaymentID, CommunityID: r.CommunityID, ImportID: r.ImportID, Version: r.Version}
	var err error
	if out.Payer, err = s.keys.Open(r.PayerEnc); err == nil {
		out.Note, err = s.keys.Open(r.NoteEnc)
	}
	if err != nil {
		return out, fmt.Errorf("open suspense %s: %w", r.ID, err)
	}
	return out, nil
}

// oneSuspense reads one row in the caller's reach.
func oneSuspense(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, id, lock string) (suspenseRow, error) {
	reach, reachArgs, err := suspenseReach(sc)
	if err != nil {
		return suspenseRow{}, err
	}
	var rows []suspenseRow
	args := append([]any{sc.OrgID, asciiKey(id)}, reachArgs...)
	if err := selectIn(ctx, q, &rows, selectSuspense+`WHERE org_id = ? AND id = ? AND status <> '`+suspenseWithdrawn+`'`+reach+lock, args...); err != nil {
		return suspenseRow{}, fmt.Errorf("read suspense: %w", err)
	}
	if len(rows) == 0 {
		return suspenseRow{}, refusal.New(refusal.NotFound, "suspense-not-found", "没有找到这笔待认领款，请核对编号。")
	}
	return rows[0], nil
}

// KeepSuspense says who looks after money until it is matched; "" takes the keeper away. The keeper must be somebody who may
// take money.
func (s *Store) KeepSuspense(ctx context.Context, sc access.Scope, id, userID string) (money.SuspenseItem, error) {
	err := s.inTx(ctx, "name a keeper", func(tx *sqlx.Tx) error {
		row, err := oneSuspense(ctx, tx, sc, id, ` FOR UPDATE`)
		if err != nil {
			return err
		}
		if row.Status != "open" {
			return refusal.New(refusal.Conflict, "already-matched", "这笔款项已经认领，无需再指定跟进人。").With("payment_id", row.PaymentID)
		}
		if userID != "" {
			able, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM app_user u JOIN role_grant g ON g.org_id = u.org_id AND g.user_id = u.id
				WHERE u.org_id = ? AND u.id = ? AND u.disabled_at IS NULL AND g.role IN ('admin', 'company_finance', 'community_manager', 'cashier'))`, sc.OrgID, asciiKey(userID))
			if err != nil {
				return err
			}
			if !able {
				return refusal.New(refusal.Rule, "keeper-unknown", "没有找到可以认领款项的这位员工，请重新选择。").At("body.user_id", "不能作为跟进人", userID)
			}
		}
		if row.KeeperID == userID {
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE suspense SET keeper_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, nullable(userID), sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("name a keeper: %w", err)
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{ID: sc.CommandID, Action: "keep-suspense", SubjectKind: "suspense", SubjectID: id,
			CommunityID: row.CommunityID, Detail: map[string]any{"keeper_id": userID}})
	})
	if err != nil {
		return money.SuspenseItem{}, err
	}
	row, err := oneSuspense(ctx, s.db, sc, id, "")
	if err != nil {
		return money.SuspenseItem{}, err
	}
	return s.suspenseItem(row)
}

// SuspenseCandidates suggests whose money it may be, the likeliest first, with the reasons. Money of no community yet is
// looked for in all communities in which the caller takes money.
func (s *Store) SuspenseCandidates(ctx context.Context, sc access.Scope, id string) ([]money.SuspenseCandidate, error) {
	row, err := oneSuspense(ctx, s.db, sc, id, "")
	if err != nil {
		return nil, err
	}
	item, err := s.suspenseItem(row)
	if err != nil {
		return nil, err
	}
	communities := []string{row.CommunityID}
	if row.CommunityID == "" {
		if communities, err = s.takingCommunities(ctx, sc); err != nil {
			return nil, err
		}
	}
	text := claimText{AmountFen: item.AmountFen, Payer: item.Payer, Note: item.Note}
	var out []money.SuspenseCandidate
	for _, community := range communities {
		index, err := s.readClaims(ctx, s.db, sc.OrgID, community, []claimText{text})
		if err != nil {
			return nil, err
		}
		for _, c := range claiming.Candidates(index.line(text)) {
			out = append(out, money.SuspenseCandidate{CommunityID: community, UnitID: c.UnitID, DebtorID: c.DebtorID, Score: c.Score, OwedFen: c.OwedFen, Reasons: reasonsOf(c)})
		}
	}
	slices.SortStableFunc(out, func(a, b money.SuspenseCandidate) int { return b.Score - a.Score })
	out = out[:min(len(out), maxCandidates)]
	return out, s.nameCandidates(ctx, sc.OrgID, out)
}

// What a list of suggestions holds, and how many communities are searched for it.
const (
	maxCandidates        = 20
	maxSearchCommunities = 20
)

func reasonsOf(c claiming.Candidate) []money.SuspenseReason {
	reasons := make([]money.SuspenseReason, len(c.Reasons))
	for i, r := range c.Reasons {
		reasons[i] = money.SuspenseReason{Code: r.Code, Points: r.Points}
	}
	return reasons
}

func (s *Store) takingCommunities(ctx context.Context, sc access.Scope) ([]string, error) {
	all, communities := sc.Reach(access.TakeMoney)
	if all {
		if err := s.db.SelectContext(ctx, &communities, `SELECT id FROM community WHERE org_id = ? ORDER BY id LIMIT ?`, sc.OrgID, maxSearchCommunities); err != nil {
			return nil, fmt.Errorf("read the communities: %w", err)
		}
	}
	return communities[:min(len(communities), maxSearchCommunities)], nil
}

// nameCandidates fills in what people call the suggested units and debtors.
func (s *Store) nameCandidates(ctx context.Context, orgID string, out []money.SuspenseCandidate) error {
	var units []struct {
		ID      string `db:"id"`
		Display string `db:"display"`
	}
	err := selectIn(ctx, s.db, &units, `SELECT id, display FROM unit WHERE org_id = ? AND id IN (?)`, orgID,
		orNone(distinct(out, func(c money.SuspenseCandidate) string { return c.UnitID })))
	if err != nil {
		return fmt.Errorf("read the suggested units: %w", err)
	}
	var people []struct {
		ID      string `db:"id"`
		NameEnc []byte `db:"name_enc"`
	}
	err = selectIn(ctx, s.db, &people, `SELECT id, name_enc FROM person WHERE org_id = ? AND id IN (?)`, orgID,
		orNone(distinct(out, func(c money.SuspenseCandidate) string { return c.DebtorID })))
	if err != nil {
		return fmt.Errorf("read the suggested debtors: %w", err)
	}
	for i := range out {
		for _, u := range units {
			if u.ID == out[i].UnitID {
				out[i].Unit = u.Display
			}
		}
		for _, p := range people {
			if p.ID != out[i].DebtorID {
				continue
			}
			if out[i].Name, err = s.keys.Open(p.NameEnc); err != nil {
				return fmt.Errorf("read the name of %s: %w", p.ID, err)
			}
		}
	}
	return nil
}

// withdrawSuspense takes money out of suspense whose statement is rolled back, and frees its serials, also those of
// matches that were taken back.
func (s *Store) withdrawSuspense(ctx context.Context, tx *sqlx.Tx, sc access.Scope, ids []string) error {
	now := s.clock.Now()
	own := sc
	own.CommandID = ""
	for chunk := range slices.Chunk(ids, paymentsPerReversal) {
		entries, err := standingEntries(ctx, tx, sc.OrgID, chunk...)
		if err != nil {
			return err
		}
		rules, err := readMoneyRules(ctx, tx, sc.OrgID, distinct(entries, func(e money.Entry) string { return e.Head().CommunityID }))
		if err != nil {
			return err
		}
		mirrors := make([]money.Entry, 0, len(entries))
		for _, e := range entries {
			booked := rules[e.Head().CommunityID].bookedAt(now, now)
			mirrors = append(mirrors, e.Mirror(s.entryHead(own, "", money.EntryReversal, e.Head().SubjectKind, e.Head().SubjectID, booked)))
		}
		if err := postEntries(ctx, tx, sc.OrgID, mirrors); err != nil {
			return err
		}
		err = execIn(ctx, tx, `UPDATE suspense SET status = '`+suspenseWithdrawn+`', external_no = CONCAT(LEFT(external_no, 60), '~', id), version = version + 1
			WHERE org_id = ? AND id IN (?)`, sc.OrgID, chunk)
		if err != nil {
			return fmt.Errorf("take money out of suspense: %w", err)
		}
		if err := freeSerials(ctx, tx, sc.OrgID, money.FromSuspense, chunk); err != nil {
			return err
		}
	}
	return nil
}
