package metering

import (
	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

const (
	readingPlaces = 3
	maxDigits     = 10
)

var maxReading = decimal.New(1, maxDigits)

// Fits refuses a reading that cannot be: malformed, in the future, or out of order with those before and after it (nil where
// there are none). Locations name the fields of an entry.
func Fits(r Reading, before, after *Reading, today calendar.Date) error {
	switch {
	case r.On.IsZero():
		return rule("read-on-needed", "请填写抄表日期。").At("read_on", "请填写抄表日期", nil)
	case today.Before(r.On):
		return rule("reading-in-future", "抄表日期 %s 还没到，请核对。", r.On).At("read_on", "抄表日期不能晚于今天", r.On)
	}
	for _, v := range []struct {
		field string
		value decimal.Decimal
	}{{"reading", r.Value}, {"final_reading", r.Final.Decimal}, {"start_reading", r.Start}} {
		if v.value.IsNegative() || v.value.GreaterThanOrEqual(maxReading) || !v.value.Equal(v.value.Truncate(readingPlaces)) {
			return rule("bad-reading", "读数应为不小于 0 的数，最多 %d 位小数，请核对。", readingPlaces).At(v.field, "读数不正确", v.value.String())
		}
	}
	if err := fitsReset(r, before); err != nil {
		return err
	}
	if r.Reset == NoReset && before != nil && r.Value.LessThan(before.Value) {
		return rule("reading-below-last", "读数 %s 小于上次（%s）的 %s。请核对；如果换了表或表已走满归零，请注明。", r.Value, before.On, before.Value).
			At("reading", "不能小于上次读数 "+before.Value.String(), r.Value.String()).With("last_reading", before.Value.String()).With("last_read_on", before.On)
	}
	return fitsNext(r, after)
}

func fitsReset(r Reading, before *Reading) error {
	switch r.Reset {
	case NoReset:
	case Rollover:
		switch {
		case before == nil:
			return rule("no-last-reading", "这块表还没有读数，无需注明归零。").At("reset", "没有上次读数", r.Reset)
		case r.Digits < 1 || r.Digits > maxDigits:
			return rule("digits-needed", "请填写表盘的整数位数（1 到 %d），才能算出走满归零时的用量。", maxDigits).At("digits", "请填写表盘位数", nil)
		case r.Value.GreaterThanOrEqual(span(r.Digits)) || before.Value.GreaterThanOrEqual(span(r.Digits)):
			return rule("reading-beyond-digits", "读数 %s 或上次的 %s 超出了 %d 位表盘能显示的范围，请核对位数。", r.Value, before.Value, r.Digits).
				At("digits", "位数与读数不符", r.Digits)
		case r.Value.GreaterThanOrEqual(before.Value):
			return rule("not-a-rollover", "读数 %s 不小于上次（%s）的 %s，不是归零。请取消“归零”或核对读数。", r.Value, before.On, before.Value).
				At("reset", "读数没有变小", r.Reset)
		}
	case Replaced:
		switch {
		case r.Final.Valid && before != nil && r.Final.Decimal.LessThan(before.Value):
			return rule("final-below-last", "旧表的最后读数 %s 小于上次（%s）的 %s，请核对。", r.Final.Decimal, before.On, before.Value).
				At("final_reading", "不能小于上次读数 "+before.Value.String(), r.Final.Decimal.String())
		case r.Value.LessThan(r.Start):
			return rule("reading-below-start", "读数 %s 小于新表的起始读数 %s，请核对。", r.Value, r.Start).At("reading", "不能小于新表的起始读数", r.Value.String())
		}
	default:
		return rule("bad-reset", "换表或归零请填 replaced、rollover 或留空。").At("reset", "只能是 replaced 或 rollover", r.Reset)
	}
	return nil
}

// fitsNext keeps the order with a reading that is there of a later day.
func fitsNext(r Reading, after *Reading) error {
	if after == nil {
		return nil
	}
	refuse := func(limit decimal.Decimal) error {
		return rule("reading-above-next", "读数 %s 与之后（%s）已有的 %s 不相容，请核对日期和读数。", r.Value, after.On, limit).
			At("reading", "与之后的读数不相容", r.Value.String()).With("next_reading", limit.String()).With("next_read_on", after.On)
	}
	switch {
	case after.Reset == NoReset && r.Value.GreaterThan(after.Value):
		return refuse(after.Value)
	case after.Reset == Rollover && r.Value.LessThanOrEqual(after.Value):
		return refuse(after.Value)
	case after.Reset == Rollover && after.Digits > 0 && r.Value.GreaterThanOrEqual(span(after.Digits)):
		return refuse(after.Value)
	case after.Reset == Replaced && after.Final.Valid && r.Value.GreaterThan(after.Final.Decimal):
		return refuse(after.Final.Decimal)
	}
	return nil
}

func rule(code, format string, args ...any) *refusal.Refusal {
	return refusal.New(refusal.Rule, code, format, args...)
}
