package dunning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

func at(t require.TestingT, s string) time.Time {
	v, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Shanghai)
	require.NoError(t, err)
	return v.UTC()
}

func date(t require.TestingT, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func chinese(t require.TestingT) calendar.Calendar {
	h, err := calendar.NewHolidays(calendar.Statutory())
	require.NoError(t, err)
	cal, err := calendar.New(calendar.DefaultRules(), h)
	require.NoError(t, err)
	return cal
}

// threeSteps has messages at D+7, D+15 and D+30 and a minimum gap of three days.
func threeSteps() dunning.Policy { return dunning.ThreeReminders() }

// owing is a debtor of one bill due on 2026-03-01 (a Sunday) who can be reached by SMS. D+7 is Sunday 03-08, so the first
// window is Monday 03-09.
func owing(t require.TestingT) dunning.Facts {
	return dunning.Facts{
		CaseID: "case", EnteredAt: at(t, "2026-03-02 10:00"),
		Bills:     []dunning.BillFact{{BillID: "b1", Period: "2026-02", FeeItem: "物业费", DueOn: date(t, "2026-03-01"), UnpaidFen: 123_450}},
		Addresses: dunning.AddressesOf("13800000001", ""),
		Name:      "张三", Community: "桃源小区", Units: []string{"3栋2单元1501"}, Link: "https://example.org/p/1",
	}
}

const within = 10 * time.Minute

func TestFirstStageComesAtTheStartOfTheNextOpenWindow(t *testing.T) {
	f := owing(t)
	d := dunning.Step(threeSteps(), chinese(t), f, at(t, "2026-03-02 10:00"))
	require.Equal(t, dunning.Wait, d.Kind)
	require.Equal(t, "friendly", d.NextStage)
	require.WithinRange(t, d.NextAt, at(t, "2026-03-09 08:00"), at(t, "2026-03-09 08:00").Add(within))
	require.Equal(t, int64(123_450), d.ArrearsFen)

	early := dunning.Step(threeSteps(), chinese(t), f, d.NextAt.Add(-time.Microsecond))
	require.Equal(t, dunning.Wait, early.Kind)
	require.Equal(t, d.NextAt, early.NextAt, "the plan does not move while it is waited for")

	touch := dunning.Step(threeSteps(), chinese(t), f, d.NextAt)
	require.Equal(t, dunning.Touch, touch.Kind)
	require.Equal(t, "friendly", touch.Stage)
	require.Equal(t, d.NextAt, touch.PlannedAt)
	require.Equal(t, dunning.SMS, touch.Channel)
	require.Equal(t, "13800000001", touch.Recipient)
	require.Equal(t, "【桃源小区】张三，您好！温馨提示：3栋2单元1501 尚有 1,234.50元 未缴（物业费 2026-02），方便时请在业主 App 或物业服务中心缴纳。如已缴费请忽略，谢谢！", touch.Text)
	require.Equal(t, "remind", touch.NextStage)
	require.WithinRange(t, touch.NextAt, at(t, "2026-03-16 08:00"), at(t, "2026-03-16 08:00").Add(within))
}

func TestLateWake(t *testing.T) {
	f, cal := owing(t), chinese(t)
	d := dunning.Step(threeSteps(), cal, f, at(t, "2026-03-09 21:59"))
	require.Equal(t, dunning.Touch, d.Kind, "still inside the window")
	d = dunning.Step(threeSteps(), cal, f, at(t, "2026-03-09 22:00"))
	require.Equal(t, dunning.Wait, d.Kind, "the window has closed")
	require.WithinRange(t, d.NextAt, at(t, "2026-03-10 08:00"), at(t, "2026-03-10 08:00").Add(within))
	d = dunning.Step(threeSteps(), cal, f, at(t, "2026-03-14 12:00"))
	require.Equal(t, dunning.Wait, d.Kind, "Saturday")
	require.WithinRange(t, d.NextAt, at(t, "2026-03-16 08:00"), at(t, "2026-03-16 08:00").Add(within))
}

func TestOverdueStagesRunInOrderWithTheGap(t *testing.T) {
	f, cal := owing(t), chinese(t)
	f.Bills[0].DueOn = date(t, "2025-01-31")
	now := at(t, "2026-03-02 10:00")
	var took []string
	for range 10 {
		d := dunning.Step(threeSteps(), cal, f, now)
		if d.Kind == dunning.Touch {
			took = append(took, d.Stage+" "+calendar.DateOf(now).String())
			f.Stage, f.StageAt = d.Stage, now
		} else if d.Kind != dunning.Wait {
			require.Equal(t, dunning.Finished, d.Kind)
			took = append(took, "finished "+calendar.DateOf(now).String())
			break
		}
		now = d.NextAt
	}
	require.Equal(t, []string{"friendly 2026-03-02", "remind 2026-03-05", "demand 2026-03-09", "finished 2026-03-12"}, took)
}

func TestGapOfZeroStillTakesOneStageAStep(t *testing.T) {
	p := threeSteps()
	p.MinGapDays = 0
	f := owing(t)
	f.Bills[0].DueOn = date(t, "2025-01-31")
	now := at(t, "2026-03-02 10:00")
	d := dunning.Step(p, chinese(t), f, now)
	require.Equal(t, "friendly", d.Stage)
	require.Equal(t, now, d.NextAt, "the next may follow at once, as a step of its own")
	f.Stage, f.StageAt = d.Stage, now
	require.Equal(t, "remind", dunning.Step(p, chinese(t), f, now).Stage)
}

func TestEntryAtANamedStage(t *testing.T) {
	f := owing(t)
	f.FromStage = "demand"
	f.Bills[0].DueOn = date(t, "2025-01-31")
	d := dunning.Step(threeSteps(), chinese(t), f, at(t, "2026-03-02 10:00"))
	require.Equal(t, "demand", d.Stage)
	require.Empty(t, d.NextStage)
	require.Equal(t, at(t, "2026-03-05 10:00"), d.NextAt, "the last stage leaves time to pay")
	f.Stage = "friendly"
	f.StageAt = at(t, "2026-03-02 10:00")
	d = dunning.Step(threeSteps(), chinese(t), f, at(t, "2026-03-05 10:00"))
	require.Equal(t, "remind", d.Stage, "the entry counts only before the first stage")
}

func TestPaidAndWhatIsAskedFor(t *testing.T) {
	now := at(t, "2026-03-09 10:00")
	later := dunning.BillFact{BillID: "b2", Period: "2026-03", DueOn: date(t, "2026-04-01"), UnpaidFen: 50_000}
	p := threeSteps()
	ahead := threeSteps()
	ahead.Stages = append([]dunning.Stage{{Key: "notice", OffsetDays: -7, OffsetFrom: dunning.FromDue, Action: dunning.Message,
		Channels: []dunning.Channel{dunning.SMS}, Template: "{{amount}}"}}, ahead.Stages...)
	for name, c := range map[string]struct {
		policy dunning.Policy
		change func(f *dunning.Facts)
		kind   dunning.Kind
		asked  int64
	}{
		"owes what is due":                  {p, func(*dunning.Facts) {}, dunning.Touch, 123_450},
		"nothing unpaid":                    {p, func(f *dunning.Facts) { f.Bills = nil }, dunning.Paid, 0},
		"an advance is taken off":           {p, func(f *dunning.Facts) { f.AdvanceFen = 23_450 }, dunning.Touch, 100_000},
		"an advance covers it":              {p, func(f *dunning.Facts) { f.AdvanceFen = 123_450 }, dunning.Paid, 0},
		"a bill not yet due is not asked":   {p, func(f *dunning.Facts) { f.Bills = append(f.Bills, later) }, dunning.Touch, 123_450},
		"only bills not yet due remain":     {p, func(f *dunning.Facts) { f.Bills = []dunning.BillFact{later} }, dunning.Paid, 0},
		"a notice looks at issued bills":    {ahead, func(f *dunning.Facts) { f.Bills = []dunning.BillFact{later} }, dunning.Wait, 50_000},
		"between the notice and due date":   {ahead, func(f *dunning.Facts) { f.Bills = []dunning.BillFact{later}; f.Stage = "notice"; f.StageAt = now }, dunning.Wait, 50_000},
		"past the notice they are left out": {ahead, func(f *dunning.Facts) { f.Bills = []dunning.BillFact{later}; f.Stage = "friendly"; f.StageAt = now }, dunning.Paid, 0},
		"a dispute over all of it waits":    {p, func(f *dunning.Facts) { f.Bills = nil; f.DisputedFen = 123_450 }, dunning.Wait, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := owing(t)
			c.change(&f)
			d := dunning.Step(c.policy, chinese(t), f, now)
			require.Equal(t, c.kind, d.Kind)
			require.Equal(t, c.asked, d.ArrearsFen)
		})
	}
}

func TestSkipParkAndPeople(t *testing.T) {
	now := at(t, "2026-03-09 10:00")
	for name, c := range map[string]struct {
		stage dunning.Stage
		facts func(f *dunning.Facts)
		kind  dunning.Kind
		why   string
	}{
		"below the minimum":     {dunning.Stage{Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, MinAmountFen: 123_451}, nil, dunning.Skip, dunning.WhyBelowMinimum},
		"exactly the minimum":   {dunning.Stage{Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, MinAmountFen: 123_450}, nil, dunning.Touch, ""},
		"no address":            {dunning.Stage{Action: dunning.Message, Channels: []dunning.Channel{dunning.Mail}}, nil, dunning.Skip, dunning.WhyNoAddress},
		"guarded":               {dunning.Stage{Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}}, func(f *dunning.Facts) { f.Guarded = true }, dunning.Skip, dunning.WhyGuarded},
		"a person's task":       {dunning.Stage{Action: dunning.Call}, func(f *dunning.Facts) { f.Guarded, f.TouchesLastWeek = true, 99 }, dunning.HumanDo, ""},
		"approval is missing":   {dunning.Stage{Action: dunning.LawyerLetter, NeedsApproval: true}, nil, dunning.Park, dunning.WhyApproval},
		"approved":              {dunning.Stage{Action: dunning.LawyerLetter, NeedsApproval: true}, func(f *dunning.Facts) { f.ApprovedStage = "only" }, dunning.HumanDo, ""},
		"another was approved":  {dunning.Stage{Action: dunning.Legal, NeedsApproval: true}, func(f *dunning.Facts) { f.ApprovedStage = "other" }, dunning.Park, dunning.WhyApproval},
		"too small to approve":  {dunning.Stage{Action: dunning.Legal, NeedsApproval: true, MinAmountFen: 200_000}, nil, dunning.Skip, dunning.WhyBelowMinimum},
		"the week's cap is met": {dunning.Stage{Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}}, func(f *dunning.Facts) { f.TouchesLastWeek = 3; f.OldestTouchAt = f.EnteredAt }, dunning.Wait, dunning.WhyWeeklyCap},
	} {
		t.Run(name, func(t *testing.T) {
			c.stage.Key, c.stage.OffsetFrom = "only", dunning.FromDue
			p := threeSteps()
			p.Stages = []dunning.Stage{c.stage}
			f := owing(t)
			if c.facts != nil {
				c.facts(&f)
			}
			d := dunning.Step(p, chinese(t), f, now)
			require.Equal(t, c.kind, d.Kind)
			require.Equal(t, c.why, d.Why)
			if c.kind == dunning.Wait {
				require.Equal(t, "only", d.NextStage)
				require.Equal(t, at(t, "2026-03-09 10:01"), d.NextAt, "the oldest touch leaves the week first")
			}
			if c.kind == dunning.Park {
				require.Equal(t, "only", d.NextStage)
				require.Zero(t, d.NextAt, "a person's word wakes it, no timer")
			}
		})
	}
}

func TestChannelsFollowInOrder(t *testing.T) {
	p := threeSteps()
	p.Stages[0].Channels = []dunning.Channel{dunning.Mail, dunning.App, dunning.SMS}
	d := dunning.Step(p, chinese(t), owing(t), at(t, "2026-03-09 10:00"))
	require.Equal(t, dunning.App, d.Channel, "there is no mail address")
	require.Equal(t, []dunning.Channel{dunning.SMS}, d.Then)
}

func TestOffsetsFromStartAndPreviousShiftByPauses(t *testing.T) {
	p := threeSteps()
	p.MinGapDays = 1
	p.Stages[0].OffsetFrom, p.Stages[0].OffsetDays = dunning.FromStart, 1
	p.Stages[1].OffsetFrom, p.Stages[1].OffsetDays = dunning.FromPrevious, 2
	cal, f := chinese(t), owing(t)
	now := at(t, "2026-03-02 10:00") // a Monday
	require.Equal(t, "2026-03-03", calendar.DateOf(dunning.Step(p, cal, f, now).NextAt).String())
	f.PausedFor = 48 * time.Hour
	require.Equal(t, "2026-03-05", calendar.DateOf(dunning.Step(p, cal, f, now).NextAt).String())

	f.Stage, f.StageAt = "friendly", at(t, "2026-03-09 08:00")
	require.Equal(t, "2026-03-11", calendar.DateOf(dunning.Step(p, cal, f, f.StageAt).NextAt).String(), "an older pause is over")
	f.PausedSinceStage = 24 * time.Hour
	require.Equal(t, "2026-03-12", calendar.DateOf(dunning.Step(p, cal, f, f.StageAt).NextAt).String())
	f.Stage, f.StageAt = "remind", at(t, "2026-03-12 08:00")
	require.Equal(t, "2026-03-31", calendar.DateOf(dunning.Step(p, cal, f, f.StageAt).NextAt).String(), "offsets from the due date stay")
}

func TestPartPaymentReplansFromTheOldestLeft(t *testing.T) {
	f := owing(t)
	f.Bills = append(f.Bills, dunning.BillFact{BillID: "b2", Period: "2026-03", DueOn: date(t, "2026-03-20"), UnpaidFen: 50_000})
	f.Stage, f.StageAt = "friendly", at(t, "2026-03-09 08:00")
	now := at(t, "2026-03-20 09:00")
	require.Equal(t, "remind", dunning.Step(threeSteps(), chinese(t), f, now).Stage)
	f.Bills = f.Bills[1:]
	d := dunning.Step(threeSteps(), chinese(t), f, now)
	require.Equal(t, dunning.Wait, d.Kind)
	require.Equal(t, "remind", d.NextStage, "no stage is skipped and none comes again")
	require.Equal(t, "2026-04-07", calendar.DateOf(d.NextAt).String(), "15 days after 20 March is over 清明")
	require.Equal(t, date(t, "2026-03-20"), d.DueOn)
}

func TestCohortsStayTogetherAndSpread(t *testing.T) {
	seen := map[time.Time]bool{}
	for slot := range 50 {
		f := owing(t)
		f.CohortSlot = slot
		next := dunning.Step(threeSteps(), chinese(t), f, f.EnteredAt).NextAt
		require.Equal(t, next, dunning.Step(threeSteps(), chinese(t), f, f.EnteredAt.Add(time.Hour)).NextAt)
		require.WithinRange(t, next, at(t, "2026-03-09 08:00"), at(t, "2026-03-09 08:00").Add(within))
		seen[next] = true
	}
	require.Greater(t, len(seen), 25)
}

func TestPolicyQuietHoursNarrowTheWindow(t *testing.T) {
	p := threeSteps()
	p.QuietHours = dunning.QuietHours{From: "18:00", To: "10:00"}
	f := owing(t)
	d := dunning.Step(p, chinese(t), f, f.EnteredAt)
	require.WithinRange(t, d.NextAt, at(t, "2026-03-09 10:00"), at(t, "2026-03-09 10:00").Add(within))
	require.Equal(t, dunning.Wait, dunning.Step(p, chinese(t), f, at(t, "2026-03-09 18:30")).Kind)
}

func TestLaterEntryWaits(t *testing.T) {
	f := owing(t)
	f.Bills[0].DueOn = date(t, "2025-01-31")
	f.EnteredAt = at(t, "2026-03-11 14:30")
	d := dunning.Step(threeSteps(), chinese(t), f, at(t, "2026-03-02 10:00"))
	require.Equal(t, f.EnteredAt, d.NextAt, "a start inside the window begins at once")
}
