package dunning

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// The bounds of a policy.
const (
	MaxStages      = 20
	MinOffsetDays  = -60
	MaxOffsetDays  = 3650
	MaxGapDays     = 365
	MaxWeeklyTouch = 50

	// DefaultGapDays holds where a policy names no minimum gap. An explicit 0 is taken as it is: two stages may then fall on
	// one day, still in order and never in one step.
	DefaultGapDays = 1
	// DefaultWeeklyTouch holds where a policy names no weekly cap. An explicit 0 is no limit.
	DefaultWeeklyTouch = 3
)

// Draft is a policy as an editor sends it; what is left out gets a default.
type Draft struct {
	Name              string      `json:"name"`
	Stages            []Stage     `json:"stages"`
	MinGapDays        *int        `json:"min_gap_days,omitempty"`
	MaxTouchesPerWeek *int        `json:"max_touches_per_week,omitempty"` // 0 for no limit, 3 when left out
	QuietHours        *QuietHours `json:"quiet_hours,omitempty"`
}

var (
	stageKey = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,40}$`)
	actions  = []Action{Message, Call, Visit, Letter, Demand, Mediation, LawyerLetter, Legal}
	channels = []Channel{App, WeChat, SMS, Mail, Sandbox}
	// forbiddenWords mark actions that would cut a utility or access, which the law forbids as a means of collection.
	forbiddenWords = []string{
		"power", "electric", "water", "heat", "gas", "lift", "elevator", "door", "access", "lock", "cut", "shut", "utility", "disable",
		"水", "电", "暖", "气", "梯", "门", "禁", "断", "停",
	}
)

var defaultQuietHours = QuietHours{From: calendar.DefaultQuietFrom, To: calendar.DefaultQuietTo}

// problems collects what is wrong with a draft; the first one's code becomes the refusal's.
type problems struct {
	code   string
	fields []refusal.Field
}

func (p *problems) add(code, location, message string, value any) {
	if p.code == "" {
		p.code = code
	}
	p.fields = append(p.fields, refusal.Field{Location: location, Message: message, Value: value})
}

// Check turns a draft into a policy, or refuses it and points at every field that is wrong.
func (d Draft) Check() (Policy, error) {
	p := Policy{Name: strings.TrimSpace(d.Name), Stages: slices.Clone(d.Stages), MinGapDays: DefaultGapDays,
		MaxTouchesPerWeek: DefaultWeeklyTouch, QuietHours: defaultQuietHours}
	if d.MinGapDays != nil {
		p.MinGapDays = *d.MinGapDays
	}
	if d.MaxTouchesPerWeek != nil {
		p.MaxTouchesPerWeek = *d.MaxTouchesPerWeek
	}
	if d.QuietHours != nil && *d.QuietHours != (QuietHours{}) {
		p.QuietHours = *d.QuietHours
	}
	var found problems
	checkHead(p, &found)
	for i := range p.Stages {
		checkStage(&p.Stages[i], fmt.Sprintf("stages[%d].", i), &found)
		if earlier := p.StageIndex(p.Stages[i].Key); earlier < i {
			found.add("duplicate-stage", fmt.Sprintf("stages[%d].key", i), "阶段标识重复", p.Stages[i].Key)
		}
	}
	if found.code == "" {
		return p, nil
	}
	r := refusal.New(refusal.Rule, found.code, "催缴策略未通过校验：%s。请修改后重试。", found.fields[0].Message)
	r.Fields = found.fields
	return Policy{}, r
}

func checkHead(p Policy, found *problems) {
	if n := utf8.RuneCountInString(p.Name); n == 0 || n > 80 {
		found.add("policy-name", "name", "策略名称须为 1 到 80 个字", p.Name)
	}
	if len(p.Stages) == 0 || len(p.Stages) > MaxStages {
		found.add("stage-count", "stages", fmt.Sprintf("策略须有 1 到 %d 个阶段", MaxStages), len(p.Stages))
	}
	if p.MinGapDays < 0 || p.MinGapDays > MaxGapDays {
		found.add("gap-out-of-range", "min_gap_days", fmt.Sprintf("最小间隔须为 0 到 %d 天", MaxGapDays), p.MinGapDays)
	}
	if p.MaxTouchesPerWeek < 0 || p.MaxTouchesPerWeek > MaxWeeklyTouch {
		found.add("cap-out-of-range", "max_touches_per_week", fmt.Sprintf("每周触达上限须为 0 到 %d 次，0 表示不限", MaxWeeklyTouch), p.MaxTouchesPerWeek)
	}
	q := p.QuietHours
	if _, err := calendar.New(calendar.Rules{QuietFrom: q.From, QuietTo: q.To}, calendar.Holidays{}); errors.Is(err, calendar.ErrQuietHours) {
		found.add("quiet-hours", "quiet_hours", "免打扰时段须为 HH:MM 格式，且每天至少留出 2 小时可发送时间", q.From+"-"+q.To)
	}
}

func checkStage(s *Stage, at string, found *problems) {
	if s.OffsetFrom == "" {
		s.OffsetFrom = FromDue
	}
	if !stageKey.MatchString(s.Key) {
		found.add("stage-key", at+"key", "阶段标识须为 1 到 40 个字母、数字或 . _ + -", s.Key)
	}
	switch {
	case s.OffsetFrom != FromDue && s.OffsetFrom != FromStart && s.OffsetFrom != FromPrevious:
		found.add("unknown-offset-origin", at+"offset_from", "起算点须为 due、start 或 previous", string(s.OffsetFrom))
	case s.OffsetDays < MinOffsetDays || s.OffsetDays > MaxOffsetDays:
		found.add("offset-out-of-range", at+"offset_days", fmt.Sprintf("天数须在 %d 到 %d 之间", MinOffsetDays, MaxOffsetDays), s.OffsetDays)
	case s.OffsetDays < 0 && s.OffsetFrom != FromDue:
		found.add("offset-out-of-range", at+"offset_days", "只有以应缴日（due）起算的阶段才能提前，天数不能为负数", s.OffsetDays)
	}
	if s.MinAmountFen < 0 {
		found.add("negative-amount", at+"min_amount_fen", "最低金额不能为负数", s.MinAmountFen)
	}
	checkAction(s, at, found)
	checkChannels(s, at, found)
	checkTemplate(*s, at, found)
}

func checkAction(s *Stage, at string, found *problems) {
	if slices.Contains(actions, s.Action) {
		s.NeedsApproval = s.NeedsApproval || s.Action == LawyerLetter || s.Action == Legal
		return
	}
	name := strings.ToLower(string(s.Action))
	if slices.ContainsFunc(forbiddenWords, func(w string) bool { return strings.Contains(name, w) }) {
		found.add("forbidden-action", at+"action", "不得以停水、停电、停暖、停气、停用电梯或门禁等方式催缴（民法典第九百四十四条），请改用其他催缴方式", string(s.Action))
		return
	}
	found.add("unknown-action", at+"action", "催缴方式须为 message、call、visit、letter、demand、mediation、lawyer_letter 或 legal", string(s.Action))
}

// checkChannels looks at the channels of a message. For what people do a channel says nothing, and a foreign one is left out.
func checkChannels(s *Stage, at string, found *problems) {
	s.Channels = slices.Clone(s.Channels)
	for i, c := range s.Channels {
		if c == "email" {
			s.Channels[i] = Mail
		}
	}
	if s.Action != Message {
		s.Channels = slices.DeleteFunc(s.Channels, func(c Channel) bool { return !slices.Contains(channels, c) })
	} else if len(s.Channels) == 0 {
		found.add("channels-required", at+"channels", "消息阶段须至少选择一个发送渠道", nil)
	}
	for i, c := range s.Channels {
		switch location := fmt.Sprintf("%schannels[%d]", at, i); {
		case !slices.Contains(channels, c):
			found.add("unknown-channel", location, "发送渠道须为 app、wechat、sms、mail 或 sandbox", string(c))
		case slices.Contains(s.Channels[:i], c):
			found.add("duplicate-channel", location, "发送渠道重复", string(c))
		}
	}
}

func checkTemplate(s Stage, at string, found *problems) {
	at += "template"
	if s.Action == Message && strings.TrimSpace(s.Template) == "" {
		found.add("template-required", at, "消息阶段须填写消息模板", nil)
	}
	if utf8.RuneCountInString(s.Template) > MaxTextRunes {
		found.add("template-too-long", at, fmt.Sprintf("消息模板不能超过 %d 个字", MaxTextRunes), nil)
	}
	rest := placeholder.ReplaceAllStringFunc(s.Template, func(m string) string {
		if name := placeholder.FindStringSubmatch(m)[1]; !slices.Contains(Placeholders, name) {
			found.add("unknown-placeholder", at, "模板中有未知的占位符，可用的有 {{"+strings.Join(Placeholders, "}}、{{")+"}}", m)
		}
		return ""
	})
	if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		found.add("unknown-placeholder", at, "模板中的大括号没有成对，请检查占位符", s.Template)
	}
}
