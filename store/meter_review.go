package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/metering"
	"steward/domain/refusal"
)

// ReviewReading accepts or rejects a reading. Whoever entered it decides nothing, an administrator included. A reading that
// a bill stands on is frozen. Repeating a decision changes nothing.
func (s *Store) ReviewReading(ctx context.Context, sc access.Scope, id string, d metering.Decision) (estate.MeterReading, error) {
	if err := sc.Require(access.RunBilling, ""); err != nil {
		return estate.MeterReading{}, err
	}
	err := s.inTx(ctx, "review a reading", func(tx *sqlx.Tx) error { return s.reviewReading(ctx, tx, sc, id, d) })
	if err != nil {
		return estate.MeterReading{}, err
	}
	list, err := s.readingsByID(ctx, sc, []string{id})
	if err != nil || len(list) == 0 {
		return estate.MeterReading{}, err
	}
	return list[0], nil
}

func (s *Store) reviewReading(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, d metering.Decision) error {
	m, err := lockMeterOf(ctx, tx, sc, id)
	if err != nil {
		return err
	}
	var on calendar.Date
	if err := tx.GetContext(ctx, &on, `SELECT read_on FROM meter_reading WHERE org_id = ? AND id = ?`, sc.OrgID, id); err != nil {
		return fmt.Errorf("read the reading's day: %w", err)
	}
	have, err := readReadings(ctx, tx, sc.OrgID, []string{m.ID}, on)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(have[m.ID], func(r readingRow) bool { return r.ID == id })
	if at < 0 {
		return fmt.Errorf("review reading %s: %w", id, errOvertaken)
	}
	r := have[m.ID][at]
	to := metering.Accepted
	if d.Decision == "reject" {
		to = metering.Rejected
	}
	if done, err := decidable(sc, m, r, to); err != nil || done {
		return err
	}
	value := r.rule()
	if err := complete(&value, d); err != nil {
		return err
	}
	if err := stillFits(have[m.ID], value, to, calendar.DateOf(s.clock.Now())); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE meter_reading SET status = ?, final_reading = ?, digits = ?, reviewed_by = ?, reviewed_at = ?, reviewed_note = ?
		WHERE org_id = ? AND id = ?`, string(to), value.Final, positive(value.Digits), sc.ActorID, s.clock.Now(), nullable(d.Note), sc.OrgID, id)
	if err != nil {
		return fmt.Errorf("decide on the reading: %w", err)
	}
	if err := recordChange(ctx, tx, sc.OrgID, s.clock.Now(), Change{Kind: "meter_reading", SubjectID: id, CommunityID: m.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{ID: sc.CommandID, Action: "review-reading", SubjectKind: "meter_reading", SubjectID: id,
		CommunityID: m.CommunityID, Why: d.Note, Detail: map[string]any{"decision": d.Decision, "reading": r.Reading.String(), "why": r.Why}})
}

// lockMeterOf locks the meter of a reading in the caller's reach.
func lockMeterOf(ctx context.Context, tx *sqlx.Tx, sc access.Scope, readingID string) (meterRow, error) {
	var found []meterRow
	err := tx.SelectContext(ctx, &found, selectMeterRows+` AND m.id = (SELECT r.meter_id FROM meter_reading r WHERE r.org_id = ? AND r.id = ?) FOR UPDATE`,
		sc.OrgID, sc.OrgID, asciiKey(readingID))
	if err != nil {
		return meterRow{}, fmt.Errorf("read the reading's meter: %w", err)
	}
	if len(found) == 0 || sc.Require(access.RunBilling, found[0].CommunityID) != nil {
		return meterRow{}, refusal.New(refusal.NotFound, "reading-not-found", "没有找到这个读数，请核对编号。")
	}
	return found[0], nil
}

// decidable refuses decisions that are not the caller's, or not to be made any more; done tells that it was made already.
func decidable(sc access.Scope, m meterRow, r readingRow, to metering.Status) (done bool, err error) {
	switch {
	case r.EnteredBy == sc.ActorID:
		return false, refusal.New(refusal.Forbidden, "maker-is-checker", "读数由本人录入，须由其他人复核。")
	case r.Billed:
		return false, refusal.New(refusal.Conflict, "reading-billed", "%s 在 %s 的读数已经出账，不能再更改。如有差错，请对账单做调整。", m.called(), r.ReadOn)
	case r.Status == string(to) && (to == metering.Rejected || r.Reviewed != ""):
		return true, nil
	case r.Status == string(metering.Rejected):
		return false, refusal.New(refusal.Conflict, "reading-rejected", "这个读数已被退回，请重新抄表录入。")
	}
	return false, nil
}

// complete takes over the figures that a replacement or a rollover lacked.
func complete(r *metering.Reading, d metering.Decision) error {
	if d.Decision == "reject" {
		return nil
	}
	if d.FinalReading != "" && r.Reset == metering.Replaced && !r.Final.Valid {
		v, err := decimal.NewFromString(estate.Fold(d.FinalReading))
		if err != nil || v.Exponent() > 12 || v.Exponent() < -12 {
			return refusal.New(refusal.Rule, "bad-reading", "旧表的最后读数不是数字，请填写如 1234.5 的数。").At("body.final_reading", "不是数字", d.FinalReading)
		}
		r.Final = decimal.NewNullDecimal(v)
	}
	if d.Digits > 0 && r.Reset == metering.Rollover && r.Digits == 0 {
		r.Digits = d.Digits
	}
	return nil
}

// stillFits refuses an acceptance whose use cannot be computed, and a rejection that would leave a later reading out of order.
func stillFits(rows []readingRow, r metering.Reading, to metering.Status, today calendar.Date) error {
	before, _, after := metering.Around(readingRules(rows), r.On)
	if to == metering.Rejected {
		if after == nil {
			return nil
		}
		if err := metering.Fits(*after, before, nil, today); err != nil && metering.Fits(*after, &r, nil, today) == nil {
			return refusal.New(refusal.Conflict, "later-reading-depends", "之后（%s）的读数 %s 以这个读数为前提，退回它之前请先处理那个读数。", after.On, after.Value)
		}
		return nil
	}
	if before != nil && !metering.StepTo(*before, r).Known {
		if r.Reset == metering.Rollover {
			return refusal.New(refusal.Rule, "digits-needed", "请填写表盘的整数位数，才能算出归零时的用量。").At("body.digits", "请填写表盘位数", nil)
		}
		return refusal.New(refusal.Rule, "final-reading-needed", "请填写旧表的最后读数，才能算出换表前的用量。").At("body.final_reading", "请填写旧表的最后读数", nil)
	}
	return metering.Fits(r, before, after, today)
}
