package billing

import (
	"errors"
	"fmt"
	"strings"

	"steward/domain/calendar"
)

// reasons says why a segment is not the whole period.
func (b *bill) reasons(all []segment, i int) []Split {
	s := all[i]
	found := map[Split]bool{}
	if s.terms.Formula == Metered {
		if s.from != b.period.From || s.to != b.period.To {
			found[SplitMeasured] = len(all) == 1
		}
	} else {
		found[SplitStarted] = i == 0 && b.period.From.Before(s.from) || i > 0 && all[i-1].to.AddDays(1) != s.from
		found[SplitEnded] = i == len(all)-1 && s.to.Before(b.period.To) || i < len(all)-1 && all[i+1].from != s.to.AddDays(1)
	}
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j >= len(all) || j < i && all[j].to.AddDays(1) != s.from || j > i && all[j].from != s.to.AddDays(1) {
			continue
		}
		o := all[j]
		found[SplitPrice] = found[SplitPrice] || o.terms != s.terms || o.own != s.own || o.rentYuan != s.rentYuan
		found[SplitArea] = found[SplitArea] || o.state.BuiltAreaM2 != s.state.BuiltAreaM2 || o.state.InnerAreaM2 != s.state.InnerAreaM2
		found[SplitVacancy] = found[SplitVacancy] || o.state.Status != s.state.Status
		found[SplitDebtor] = found[SplitDebtor] || o.debtorID != s.debtorID
	}
	var list []Split
	for _, r := range []Split{SplitPrice, SplitArea, SplitVacancy, SplitDebtor, SplitStarted, SplitEnded, SplitMeasured} {
		if found[r] {
			list = append(list, r)
		}
	}
	return list
}

// settle rounds a charge, once, and adds its line; or the line of what is wrong with it.
func (b *bill) settle(s segment, split []Split, lineOffset int, c *charge, err error) {
	var no *refused
	switch {
	case errors.As(err, &no):
		b.add(s, split, lineOffset, charge{}, (*Problem)(no))
		return
	case err != nil:
		b.add(s, split, lineOffset, charge{}, &Problem{Code: "not-computable", Message: "无法计算，请检查收费标准。"})
		return
	}
	fen, ok := s.terms.Rounding.round(c.yuan)
	if !ok {
		problem := Problem{Code: "amount-negative", Message: "算出的金额是负数（" + yuan(c.yuan) + " 元），不能出账。请检查收费标准和录入的数据。"}
		if c.yuan.Sign() > 0 {
			problem = Problem{Code: "amount-too-large", Message: "算出的金额超过单笔上限，请检查收费标准和录入的数据。"}
		}
		b.add(s, split, lineOffset, charge{}, &problem)
		return
	}
	b.add(s, split, lineOffset, *c, nil)
	b.lines[len(b.lines)-1].AmountFen = fen
	b.explain(&b.lines[len(b.lines)-1], s, c)
}

func (b *bill) add(s segment, split []Split, lineOffset int, c charge, p *Problem) {
	t := s.terms
	billedOn, dueOn := t.Dates(b.period)
	l := Line{UnitID: b.unit.ID, FeeItemID: t.FeeItemID, FeeItem: t.FeeItem, VersionID: t.VersionID, VersionNo: t.No, DebtorID: s.debtorID,
		Period: b.period.Text, LineNo: lineOffset + max(0, b.period.From.DaysUntil(s.from)), From: s.from, To: s.to, BilledOn: billedOn, DueOn: dueOn, Problem: p}
	l.Basis = Basis{Formula: t.Formula, Inputs: c.inputs, Months: c.months, Tiers: c.tiers, Days: s.days(), Split: split, Rule: Rule{VersionID: t.VersionID, No: t.No,
		Cycle: Cycle(or(string(t.Cycle), string(Month))), Rounding: Rounding(or(string(t.Rounding), string(HalfUp))), Prorate: Prorate(or(string(t.Prorate), string(ActualDays)))}}
	if p != nil {
		l.Basis.Text = fmt.Sprintf("%s，%s：%s", t.FeeItem, span(s.from, s.to), p.Message)
	}
	b.lines = append(b.lines, l)
}

// explain says in one sentence how the line came about.
func (b *bill) explain(l *Line, s segment, c *charge) {
	l.Basis.Exact = text(c.yuan)
	var said strings.Builder
	fmt.Fprintf(&said, "%s：%s；%s", l.FeeItem, c.said, span(l.From, l.To))
	if l.From != b.period.From || l.To != b.period.To || len(l.Basis.Split) > 0 {
		fmt.Fprintf(&said, "，共 %d 天", l.Basis.Days)
		var parts []string
		for _, m := range l.Basis.Months {
			if m.Share != "1" {
				parts = append(parts, m.Month+" 计 "+m.Share)
			}
		}
		if len(parts) > 0 {
			fmt.Fprintf(&said, "，%s折算（%s）", s.terms.Prorate.Title(), strings.Join(parts, "、"))
		}
	}
	fmt.Fprintf(&said, "，应收 %d.%02d 元（%s）", l.AmountFen/100, l.AmountFen%100, s.terms.Rounding.Title())
	if len(l.Basis.Split) > 0 {
		var why []string
		for _, r := range l.Basis.Split {
			why = append(why, r.Title())
		}
		said.WriteString("。分段原因：" + strings.Join(why, "、"))
	}
	l.Basis.Text = said.String() + "。"
}

func span(from, to calendar.Date) string { return from.String() + " 至 " + to.String() }
