// Package templatetest fills templates as a person would, for tests that bring them back in.
package templatetest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
	"steward/spreadsheet"
)

// Kinds are the kinds of the contract in an order in which they can be imported into an empty community.
var Kinds = []importing.Kind{importing.Roster, importing.Owners, importing.Tenants, importing.Vehicles, importing.FeeItems, importing.Receivables, importing.Payments,
	importing.MeterReadings, importing.Equipment, importing.Staff}

// Rows is how many rows a filled template has.
const Rows = 3

// Filled gives the template of a kind with good rows below its example: text where the column is text, numbers and dates
// as such in the others.
func Filled(kind importing.Kind) ([]byte, error) {
	_, content, err := spreadsheet.New().Template(kind)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("open the template of %s: %w", kind, err)
	}
	defer func() { _ = f.Close() }()
	for i, row := range goodRows[kind] {
		cell, err := excelize.CoordinatesToCellName(1, i+3)
		if err != nil {
			return nil, err
		}
		if err := f.SetSheetRow(f.GetSheetName(0), cell, &row); err != nil {
			return nil, fmt.Errorf("fill the template of %s: %w", kind, err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("fill the template of %s: %w", kind, err)
	}
	return out.Bytes(), nil
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// goodRows are three rows of each kind in the order of the template's columns.
var goodRows = map[importing.Kind][][]any{
	importing.Roster: {
		{"云栖苑", "3栋", "2单元", "1501", 89.5, 72.3, "15", "住宅", "入住", "测试甲", "13800000001", "", "业主", day(2019, 6, 30), day(2019, 6, 30), day(2019, 7, 1)},
		{"", "3", "2", "1502", 120, nil, nil, nil, "空置", "测试乙", "13800000002"},
		{nil, "5栋", nil, "商铺12", 60, nil, nil, "商铺", "出租", "某某商贸有限公司", "0571-88880000"},
	},
	importing.Owners: {
		{"云栖苑", "3栋", "2单元", "1501", "测试甲", "13800000001", "", "", "业主", day(2019, 6, 30)},
		{nil, "3", "2", "1501", "测试丙", "13800000003", nil, nil, "家属"}, {nil, "3", "2", "1502", "测试乙", "13800000002"},
	},
	importing.Tenants: {
		{"云栖苑", "3栋", "2单元", "1501", "测试租客", "13800000004", "", day(2026, 1, 1), day(2026, 12, 31)},
		{nil, "3", "2", "1502", "测试租户", "13800000005", nil, day(2026, 1, 1)}, {nil, "5栋", nil, "商铺12", "某某餐饮有限公司", "13800000006", nil, day(2026, 2, 1), day(2027, 1, 31)},
	},
	importing.Vehicles: {
		{"地下停车场", "A001", "地下", 13.2, "浙A00001", "小汽车", "某品牌", "白", "3-2-1501", "测试甲", "13800000001", "出售", day(2026, 1, 1)},
		{"地下停车场", "A002", "机械"}, {nil, nil, nil, nil, "浙A00002", nil, nil, nil, "3-2-1502", "测试乙", "13800000002"},
	},
	importing.Receivables: {
		{"云栖苑", "3栋", "2单元", "1501", "测试甲", "物业费", "2026-01", 165.58, day(2026, 1, 31), day(2026, 1, 5)},
		{nil, "3", "2", "1502", nil, "物业费", "2026年第一季度", 300, day(2026, 3, 31)}, {nil, "5栋", nil, "商铺12", nil, "垃圾清运费", "2026", 120, day(2026, 12, 31)},
	},
	importing.Payments: {
		{"3-2-1501", "测试甲", 165.58, "2026-01-20 10:30", "微信", "WX20260120000001", "物业费", "2026-01"},
		{"3-2-1502", nil, 100, "2026-01-20", "现金"}, {"5-商铺12", nil, 50.5, "2026-01-21", "支付宝", "ZF1"},
	},
	importing.FeeItems: {
		{"物业费", "面积*单价+附加费", 1.85, nil, "季", "预付费", "业主", day(2026, 1, 1)},
		{"车位费", "固定费用", nil, 80, "月", "后付费", "租户"}, {"物业费", nil, 2.123456, nil, nil, nil, nil, nil, nil, "3-2-1501", day(2026, 1, 1), day(2026, 12, 31)},
	},
	importing.MeterReadings: {
		{"3-2-1501", nil, "W0001", "水表", "抄表模式", nil, nil, day(2026, 1, 31), 1234.5},
		{"3-2-1502", nil, "0002", "电表", nil, nil, "某厂"}, {nil, "1号电梯电表", nil, "电表", nil, nil, nil, day(2026, 1, 31), 5000},
	},
	importing.Equipment: {
		{"DT-01", "客梯", "电梯", "3栋2单元", "在用", nil, nil, nil, day(2019, 5, 1), nil, day(2025, 12, 31), day(2026, 12, 31), "每15天", "某某电梯公司"},
		{nil, "灭火器", "消防", "3栋大堂", nil, nil, nil, nil, nil, nil, nil, nil, "半年"}, {"001", "生活水泵", "给排水", "泵房", "闲置", nil, nil, nil, nil, nil, nil, nil, 45},
	},
	importing.Staff: {
		{"001", "测试经理", "13800000001", "项目经理", "项目部", nil, day(2020, 1, 1)},
		{"002", "测试师傅", "13800000002", "维修工", "工程部", "水电、电梯", day(2021, 3, 1), day(2026, 1, 31)}, {nil, "测试保安", "13800000003", "夜班门卫"},
	},
}
