package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/metering"
	"steward/domain/money"
	"steward/domain/refusal"
)

// maxEntries bounds the readings of one call.
const maxEntries = 500

// EnterReadings takes readings, all of them or none: each wrong one is named with its place in the call. What is out of the
// ordinary waits for review. A reading of a day that has one is refused, unless it says that it corrects it and nothing was
// billed by it.
func (s *Store) EnterReadings(ctx context.Context, sc access.Scope, entries []metering.Entry) ([]estate.MeterReading, error) {
	if err := sc.Require(access.EnterReadings, ""); err != nil {
		return nil, err
	}
	if len(entries) == 0 || len(entries) > maxEntries {
		return nil, refusal.New(refusal.Rule, "too-many-readings", "一次请提交 1 到 %d 个读数。", maxEntries).At("body.readings", "读数个数不正确", len(entries))
	}
	var ids []string
	err := s.inTx(ctx, "enter readings", func(tx *sqlx.Tx) error {
		if detail, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			var was struct {
				Readings []string `json:"readings"`
			}
			if err == nil {
				err = json.Unmarshal(detail, &was)
			}
			ids = was.Readings
			return err
		}
		run := &entryRun{s: s, scope: sc, entries: make([]enteredReading, len(entries)), single: len(entries) == 1}
		for i, e := range entries {
			run.entries[i] = enteredReading{Entry: e, index: i}
		}
		var err error
		ids, err = run.do(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.readingsByID(ctx, sc, ids)
}

// entryRun is one run of EnterReadings.
type entryRun struct {
	s       *Store
	scope   access.Scope
	entries []enteredReading
	single  bool
	meters  map[string]meterRow
	have    map[string][]readingRow
	rules   reviewRules
	refused *refusal.Refusal
}

// enteredReading is one entry on its way.
type enteredReading struct {
	metering.Entry
	index int
	meter meterRow
	value metering.Reading
	why   metering.Why
	old   *readingRow // what it corrects
}

// refuse collects what is wrong with an entry; the first decides the code.
func (r *entryRun) refuse(e *enteredReading, err error) error {
	no, ok := refusal.As(err)
	if !ok {
		return err
	}
	all := r.refused
	if all == nil {
		first := *no
		first.Fields = nil
		all = &first
	}
	at := "body."
	if !r.single {
		at = fmt.Sprintf("body.readings[%d].", e.index)
	}
	for _, f := range no.Fields {
		message := f.Message
		if !r.single {
			message = no.Message
		}
		all = all.At(at+f.Location, message, f.Value)
	}
	r.refused = all
	return nil
}

func (r *entryRun) do(ctx context.Context, tx *sqlx.Tx) ([]string, error) {
	if err := r.findMeters(ctx, tx); err != nil {
		return nil, err
	}
	for i := range r.entries {
		e := &r.entries[i]
		if e.meter.ID == "" {
			continue
		}
		if err := r.read(e); err != nil {
			if err := r.refuse(e, err); err != nil {
				return nil, err
			}
		}
	}
	if r.refused != nil {
		return nil, r.refused
	}
	if err := r.readHave(ctx, tx); err != nil {
		return nil, err
	}
	order := make([]*enteredReading, len(r.entries))
	for i := range r.entries {
		order[i] = &r.entries[i]
	}
	slices.SortStableFunc(order, func(a, b *enteredReading) int {
		return cmp.Or(cmp.Compare(a.meter.ID, b.meter.ID), b.value.On.DaysUntil(a.value.On))
	})
	for _, e := range order {
		if err := r.take(e); err != nil {
			if err := r.refuse(e, err); err != nil {
				return nil, err
			}
		}
	}
	if r.refused != nil {
		return nil, r.refused
	}
	return r.write(ctx, tx)
}

// read turns an entry's text into figures.
func (r *entryRun) read(e *enteredReading) error {
	number := func(field, text string) (decimal.Decimal, error) {
		d, err := decimal.NewFromString(estate.Fold(text))
		if err != nil || d.Exponent() > 12 || d.Exponent() < -12 {
			return d, refusal.New(refusal.Rule, "bad-reading", "读数“%s”不是数字，请填写如 1234.5 的数。", text).At(field, "不是数字", text)
		}
		return d, nil
	}
	e.value = metering.Reading{ID: NewID(), On: e.ReadOn, Reset: e.Reset, Digits: cmp.Or(e.Digits, e.meter.Digits), Status: metering.Accepted}
	var err error
	if e.value.Value, err = number("reading", e.Reading); err != nil {
		return err
	}
	if e.Reset != metering.Replaced {
		return nil
	}
	if e.FinalReading == "" {
		return refusal.New(refusal.Rule, "final-reading-needed", "换表请填写旧表的最后读数，才能算出换表前的用量。").At("final_reading", "请填写旧表的最后读数", nil)
	}
	if e.value.Final.Decimal, err = number("final_reading", e.FinalReading); err != nil {
		return err
	}
	e.value.Final.Valid = true
	if e.StartReading != "" {
		e.value.Start, err = number("start_reading", e.StartReading)
	}
	return err
}

func (r *entryRun) readHave(ctx context.Context, tx *sqlx.Tx) (err error) {
	first := r.entries[0].value.On
	for _, e := range r.entries {
		if e.value.On.Before(first) {
			first = e.value.On
		}
	}
	if first.Year < earliestReading {
		first = calendar.Date{Year: earliestReading, Month: 1, Day: 1}
	}
	if r.have, err = readReadings(ctx, tx, r.scope.OrgID, sortedKeys(r.meters), first); err != nil {
		return err
	}
	r.rules, err = readReviewRules(ctx, tx, r.scope.OrgID, distinct(r.entries, func(e enteredReading) string { return e.meter.CommunityID }))
	return err
}

const earliestReading = 1990

// take decides one entry; the next ones see it.
func (r *entryRun) take(e *enteredReading) error {
	if e.value.On.Year < earliestReading && !e.value.On.IsZero() {
		return refusal.New(refusal.Rule, "read-on-malformed", "抄表日期 %s 太早，请核对。", e.value.On).At("read_on", "抄表日期不正确", e.value.On)
	}
	rows := r.have[e.meter.ID]
	before, same, after := metering.Around(readingRules(rows), e.value.On)
	if err := r.mayTake(e, rows, same); err != nil {
		return err
	}
	if err := metering.Fits(e.value, before, after, calendar.DateOf(r.s.clock.Now())); err != nil {
		return err
	}
	if before != nil {
		var history []metering.Reading
		for _, h := range readingRules(rows) {
			if h.On.Before(e.value.On) {
				history = append(history, h)
			}
		}
		e.value.Status, e.why = metering.Judge(r.rules.of(e.meter.CommunityID, e.meter.FeeItemID), metering.StepTo(*before, e.value), e.value.Digits,
			metering.Steps(history), e.meter.UnitStatus == string(estate.Vacant))
	}
	if e.old != nil && e.old.Reviewed != "" && e.old.Status != string(metering.Rejected) && e.value.Status == metering.Accepted {
		e.value.Status, e.why = metering.Review, metering.Corrected
	}
	row := readingRow{ID: e.value.ID, MeterID: e.meter.ID, ReadOn: e.value.On, Reading: e.value.Value, Reset: string(e.value.Reset), Status: string(e.value.Status),
		Final: e.value.Final, Start: decimal.NewNullDecimal(e.value.Start), Digits: e.value.Digits}
	rows = slices.DeleteFunc(slices.Clone(rows), func(o readingRow) bool { return o.ReadOn == row.ReadOn })
	rows = append(rows, row)
	slices.SortFunc(rows, func(a, b readingRow) int { return b.ReadOn.DaysUntil(a.ReadOn) })
	r.have[e.meter.ID] = rows
	return nil
}

// mayTake refuses what would change a reading that stands: one of the same day, or those that a bill stands on.
func (r *entryRun) mayTake(e *enteredReading, rows []readingRow, same *metering.Reading) error {
	for i := range rows {
		if rows[i].Billed && !rows[i].ReadOn.Before(e.value.On) {
			return refusal.New(refusal.Conflict, "reading-billed", "%s 在 %s 的读数已经出账，不能再改动这一天或之前的读数。如有差错，请对账单做调整。", e.meter.called(), rows[i].ReadOn).
				At("read_on", "已出账", e.value.On).With("billed_on", rows[i].ReadOn)
		}
	}
	if same == nil {
		return nil
	}
	at := slices.IndexFunc(rows, func(o readingRow) bool { return o.ID == same.ID })
	if same.Status != metering.Rejected && (!e.Corrects || rows[at].Version == 0) {
		return refusal.New(refusal.Conflict, "reading-exists", "%s 在 %s 已有读数 %s。要更正它，请选择“更正”后再提交。", e.meter.called(), same.On, same.Value).
			At("read_on", "这一天已有读数", e.value.On).With("reading_id", same.ID).With("reading", same.Value.String())
	}
	e.old = &rows[at]
	e.value.ID = same.ID
	return nil
}

// write stores what was taken.
func (r *entryRun) write(ctx context.Context, tx *sqlx.Tx) ([]string, error) {
	org, now := r.scope.OrgID, r.s.clock.Now()
	var made [][]any
	ids := make([]string, len(r.entries))
	audited := []Audited{}
	for i := range r.entries {
		e := &r.entries[i]
		v := e.value
		ids[i] = v.ID
		var start any
		if v.Reset == metering.Replaced {
			start = v.Start.String()
		}
		if e.old == nil {
			made = append(made, []any{org, v.ID, e.meter.ID, v.On, v.Value.String(), string(v.Reset), string(v.Status), string(e.why), v.Final, start,
				positive(v.Digits), nullable(e.Note), r.scope.ActorID, money.FromCounter, now})
			continue
		}
		_, err := tx.ExecContext(ctx, `UPDATE meter_reading SET reading = ?, reset_kind = ?, status = ?, review_why = ?, final_reading = ?, start_reading = ?, digits = ?,
			note = ?, entered_by = ?, reviewed_by = NULL, reviewed_at = NULL, reviewed_note = NULL, version = version + 1 WHERE org_id = ? AND id = ?`,
			v.Value.String(), string(v.Reset), string(v.Status), string(e.why), v.Final, start, positive(v.Digits), nullable(e.Note), r.scope.ActorID, org, v.ID)
		if err != nil {
			return nil, fmt.Errorf("correct a reading: %w", err)
		}
		audited = append(audited, Audited{Action: "correct-reading", SubjectKind: "meter_reading", SubjectID: v.ID, CommunityID: e.meter.CommunityID, Why: e.Note,
			Detail: map[string]any{"was": e.old.Reading.String(), "is": v.Value.String(), "read_on": v.On.String()}})
	}
	err := insertRows(ctx, tx, `INSERT INTO meter_reading (org_id, id, meter_id, read_on, reading, reset_kind, status, review_why, final_reading, start_reading, digits, note,
		entered_by, source_kind, created_at)`, made)
	if err != nil {
		return nil, fmt.Errorf("write readings: %w", err)
	}
	if err := r.writeMeters(ctx, tx); err != nil {
		return nil, err
	}
	return ids, r.tell(ctx, tx, audited, ids)
}

// writeMeters keeps what an entry says of its meter.
func (r *entryRun) writeMeters(ctx context.Context, tx *sqlx.Tx) error {
	for i := range r.entries {
		e := &r.entries[i]
		serial, digits := e.meter.Serial, e.meter.Digits
		if e.Reset == metering.Replaced && e.NewSerial != "" {
			serial = e.NewSerial
		}
		if digits == 0 {
			digits = e.Digits
		}
		if serial == e.meter.Serial && digits == e.meter.Digits {
			continue
		}
		_, err := tx.ExecContext(ctx, `UPDATE meter SET serial = ?, serial_key = ?, digits = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			serial, serialKey(serial), positive(digits), r.scope.OrgID, e.meter.ID)
		if err != nil {
			return fmt.Errorf("change a meter: %w", err)
		}
	}
	return nil
}

func (r *entryRun) tell(ctx context.Context, tx *sqlx.Tx, audited []Audited, ids []string) error {
	first := r.entries[0]
	deed := Audited{Action: "enter-readings", SubjectKind: "meter_reading", SubjectID: first.value.ID, CommunityID: first.meter.CommunityID,
		Detail: map[string]any{"readings": ids}}
	deed.ID = r.scope.CommandID
	if err := recordAudit(ctx, tx, r.scope, r.s.clock.Now(), append(audited, deed)...); err != nil {
		return err
	}
	var changes []Change
	for _, c := range distinct(r.entries, func(e enteredReading) string { return e.meter.CommunityID }) {
		changes = append(changes, Change{Kind: "meter_reading", SubjectID: first.value.ID, CommunityID: c})
	}
	return recordChange(ctx, tx, r.scope.OrgID, r.s.clock.Now(), changes...)
}

// positive is NULL for a number that nobody gave.
func positive(n int) any {
	if n <= 0 {
		return nil
	}
	return n
}
