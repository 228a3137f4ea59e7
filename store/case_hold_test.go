package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/estate"
)

func (d *drive) promise(id string, days int) {
	d.t.Helper()
	p := dunning.Promise{AmountFen: 10_000, Date: calendar.DateOf(d.Clock.Now()).AddDays(days)}
	_, err := d.Store.PromiseToPay(d.t.Context(), d.Scope, id, p, 0)
	require.NoError(d.t, err)
}

func (d *drive) holdFor(id string, days int) {
	d.t.Helper()
	until := time.Time{}
	if days > 0 {
		until = d.Clock.Now().AddDate(0, 0, days)
	}
	_, err := d.order(id, dunning.OrderHold, until)
	require.NoError(d.t, err)
}

func (d *drive) flagFor(person, flag string, days int) {
	d.t.Helper()
	c := estate.FlagChange{Flag: flag, Reason: "测试"}
	if days > 0 {
		c.Until = calendar.DateOf(d.Clock.Now()).AddDays(days)
	}
	_, err := d.Store.FlagDebtor(d.t.Context(), d.Scope, person, c)
	require.NoError(d.t, err)
}

// Of two holds the one that lasts longer stands, in whatever order they come; a new one for the same cause replaces the old.
func TestOfTwoHoldsTheLongerStands(t *testing.T) {
	type step func(d *drive, id, person string)
	hold := func(days int) step { return func(d *drive, id, _ string) { d.holdFor(id, days) } }
	promise := func(days int) step { return func(d *drive, id, _ string) { d.promise(id, days) } }
	flag := func(flag string, days int) step {
		return func(d *drive, _, person string) { d.flagFor(person, flag, days) }
	}
	for name, c := range map[string]struct {
		first, second step
		kind          string
		days          int // from now until it ends; 0 for never
	}{
		"a promise does not end a hold":                  {hold(0), promise(5), dunning.HoldManual, 0},
		"a hold without end outlasts a promise":          {promise(5), hold(0), dunning.HoldManual, 0},
		"a longer promise outlasts a hold":               {hold(3), promise(10), dunning.HoldPromise, 12},
		"a hold replaces a hold, to lengthen it":         {hold(3), hold(9), dunning.HoldManual, 9},
		"a hold replaces a hold, to shorten it":          {hold(0), hold(3), dunning.HoldManual, 3},
		"a promise does not end a flag":                  {flag(estate.FlagDeceased, 0), promise(5), dunning.HoldFlag, 0},
		"a hold without end does not stand for a flag":   {flag(estate.FlagDeceased, 0), hold(0), dunning.HoldFlag, 0},
		"a short flag does not end a longer one":         {flag(estate.FlagDeceased, 0), flag(estate.FlagHardship, 4), dunning.HoldFlag, 0},
		"a flag without end takes the place of a hold":   {hold(0), flag(estate.FlagDeceased, 0), dunning.HoldFlag, 0},
		"a flag with an end leaves a hold without":       {hold(0), flag(estate.FlagHardship, 4), dunning.HoldManual, 0},
		"a promise beyond a flag's end holds to its day": {flag(estate.FlagHardship, 4), promise(20), dunning.HoldPromise, 22},
	} {
		t.Run(name, func(t *testing.T) {
			g := newCampaignGround(t)
			_, person := g.debtor("2026-02-01", 10_000)
			d := g.start("两次暂缓")
			d.advance()
			id := d.caseOf(person).ID
			c.first(d, id, person)
			c.second(d, id, person)
			held := d.story(id)
			require.Equal(t, dunning.CaseHeld, held.Status)
			require.Equal(t, c.kind, held.Holds[0].Kind)
			require.Empty(t, d.send())
			if c.days == 0 {
				require.Nil(t, held.NextAt)
				_, touched := d.walk("2026-05-06")
				require.Zero(t, touched)
				require.Equal(t, dunning.CaseHeld, d.cases()[0].Status)
				return
			}
			require.Equal(t, calendar.DateOf(g.Clock.Now()).AddDays(c.days), calendar.DateOf(*held.NextAt))
			g.Clock.Set(*held.NextAt)
			d.advance()
			require.Equal(t, dunning.CaseOpen, d.cases()[0].Status)
		})
	}
}

func TestAHeldCaseThatIsPaidCloses(t *testing.T) {
	d, unit, id := oneHousehold(t)
	d.holdFor(id, 5)
	p := d.payUnit(unit, 10_000)
	c := d.story(id)
	require.Equal(t, dunning.CasePaid, c.Status)
	require.Empty(t, c.Holds)
	require.Equal(t, dunning.MessageCancelled, d.messagesOf(id)[0].Status)
	d.day(10)
	_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "退票")
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status)
	require.Len(t, d.send(), 1)
}

func TestAPromiseThatIsKeptClosesAndABrokenOneIsTold(t *testing.T) {
	for name, paid := range map[string]int64{"kept": 10_000, "broken": 0, "kept in part": 4_000} {
		t.Run(name, func(t *testing.T) {
			d, unit, id := oneHousehold(t)
			d.send()
			d.promise(id, 7)
			if paid > 0 {
				d.payUnit(unit, paid)
			}
			if paid == 10_000 {
				require.Equal(t, dunning.CasePaid, d.cases()[0].Status)
				return
			}
			require.Equal(t, dunning.CaseHeld, d.cases()[0].Status)
			_, touches := d.walk("2026-03-17")
			require.Zero(t, touches, "the day of the promise and its grace")
			_, touches = d.walk("2026-03-18")
			require.Equal(t, 1, touches, "one stage on")
			var told []string
			for _, e := range d.story(id).Timeline {
				told = append(told, e.What)
			}
			require.Contains(t, told, "承诺未兑现，继续催缴")
			require.Contains(t, d.messagesOf(id)[1].Text, dunning.Yuan(10_000-paid))
		})
	}
}

// A flag that was set while the case was closed protects the debtor when a reversal opens it again.
func TestAFlagHoldsACaseThatAReversalReopens(t *testing.T) {
	d, unit, id := oneHousehold(t)
	p := d.payUnit(unit, 10_000)
	d.flagFor(d.cases()[0].DebtorID, estate.FlagDeceased, 0)
	_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "退票")
	require.NoError(t, err)
	c := d.story(id)
	require.Equal(t, dunning.CaseHeld, c.Status)
	require.Equal(t, dunning.HoldFlag, c.Holds[0].Kind)
	_, touched := d.advance()
	require.Zero(t, touched)
	require.Empty(t, d.send())
	d.must(id, dunning.OrderRelease)
	require.Len(t, d.send(), 1)
}

// Time that is both held and paused shifts the offsets once.
func TestAHoldInsideAPauseShiftsOffsetsOnce(t *testing.T) {
	for name, order := range map[string][]string{
		"hold inside a pause":           {"pause", "hold", "release", "resume"},
		"pause inside a hold":           {"hold", "pause", "resume", "release"},
		"hold into a pause":             {"hold", "pause", "release", "resume"},
		"pause into a hold":             {"pause", "hold", "resume", "release"},
		"a hold that the payment ended": {"pause", "hold", "pay", "reverse", "resume"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newCampaignGround(t)
			p, err := g.Store.CreatePolicy(t.Context(), g.Scope, dunning.Draft{Name: "起算", Stages: []dunning.Stage{{Key: "one", OffsetDays: 10,
				OffsetFrom: dunning.FromStart, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: "{{amount}}"}}})
			require.NoError(t, err)
			g.policy = p.ID
			unit, _ := g.debtor("2026-02-01", 10_000)
			d := g.start("重叠") // Monday 03-09: the stage comes on Thursday 03-19
			id, payment := d.cases()[0].ID, ""
			for _, what := range order {
				switch what {
				case "pause":
					_, err = g.Store.PauseCampaign(t.Context(), g.Scope, d.id, "")
				case "resume":
					_, err = g.Store.ResumeCampaign(t.Context(), g.Scope, d.id, "")
				case "pay":
					payment = d.payUnit(unit, 10_000).ID
				case "reverse":
					_, err = g.Store.ReversePayment(t.Context(), g.Scope, payment, "退票")
				default:
					d.must(id, what)
				}
				require.NoError(t, err)
				if what != "resume" && what != "release" || what == order[2] {
					g.day(2)
				}
			}
			paused := calendar.DateOf(g.Clock.Now()).AddDays(0)
			next, touched := d.advance()
			require.Zero(t, touched)
			stood := date("2026-03-09").DaysUntil(paused)
			require.Equal(t, date("2026-03-19").AddDays(stood), calendar.DateOf(next), "shifted by the %d days that it stood still", stood)
		})
	}
}
