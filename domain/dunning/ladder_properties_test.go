package dunning_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

var (
	origins   = []dunning.OffsetFrom{dunning.FromDue, dunning.FromStart, dunning.FromPrevious}
	someActs  = []dunning.Action{dunning.Message, dunning.Message, dunning.Message, dunning.Call, dunning.Legal}
	someChans = []dunning.Channel{dunning.SMS, dunning.Mail, dunning.App}
)

func genPolicy() *rapid.Generator[dunning.Policy] {
	return rapid.Custom(func(t *rapid.T) dunning.Policy {
		p := dunning.Policy{
			Name: "p", MinGapDays: rapid.IntRange(0, 10).Draw(t, "gap"), MaxTouchesPerWeek: rapid.IntRange(0, 3).Draw(t, "cap"),
			QuietHours: dunning.QuietHours{From: "22:00", To: "08:00"},
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
			s := dunning.Stage{
				Key: fmt.Sprintf("s%d", i), OffsetFrom: rapid.SampledFrom(origins).Draw(t, "origin"), OffsetDays: rapid.IntRange(0, 40).Draw(t, "offset"),
				Action: rapid.SampledFrom(someActs).Draw(t, "action"), Channels: rapid.SliceOfNDistinct(rapid.SampledFrom(someChans), 1, 3, rapid.ID).Draw(t, "channels"),
				Template: "{{name}} {{amount}}", MinAmountFen: int64(rapid.SampledFrom([]int{0, 0, 5000}).Draw(t, "minimum")),
			}
			if s.OffsetFrom == dunning.FromDue {
				s.OffsetDays -= 15
			}
			s.NeedsApproval = s.Action == dunning.Legal
			p.Stages = append(p.Stages, s)
		}
		return p
	})
}

func genFacts() *rapid.Generator[dunning.Facts] {
	return rapid.Custom(func(t *rapid.T) dunning.Facts {
		entered := at(t, "2026-01-05 08:00").Add(time.Duration(rapid.IntRange(0, 300*24*60).Draw(t, "entered")) * time.Minute)
		f := dunning.Facts{CaseID: "c", EnteredAt: entered, CohortSlot: rapid.IntRange(0, 400).Draw(t, "slot"), Name: "李四"}
		due := calendar.DateOf(entered).AddDays(rapid.IntRange(-200, 20).Draw(t, "due"))
		for i := range rapid.IntRange(0, 4).Draw(t, "bills") {
			f.Bills = append(f.Bills, dunning.BillFact{BillID: fmt.Sprint(i), DueOn: due, Period: due.String(), UnpaidFen: rapid.Int64Range(1, 9000).Draw(t, "unpaid")})
			due = due.AddDays(rapid.IntRange(1, 60).Draw(t, "later"))
		}
		f.Addresses = dunning.AddressesOf(rapid.SampledFrom([]string{"", "13800000001"}).Draw(t, "phone"), rapid.SampledFrom([]string{"", "a@example.org"}).Draw(t, "mail"))
		f.AdvanceFen = rapid.SampledFrom([]int64{0, 0, 500, 100_000}).Draw(t, "advance")
		return f
	})
}

// TestLadderProperties plays a case with wakes that come late, messages that go out late or never, part payments and
// approvals, and holds every step to the rules.
func TestLadderProperties(t *testing.T) {
	cal := chinese(t)
	rapid.Check(t, func(t *rapid.T) {
		p, f := genPolicy().Draw(t, "policy"), genFacts().Draw(t, "facts")
		now := f.EnteredAt
		done, lastStageAt, touches := -1, time.Time{}, []time.Time(nil)
		outAt := time.Time{} // when the message that is under way goes out; zero for none
		for range 400 {
			if f.UnderWay && !outAt.After(now) {
				f.UnderWay = false
				if rapid.IntRange(0, 3).Draw(t, "failed") > 0 {
					f.TouchedAt, lastStageAt = outAt, outAt
				}
			}
			f.TouchesLastWeek, f.OldestTouchAt = countWeek(touches, now)
			d := dunning.Step(p, cal, f, now)
			require.Equal(t, d, dunning.Step(p, cal, f, now), "the same facts give the same decision")
			if !d.NextAt.IsZero() {
				require.False(t, d.NextAt.Before(now))
				if d.NextStage != "" {
					require.True(t, cal.Open(d.NextAt), "the next instant %s lies in an open window", d.NextAt)
				}
			}
			switch d.Kind {
			case dunning.Paid:
				require.Zero(t, dunning.Ask(p, f, calendar.DateOf(now)).AmountFen)
				return
			case dunning.Finished:
				require.Equal(t, len(p.Stages)-1, done)
				require.False(t, f.UnderWay, "a case does not end before its last message is settled")
				return
			case dunning.Wait:
				require.True(t, d.NextAt.After(now), "a wait leads forward")
			case dunning.Park:
				require.False(t, f.UnderWay, "nothing follows a message that is under way")
				require.True(t, p.Stages[p.StageIndex(d.Stage)].NeedsApproval)
				f.ApprovedStage = d.Stage
				continue
			default:
				require.Equal(t, done+1, p.StageIndex(d.Stage), "stages come in order, each once")
				require.False(t, f.UnderWay, "nothing follows a message that is under way")
				require.True(t, cal.Open(now), "nothing happens outside the window")
				require.False(t, now.Before(d.PlannedAt))
				require.Positive(t, d.ArrearsFen, "nobody who has paid is asked")
				if !lastStageAt.IsZero() {
					gap := calendar.DateOf(lastStageAt).DaysUntil(calendar.DateOf(now))
					require.GreaterOrEqual(t, gap, p.MinGapDays)
				}
				if d.Kind == dunning.Touch {
					require.NotEmpty(t, d.Recipient)
					if p.MaxTouchesPerWeek > 0 {
						require.Less(t, f.TouchesLastWeek, p.MaxTouchesPerWeek, "the weekly cap holds")
					}
					touches = append(touches, now)
					f.UnderWay = true
					outAt = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 300, 60 * 24 * 3, 60 * 24 * 30}).Draw(t, "stuck")) * time.Minute)
				}
				done++
				lastStageAt = now
				f.Stage, f.StageAt = d.Stage, now
			}
			now = d.NextAt.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 700, 60 * 24 * 20}).Draw(t, "late")) * time.Minute)
			if len(f.Bills) > 0 && rapid.IntRange(0, 5).Draw(t, "pay") == 0 {
				f.Bills = f.Bills[1:]
			}
		}
		t.Fatal("the ladder does not end")
	})
}

func countWeek(touches []time.Time, now time.Time) (n int, oldest time.Time) {
	for _, at := range touches {
		if at.After(now.AddDate(0, 0, -7)) {
			n++
			if oldest.IsZero() {
				oldest = at
			}
		}
	}
	return n, oldest
}
