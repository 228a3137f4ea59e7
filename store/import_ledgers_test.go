package store_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/importing"
	"steward/domain/page"
	"steward/store/storetest"
)

// ledgerTables are what imports of fee items, meters, equipment and staff may touch.
var ledgerTables = []string{"fee_item", "fee_item_version", "unit_fee", "meter", "meter_reading", "equipment", "staff"}

// withHousehold gives an importer whose community has the units of the household.
func withHousehold(t *testing.T) importer {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	return i
}

func dry(r importing.Request) importing.Request {
	r.DryRun = true
	return r
}

func partial(r importing.Request) importing.Request {
	r.Partial = true
	return r
}

// said is what an import did or would do row by row: outcome, subject, changes, codes of doubts.
func (i importer) said(id string) (out []string) {
	i.t.Helper()
	p, err := i.Store.ImportEffects(i.t.Context(), i.Scope, id, importing.AllEffects, page.Query{Limit: 500})
	require.NoError(i.t, err)
	for _, e := range p.Items {
		text := fmt.Sprintf("%d %s %s", e.Row, e.Outcome, e.Subject)
		for _, c := range e.Changes {
			text += fmt.Sprintf(" %s:%s>%s", c.Column, c.Old, c.New)
		}
		for _, d := range e.Doubts {
			text += " ?" + d.Code
		}
		out = append(out, text)
	}
	return out
}

func problemsOf(job importing.Job) (out []string) {
	for _, p := range job.Problems {
		out = append(out, fmt.Sprintf("%d %s %s", p.Row, p.Column, p.Code))
	}
	return out
}

func (i importer) texts(query string, args ...any) (out []string) {
	i.t.Helper()
	require.NoError(i.t, i.DB.SelectContext(i.t.Context(), &out, query, append([]any{i.OrgID}, args...)...))
	return out
}

func feeItems(lines ...string) importing.Request {
	return csv(importing.FeeItems, "收费项目,计算公式,单价,附加费,缴费周期,付费类型,收费对象,计费起始时间,计费结束时间,房屋,费用开始时间,费用结束时间", lines)
}

const versions = `SELECT CONCAT_WS(' ', i.name, v.no, v.formula, v.parameters, v.cycle, v.prepaid, v.debtor_role, v.from_on)
	FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id WHERE i.org_id = ? ORDER BY i.name_key, v.no`

const payers = `SELECT CONCAT_WS(' ', u.unit_key, i.name, f.from_on, COALESCE(f.to_on, '-'), COALESCE(f.price_yuan, '-')) FROM unit_fee f
	JOIN unit u ON u.org_id = f.org_id AND u.id = f.unit_id JOIN fee_item i ON i.org_id = f.org_id AND i.id = f.fee_item_id WHERE f.org_id = ? ORDER BY u.unit_key, f.from_on`

var estateFees = []string{
	"物业费,1001,1.85,0.5,3,预付费,业主,2020-01-01,,,,",
	"车位费,2002,,80,月,后付费,租户,,,,,",
	"物业费,,,,,,,,,3-2-1501,2020-06-10,",
	"物业费,,2.100001,,,,,,,3#1502,2020-06-10,2030-12-31",
	"车位费,,,,,,,,,3-2-1501,2021-01-01,",
}

func TestFeeItemsAreImportedOnceHoweverOften(t *testing.T) {
	i := withHousehold(t)
	tried := i.run(dry(feeItems(estateFees...)))
	require.Equal(t, importing.Counts{Created: 5}, tried.Counts)
	require.Equal(t, []string{"2 created 物业费", "3 created 车位费", "4 created 3栋2单元1501 物业费", "5 created 3栋2单元1502 物业费", "6 created 3栋2单元1501 车位费"}, i.said(tried.ID))
	require.Zero(t, i.count("fee_item")+i.count("unit_fee"))

	before := i.content(ledgerTables...)
	first := i.run(feeItems(estateFees...))
	require.Empty(t, first.Problems)
	require.Equal(t, importing.Counts{Created: 5}, first.Counts)
	require.Equal(t, []string{
		`物业费 1 built_area {"extra_yuan":"0.5","price_yuan":"1.85"} quarter 1 owner 2020-01-01`,
		`车位费 1 fixed {"extra_yuan":"80"} month 0 tenant 1900-01-01`,
	}, i.texts(versions))
	require.Equal(t, []string{"3-2-1501 物业费 2020-06-10 - -", "3-2-1501 车位费 2021-01-01 - -", "3-2-1502 物业费 2020-06-10 2030-12-31 2.100001"}, i.texts(payers))
	again := i.run(feeItems(estateFees...))
	require.Equal(t, importing.Counts{Unchanged: 5}, again.Counts)
	require.Empty(t, i.said(again.ID))

	i.rollBack(again.ID)
	i.rollBack(first.ID)
	require.Equal(t, before, i.content(ledgerTables...))
}

// TestAPriceWithoutAFormulaIsNotAlwaysByArea: lists that give each home a price and no formula mean the area for looking after
// the building, and a month's amount for a parking space or for what no square metre costs.
func TestAPriceWithoutAFormulaIsNotAlwaysByArea(t *testing.T) {
	i := withHousehold(t)
	rows := []string{"物业费,,1.85,,,,,,,3-2-1501,2026-01-01,", "车位管理费,,15,,,,,,,3-2-1501,2026-01-01,2026-12-31", "车位管理费,,18,,,,,,,3#1502,2026-01-01,", "会所年费,,120,,,,,,,3#1502,2026-01-01,"}
	first := i.run(feeItems(rows...))
	require.Equal(t, importing.Counts{Created: 4}, first.Counts)
	require.Equal(t, []string{"会所年费 fixed 120", "物业费 built_area 1.85", "车位管理费 fixed 15"},
		i.texts(`SELECT CONCAT_WS(' ', i.name, v.formula, JSON_UNQUOTE(JSON_EXTRACT(v.parameters, '$.price_yuan'))) AS said
			FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id WHERE i.org_id = ? ORDER BY i.name COLLATE utf8mb4_bin`))
	require.Contains(t, i.texts(payers), "3-2-1502 车位管理费 2026-01-01 - 18.000000")
	for _, said := range i.said(first.ID)[:2] {
		require.Contains(t, said, "?formula-assumed")
	}
	require.Equal(t, importing.Counts{Unchanged: 4}, i.run(feeItems(rows...)).Counts)
}

func TestAChangedPriceIsAnotherVersion(t *testing.T) {
	i := withHousehold(t)
	i.run(feeItems(estateFees...))
	before := i.content(ledgerTables...)
	raised := append([]string{"物业费,1001,1.95,0.5,3,预付费,业主,2026-01-01,,,,"}, estateFees[1:]...)
	tried := i.run(dry(feeItems(raised...)))
	require.Equal(t, importing.Counts{Updated: 1, Unchanged: 4}, tried.Counts)
	require.Equal(t, []string{"2 updated 物业费 单价:1.85>1.95 计费起始时间:2020-01-01>2026-01-01"}, i.said(tried.ID))

	second := i.run(feeItems(raised...))
	require.Equal(t, tried.Counts, second.Counts)
	require.Equal(t, []string{`物业费 1 built_area {"extra_yuan":"0.5","price_yuan":"1.85"} quarter 1 owner 2020-01-01`,
		`物业费 2 built_area {"extra_yuan":"0.5","price_yuan":"1.95"} quarter 1 owner 2026-01-01`}, i.texts(versions)[:2])
	require.Equal(t, importing.Counts{Unchanged: 5}, i.run(feeItems(raised...)).Counts)

	i.rollBack(second.ID)
	require.Equal(t, before, i.content(ledgerTables...))

	third := i.run(feeItems("物业费,1001,2.05,,,,,2020-01-01,,,,", "车位费,,,90,,,,,,,,"))
	require.Equal(t, []string{"2 updated 物业费 单价:1.85>2.05 ?terms-from-the-start", "3 updated 车位费 附加费:80>90"}, i.said(third.ID))
	require.Contains(t, i.texts(versions), `车位费 2 fixed {"extra_yuan":"90"} month 0 tenant 2026-03-09`, "without a date it begins today")
}

func TestAVersionThatBillsNameStays(t *testing.T) {
	i := withHousehold(t)
	first := i.run(feeItems(estateFees...))
	i.run(receivables("云栖苑,3,2,1501,测试甲,物业费,2026-01,100,2026-01-31"))
	require.Equal(t, []string{"bill:1"}, i.refusesRollBack(first.ID, "import-in-use"), "of the version and of the item, and yet one")
	raised := i.run(feeItems("物业费,1001,1.95,,,,,2026-04-01,,,,"))
	require.Contains(t, i.refusesRollBack(first.ID, "import-in-use"), "changed-since:1")
	i.run(receivables("云栖苑,3,2,1501,测试甲,物业费,2026-05,100,2026-05-31"))
	require.Equal(t, []string{"bill:1"}, i.refusesRollBack(raised.ID, "import-in-use"))
	require.Equal(t, []string{"1", "2"}, i.texts(`SELECT v.no FROM bill b JOIN fee_item_version v ON v.org_id = b.org_id AND v.id = b.fee_item_version_id WHERE b.org_id = ? ORDER BY b.period`))
}

func TestItemsThatBillsMadeTakeTheirTermsFromAFile(t *testing.T) {
	i := withHousehold(t)
	i.run(receivables("云栖苑,3,2,1501,测试甲,物业费,2026-01,100,2026-01-31"))
	job := i.run(feeItems("物业费,,1.5,,,,,,,3-2-1501,2024-01-01,2024-12-31", "物业费,,1.5,,,,,,,3-2-1502,2024-01-01,2024-12-31"))
	require.Equal(t, []string{"2 created 3栋2单元1501 物业费 计算公式:动态费用>面积*单价+附加费 单价:>1.5 ?formula-assumed", "3 created 3栋2单元1502 物业费"}, i.said(job.ID))
}

func TestWhatAUnitPaysFollowsItsDates(t *testing.T) {
	i := withHousehold(t)
	i.run(feeItems(estateFees...))
	later := i.run(feeItems("物业费,,2.5,,,,,,,3-2-1501,2025-01-01,", "物业费,,,,,,,,,3-2-1502,,2026-12-31"))
	require.Equal(t, []string{"2 created 3栋2单元1501 物业费 费用结束时间:>2024-12-31", "3 updated 3栋2单元1502 物业费 费用结束时间:2030-12-31>2026-12-31"}, i.said(later.ID))
	require.Equal(t, []string{"3-2-1501 物业费 2020-06-10 2024-12-31 -", "3-2-1501 车位费 2021-01-01 - -", "3-2-1501 物业费 2025-01-01 - 2.500000", "3-2-1502 物业费 2020-06-10 2026-12-31 2.100001"},
		i.texts(payers))
	bad := i.run(feeItems("物业费,,,,,,,,,3-2-1501,2019-01-01,", "物业费,,,,,,,,,3-2-1502,2026-06-01,2027-01-01", "物业费,,,,,,,,,9-9-999,2026-06-01,",
		"电费,,,,,,,,,3-2-1501,2026-06-01,", "泳池费,2002,,5,,,,,,3-2-1601,,"))
	require.Equal(t, importing.Failed, bad.Status)
	require.Equal(t, []string{"2 费用开始时间 unit-fee-overlaps", "3 费用开始时间 unit-fee-overlaps", "4 房屋 unknown-unit", "5 收费项目 unknown-fee-item", "6 费用开始时间 missing-value"}, problemsOf(bad))
	mine := i.run(feeItems("物业费,,1.85,,,,,,,3-2-1502,,"))
	require.Equal(t, []string{"2 updated 3栋2单元1502 物业费 单价:2.100001>1.85"}, i.said(mine.ID), "the item's own price again")
	require.Contains(t, i.texts(payers), "3-2-1502 物业费 2020-06-10 2026-12-31 -")
}

func TestRowsOfDifferentRunsAreCheckedAgainstEachOther(t *testing.T) {
	i := withHousehold(t)
	lines := []string{"物业费,1001,1.85,,,,,2020-01-01,,,,", "物业费,,,,,,,,,3-2-1501,2020-01-01,"}
	for n := range importing.BatchRows {
		lines = append(lines, fmt.Sprintf("项目%d,2002,,5,,,,,,,,", n))
	}
	lines = append(lines, "物业费,,,,,,,,,3-2-1501,2019-01-01,")
	bad := i.run(feeItems(lines...))
	require.Equal(t, importing.Failed, bad.Status, "found before anything is written")
	require.Equal(t, []string{"504 费用开始时间 unit-fee-overlaps"}, problemsOf(bad))
	require.Zero(t, i.count("fee_item"))

	some := i.run(partial(feeItems(lines...)))
	require.Equal(t, importing.Counts{Created: 502, Rejected: 1}, some.Counts)
	require.Equal(t, importing.Counts{Unchanged: 502, Rejected: 1}, i.run(partial(feeItems(lines...))).Counts)
}

func meters(lines ...string) importing.Request {
	return csv(importing.MeterReadings, "房屋,表号,表类型,表名称,模式,收费项目,抄表日期,本期读数,换表或归零", lines)
}

const readings = `SELECT CONCAT_WS(' ', COALESCE(u.unit_key, '-'), m.kind, m.serial, m.mode, COALESCE(r.read_on, '-'), COALESCE(r.reading, '-'), r.reset_kind) FROM meter m
	LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id LEFT JOIN meter_reading r ON r.org_id = m.org_id AND r.meter_id = m.id WHERE m.org_id = ?
	ORDER BY COALESCE(u.unit_key, '-'), m.kind, m.serial, r.read_on`

var januaryReadings = []string{
	"3-2-1501,W1,水表,,,,2026-01-31,100.5,",
	"3-2-1502,,水表,,,,2026-01-31,7,",
	"3-2-1502,E2,电表,,充值,,,,",
	",,电表,电梯电表,,,2026-01-31,5000,",
}

func TestReadingsAreKeptOnceHoweverOften(t *testing.T) {
	i := withHousehold(t)
	before := i.content(ledgerTables...)
	first := i.run(meters(januaryReadings...))
	require.Empty(t, first.Problems)
	require.Equal(t, importing.Counts{Created: 4}, first.Counts)
	require.Equal(t, []string{"- electricity  reading 2026-01-31 5000.000 ", "3-2-1501 water W1 reading 2026-01-31 100.500 ", "3-2-1502 electricity E2 prepaid - -", "3-2-1502 water  reading 2026-01-31 7.000 "},
		i.texts(readings))
	require.Equal(t, importing.Counts{Unchanged: 4}, i.run(meters(januaryReadings...)).Counts)

	february := []string{",w1,,,,,2026-02-28,103,", "3栋2单元1502,,水表,,,,2026-02-28,9.125,", ",,,电梯电表,,,2026-02-28,5100,"}
	tried := i.run(dry(meters(february...)))
	require.Equal(t, importing.Counts{Created: 3}, tried.Counts)
	require.Equal(t, []string{"2 created 3栋2单元1501水表（W1） 2026-02-28 103", "3 created 3栋2单元1502水表 2026-02-28 9.125", "4 created 电梯电表 2026-02-28 5100"}, i.said(tried.ID))
	second := i.run(meters(february...))
	require.Equal(t, []int{4, 6}, []int{i.count("meter"), i.count("meter_reading")})
	require.Equal(t, []string{"meter_reading:3"}, i.refusesRollBack(first.ID, "import-in-use"))
	i.rollBack(second.ID)
	i.rollBack(first.ID)
	require.Equal(t, before, i.content(ledgerTables...))
}

func TestReadingsDoNotFall(t *testing.T) {
	i := withHousehold(t)
	i.run(meters(januaryReadings...))
	i.run(meters("3-2-1501,,水表,,,,2026-02-28,103,"))
	for line, want := range map[string]string{
		"3-2-1501,,水表,,,,2026-03-08,102.999,":   "2 本期读数 reading-below-last",
		"3-2-1501,,水表,,,,2026-02-10,103.001,":   "2 本期读数 reading-above-next",
		"3-2-1501,,水表,,,,2026-02-10,99,":        "2 本期读数 reading-below-last",
		"3-2-1501,,水表,,,,2026-02-28,104,":       "2 本期读数 reading-differs",
		"3-2-1501,,水表,,,,2026-02-28,1,换表":       "2 本期读数 reading-differs",
		",W9,水表,,,,2026-03-01,1,":               "2 表号 unknown-meter",
		"3-2-1502,W1,水表,,,,2026-03-01,200,":     "2 表号 meter-elsewhere",
		"3-2-1501,,水表,,,没有这个项目,2026-03-01,200,": "2 收费项目 unknown-fee-item",
		"3-2-1501,Z1,,,,,2026-03-01,200,":       "2 表类型 missing-value",
		"9-9-901,,水表,,,,2026-03-01,200,":        "2 房屋 unknown-unit",
	} {
		require.Equal(t, []string{want}, problemsOf(i.run(dry(meters(line)))), line)
	}
	good := i.run(meters("3-2-1501,,水表,,,,2026-02-10,102,", "3-2-1501,W1X,水表,,,,2026-03-01,0.5,换表", "3-2-1501,,水表,,,,2026-03-08,3,", ",,,电梯电表,,,2026-03-01,12,归零"))
	require.Empty(t, good.Problems)
	require.Contains(t, i.said(good.ID), "3 created 3栋2单元1501水表（W1X） 2026-03-01 0.5 表号:W1>W1X ?no-final")
	require.Equal(t, []string{"3-2-1501 water W1X reading 2026-01-31 100.500 ", "3-2-1501 water W1X reading 2026-02-10 102.000 ", "3-2-1501 water W1X reading 2026-02-28 103.000 ",
		"3-2-1501 water W1X reading 2026-03-01 0.500 replaced", "3-2-1501 water W1X reading 2026-03-08 3.000 "}, i.texts(readings)[2:7])

	i.run(meters("3-2-1501,W2,水表,,,,,,"))
	require.Equal(t, []string{"2 表类型 ambiguous-meter"}, problemsOf(i.run(dry(meters("3-2-1501,,水表,,,,2026-03-09,4,")))))
	require.Empty(t, i.run(dry(meters("3-2-1501,W1X,水表,,,,2026-03-09,4,"))).Problems)
}

func TestAMeterTakesTheSerialThatItLacked(t *testing.T) {
	i := withHousehold(t)
	i.run(meters("3-2-1501,,水表,,,,,,"))
	i.run(feeItems("水费,5005,3.45,,,,,,,,,"))
	job := i.run(meters("3-2-1501,W7,水表,厨房水表,,水费,,,"))
	require.Equal(t, []string{"2 updated 厨房水表（W7） 表号:>W7 表名称:>厨房水表 收费项目:>水费"}, i.said(job.ID))
	require.Equal(t, 1, i.count("meter"))
	i.rollBack(job.ID)
	require.Equal(t, []string{"3-2-1501 water  reading - -"}, i.texts(readings))
}

// Whatever order the rows of a file are in, what is kept of a meter never falls from one day to the next.
func TestKeptReadingsNeverFall(t *testing.T) {
	i := withHousehold(t)
	rapid.Check(t, func(t *rapid.T) {
		i.DB.MustExecContext(i.t.Context(), `DELETE FROM meter_reading WHERE org_id = ?`, i.OrgID)
		for range 2 {
			var lines []string
			days := rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 1, 6, rapid.ID[int]).Draw(t, "days")
			for _, d := range days {
				day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d).Format(time.DateOnly)
				lines = append(lines, fmt.Sprintf("3-2-1501,,水表,,,,%s,%d,", day, rapid.IntRange(0, 9).Draw(t, "reading")))
			}
			job := i.run(partial(meters(lines...)))
			require.Equal(t, len(lines), job.Created+job.Unchanged+job.Rejected)
		}
		var kept []float64
		require.NoError(t, i.DB.SelectContext(i.t.Context(), &kept, `SELECT reading FROM meter_reading WHERE org_id = ? ORDER BY read_on`, i.OrgID))
		require.NotEmpty(t, kept)
		require.IsNonDecreasing(t, kept)
	})
}

func TestARealEstateWorkbookGivesItsFees(t *testing.T) {
	content, err := os.ReadFile("../../shared/data/import-template/community-all.xlsx")
	if err != nil {
		t.Skipf("the real forms are not here: %v", err)
	}
	i := importer{storetest.New(t), t}
	file := importing.Request{Kind: importing.Roster, Community: "云栖苑", FileName: "community-all.xlsx", Content: content, Partial: true}
	rooms := i.run(file)
	require.Equal(t, 3, rooms.Rejected, "owners whom the workbook does not have")
	file.Kind = importing.FeeItems
	tried := i.run(dry(file))
	require.Equal(t, 3, tried.Rejected, "and so their rooms are not there")
	for _, p := range tried.Problems {
		require.Equal(t, []string{"房屋信息", "unknown-unit"}, []string{p.Sheet, p.Code})
	}
	first := i.run(file)
	require.Equal(t, []int{2, 2, 7}, []int{i.count("fee_item"), i.count("fee_item_version"), i.count("unit_fee")})
	require.Equal(t, []string{`测试收费1 1 built_area {"extra_yuan":"20","price_yuan":"1.3","to_on":"2037-01-01"} half_year 1 owner 2020-06-10`,
		`测试收费2 1 built_area {"extra_yuan":"20","price_yuan":"1","to_on":"2037-01-01"} quarter 1 owner 2020-06-10`}, i.texts(versions))
	require.Equal(t, []string{"1-1-1011 测试收费1 2020-06-10 - -", "1-1-1011 测试收费2 2020-07-10 - -"}, i.texts(payers)[:2])
	again := i.run(file)
	require.Equal(t, importing.Counts{Unchanged: first.Created, Rejected: 3}, again.Counts)
}

// Another system's form has one row for each unit and fee, and no sheet of fee items.
func TestAFormOfUnitsWithFeesMakesTheItems(t *testing.T) {
	i := withHousehold(t)
	form := csv(importing.FeeItems, "小区名称(必填),楼栋名称,单元号,房间号(必填),房屋面积(必填),姓名(必填),手机号(必填),身份证号,备用手机号,缴费项目(必填),缴费类型(必填),缴费大类(必填),缴费小类(必填),单价(必填),费用开始时间(必填),费用结束时间(必填)", []string{
		"云栖苑,3栋,2单元,1501,89.5,测试甲,13800000001,,,物业服务费,周期,物业费,高层,1.85,45658,46022",
		"云栖苑,3栋,2单元,1502,120,测试乙,13800000003,,,物业服务费,周期,物业费,高层,1.85,2025-01-01,2025-12-31",
		"云栖苑,5栋,,商铺12,60,测试甲,13800000001,,,物业服务费,周期,物业费,商铺,3.20,2025/1/1,2025/12/31"})
	first := i.run(form)
	require.Empty(t, first.Problems)
	require.Equal(t, []string{"2 created 3栋2单元1501 物业服务费 ?formula-assumed", "3 created 3栋2单元1502 物业服务费", "4 created 5栋商铺12 物业服务费"}, i.said(first.ID))
	require.Equal(t, []string{"3-2-1501 物业服务费 2025-01-01 2025-12-31 -", "3-2-1502 物业服务费 2025-01-01 2025-12-31 -", "5--商铺12 物业服务费 2025-01-01 2025-12-31 3.200000"}, i.texts(payers))
	require.Equal(t, importing.Counts{Unchanged: 3}, i.run(form).Counts)
}
