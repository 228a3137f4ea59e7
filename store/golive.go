package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
)

type goLiveRow struct {
	ID          string         `db:"id"`
	Guard       bool           `db:"guard"`
	TestPhones  []byte         `db:"test_phones"`
	SignedOffAt sql.NullTime   `db:"signed_off_at"`
	SignedOffBy sql.NullString `db:"signed_off_by"`
	Version     int            `db:"version"`
}

// GoLive tells how far a community's guard has come.
func (s *Store) GoLive(ctx context.Context, sc access.Scope, communityID string) (estate.GoLive, error) {
	if err := sc.Require(access.SeeEstate, communityID); err != nil {
		return estate.GoLive{}, err
	}
	if sc.ResidentOnly() { // it holds phone numbers of those who work here
		return estate.GoLive{}, access.Forbidden()
	}
	return readGoLive(ctx, s.db, sc.OrgID, communityID)
}

func readGoLive(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) (estate.GoLive, error) {
	var r goLiveRow
	err := sqlx.GetContext(ctx, q, &r, `SELECT id, guard, test_phones, signed_off_at, signed_off_by, version FROM community WHERE org_id = ? AND id = ?`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return estate.GoLive{}, unknownCommunity()
	}
	if err != nil {
		return estate.GoLive{}, fmt.Errorf("read go-live: %w", err)
	}
	g := estate.GoLive{CommunityID: r.ID, Guard: r.Guard, TestPhones: []string{}, SignedOff: r.SignedOffAt.Valid, SignedOffBy: r.SignedOffBy.String, Version: r.Version}
	if r.SignedOffAt.Valid {
		g.SignedOffAt = &r.SignedOffAt.Time
	}
	if len(r.TestPhones) > 0 {
		if err := json.Unmarshal(r.TestPhones, &g.TestPhones); err != nil {
			return g, fmt.Errorf("read go-live: %w", err)
		}
	}
	return g, nil
}

// ChangeGoLive sets the guard, its test phones and the sign-off; who signed off first, and when, stays until it is taken back.
func (s *Store) ChangeGoLive(ctx context.Context, sc access.Scope, communityID string, c estate.GoLiveChange, ifVersion int) (estate.GoLive, error) {
	none := estate.GoLive{}
	if err := sc.Require(access.EditPolicies, communityID); err != nil {
		return none, err
	}
	now := s.clock.Now()
	var g estate.GoLive
	err := s.inTx(ctx, "change go-live", func(tx *sqlx.Tx) error {
		version, err := lockCommunity(ctx, tx, sc.OrgID, communityID, ifVersion)
		if err != nil {
			return err
		}
		if g, err = readGoLive(ctx, tx, sc.OrgID, communityID); err != nil {
			return err
		}
		signedBefore := g.SignedOff
		if g, err = c.Apply(g); err != nil {
			return err
		}
		phones, err := json.Marshal(g.TestPhones)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE community SET guard = ?, test_phones = ?, version = ?,
				signed_off_by = IF(?, COALESCE(signed_off_by, ?), NULL), signed_off_at = IF(?, COALESCE(signed_off_at, ?), NULL)
			WHERE org_id = ? AND id = ?`,
			g.Guard, string(phones), version+1, g.SignedOff, sc.ActorID, g.SignedOff, now, sc.OrgID, communityID)
		if err != nil {
			return err
		}
		err = recordAudit(ctx, tx, sc, now, Audited{Action: "change-go-live", SubjectKind: "community", SubjectID: communityID, CommunityID: communityID,
			Detail: map[string]any{"guard": g.Guard, "signed_off": g.SignedOff, "test_phones": len(g.TestPhones)}})
		if err != nil {
			return err
		}
		if g.SignedOff && !signedBefore {
			present, err := openingBalances(ctx, tx, sc.OrgID, communityID)
			if err != nil {
				return err
			}
			if err := recordOpening(ctx, tx, sc, present, "", now); err != nil {
				return err
			}
		}
		g, err = readGoLive(ctx, tx, sc.OrgID, communityID)
		return err
	})
	return g, err
}
