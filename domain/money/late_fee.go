package money

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// LateFeeBase is what the late fee of one bill is computed from.
type LateFeeBase struct {
	PrincipalFen int64         // as issued
	DueOn        calendar.Date // the fee begins on the day after this day and the rule's grace
	StartOn      calendar.Date // the first day charged, where the bill itself says so; zero: by the rule
	Moves        []PrincipalMove
	Freezes      []Freeze
}

// PrincipalMove changes what is owed on a bill from a day on: a payment is negative, its reversal positive on the same day.
type PrincipalMove struct {
	On  calendar.Date
	Fen int64
}

// Freeze are days without late fee, both included; To is zero while it lasts.
type Freeze struct {
	From calendar.Date
	To   calendar.Date
}

// BillLateFee is what a bill bears at the end of a day. Accrued is rounded once, half-up, over all segments.
type BillLateFee struct {
	StartOn        calendar.Date // the first day charged
	Segments       []LateFeeSegment
	AccruedFen     int64 // through the day, before what was paid or waived
	OutstandingFen int64 // what of it is neither paid nor waived
	PayableFen     int64 // the same through the day before: what a payment of that day can settle
}

// LateFeeTerms is a LateFeeRule, or several that followed each other, made ready for computing.
type LateFeeTerms struct {
	graces []datedGrace // by day
	rates  []datedRate  // by day
}

// datedRate is a rate per day from a day on.
type datedRate struct {
	from     int
	daily    *big.Rat
	capped   bool     // lowered to the yearly cap
	capShare *big.Rat // the most that a bill may bear from that day on, as a share of its principal; nil for no cap
}

var (
	decimalForm = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,10})?$`)
	daysOfYear  = big.NewRat(365, 1)
)

// Terms reads a rule. A rule that is off has terms by which nothing is charged. A number that is no decimal, or two rates of
// one day, are refused with the field.
func (r LateFeeRule) Terms() (LateFeeTerms, error) {
	if !r.Enabled {
		return LateFeeTerms{}, nil
	}
	t := LateFeeTerms{graces: []datedGrace{{from: beginning, days: r.GraceDays}}}
	share, err := optionalDecimal(r.CapShare, "late_fee.cap_share")
	if err != nil {
		return t, err
	}
	yearly, err := optionalDecimal(r.CapYearly, "late_fee.cap_yearly")
	if err != nil {
		return t, err
	}
	for _, rate := range r.Rates {
		daily, err := optionalDecimal(rate.Daily, "late_fee.rates")
		if err != nil {
			return t, err
		}
		if daily == nil || rate.From.IsZero() {
			return t, refusal.New(refusal.Rule, "late-fee-rate-malformed", "请为每一档违约金费率填写开始日期和日费率。").At("late_fee.rates", "缺少开始日期或日费率", nil)
		}
		d := datedRate{from: dayNumber(rate.From), daily: daily, capShare: share}
		if yearly != nil && new(big.Rat).Mul(daily, daysOfYear).Cmp(yearly) > 0 {
			d.daily, d.capped = new(big.Rat).Quo(yearly, daysOfYear), true
		}
		t.rates = append(t.rates, d)
	}
	slices.SortFunc(t.rates, func(a, b datedRate) int { return a.from - b.from })
	for i := 1; i < len(t.rates); i++ {
		if t.rates[i].from == t.rates[i-1].from {
			return t, refusal.New(refusal.Rule, "late-fee-rate-twice", "同一天有两档违约金费率，请只保留一档。").At("late_fee.rates", "同一天有两档费率", nil)
		}
	}
	return t, nil
}

func optionalDecimal(text, location string) (*big.Rat, error) {
	if text == "" {
		return nil, nil
	}
	value, ok := new(big.Rat), decimalForm.MatchString(text)
	if ok {
		value, ok = value.SetString(text)
	}
	if !ok {
		return nil, refusal.New(refusal.Rule, "late-fee-rate-malformed", "违约金的费率和上限请填写小数，例如 0.0005 表示每天万分之五。").At(location, "不是有效的小数", text)
	}
	return value, nil
}

// Charges tells whether anything can be charged by these terms.
func (t LateFeeTerms) Charges() bool {
	return slices.ContainsFunc(t.rates, func(r datedRate) bool { return r.daily.Sign() > 0 })
}

// Start gives the first day on which a bill is charged.
func (t LateFeeTerms) Start(b LateFeeBase) calendar.Date {
	if !b.StartOn.IsZero() {
		return b.StartOn
	}
	return b.DueOn.AddDays(t.graceOn(dayNumber(b.DueOn)) + 1)
}

// Accrue computes the late fee of a bill through a day, that day included: simple, never compounded, on what is owed of the
// principal on each day. What is paid is not charged on the day of the payment. Frozen days are not charged. The order of
// moves and freezes does not matter. A cap limits the sum while something is owed; where a later one is lower, the days at
// the end give way.
func (t LateFeeTerms) Accrue(b LateFeeBase, through calendar.Date) (segments []LateFeeSegment, totalFen int64) {
	first, last := dayNumber(t.Start(b)), dayNumber(through)
	if last < first || len(t.rates) == 0 {
		return nil, 0
	}
	run := lateFeeRun{principalFen: b.PrincipalFen, sum: new(big.Rat)}
	days := t.turningDays(b, first, last)
	for i := 0; i+1 < len(days); i++ {
		run.add(stretch{from: days[i], to: days[i+1] - 1, baseFen: b.owedOn(days[i]), rate: t.rateOn(days[i]), frozen: b.frozenOn(days[i])})
	}
	return run.segments, run.totalFen
}

// turningDays are the days on which base, rate or freeze may change, from the first day charged to the day after the last.
func (t LateFeeTerms) turningDays(b LateFeeBase, first, last int) []int {
	days := make([]int, 0, 2+len(t.rates)+len(b.Moves)+2*len(b.Freezes))
	days = append(days, first, last+1)
	turn := func(day int) {
		if day > first && day <= last {
			days = append(days, day)
		}
	}
	for _, r := range t.rates {
		turn(r.from)
	}
	for _, m := range b.Moves {
		turn(dayNumber(m.On))
	}
	for _, f := range b.Freezes {
		turn(dayNumber(f.From))
		if !f.To.IsZero() {
			turn(dayNumber(f.To) + 1)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

func (t LateFeeTerms) rateOn(day int) datedRate {
	for i := len(t.rates) - 1; i >= 0; i-- {
		if t.rates[i].from <= day {
			return t.rates[i]
		}
	}
	return datedRate{daily: new(big.Rat)}
}

// capOf is the most that a bill may bear, in whole fen; nil for no cap.
func (r datedRate) capOf(principalFen int64) *big.Rat {
	if r.capShare == nil {
		return nil
	}
	most := new(big.Rat).Mul(r.capShare, new(big.Rat).SetInt64(max(principalFen, 0)))
	return new(big.Rat).SetInt(new(big.Int).Quo(most.Num(), most.Denom()))
}

func (b LateFeeBase) owedOn(day int) int64 {
	owed := b.PrincipalFen
	for _, m := range b.Moves {
		if dayNumber(m.On) <= day {
			owed += m.Fen
		}
	}
	return max(owed, 0)
}

func (b LateFeeBase) frozenOn(day int) bool {
	return slices.ContainsFunc(b.Freezes, func(f Freeze) bool {
		return dayNumber(f.From) <= day && (f.To.IsZero() || day <= dayNumber(f.To))
	})
}

// stretch are days on which base, rate and freeze do not change.
type stretch struct {
	from, to int
	baseFen  int64
	rate     datedRate
	frozen   bool
}

func (s stretch) goesOn(next stretch) bool {
	return s.to+1 == next.from && s.baseFen == next.baseFen && s.frozen == next.frozen && s.rate.daily.Cmp(next.rate.daily) == 0
}

// lateFeeRun adds stretches up, exactly, and rounds the sum.
type lateFeeRun struct {
	principalFen int64
	sum          *big.Rat
	last         stretch
	segments     []LateFeeSegment
	totalFen     int64
}

func (r *lateFeeRun) add(s stretch) {
	if s.baseFen == 0 {
		return
	}
	if s.rate.daily.Sign() == 0 {
		r.limit(s.rate)
		return
	}
	joins := len(r.segments) > 0 && r.last.goesOn(s)
	if !joins {
		r.segments = append(r.segments, LateFeeSegment{From: dateOfNumber(s.from), BaseFen: s.baseFen, Rate: plain(s.rate.daily, 12), Frozen: s.frozen, Capped: s.rate.capped})
		r.last = s
	}
	r.last.to = s.to
	seg := &r.segments[len(r.segments)-1]
	seg.To, seg.Days = dateOfNumber(s.to), seg.Days+s.to-s.from+1
	if !s.frozen {
		amount := new(big.Rat).Mul(new(big.Rat).SetInt64(s.baseFen), s.rate.daily)
		r.sum.Add(r.sum, amount.Mul(amount, big.NewRat(int64(s.to-s.from+1), 1)))
	}
	r.limit(s.rate)
}

// limit holds the sum to the cap of a rate, and lets the segments add up to it.
func (r *lateFeeRun) limit(rate datedRate) {
	last := len(r.segments) - 1
	if last < 0 {
		return
	}
	if most := rate.capOf(r.principalFen); most != nil && r.sum.Cmp(most) > 0 {
		r.sum.Set(most)
		r.segments[last].Capped = true
	}
	total := halfUp(r.sum)
	r.segments[last].Fen += total - r.totalFen
	r.totalFen = total
	for i := last; i > 0 && r.segments[i].Fen < 0; i-- {
		r.segments[i-1].Fen, r.segments[i].Fen = r.segments[i-1].Fen+r.segments[i].Fen, 0
		r.segments[i-1].Capped = true
	}
}

// halfUp rounds a number that is not negative to whole fen.
func halfUp(x *big.Rat) int64 {
	twice := new(big.Int).Lsh(x.Num(), 1)
	twice.Add(twice, x.Denom())
	return twice.Quo(twice, new(big.Int).Lsh(x.Denom(), 1)).Int64()
}

// plain writes a number with at most so many decimals and no zeros at its end.
func plain(x *big.Rat, decimals int) string {
	text := x.FloatString(decimals)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

const secondsPerDay = 24 * 60 * 60

// dayNumber counts days, so that spans of days are plain arithmetic.
func dayNumber(d calendar.Date) int {
	_, offset := d.At(0, 0).Zone()
	return int((d.At(0, 0).Unix() + int64(offset)) / secondsPerDay)
}

var dayZero = calendar.Date{Year: 1970, Month: 1, Day: 1}

func dateOfNumber(n int) calendar.Date { return dayZero.AddDays(n) }
