package dunning_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

func draftOf(p dunning.Policy) dunning.Draft {
	return dunning.Draft{Name: p.Name, Stages: p.Stages, MinGapDays: &p.MinGapDays, MaxTouchesPerWeek: &p.MaxTouchesPerWeek, QuietHours: &p.QuietHours}
}

func TestShippedPoliciesPass(t *testing.T) {
	for _, p := range []dunning.Policy{dunning.DefaultLadder(), dunning.ThreeReminders()} {
		got, err := draftOf(p).Check()
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
}

func TestDefaultsOfADraft(t *testing.T) {
	p, err := dunning.Draft{Name: " 简单 ", Stages: []dunning.Stage{
		{Key: "a", OffsetDays: 3, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: "您好"},
		{Key: "b", OffsetDays: 90, Action: dunning.Legal},
	}}.Check()
	require.NoError(t, err)
	require.Equal(t, "简单", p.Name)
	require.Equal(t, dunning.FromDue, p.Stages[0].OffsetFrom)
	require.False(t, p.Stages[0].NeedsApproval)
	require.True(t, p.Stages[1].NeedsApproval, "legal steps always wait for a person")
	require.Equal(t, dunning.DefaultGapDays, p.MinGapDays)
	require.Equal(t, dunning.DefaultWeeklyTouch, p.MaxTouchesPerWeek)
	require.Equal(t, dunning.QuietHours{From: "22:00", To: "08:00"}, p.QuietHours)
}

func TestAnExplicitWeeklyCapOfZeroIsNoLimit(t *testing.T) {
	d := draftOf(dunning.ThreeReminders())
	for given, want := range map[int]int{0: 0, 1: 1, dunning.MaxWeeklyTouch: dunning.MaxWeeklyTouch} {
		d.MaxTouchesPerWeek = &given
		p, err := d.Check()
		require.NoError(t, err)
		require.Equal(t, want, p.MaxTouchesPerWeek)
	}
	p := threeSteps()
	p.MaxTouchesPerWeek = 0
	f := owing(t)
	f.TouchesLastWeek, f.OldestTouchAt = 99, f.EnteredAt
	require.Equal(t, dunning.Touch, dunning.Step(p, chinese(t), f, at(t, "2026-03-09 10:00")).Kind)
}

func TestRefusedPolicies(t *testing.T) {
	stage := func(change func(s *dunning.Stage)) func(d *dunning.Draft) {
		return func(d *dunning.Draft) { change(&d.Stages[1]) }
	}
	number := func(n int) *int { return &n }
	for code, c := range map[string]struct {
		location string
		change   func(d *dunning.Draft)
	}{
		"policy-name":           {"name", func(d *dunning.Draft) { d.Name = "  " }},
		"stage-count":           {"stages", func(d *dunning.Draft) { d.Stages = nil }},
		"gap-out-of-range":      {"min_gap_days", func(d *dunning.Draft) { d.MinGapDays = number(-1) }},
		"cap-out-of-range":      {"max_touches_per_week", func(d *dunning.Draft) { d.MaxTouchesPerWeek = number(-1) }},
		"quiet-hours":           {"quiet_hours", func(d *dunning.Draft) { d.QuietHours = &dunning.QuietHours{From: "09:00", To: "08:00"} }},
		"duplicate-stage":       {"stages[1].key", stage(func(s *dunning.Stage) { s.Key = "friendly" })},
		"stage-key":             {"stages[1].key", stage(func(s *dunning.Stage) { s.Key = "提醒" })},
		"unknown-offset-origin": {"stages[1].offset_from", stage(func(s *dunning.Stage) { s.OffsetFrom = "birth" })},
		"offset-out-of-range":   {"stages[1].offset_days", stage(func(s *dunning.Stage) { s.OffsetDays = -61 })},
		"negative-amount":       {"stages[1].min_amount_fen", stage(func(s *dunning.Stage) { s.MinAmountFen = -1 })},
		"unknown-action":        {"stages[1].action", stage(func(s *dunning.Stage) { s.Action = "sing" })},
		"forbidden-action":      {"stages[1].action", stage(func(s *dunning.Stage) { s.Action = "cut_power" })},
		"channels-required":     {"stages[1].channels", stage(func(s *dunning.Stage) { s.Channels = nil })},
		"unknown-channel":       {"stages[1].channels[0]", stage(func(s *dunning.Stage) { s.Channels = []dunning.Channel{"pigeon"} })},
		"duplicate-channel":     {"stages[1].channels[1]", stage(func(s *dunning.Stage) { s.Channels = []dunning.Channel{"sms", "sms"} })},
		"template-required":     {"stages[1].template", stage(func(s *dunning.Stage) { s.Template = " " })},
		"template-too-long":     {"stages[1].template", stage(func(s *dunning.Stage) { s.Template = strings.Repeat("长", 501) })},
		"unknown-placeholder":   {"stages[1].template", stage(func(s *dunning.Stage) { s.Template = "{{id_no}}" })},
	} {
		t.Run(code, func(t *testing.T) {
			d := draftOf(dunning.ThreeReminders())
			c.change(&d)
			_, err := d.Check()
			r, ok := refusal.As(err)
			require.True(t, ok)
			require.Equal(t, refusal.Rule, r.Kind)
			require.Equal(t, code, r.Code)
			require.Equal(t, c.location, r.Fields[0].Location)
		})
	}
	for _, action := range []dunning.Action{"stop_water", "断电", "lock_door", "disable_access", "停用电梯"} {
		d := draftOf(dunning.ThreeReminders())
		d.Stages[0].Action = action
		_, err := d.Check()
		require.True(t, refusal.Is(err, "forbidden-action"), string(action))
	}
	for _, template := range []string{"{{name", "name}}", "{{ {{name}}"} {
		d := draftOf(dunning.ThreeReminders())
		d.Stages[0].Template = template
		_, err := d.Check()
		require.True(t, refusal.Is(err, "unknown-placeholder"), template)
	}
}

func TestYuan(t *testing.T) {
	for fen, want := range map[int64]string{0: "0.00元", 5: "0.05元", 99_999: "999.99元", 123_450: "1,234.50元", 123_456_789: "1,234,567.89元", -100_000: "-1,000.00元"} {
		require.Equal(t, want, dunning.Yuan(fen))
	}
}

func TestRender(t *testing.T) {
	f := dunning.Facts{Name: "张三", Community: "桃源", Units: []string{"1-1-101", "1-1-102", "1-1-103", "车位 A12"}, Link: "https://example.org/x"}
	a := dunning.Asked{AmountFen: 100, DueOn: date(t, "2026-03-01")}
	for _, b := range []string{"2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"} {
		a.Bills = append(a.Bills, dunning.BillFact{Period: b, FeeItem: "物业费"}, dunning.BillFact{Period: b, FeeItem: "物业费"})
	}
	require.Equal(t, "张三 桃源 1-1-101、1-1-102、1-1-103等4套 1.00元 2026-03-01 https://example.org/x",
		dunning.Render("{{name}} {{ community }} {{unit}} {{amount}} {{due_date}} {{link}}", f, a))
	require.Equal(t, "物业费 2025-09、物业费 2025-10、物业费 2025-11、物业费 2025-12、物业费 2026-01、物业费 2026-02等7期", dunning.Render("{{periods}}", f, a))
	f.Name = "{{amount}}"
	require.Equal(t, "{{amount}}", dunning.Render("{{name}}", f, a), "a value is not a template")
	require.Equal(t, dunning.MaxTextRunes, utf8.RuneCountInString(dunning.Render(strings.Repeat("{{community}}", 300), f, a)))
	require.Equal(t, date(t, "2026-03-01"), calendar.DateOf(at(t, "2026-03-01 00:00")))
}

func TestChannelsOfWhatPeopleDoSayNothing(t *testing.T) {
	d := draftOf(dunning.ThreeReminders())
	d.Stages[0].Key, d.Stages[0].Channels = "D+1.First", []dunning.Channel{"email", "sms"}
	d.Stages[1].Action, d.Stages[1].Channels = dunning.Call, []dunning.Channel{"phone", "sms"}
	p, err := d.Check()
	require.NoError(t, err)
	require.Equal(t, []dunning.Channel{dunning.Mail, dunning.SMS}, p.Stages[0].Channels)
	require.Equal(t, []dunning.Channel{dunning.SMS}, p.Stages[1].Channels)
	require.Equal(t, dunning.Channel("email"), d.Stages[0].Channels[0], "the draft stays as it was")
}
