package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/refusal"
)

// A whole estate in sheets that refer to each other by numbers, as older systems ask for it.
func estatePages() []page {
	return []page{
		{"楼栋", "楼栋号|单元号|总层数|是否有电梯\n1|1|11|有\n1|2|11|有"},
		{"业主", "编号|业主名称|手机号|身份证号|业主类型|业主编号||说明\n1|测试甲|13800000001||1001|1||业主编号不能重复\n2|测试乙|13800000002||1001|2\n3|测试丙|13800000003||1002|2\n4|测试丁|138|||5\n5|测试戊|13800000005|||9"},
		{"费用", "费用编号|收费项目|计算公式|单价|附加费|缴费周期|计费起始时间\n1|物业费|1001|1.8|0|1|2020-06-10\n2|公摊费|2002||20|3|2020-06-10"},
		{"房屋", "房号|楼栋|单元|建筑面积|业主编号|房屋费用|费用开始时间\n101|1|1|89.5|1|1#2|2020-06-10#2020-07-10\n102|1|1|90|2|1|2020-06-10\n103|1|1|90|7|0|\n104|1|1|90||2|2020-08-\n105|1|1|90|5|1#2|2020-06-10\n106|1|1|90|5|3|2020-06-10"},
		{"车位", "停车场|车位编码|车位类型|业主编号|车牌号\n1|C001|地上|1|浙A12345\n1|C002|地下||"},
	}
}

func TestRosterOfSheetsJoinedByNumbers(t *testing.T) {
	got := readPages(Roster, nil, estatePages()...)
	problems, notices := told(got)
	require.Equal(t, []string{"房屋!4:业主编号:unknown-owner-no", "业主!5:手机号:bad-phone"}, problems, "a problem of an owner is told once, where it is")
	require.Equal(t, []string{"1-1-101 测试甲 13800000001", "1-1-102 测试乙 13800000002", "1-1-102 测试丙 13800000003", "1-1-104  "}, unitsOf(got))
	require.Equal(t, "family", string(got.Good.Roster[2].Role))
	require.Equal(t, 6, got.Rows)
	require.Equal(t, 3, got.Rejected)
	require.Equal(t, "房屋", got.Sheet)
	require.Equal(t, []string{"楼栋!0::sheet-not-used", "费用!0::sheet-not-used", "房屋!1:房屋费用:column-not-used", "房屋!1:费用开始时间:column-not-used", "车位!0::sheet-not-used",
		"业主!2::notes-beside", "业主!6::rows-not-used"}, notices)

	again := readPages(Roster, nil, estatePages()[3], estatePages()[1])
	require.Equal(t, unitsOf(got), unitsOf(again), "the order of the sheets does not matter")
}

func TestSheetsJoinedByNumbersWithoutTheOther(t *testing.T) {
	got := readPages(Roster, nil, estatePages()[3])
	problems, _ := told(got)
	require.Equal(t, []string{"1:业主编号:missing-sheet", "1:业主:missing-column", "1:联系电话:missing-column"}, problems)
	got = readPages(Roster, nil, page{"", "楼栋|房号|业主|联系电话|客户编号\n1|101|测试甲|13800000001|K1"})
	problems, notices := told(got)
	require.Empty(t, problems)
	require.Equal(t, []string{"1:客户编号:column-not-used"}, notices)
	require.Len(t, got.Good.Roster, 1)
}

func TestAListThatNothingRefersToIsASheetThatIsNotUsed(t *testing.T) {
	got := readPages(Roster, nil, page{"清册", "楼栋|房号|业主|联系电话\n1|101|测试甲|13800000001"}, estatePages()[1])
	problems, notices := told(got)
	require.Empty(t, problems)
	require.Equal(t, []string{"业主!0::sheet-not-used"}, notices)
	require.Empty(t, readPages(Roster, nil, page{"清册", "楼栋|房号|业主|联系电话\n1|101|测试甲|13800000001"}, estatePages()[1], page{"旧业主", estatePages()[1].text}).Problems)
	twice := estatePages()
	twice[0] = page{"旧业主", twice[1].text}
	require.Equal(t, []string{"sheets-of-one-kind"}, codes(readPages(Roster, nil, twice...)))
}

func TestFeeItemsWithTheUnitsThatPayThem(t *testing.T) {
	pages := estatePages()
	pages[3].text = strings.Replace(pages[3].text, "房号", "房屋编号", 1)
	got := readPages(FeeItems, nil, pages...)
	require.Equal(t, []string{"收费项目", "房屋编号"}, []string{got.Label(FeeItems, "fee_item"), got.Label(FeeItems, "room")}, "each as its own sheet calls it")
	var rows []string
	for _, r := range got.Good.FeeItems {
		rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", r.Sheet, r.Row, r.Name, strings.Trim(r.Unit.Key()+" "+dated(r.UnitFrom), "- "))))
	}
	require.Equal(t, []string{"费用 2 物业费", "费用 3 公摊费", "房屋 2 物业费 1-1-101 2020-06-10", "房屋 2 公摊费 1-1-101 2020-07-10", "房屋 3 物业费 1-1-102 2020-06-10"}, rows)
	problems, notices := told(got)
	require.Equal(t, []string{"房屋!5:费用开始时间:bad-date", "房屋!6:费用开始时间:list-mismatch", "房屋!7:房屋费用:unknown-fee-no"}, problems)
	require.Contains(t, notices, "房屋!4::no-numbers")
	require.Equal(t, 8, got.Rows)
}

func TestTwoSheetsOfOneKind(t *testing.T) {
	one, two := page{"1栋", "楼栋|房号|业主|联系电话\n1|101|测试甲|13800000001"}, page{"2栋", "楼栋|房号|业主|联系电话\n2|101|测试乙|13800000002\n2|102|测试丙|13800000003"}
	got := readPages(Roster, nil, one, two)
	require.True(t, got.Unreadable)
	require.Empty(t, got.Good.Roster)
	require.Equal(t, 3, got.Rows)
	require.Equal(t, "sheets-of-one-kind", got.Problems[0].Code)
	require.Contains(t, got.Problems[0].Message, "“1栋”、“2栋”")

	got = readPages(Roster, map[string]string{SheetKey: "2栋"}, one, two)
	problems, notices := told(got)
	require.Empty(t, problems)
	require.Equal(t, []string{"1栋!0::sheet-not-used"}, notices)
	require.Len(t, got.Good.Roster, 2)

	got = readPages(Roster, map[string]string{SheetKey: "3栋"}, one, two)
	require.Equal(t, []string{"no-such-sheet"}, codes(got))

	bills := page{"欠费", "房屋|业主|手机号|收费项目|账期|应收金额|应缴日期\n1-1-101|测试甲|13800000001|物业费|2026-01|10|2026-01-31"}
	for _, pages := range [][]page{{one, bills}, {bills, one}} {
		got = readPages(Roster, nil, pages...)
		require.Empty(t, got.Problems, "the sheet that looks like the asked kind is meant")
		require.Equal(t, "1栋", got.Sheet)
		require.Len(t, readPages(Receivables, nil, pages...).Good.Receivables, 1)
	}
}

func TestAFileOfAnotherKind(t *testing.T) {
	stock := page{"物品信息", "物品导入\n序号|物品名称|物品编号|单价|库存\n1|灯泡|D1|3|40"}
	got := readPages(Roster, nil, stock)
	problems, _ := told(got)
	require.Equal(t, []string{"2::looks-like-other-kind", "2:楼栋:missing-column", "2:房号:missing-column", "2:业主:missing-column", "2:联系电话:missing-column"}, problems)
	require.Contains(t, got.Problems[0].Message, "物品库存")
	require.True(t, got.Unreadable)
	got = readPages(Payments, nil, estatePages()[3])
	require.Equal(t, "looks-like-other-kind", got.Problems[0].Code)
	require.Contains(t, got.Problems[0].Message, "请改选“房屋业主清册”")
}

func TestPaymentHistories(t *testing.T) {
	got := readPages(Payments, nil, page{"", `房屋|收费项目|缴费周期|开始时间|结束时间|缴费时间|应缴金额|实缴金额|收银员|备注
1-1-1001|物业费|12|42370|42736|42736|1000|998.50|测试员|手工导入
1-0-商1|物业费|12|2017-01-01|2017-12-31|2017-1-5|1000|1,000.00|测试员|
1-1-1001|物业费|6|2018-06-10||2018-06-10|500|￥500元|测试员|
1-1-1001|物业费|6|2018-06-10|2018-01-01|2018-06-10|500|500|测试员|`})
	problems, notices := told(got)
	require.Equal(t, []string{"5:结束时间:bad-period"}, problems)
	require.Equal(t, []string{"1:应缴金额:column-not-used", "1:收银员:column-not-used", "1:备注:column-not-used"}, notices)
	p := got.Good.Payments
	require.Equal(t, []string{"2016", "2017", "2018-06-10..2018-12-09"}, []string{p[0].Period.Text, p[1].Period.Text, p[2].Period.Text}, "an end on the day on which the next span begins is no part of it")
	require.Equal(t, []int64{99850, 100000, 50000}, []int64{p[0].AmountFen, p[1].AmountFen, p[2].AmountFen}, "what was paid, not what was due")
	require.Equal(t, "1--商1", p[1].Room.Key())

	got = readPages(Payments, nil, page{"", "车牌号|收费项目|缴费时间|实缴金额\n浙A·12345|停车费|2026-01-05|300\n|停车费|2026-01-05|300"})
	problems, _ = told(got)
	require.Equal(t, []string{"3:房屋:missing-value"}, problems)
	require.Equal(t, "浙A12345", got.Good.Payments[0].Plate)
}

func TestReceivablesBySpan(t *testing.T) {
	got := readPages(Receivables, nil, page{"", "房屋|费用名称|开始日期|结束日期|欠费金额|缴费截止日\n1-1-101|物业费|2026-01-01|2026-03-31|300|2026-03-31\n1-1-102|物业费|2026-01-01|2026-04-01|300|2026-03-31\n1-1-103|物业费||2026-04-01|300|2026-03-31"})
	problems, _ := told(got)
	require.Equal(t, []string{"4:账期:missing-value"}, problems)
	require.Equal(t, "2026Q1", got.Good.Receivables[0].Period.Text)
	require.Equal(t, "2026Q1", got.Good.Receivables[1].Period.Text)
}

func TestMappingsThatCannotBe(t *testing.T) {
	require.NoError(t, CheckMapping(Roster, map[string]string{"门牌": "房号", "房东": "name", "联系电话": "门牌电话", SheetKey: "x", "宠物": "", "车": "-", "主人2": "name#2"}))
	err := CheckMapping(Roster, map[string]string{"门牌": "门牌号数"})
	require.True(t, refusal.Is(err, "bad-mapping"))
	r, _ := refusal.As(err)
	require.Equal(t, "body.mapping.门牌", r.Fields[0].Location)

	file := page{"", "楼栋|房号|业主|电话号\n1|101|测试甲|13800000001"}
	got := readPages(Roster, map[string]string{"电话号吗": "联系电话"}, file)
	require.Contains(t, codes(got), "bad-mapping")
	got = readPages(Roster, map[string]string{"电话号": "联系电话", "套内": "inner_area"}, file)
	problems, notices := told(got)
	require.Empty(t, problems)
	require.Equal(t, []string{"0:套内:mapping-not-used"}, notices)

	pages := estatePages()
	pages[1].text = strings.Replace(pages[1].text, "手机号", "常用号", 1)
	got = readPages(Roster, map[string]string{"业主!常用号": "phone"}, pages...)
	require.Equal(t, "13800000001", got.Good.Roster[0].Phone)
}

// The worked case: 300 rows, of which row 17 has a negative area, row 40 a room type that nobody knows, row 77 a formula.
func TestThreeHundredRowsWithThreeProblems(t *testing.T) {
	var b strings.Builder
	b.WriteString("楼栋|单元|房号|建筑面积|房屋类型|业主|联系电话")
	for i := 2; i <= 301; i++ {
		area, kind := "89.5", "住宅"
		switch i {
		case 17:
			area = "-89"
		case 40:
			kind = "空中楼阁"
		case 77:
			area = "=C77*2"
		}
		fmt.Fprintf(&b, "\n%d|%d|%d|%s|%s|测试%d|138%08d", i/50+1, i%2+1, 100+i, area, kind, i, i)
	}
	got := readPages(Roster, nil, page{"", b.String()})
	problems, _ := told(got)
	require.Equal(t, []string{"17:建筑面积:bad-area", "40:房屋类型:bad-unit-kind", "77:建筑面积:formula-cell"}, problems)
	require.Equal(t, 300, got.Rows)
	require.Equal(t, 3, got.Rejected)
	require.Len(t, got.Good.Roster, 297)
}
