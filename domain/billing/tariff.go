package billing

import (
	"cmp"
	"math/big"
	"slices"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// Tariff is a set of agreed fee items, made ready to charge many units. It can be used by several goroutines at once.
type Tariff struct {
	groups []group
}

// group are the versions of one fee item that share a cycle, so that a run bills them together.
type group struct {
	all  []*terms // every version of the item, by number: what is in force on a day is asked of all
	mine map[*terms]bool
	item Item // one of mine, for the cycle and for naming the item
}

// terms are one version, read.
type terms struct {
	Item
	parameters Parameters
	problem    *Problem // why it cannot charge anybody
	to         calendar.Date
	price      *big.Rat // nil: none
	extra      *big.Rat
	vacant     *big.Rat
	perMonth   bool
	expression *expression
	constants  map[string]*big.Rat
}

// NewTariff takes the agreed versions, in any order. A version whose parameters cannot be read makes lines with a problem.
func NewTariff(items []Item) *Tariff {
	byItem := map[string][]*terms{}
	for _, it := range items {
		byItem[it.FeeItemID] = append(byItem[it.FeeItemID], read(it))
	}
	t := &Tariff{}
	for _, id := range sortedNames(byItem) {
		versions := byItem[id]
		slices.SortFunc(versions, func(a, b *terms) int { return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.VersionID, b.VersionID)) })
		endEarlier(versions)
		var groups []group
		for _, v := range versions {
			i := slices.IndexFunc(groups, func(g group) bool { return g.item.Cycle.Months() == v.Cycle.Months() && g.item.Prepaid == v.Prepaid })
			if i < 0 {
				groups = append(groups, group{all: versions, mine: map[*terms]bool{}, item: v.Item})
				i = len(groups) - 1
			}
			groups[i].mine[v] = true
		}
		t.groups = append(t.groups, groups...)
	}
	return t
}

// endEarlier ends what lasts until a later version begins.
func endEarlier(versions []*terms) {
	for i, v := range versions {
		if !v.to.IsZero() {
			continue
		}
		for _, w := range versions[i+1:] {
			if last := w.From.AddDays(-1); v.From.Before(w.From) && (v.to.IsZero() || last.Before(v.to)) {
				v.to = last
			}
		}
	}
}

// Ends gives the last day of each version of one fee item, by version id: its own, or the day before a later one begins. One
// that lasts is left out.
func Ends(items []Item) map[string]calendar.Date {
	versions := make([]*terms, len(items))
	for i, it := range items {
		versions[i] = read(it)
	}
	slices.SortFunc(versions, func(a, b *terms) int { return cmp.Compare(a.No, b.No) })
	endEarlier(versions)
	ends := map[string]calendar.Date{}
	for _, v := range versions {
		if !v.to.IsZero() {
			ends[v.VersionID] = v.to
		}
	}
	return ends
}

func read(it Item) *terms {
	t := &terms{Item: it, to: it.To, vacant: big.NewRat(1, 1)}
	p, err := ReadParameters(it.Formula, it.Parameters)
	if err == nil && it.Formula == Expression {
		t.expression, err = p.checkedExpression()
	}
	if err == nil {
		err = it.checkTerms()
	}
	if err != nil {
		t.problem = &Problem{Code: "terms-malformed", Message: "收费标准不完整或有误，无法计算。请修改后重新签署结算规则。"}
		if no, ok := refusal.As(err); ok {
			t.problem = &Problem{Code: no.Code, Message: no.Message}
		}
		return t
	}
	t.parameters, t.constants = p, p.constants()
	if t.to.IsZero() || !p.ToOn.IsZero() && p.ToOn.Before(t.to) {
		t.to = p.ToOn
	}
	t.price, t.extra = p.PriceYuan.rat(), p.ExtraYuan.rat()
	if it.Formula == Fixed {
		if t.extra == nil {
			t.extra = t.price
		}
		if p.AmountFen != nil {
			t.extra = big.NewRat(*p.AmountFen, 100)
		}
		t.price = nil
	}
	t.perMonth = p.Per == PerMonth || p.Per == "" && it.Formula != Fixed
	if it.VacantShare != "" {
		t.vacant = Decimal(it.VacantShare).rat()
	}
	return t
}

// checkTerms refuses what a version cannot be, beside its parameters.
func (it Item) checkTerms() error {
	share := Decimal(or(it.VacantShare, "1")).rat()
	switch {
	case it.Cycle.Months() == 0:
		return refusal.New(refusal.Rule, "cycle-unknown", "没有这种计费周期，可用：month、quarter、half_year、year。").At("cycle", "计费周期不正确", string(it.Cycle))
	case it.Rounding.Title() == "":
		return refusal.New(refusal.Rule, "rounding-unknown", "没有这种取整方式，可用：half_up、half_down、down、up、whole_yuan。").At("rounding", "取整方式不正确", string(it.Rounding))
	case it.Prorate.Title() == "":
		return refusal.New(refusal.Rule, "prorate-unknown", "没有这种按天折算方式，可用：actual、days30、days365、none。").At("prorate", "折算方式不正确", string(it.Prorate))
	case roleTitle(it.DebtorRole) == "":
		return refusal.New(refusal.Rule, "debtor-role-unknown", "没有这种收费对象，可用：owner、tenant、developer。").At("debtor_role", "收费对象不正确", string(it.DebtorRole))
	case it.BillDay < 1 || it.BillDay > 31:
		return refusal.New(refusal.Rule, "bill-day-malformed", "出账日应为 1 到 31；小月没有这一天时按月末。").At("bill_day", "应为 1 到 31", it.BillDay)
	case it.DueDays < 0 || it.DueDays > 366:
		return refusal.New(refusal.Rule, "due-days-malformed", "缴费期限应为 0 到 366 天。").At("due_days", "应为 0 到 366", it.DueDays)
	case share == nil || share.Sign() < 0 || share.Cmp(big.NewRat(1, 1)) > 0:
		return refusal.New(refusal.Rule, "vacant-share-malformed", "空置房收取比例应为 0 到 1 之间的小数，例如 0.7。").At("vacant_share", "应为 0 到 1 之间的小数", it.VacantShare)
	case it.From.IsZero():
		return refusal.New(refusal.Rule, "from-needed", "请填写收费标准从哪天起执行。").At("from", "请填写开始日期", nil)
	case !it.To.IsZero() && it.To.Before(it.From):
		return refusal.New(refusal.Rule, "dates-out-of-order", "收费标准的结束日期早于开始日期，请核对。").At("to", "早于开始日期", it.To)
	}
	return nil
}

// Check refuses a version that cannot charge anybody; the refusal points at the field.
func (it Item) Check() error {
	if _, err := ReadParameters(it.Formula, it.Parameters); err != nil {
		return err
	}
	return it.checkTerms()
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// on gives the version in force on a day, nil for none.
func (g group) on(day calendar.Date) *terms {
	for _, v := range slices.Backward(g.all) {
		if v.covers(day) {
			return v
		}
	}
	return nil
}

func (t *terms) covers(day calendar.Date) bool {
	return !day.Before(t.From) && (t.to.IsZero() || !t.to.Before(day))
}

// Compute charges one unit for one period: the items that are due in a run for it (Item.PeriodIn). A line's number is the
// offset of its first day in its period, so that it stays the same when the line is computed again; the second meter of an
// item counts from 400 on, the third from 800.
func (t *Tariff) Compute(u Unit, p Period) []Line {
	u.sort()
	var lines []Line
	for _, g := range t.groups {
		own, due := g.item.PeriodIn(p)
		if !due {
			continue
		}
		b := &bill{unit: &u, group: g, period: own}
		b.compute()
		lines = append(lines, b.lines...)
	}
	return lines
}

// sort brings the facts into an order that does not depend on where they came from, in copies of its own.
func (u *Unit) sort() {
	u.States, u.Tenures, u.Fees, u.Meters = slices.Clone(u.States), slices.Clone(u.Tenures), slices.Clone(u.Fees), slices.Clone(u.Meters)
	slices.SortStableFunc(u.States, func(a, b State) int { return compareDays(a.From, b.From) })
	slices.SortFunc(u.Tenures, func(a, b estate.Tenure) int {
		return cmp.Or(compareDays(a.From, b.From), cmp.Compare(a.ID, b.ID), cmp.Compare(a.PersonID, b.PersonID))
	})
	slices.SortFunc(u.Fees, func(a, b Assignment) int {
		return cmp.Or(compareDays(a.From, b.From), cmp.Compare(a.FeeItemID, b.FeeItemID), compareDays(a.To, b.To), cmp.Compare(a.PriceYuan, b.PriceYuan))
	})
	slices.SortFunc(u.Meters, func(a, b Meter) int { return cmp.Compare(a.ID, b.ID) })
	for i := range u.Meters {
		u.Meters[i].Uses = slices.Clone(u.Meters[i].Uses)
		slices.SortFunc(u.Meters[i].Uses, func(a, b MeterUse) int { return cmp.Or(compareDays(a.From, b.From), compareDays(a.To, b.To)) })
	}
}

func compareDays(a, b calendar.Date) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}
