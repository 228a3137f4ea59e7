package report

import (
	"cmp"
	"slices"

	"steward/domain/calendar"
)

// Bucket is a stretch of days for which something has been due. To is the last day, or -1 for no end.
type Bucket struct {
	Key, Title string
	From, To   int
}

// Buckets are the ages of arrears, counted in days since the due date. What is not due yet stands apart.
var Buckets = []Bucket{
	{"d0_30", "0–30 天", 0, 30}, {"d31_90", "31–90 天", 31, 90}, {"d91_180", "91–180 天", 91, 180}, {"d181_365", "181–365 天", 181, 365},
	{"y1_2", "1–2 年", 366, 730}, {"y2_3", "2–3 年", 731, 1095}, {"over_3y", "3 年以上", 1096, -1},
}

// notDue is the key of what is not due yet.
const notDue = "not_due"

// BucketOf gives the key of the age on a day of what was due on another.
func BucketOf(dueOn, day calendar.Date) string {
	days := dueOn.DaysUntil(day)
	for _, b := range Buckets {
		if days >= b.From && (b.To < 0 || days <= b.To) {
			return b.Key
		}
	}
	return notDue
}

// Owed is what one debtor owes for one fee item by one due date.
type Owed struct {
	FeeItem  string        `db:"fee_item"`
	DebtorID string        `db:"debtor_id"`
	DueOn    calendar.Date `db:"due_on"`
	Bills    int64         `db:"bills"`
	OwedFen  int64         `db:"owed_fen"`
}

// Debtor is how a report names somebody who owes.
type Debtor struct {
	ID, Name, Unit string
}

// ArrearsSections shows what is owed on a day by age: by fee item, and by debtor, who owes most first. debtors nil leaves the
// people out.
func ArrearsSections(owed []Owed, debtors map[string]Debtor, day calendar.Date, maxRows int) (Row, []Section) {
	byItem, byDebtor, total := map[string]Row{}, map[string]Row{}, ageRow()
	for _, o := range owed {
		key := BucketOf(o.DueOn, day) + "_fen"
		if byItem[o.FeeItem] == nil {
			byItem[o.FeeItem] = ageRow()
			byItem[o.FeeItem]["fee_item"] = o.FeeItem
		}
		if byDebtor[o.DebtorID] == nil {
			d := debtors[o.DebtorID]
			byDebtor[o.DebtorID] = ageRow()
			byDebtor[o.DebtorID]["debtor_id"], byDebtor[o.DebtorID]["debtor"], byDebtor[o.DebtorID]["unit"] = o.DebtorID, d.Name, d.Unit
		}
		for _, row := range []Row{byItem[o.FeeItem], byDebtor[o.DebtorID], total} {
			row.add(key, o.OwedFen)
			row.add("bills", o.Bills)
			if key != notDue+"_fen" {
				row.add("overdue_fen", o.OwedFen)
			}
			row.add("total_fen", o.OwedFen)
		}
	}
	total["debtors"] = int64(len(byDebtor))
	columns := []Column{{"bills", "账单数", Count}, {notDue + "_fen", "未到期（元）", Yuan}}
	for _, b := range Buckets {
		columns = append(columns, Column{b.Key + "_fen", b.Title + "（元）", Yuan})
	}
	columns = append(columns, Column{"overdue_fen", "逾期合计（元）", Yuan}, Column{"total_fen", "欠费合计（元）", Yuan})
	items := Section{Key: "fee_items", Title: "按收费项目", Columns: append([]Column{{"fee_item", "收费项目", Text}}, columns...), Rows: values(byItem), Totals: labelled(total, "fee_item")}
	slices.SortFunc(items.Rows, byText("fee_item"))
	sections := []Section{items}
	if debtors != nil {
		people := Section{Key: "debtors", Title: "按缴费人", Columns: append([]Column{{"debtor", "缴费人", Text}, {"unit", "房屋", Text}}, columns...), Rows: values(byDebtor), Totals: labelled(total, "debtor")}
		slices.SortFunc(people.Rows, byMost("total_fen", "debtor_id"))
		sections = append(sections, people.cut(maxRows))
	}
	return total, sections
}

func ageRow() Row {
	row := Row{"bills": int64(0), "overdue_fen": int64(0), "total_fen": int64(0), notDue + "_fen": int64(0)}
	for _, b := range Buckets {
		row[b.Key+"_fen"] = int64(0)
	}
	return row
}

func (r Row) add(key string, n int64) {
	was, _ := r[key].(int64)
	r[key] = was + n
}

func (r Row) fen(key string) int64 { n, _ := r[key].(int64); return n }

func values[K comparable](rows map[K]Row) []Row {
	all := make([]Row, 0, len(rows))
	for _, r := range rows {
		all = append(all, r)
	}
	return all
}

func labelled(total Row, column string) Row {
	row := Row{column: "合计"}
	for k, v := range total {
		row[k] = v
	}
	return row
}

// cut keeps at most n rows.
func (s Section) cut(n int) Section {
	if len(s.Rows) > n {
		s.Rows, s.Truncated = s.Rows[:n], true
	}
	return s
}

func byText(key string) func(a, b Row) int {
	return func(a, b Row) int {
		x, _ := a[key].(string)
		y, _ := b[key].(string)
		return cmp.Compare(x, y)
	}
}

func byMost(key, then string) func(a, b Row) int {
	return func(a, b Row) int { return cmp.Or(cmp.Compare(b.fen(key), a.fen(key)), byText(then)(a, b)) }
}
