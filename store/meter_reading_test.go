package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/metering"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

// meterEnv is a household with a water meter, a reader and somebody who decides.
type meterEnv struct {
	*moneyEnv
	unit, meter     string
	reader, manager access.Scope
}

func newMeterEnv(t *testing.T) *meterEnv {
	e := &meterEnv{moneyEnv: newMoneyEnv(t)}
	e.unit, _ = e.household()
	e.reader = e.staff(access.Cashier)
	e.manager = e.staff(access.CommunityManager)
	m, err := e.Store.CreateMeter(t.Context(), e.manager, metering.NewMeter{CommunityID: e.community, UnitID: e.unit, Kind: "water", Serial: "W-1"})
	require.NoError(t, err)
	e.meter = m.ID
	return e
}

func (e *moneyEnv) staff(r access.Role) access.Scope {
	return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: r, Level: access.LevelCommunity, ScopeID: e.community,
		Communities: []string{e.community}, Money: access.UsualMoney(r)}}}
}

func (e *meterEnv) entry(on, value string) metering.Entry {
	return metering.Entry{MeterID: e.meter, ReadOn: date(on), Reading: value}
}

func (e *meterEnv) enter(entries ...metering.Entry) []estate.MeterReading {
	e.t.Helper()
	got, err := e.Store.EnterReadings(e.t.Context(), e.reader, entries)
	require.NoError(e.t, err)
	return got
}

// refused requires that entries are refused with a code at a field.
func (e *meterEnv) refused(code string, entries ...metering.Entry) {
	e.t.Helper()
	require.NotEmpty(e.t, e.refusedAt(code, entries...))
}

func (e *meterEnv) refusedAt(code string, entries ...metering.Entry) string {
	e.t.Helper()
	_, err := e.Store.EnterReadings(e.t.Context(), e.reader, entries)
	no, ok := refusal.As(err)
	require.True(e.t, ok, "%v", err)
	require.Equal(e.t, code, no.Code)
	require.NotEmpty(e.t, no.Fields)
	return no.Fields[0].Location
}

// today is a day on which the tests' clock stands.
func (e *meterEnv) today() calendar.Date { return calendar.DateOf(e.Clock.Now()) }

func (e *meterEnv) ago(days int) string { return e.today().AddDays(-days).String() }

func TestReadingsAreTakenInOrderOrNotAtAll(t *testing.T) {
	e := newMeterEnv(t)
	got := e.enter(e.entry(e.ago(60), "100"), metering.Entry{UnitID: e.unit, MeterKind: "water", ReadOn: date(e.ago(30)), Reading: "110.5"})
	require.Equal(t, []string{"accepted", "accepted"}, []string{got[0].Status, got[1].Status})
	require.Equal(t, "10.5", got[1].Used)
	e.enter(metering.Entry{CommunityID: e.community, Serial: "w-1", ReadOn: date(e.ago(45)), Reading: "105"})

	require.Equal(t, "body.readings[1].reading", e.refusedAt("reading-below-last", e.entry(e.ago(10), "120"), e.entry(e.ago(5), "119")))
	e.refused("reading-above-next", e.entry(e.ago(50), "106"))
	e.refused("reading-in-future", e.entry(e.ago(-1), "200"))
	e.refused("reading-exists", e.entry(e.ago(30), "111"))
	e.refused("meter-unknown", metering.Entry{MeterID: e.unit, ReadOn: date(e.ago(1)), Reading: "1"})
	e.refused("meter-needed", metering.Entry{ReadOn: date(e.ago(1)), Reading: "1"})
	e.refused("bad-reading", e.entry(e.ago(1), "1e900000000"))
	e.refused("final-reading-needed", metering.Entry{MeterID: e.meter, ReadOn: date(e.ago(1)), Reading: "1", Reset: metering.Replaced})

	list, err := e.Store.MeterReadings(t.Context(), e.reader, estate.MeterReadingFilter{MeterID: e.meter}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list.Items, 3, "what was refused left nothing behind")
	meters, err := e.Store.Meters(t.Context(), e.reader, metering.MeterFilter{CommunityID: e.community}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, "110.5", meters.Items[0].LastReading)
	require.Equal(t, "5.5", meters.Items[0].LastUsed)
	require.Equal(t, "0.35", meters.Items[0].PerDay)
}

func TestARepeatedCallFindsItsReadings(t *testing.T) {
	e := newMeterEnv(t)
	e.reader.CommandID = store.NewID()
	first := e.enter(e.entry(e.ago(60), "100"))
	require.Equal(t, first, e.enter(e.entry(e.ago(60), "100")))
}

func TestAnotherPersonDecidesOnUnusualReadings(t *testing.T) {
	e := newMeterEnv(t)
	e.enter(e.entry(e.ago(90), "100"), e.entry(e.ago(60), "110"), e.entry(e.ago(30), "120"))
	high := e.enter(e.entry(e.ago(1), "300"))[0]
	require.Equal(t, "review", high.Status)
	require.Equal(t, "high-use", high.ReviewWhy)

	decide := func(sc access.Scope, id, decision string) error {
		_, err := e.Store.ReviewReading(t.Context(), sc, id, metering.Decision{Decision: decision})
		return err
	}
	own := e.manager
	own.ActorID = e.reader.ActorID
	require.True(t, refusal.Is(decide(own, high.ID, "accept"), "maker-is-checker"))
	require.True(t, refusal.Is(decide(e.reader, high.ID, "accept"), "forbidden"))
	require.NoError(t, decide(e.manager, high.ID, "reject"))
	require.NoError(t, decide(e.manager, high.ID, "reject"), "a repeat changes nothing")
	require.True(t, refusal.Is(decide(e.manager, high.ID, "accept"), "reading-rejected"))

	again := e.enter(e.entry(e.ago(1), "130"))[0] // the day of a rejected reading can be read again
	require.Equal(t, high.ID, again.ID)
	require.Equal(t, "accepted", again.Status)
	require.Equal(t, "10", again.Used)

	corrected := e.entry(e.ago(1), "131")
	corrected.Corrects = true
	require.Equal(t, "131", e.enter(corrected)[0].Reading[:3])
}

func TestWhatABillStandsOnIsFrozen(t *testing.T) {
	e := newMeterEnv(t)
	item, run := store.NewID(), store.NewID()
	got := e.enter(e.entry(e.ago(60), "100"), e.entry(e.ago(30), "110"), e.entry(e.ago(20), "112"))
	items := map[string]string{item: "water"}
	from, to := e.today().AddDays(-40), e.today().AddDays(-25)
	uses := e.Store.UsesForBilling(t, e.OrgID, e.community, items, []string{e.unit}, from, to)
	require.Equal(t, "10", uses[e.unit][0].Used.String())
	require.Equal(t, []string{got[0].ID, got[1].ID}, uses[e.unit][0].ReadingIDs)
	e.Store.Freeze(t, e.OrgID, item, run, uses[e.unit][0].ReadingIDs)

	e.refused("reading-billed", e.entry(e.ago(50), "105"))
	corrects := e.entry(e.ago(30), "109")
	corrects.Corrects = true
	e.refused("reading-billed", corrects)
	_, err := e.Store.ReviewReading(t.Context(), e.manager, got[1].ID, metering.Decision{Decision: "reject"})
	require.True(t, refusal.Is(err, "reading-billed"))

	uses = e.Store.UsesForBilling(t, e.OrgID, e.community, items, []string{e.unit}, to, e.today())
	require.Equal(t, "2", uses[e.unit][0].Used.String())
	other := e.Store.UsesForBilling(t, e.OrgID, e.community, map[string]string{store.NewID(): "water"}, []string{e.unit}, from, e.today())
	require.Equal(t, "12", other[e.unit][0].Used.String(), "another item of the same meter bills for itself")
	e.Store.Thaw(t, e.OrgID, run)
	e.enter(corrects)
}

func TestImportedReadingsWaitForReviewToo(t *testing.T) {
	i := withHousehold(t)
	lines := []string{
		"3-2-1501,W1,水表,2025-10-31,100,,,", "3-2-1501,W1,水表,2025-11-30,110,,,", "3-2-1501,W1,水表,2025-12-31,900,,,",
		"3-2-1502,W2,水表,2025-10-31,100,,,", "3-2-1502,W2,水表,2025-11-30,5,换表,,", "3-2-1502,W2,水表,2025-12-31,9,换表,8,2",
	}
	job := i.run(csv(importing.MeterReadings, "房屋,表号,表类型,抄表日期,本期读数,换表或归零,旧表止码,新表起码", lines))
	require.Empty(t, job.Problems)
	require.Equal(t, []string{"W1 2025-10-31 accepted ", "W1 2025-11-30 accepted ", "W1 2025-12-31 review high-use",
		"W2 2025-10-31 accepted ", "W2 2025-11-30 review no-final", "W2 2025-12-31 accepted "},
		i.texts(`SELECT CONCAT(m.serial, ' ', r.read_on, ' ', r.status, ' ', r.review_why) FROM meter m JOIN meter_reading r ON r.org_id = m.org_id AND r.meter_id = m.id
			WHERE m.org_id = ? ORDER BY m.serial, r.read_on`))
	i.rollBack(job.ID)
	require.Zero(t, i.count("meter")+i.count("meter_reading"))
}
