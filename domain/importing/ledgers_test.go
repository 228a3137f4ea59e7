package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/estate"
)

func TestFeeItemsByWordAndByCode(t *testing.T) {
	r := reading(FeeItems, nil, `费用编号,费用类型,收费项目,费用标识,付费类型,缴费周期,出账类型,计费起始时间,计费结束时间,计算公式,计费单价,固定费用
1,物业费,物业服务费,周期性费用,预付费,6,每月1日,2020-6-10,2037-1-1,1001,1.850000,20
2,物业费,垃圾清运费,周期性费用,后付费,年,每月1日,2020/06/10,,固定费用,,120.5
3,物业费,水费,,后付费,1,,,,（本期度数-上期度数）× 单价＋附加费,3.45,
4,物业费,公摊电费,,,季度,,,,动态费用,9,
5,物业费,套内服务费,,,3个月,,,,3003,0.123456,`)
	require.Empty(t, r.Problems)
	require.Len(t, r.Good.FeeItems, 5)
	a, b, c, d, e := r.Good.FeeItems[0], r.Good.FeeItems[1], r.Good.FeeItems[2], r.Good.FeeItems[3], r.Good.FeeItems[4]
	require.Equal(t, []string{"built_area", "1.85", "20", "half_year", "yes", "2020-06-10", "2037-01-01"}, []string{a.Formula, a.PriceYuan, a.ExtraYuan, a.Cycle, a.Prepaid, a.From.String(), a.To.String()})
	require.True(t, a.Defined)
	require.Equal(t, []string{"fixed", "", "120.5", "year", "no"}, []string{b.Formula, b.PriceYuan, b.ExtraYuan, b.Cycle, b.Prepaid})
	require.Equal(t, []string{"metered", "3.45", "month"}, []string{c.Formula, c.PriceYuan, c.Cycle})
	require.Equal(t, []string{"given", "", "quarter", ""}, []string{d.Formula, d.PriceYuan, d.Cycle, d.Prepaid}, "a price says nothing where the amount is given")
	require.Equal(t, []string{"inner_area", "0.123456"}, []string{e.Formula, e.PriceYuan})
}

func TestFeeItemProblems(t *testing.T) {
	for row, want := range map[string]string{
		"物业费,7007,1,,月,,周期性费用":                   "formula-not-supported",
		"租金,1102,1,,月,,":                         "formula-not-supported",
		"物业费,按心情,1,,月,,":                         "bad-formula",
		"物业费,1001,1.1234567,,月,,":                "price-precision",
		"物业费,1001,-1,,月,,":                       "price-negative",
		"物业费,1001,1000001,,月,,":                  "price-absurd",
		"物业费,1001,一块八,,月,,":                      "bad-price",
		"物业费,1001,,,月,,":                         "missing-value",
		"物业费,1001,0,0,月,,":                       "missing-value",
		"物业费,,0,,月,,":                            "price-not-positive",
		"车位费,固定费用,,,月,,":                         "missing-value",
		"车位费,固定费用,80.123,,月,,":                   "price-precision",
		"车位费,固定费用,,80.123,月,,":                   "price-precision",
		"物业费,1001,1,,双月,,":                       "bad-cycle",
		"物业费,1001,1,,月,家属,":                      "bad-debtor-role",
		"装修押金,固定费用,,2000,月,,一次性费用":               "one-off-fee",
		",1001,1,,月,,":                           "missing-value",
		strings.Repeat("费", 81) + ",1001,1,,月,,": "cell-too-long",
	} {
		r := reading(FeeItems, nil, "收费项目,计算公式,单价,附加费,缴费周期,收费对象,费用标识\n"+row)
		require.Equal(t, []string{want}, codes(r), row)
		require.Empty(t, r.Good.FeeItems, row)
	}
}

func TestUnitsMayPayAnotherPriceOfAnItem(t *testing.T) {
	r := reading(FeeItems, nil, `小区名称(必填),楼栋名称,单元号,房间号(必填),房屋面积(必填),姓名(必填),缴费项目(必填),单价(必填),费用开始时间(必填),费用结束时间(必填)
云栖苑,3栋,2单元,1501,89.5,测试甲,物业费,1.5,2024-01-01,2024-12-31
云栖苑,3栋,2单元,1502,89.5,测试乙,物业费,1.50,2024-01-01,2024-12-31
云栖苑,3栋,,101,40,某某商贸,物业费,3.2,2024-01-01,2024-12-31
云栖苑,3栋,2单元,1501,89.5,测试甲,物业费,1.5,2024-01-01,2024-12-31
云栖苑,3栋,2单元,1503,89.5,测试甲,物业费,1.5,2024-01-01,2023-12-31
别的小区,3栋,2单元,1504,89.5,测试甲,物业费,1.5,2024-01-01,`)
	require.Equal(t, []string{"duplicate-row", "dates-out-of-order", "community-mismatch"}, codes(r))
	require.Len(t, r.Good.FeeItems, 3)
	for i, price := range []string{"1.5", "1.5", "3.2"} {
		got := r.Good.FeeItems[i]
		require.Equal(t, price, got.PriceYuan)
		require.Empty(t, got.UnitPriceYuan)
		require.False(t, got.Defined, "no row defines the item by itself")
		require.Equal(t, "2024-01-01", got.UnitFrom.String())
	}
	require.Equal(t, "3--101", r.Good.FeeItems[2].Unit.Key())
}

func TestAnItemIsWhatItsFirstRowSays(t *testing.T) {
	r := reading(FeeItems, nil, `收费项目,计算公式,单价,缴费周期,房屋,费用开始时间
物业费,1001,1.8,月,,
物 业 费,,,,3-2-1501,2024-01-01
物业费,1001,2.5,月,3-2-1502,2024-01-01
物业费,2002,,月,3-2-1503,2024-01-01
物业费,,,季,3-2-1504,2024-01-01
物业费,1001,2.5,月,,`)
	require.Equal(t, []string{"missing-value", "fee-item-differs", "duplicate-row"}, codes(r))
	require.Len(t, r.Good.FeeItems, 3)
	require.Equal(t, "built_area", r.Good.FeeItems[1].Formula)
	require.True(t, r.Good.FeeItems[1].Defined)
	require.Equal(t, []string{"1.8", "2.5"}, []string{r.Good.FeeItems[2].PriceYuan, r.Good.FeeItems[2].UnitPriceYuan})
}

func TestUnitsReferToFeeItemsOfAnotherSheetByNumber(t *testing.T) {
	text := func(sheet, rows string) []Line {
		all := lines(rows)
		for i := range all {
			all[i].Sheet = sheet
		}
		return all
	}
	file := append(text("费用设置", `费用编号,费用类型,收费项目,付费类型,缴费周期,计费起始时间,计算公式,计费单价,固定费用
1,物业费,服务费,预付费,6,2020-6-10,1001,1.3,20
2,物业费,清运费,预付费,3,2020-6-10,2002,,20`), text("房屋信息", `房屋编号,楼栋编号,单元编号,建筑面积,业主编号,房屋费用,费用开始时间
1011,1,1,94.56,1,1#2,2020-06-10#2020-07-10
1012,1,1,94.56,2,1,2020-06-10
1013,1,1,94.56,3,0,
1014,1,1,94.56,3,9,2020-06-10`)...)
	r := NewReading(FeeItems, "云栖苑", nil, now)
	for _, l := range file {
		require.NoError(t, r.Take(l))
	}
	got := r.Result()
	require.Equal(t, []string{"unknown-fee-no"}, codes(got))
	require.Len(t, got.Good.FeeItems, 5)
	require.False(t, got.Good.FeeItems[0].HasUnit())
	var said []string
	for _, f := range got.Good.FeeItems[2:] {
		require.True(t, f.Defined)
		said = append(said, fmt.Sprint(f.Sheet, " ", f.Row, " ", f.Unit.Key(), " ", f.Name, " ", f.UnitFrom, " ", f.Formula, f.UnitPriceYuan))
	}
	require.Equal(t, []string{"房屋信息 2 1-1-1011 服务费 2020-06-10 built_area", "房屋信息 2 1-1-1011 清运费 2020-07-10 fixed", "房屋信息 3 1-1-1012 服务费 2020-06-10 built_area"}, said)
}

func TestPricesKeepEveryPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := decimal.New(rapid.Int64Range(1, 999_999_999_999).Draw(t, "millionths"), -6)
		written := rapid.SampledFrom([]string{"%s", "¥%s", "%s元", " %s "}).Draw(t, "habit")
		r := reading(FeeItems, nil, "收费项目,计算公式,单价\n物业费,1001,"+fmt.Sprintf(written, price.StringFixed(6)))
		require.Empty(t, r.Problems)
		require.True(t, price.Equal(decimal.RequireFromString(r.Good.FeeItems[0].PriceYuan)))
	})
}

func TestMeters(t *testing.T) {
	r := reading(MeterReadings, nil, `名称,表号,表类型,模式,房屋,费用项,厂家,采集器ID
1-1-1智能水表,1212,,2002,1-1-1001,水费,某厂,10102
1-1-1电表,１２１３,电费,充值模式,1-1-1001,,,
电梯电表,,电表,,,,,`)
	require.Empty(t, r.Problems)
	a, b, c := r.Good.Meters[0], r.Good.Meters[1], r.Good.Meters[2]
	require.Equal(t, MeterRow{Row: 2, Unit: estate.NewRoom("1", "1", "1001"), Kind: "water", Serial: "1212", Name: "1-1-1智能水表", Mode: "reading", FeeItem: "水费", Maker: "某厂"}, a)
	require.Equal(t, []string{"electricity", "1213", "prepaid"}, []string{b.Kind, b.Serial, b.Mode})
	require.False(t, c.HasUnit())
	require.Empty(t, c.Mode)
}

func TestReadingProblems(t *testing.T) {
	for row, want := range map[string]string{
		"3-2-1501,,水表,2026-10-11,10,":          "reading-in-future",
		"3-2-1501,,水表,2026-09-30,-1,":          "bad-reading",
		"3-2-1501,,水表,2026-09-30,十,":           "bad-reading",
		"3-2-1501,,水表,2026-09-30,99999999999,": "bad-reading",
		"3-2-1501,,水表,2026-09-30,1.2345,":      "reading-precision",
		"3-2-1501,,水表,2026-09-30,,":            "missing-value",
		"3-2-1501,,水表,,10,":                    "missing-value",
		"3-2-1501,,,2026-09-30,10,":            "missing-value",
		",,水表,2026-09-30,10,":                  "missing-value",
		"3-2-1501,,1001,2026-09-30,10,":        "bad-meter-kind",
		"3-2-1501,,水表,2026-09-30,10,也许":        "bad-reset",
		"3-2-1501,S1,水表,,,换表":                  "missing-value",
		"1501,S1,水表,2026-09-30,10,":            "missing-column",
	} {
		r := reading(MeterReadings, nil, "房屋,表号,表类型,抄表日期,本期读数,换表或归零\n"+row)
		require.Equal(t, []string{want}, codes(r), row)
	}
	again := reading(MeterReadings, nil, "房屋,表号,表类型,抄表日期,本期读数\n3-2-1501,S1,水表,2026-09-30,10\n3-2-1501,s1,水表,2026-09-30,11\n3-2-1501,S1,水表,2026-10-01,11")
	require.Equal(t, []string{"duplicate-row"}, codes(again))
	require.Len(t, again.Good.Meters, 2)
}

func TestEquipmentGetsACodeThatStays(t *testing.T) {
	text := `设备名称,安装位置,设备类型,设备状态,投用日期,下次年检日期,保养周期
客梯,1号楼1单元,电梯,正常,2019-05-01,2026-12-31,每15天
灭火器,1号楼大堂,消防,,,,
灭火器,1号楼大堂,消防,,,,
灭火器,2号楼大堂,消防,,,,半年`
	first, again := reading(Equipment, nil, text), reading(Equipment, nil, text)
	require.Empty(t, first.Problems)
	require.Equal(t, first.Good, again.Good)
	seen := map[string]bool{}
	for _, e := range first.Good.Equipment {
		require.Regexp(t, `^SB-[0-9A-F]{8}(-2)?$`, e.Code)
		require.True(t, e.Derived)
		require.False(t, seen[e.Code])
		seen[e.Code] = true
	}
	lift := first.Good.Equipment[0]
	require.Equal(t, []string{"in_use", "2019-05-01", "2026-12-31"}, []string{lift.Status, lift.InstalledOn.String(), lift.InspectBy.String()})
	require.Equal(t, 15, lift.MaintenanceDays)

	coded := reading(Equipment, nil, "设备编号,设备名称,安装位置\nDT-01,客梯,1号楼1单元\nDT-01,客梯,2号楼")
	require.Equal(t, []string{"duplicate-row"}, codes(coded))
	require.Equal(t, []string{"DT-01", lift.Code}, []string{coded.Good.Equipment[0].Code, coded.Good.Equipment[0].DerivedCode})
}

func TestIntervalsOfUpkeep(t *testing.T) {
	for written, days := range map[string]int{
		"每15天": 15, "15": 15, "15天": 15, "半月": 15, "半个月": 15, "每半月": 15, "月": 30, "每月": 30, "月度": 30, "1个月": 30, "2个月": 60, "双月": 60, "季": 90, "季度": 90, "每季度一次": 90,
		"半年": 180, "每半年": 180, "年": 365, "一年": 365, "年度": 365, "每周": 7, "2周": 14, "两年": 730, "按季度": 90,
	} {
		r := reading(Equipment, nil, "设备名称,保养周期\n水泵,"+written)
		require.Empty(t, r.Problems, written)
		require.Equal(t, days, r.Good.Equipment[0].MaintenanceDays, written)
	}
	for _, written := range []string{"0", "-3", "偶尔", "每年春天", "4000天", "1.5"} {
		require.Equal(t, []string{"bad-interval"}, codes(reading(Equipment, nil, "设备名称,保养周期\n水泵,"+written)), written)
	}
	months := reading(Equipment, nil, "设备名称,保养周期（月）\n水泵,3")
	require.Equal(t, 90, months.Good.Equipment[0].MaintenanceDays)
}

func TestEquipmentProblems(t *testing.T) {
	r := reading(Equipment, nil, `设备名称,设备状态,安装日期,保修截止日期,上次检验日期,下次检验日期
水泵,飞行中,,,,
水泵一,,2020-01-01,2019-01-01,,
水泵二,,,,2026-01-01,2025-01-01
水泵三,,,,2027-01-01,
,正常,,,,`)
	require.Equal(t, []string{"bad-status", "dates-out-of-order", "dates-out-of-order", "date-in-future", "missing-value"}, codes(r))
}

func TestStaffPostsAndRoles(t *testing.T) {
	for post, role := range map[string]string{
		"项目经理": "community_manager", "收费员": "cashier", "楼栋管家": "steward", "客服": "dispatcher", "调度员": "dispatcher", "维修工": "worker", "高压电工": "worker", "工程主管": "team_leader",
		"保安": "", "保洁员": "", "花匠": "", "": "",
	} {
		r := reading(Staff, nil, "姓名,手机号,岗位,技能\n测试甲,138-0000-0001,"+post+",水电；电梯/水电")
		require.Empty(t, r.Problems, post)
		got := r.Good.Staff[0]
		require.Equal(t, StaffRow{Row: 2, Name: "测试甲", Phone: "13800000001", Post: post, Role: role, Skills: "水电、电梯"}, got)
	}
	own := reading(Staff, nil, "姓名,工号,岗位,角色\n测试甲,007,班长,管家\n测试乙,008,班长,国王")
	require.Equal(t, []string{"bad-role"}, codes(own))
	require.Equal(t, "steward", own.Good.Staff[0].Role)
}

func TestStaffProblems(t *testing.T) {
	r := reading(Staff, nil, `工号,姓名,手机号,岗位,入职日期,离职日期
001,测试甲,13800000001,保安,2020-01-01,2019-01-01
002,测试乙,12,保安,,
,测试丙,,保安,,
,测试丁,无,保安,,
003,,13800000004,保安,,
004,测试戊,13800000005,保安,,
004,测试己,13800000006,保安,,
,测试庚,13800000007,保安,,
,测试庚,13800000008,保安,,`)
	require.Equal(t, []string{"dates-out-of-order", "bad-phone", "missing-value", "missing-value", "missing-value", "duplicate-row"}, codes(r))
	require.Len(t, r.Good.Staff, 3)
	require.Equal(t, []bool{false, false, true}, []bool{r.Good.Staff[0].Namesake, r.Good.Staff[1].Namesake, r.Good.Staff[2].Namesake})
}
