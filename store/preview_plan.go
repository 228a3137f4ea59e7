package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

// previewPlan is a campaign played forward in memory.
type previewPlan struct {
	policy    dunning.Policy
	request   dunning.CampaignRequest
	list      []candidate
	startAt   time.Time
	calendars map[string]calendar.Calendar
	touches   map[string]weekTouches
	guarded   map[debtorKey]bool
	pricesFen map[dunning.Channel]int64

	first       []dunning.Planned // by position in list, zero for those left out
	days        map[scheduleKey]*dunning.ScheduledDay
	unreached   int // households that some message stage cannot reach
	provisional map[int]bool
	unloaded    map[int]bool
}

type scheduleKey struct {
	stage string
	date  calendar.Date
}

// ladderGroup is what makes two debtors' ladders the same.
type ladderGroup struct {
	communityID        string
	dueOn              calendar.Date
	hasPhone, hasEmail bool
	guarded            bool
	minimums           int // how many of the stages' minimum amounts are reached
	touches            int
	oldestTouchAt      time.Time
}

func (p *previewPlan) run() {
	p.first = make([]dunning.Planned, len(p.list))
	p.days = map[scheduleKey]*dunning.ScheduledDay{}
	p.provisional, p.unloaded = map[int]bool{}, map[int]bool{}
	groups := map[ladderGroup][]int{}
	for i, c := range p.list {
		if c.Excluded == "" {
			g := p.groupOf(c)
			groups[g] = append(groups[g], i)
		}
	}
	for _, members := range groups {
		ladder := p.simulate(p.list[members[0]])
		p.count(p.list[members[0]].CommunityID, ladder, len(members))
		for _, i := range members {
			if len(ladder) > 0 {
				p.first[i] = ladder[0]
			}
		}
	}
}

func (p *previewPlan) groupOf(c candidate) ladderGroup {
	t := p.touches[c.DebtorID]
	g := ladderGroup{communityID: c.CommunityID, dueOn: c.DueOn, hasPhone: c.HasPhone, hasEmail: c.HasEmail,
		guarded: p.guarded[debtorKey{c.CommunityID, c.DebtorID}], touches: t.N, oldestTouchAt: t.OldestAt}
	for _, stage := range p.policy.Stages {
		if c.AmountFen >= stage.MinAmountFen {
			g.minimums++
		}
	}
	return g
}

func (p *previewPlan) simulate(c candidate) []dunning.Planned {
	t := p.touches[c.DebtorID]
	return dunning.Simulate(p.policy, p.calendars[c.CommunityID], dunning.Facts{
		CommunityID: c.CommunityID, DebtorID: c.DebtorID, FromStage: p.request.FromStage, EnteredAt: p.startAt,
		Bills:     []dunning.BillFact{{DueOn: c.DueOn, UnpaidFen: c.AmountFen}},
		Addresses: addressable(c), Guarded: p.guarded[debtorKey{c.CommunityID, c.DebtorID}],
		TouchesLastWeek: t.N, OldestTouchAt: t.OldestAt,
	}, p.startAt)
}

func (p *previewPlan) count(communityID string, ladder []dunning.Planned, members int) {
	unreached := false
	for _, step := range ladder {
		date := calendar.DateOf(step.At)
		p.noteYear(communityID, date.Year)
		k := scheduleKey{step.Stage, date}
		day := p.days[k]
		if day == nil {
			day = &dunning.ScheduledDay{Stage: step.Stage, Date: date, ByChannel: map[dunning.Channel]int{}}
			p.days[k] = day
		}
		switch step.Kind {
		case dunning.Touch:
			day.Touches += members
			day.ByChannel[step.Channel] += members
			day.CostFen += int64(members) * p.pricesFen[step.Channel]
		case dunning.HumanDo:
			day.Tasks += members
		default:
			day.Skipped += members
			unreached = unreached || step.Why == dunning.WhyNoAddress
		}
	}
	if unreached {
		p.unreached += members
	}
}

func (p *previewPlan) noteYear(communityID string, year int) {
	cal := p.calendars[communityID]
	switch {
	case cal.YearLoaded(year):
	case cal.YearProvisional(year):
		p.provisional[year] = true
	default:
		p.unloaded[year] = true
	}
}

// sum makes the answer; ids and instants are the caller's to fill.
func (p *previewPlan) sum() dunning.Preview {
	out := dunning.Preview{Schedule: []dunning.ScheduledDay{}, Excluded: []dunning.ExcludedCount{}}
	excluded := map[string]int{}
	for _, c := range p.list {
		if c.Excluded != "" {
			excluded[c.Excluded]++
			continue
		}
		out.Households++
		out.AmountFen += c.AmountFen
	}
	for _, reason := range slices.Sorted(maps.Keys(excluded)) {
		out.Excluded = append(out.Excluded, dunning.ExcludedCount{Reason: reason, Households: excluded[reason]})
	}
	for _, d := range p.days {
		out.Schedule = append(out.Schedule, *d)
	}
	slices.SortFunc(out.Schedule, func(a, b dunning.ScheduledDay) int {
		return cmp.Or(b.Date.DaysUntil(a.Date), p.policy.StageIndex(a.Stage)-p.policy.StageIndex(b.Stage))
	})
	out.Warnings = p.warnings(out.Households)
	return out
}

func (p *previewPlan) warnings(households int) []dunning.Warning {
	out := []dunning.Warning{}
	warn := func(code, format string, args ...any) {
		out = append(out, dunning.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if households == 0 {
		warn("nobody-owes", "所选范围内没有可催缴的住户，发起后活动将立即结束。")
	}
	for _, year := range slices.Sorted(maps.Keys(p.unloaded)) {
		warn("year-not-loaded", "计划延伸到 %d 年，该年放假安排尚未公布；请由管理员录入临时假日，或在公布后更新，届时日期可能调整。", year)
	}
	for _, year := range slices.Sorted(maps.Keys(p.provisional)) {
		warn("year-provisional", "计划延伸到 %d 年，该年使用的是管理员录入的临时假日，正式公布后日期可能调整。", year)
	}
	guarded := 0
	for _, c := range p.list {
		if c.Excluded == "" && p.guarded[debtorKey{c.CommunityID, c.DebtorID}] {
			guarded++
		}
	}
	if guarded > 0 {
		warn("go-live-guard", "小区上线保护已开启，期初余额确认之前只向测试手机发送；%d 户收不到消息。", guarded)
	}
	if p.unreached > 0 {
		warn("no-address", "%d 户缺少可用的联系方式，相应的消息阶段会跳过；请先补全手机号或邮箱。", p.unreached)
	}
	for _, id := range p.request.CommunityIDs {
		if _, ok := p.calendars[id].Narrow(p.policy.QuietHours.From, p.policy.QuietHours.To); !ok {
			warn("quiet-hours-conflict", "策略与小区的免打扰时段合在一起每天不足 2 小时可发送，将以小区的设置为准。")
			break
		}
	}
	return out
}
