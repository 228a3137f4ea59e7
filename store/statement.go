package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

// Statement gives what a debtor owes at the end of a day (now without one), in one community or in all that the caller may
// see in detail, with the late fee by each basis asked for besides the agreed one that its bills show.
func (s *Store) Statement(ctx context.Context, sc access.Scope, debtorID, communityID string, asOf calendar.Date, versions []money.LateFeeBasis) (money.Statement, error) {
	q, view, err := s.debtorQuery(ctx, sc, debtorID, asOf, calendar.Date{})
	if err != nil {
		return money.Statement{}, err
	}
	if communityID != "" {
		if debtorID != sc.PersonID && !slices.Contains(q.communities, communityID) {
			return money.Statement{}, refusal.New(refusal.NotFound, "community-not-found", "该缴费人在这个小区没有账目，请核对小区。").
				At("query.community_id", "没有该缴费人的账目", communityID)
		}
		q.communities = []string{asciiKey(communityID)}
		if debtorID != sc.PersonID {
			view = sc.Money(communityID)
		}
	}
	if view != access.MoneyDetail {
		return money.Statement{}, refusal.New(refusal.Forbidden, "forbidden", "您没有查看账单和缴费明细的权限，请联系管理员授权。")
	}
	account, err := s.account(ctx, sc, q, view)
	if err != nil {
		return money.Statement{}, err
	}
	st := money.Statement{DebtorID: debtorID, AsOf: account.AsOf, MadeAt: s.clock.Now(), PrincipalFen: *account.PrincipalFen, LateFeeFen: *account.LateFeeFen,
		AdvanceFen: *account.AdvanceFen, BalanceFen: *account.BalanceFen, Bills: []money.Bill{}, Payments: []money.Payment{}}
	for _, b := range account.Bills {
		if b.UnpaidFen > 0 || b.LateFeeFen > 0 {
			st.Bills = append(st.Bills, b)
		}
	}
	st.Payments = slices.DeleteFunc(append(st.Payments, account.Payments...), func(p money.Payment) bool { return !belongs(p, st.Bills) })
	if st.Versions, err = s.lateFeeVersions(ctx, q, st, versions); err != nil {
		return money.Statement{}, err
	}
	return st, s.nameStatement(ctx, sc, &st)
}

// belongs tells whether a statement over some bills lists a payment: it paid one of them, or waits as advance.
func belongs(p money.Payment, bills []money.Bill) bool {
	return p.AdvanceFen > 0 || slices.ContainsFunc(p.Allocations, func(a money.Allocation) bool {
		return slices.ContainsFunc(bills, func(b money.Bill) bool { return b.ID == a.BillID })
	})
}

func (s *Store) lateFeeVersions(ctx context.Context, q accountQuery, st money.Statement, bases []money.LateFeeBasis) ([]money.StatementVersion, error) {
	if len(bases) == 0 {
		return nil, nil
	}
	refs := make([]billRef, len(st.Bills))
	for i, b := range st.Bills {
		refs[i] = billRef{b.ID, b.CommunityID}
	}
	facts, err := readLateFeeFacts(ctx, s.db, q.orgID, refs, q.view)
	if err != nil {
		return nil, err
	}
	versions := []money.StatementVersion{}
	for _, basis := range bases {
		v := money.StatementVersion{Basis: basis, Lines: []money.StatementLine{}}
		for _, b := range st.Bills {
			f := facts[b.ID]
			if f == nil {
				continue
			}
			fee := f.through(q.view)
			if basis == money.LateFeeAtLPR {
				terms, _ := f.terms(q.view.known())
				fee = f.by(terms.AtLPR(), q.view)
			}
			v.LateFeeFen += fee.OutstandingFen
			v.Lines = append(v.Lines, money.StatementLine{BillID: b.ID, AccruedFen: fee.AccruedFen, OutstandingFen: fee.OutstandingFen, Segments: fee.Segments})
		}
		v.BalanceFen = st.PrincipalFen + v.LateFeeFen - st.AdvanceFen
		versions = append(versions, v)
	}
	return versions, nil
}

// nameStatement fills in the debtor's name, masked for callers who may not see people, and the community when the statement is about one.
func (s *Store) nameStatement(ctx context.Context, sc access.Scope, st *money.Statement) error {
	var nameEnc []byte
	if err := s.db.GetContext(ctx, &nameEnc, `SELECT name_enc FROM person WHERE org_id = ? AND id = ?`, sc.OrgID, st.DebtorID); err != nil {
		return fmt.Errorf("read the debtor of a statement: %w", err)
	}
	var err error
	if st.Debtor, err = s.keys.Open(nameEnc); err != nil {
		return fmt.Errorf("read the debtor of a statement: %w", err)
	}
	communities := distinct(st.Bills, func(b money.Bill) string { return b.CommunityID })
	communities = append(communities, distinct(st.Payments, func(p money.Payment) string { return p.CommunityID })...)
	slices.Sort(communities)
	communities = slices.Compact(communities)
	named := slices.ContainsFunc(communities, func(c string) bool { return sc.Require(access.SeePeople, c) == nil })
	if !named && st.DebtorID != sc.PersonID && (len(communities) > 0 || sc.Require(access.SeePeople, "") != nil) {
		st.Debtor = estate.MaskName(st.Debtor)
	}
	if len(communities) != 1 {
		return nil
	}
	st.CommunityID = communities[0]
	if err := sqlx.GetContext(ctx, s.db, &st.Community, `SELECT name FROM community WHERE org_id = ? AND id = ?`, sc.OrgID, st.CommunityID); err != nil {
		return fmt.Errorf("read the community of a statement: %w", err)
	}
	return nil
}
