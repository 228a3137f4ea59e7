package estate

import (
	"strings"
	"time"
	"unicode/utf8"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// The flags of a person. All but FlagWrongContact stop collection.
const (
	FlagHold         = "hold"
	FlagDeceased     = "deceased"
	FlagHardship     = "hardship"
	FlagWrongContact = "wrong_contact"
)

// Flag is a mark on a person, with its reason; until its last day where it has one.
type Flag struct {
	ID       string        `json:"id"`
	DebtorID string        `json:"debtor_id"`
	Flag     string        `json:"flag"`
	Reason   string        `json:"reason"`
	Until    calendar.Date `json:"until,omitzero"`
	SetBy    string        `json:"set_by"`
	SetAt    time.Time     `json:"set_at"`
}

// FlagChange sets a flag.
type FlagChange struct {
	Flag   string
	Reason string
	Until  calendar.Date // the last day; zero for no end
}

// Stops tells whether a flag stops collection from its person.
func (c FlagChange) Stops() bool { return c.Flag != FlagWrongContact }

// Check refuses an unknown flag, an empty reason, and an end that has passed.
func (c *FlagChange) Check(today calendar.Date) error {
	c.Reason = strings.TrimSpace(c.Reason)
	switch c.Flag {
	case FlagHold, FlagDeceased, FlagHardship, FlagWrongContact:
	default:
		return refusal.New(refusal.Rule, "unknown-flag", "标记须为 hold、deceased、hardship 或 wrong_contact。").At("flag", "未知的标记", c.Flag)
	}
	switch n := utf8.RuneCountInString(c.Reason); {
	case n == 0:
		return refusal.New(refusal.Rule, "reason-required", "请填写标记原因。").At("reason", "不能为空", nil)
	case n > 500:
		return refusal.New(refusal.Rule, "reason-too-long", "标记原因不能超过 500 字。").At("reason", "过长", nil)
	case !c.Until.IsZero() && c.Until.Before(today):
		return refusal.New(refusal.Rule, "until-in-the-past", "截止日期不能早于今天。").At("until", "早于今天", c.Until.String())
	}
	return nil
}
