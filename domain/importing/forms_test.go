package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is one sheet of a form: cells are parted by |, the first line is line 1.
type page struct{ name, text string }

func (p page) lines() (out []Line) {
	for i, l := range strings.Split(p.text, "\n") {
		line := Line{Sheet: p.name, No: i + 1}
		for _, c := range strings.Split(l, "|") {
			line.Cells = append(line.Cells, Cell{Text: strings.TrimSpace(c), Formula: strings.HasPrefix(c, "=")})
		}
		out = append(out, line)
	}
	return out
}

func readPages(kind Kind, mapping map[string]string, pages ...page) Result {
	r := NewReading(kind, "云栖苑", mapping, now)
	for _, p := range pages {
		for _, l := range p.lines() {
			_ = r.Take(l)
		}
	}
	return r.Result()
}

// told lists problems as row:column:code and notices as row:code, with the sheet where the file has several.
func told(r Result) (problems, notices []string) {
	for _, p := range r.Problems {
		problems = append(problems, strings.TrimPrefix(fmt.Sprintf("%s!%d:%s:%s", p.Sheet, p.Row, p.Column, p.Code), "!"))
	}
	for _, n := range r.Notices {
		notices = append(notices, strings.TrimPrefix(fmt.Sprintf("%s!%d:%s:%s", n.Sheet, n.Row, n.Column, n.Code), "!"))
	}
	return problems, notices
}

func unitsOf(r Result) (out []string) {
	for _, row := range r.Good.Roster {
		out = append(out, row.UnitKey+" "+row.Name+" "+row.Phone)
	}
	return out
}

// The rosters are of our own making, in the habits in which property offices keep them.
func TestRosterForms(t *testing.T) {
	for name, c := range map[string]struct {
		pages             []page
		mapping           map[string]string
		units             []string
		problems, notices []string
	}{
		"title, explanation, example, total and signature lines": {
			pages: []page{{"", `云栖苑业主清册
填写前请阅读：带 * 的列必须填写
*楼栋|*单元|*房号|面积(㎡)|*业主姓名（必填）|*联系电话（手机）
示例：1栋|1单元|101|89|张三|13900000000
1栋|1单元|101|89|测试甲|13800000001
1栋|1单元|102|90|测试乙|13800000002
1栋小计|||179||
合计：2户|||179||
制表人|测试员||审核||
打印日期：2026-01-05`}},
			units:   []string{"1-1-101 测试甲 13800000001", "1-1-102 测试乙 13800000002"},
			notices: []string{"1::above-header", "4::example-rows", "7::total-rows", "9::note-rows"},
		},
		"notes beside and below the table, hundreds of empty rows": {
			pages: []page{{"", "楼号|单元|房间|业主名称|手机号|||说明\n1|1|101|测试甲|13800000001|||请逐行填写\n||||||楼号|楼栋编号\n1|1|102|测试乙|13800000002||\n" +
				strings.Repeat("||||\n", 300) + "说明：\n1、楼号填写数字\n2、手机号必须真实有效，否则无法收到短信通知\n房间|如 1501\n备注：每月五日前报送"}},
			units:   []string{"1-1-101 测试甲 13800000001", "1-1-102 测试乙 13800000002"},
			notices: []string{"305::note-rows", "2::notes-beside"},
		},
		"a row without a room is a problem, not a note": {
			pages: []page{{"", "楼栋|单元|房号|业主|联系电话\n1|1|101|测试甲|13800000001\n1|1||测试乙|13800000002\n说明||102|测试丙|13800000003"}},
			units: []string{"1-1-101 测试甲 13800000001", "说明--102 测试丙 13800000003"}, problems: []string{"3:房号:missing-value"},
		},
		"two-row header, group above": {
			pages: []page{{"", "房屋信息|||业主信息||紧急联系人|\n楼栋|单元|房号|姓名|电话|姓名|电话\n1|1|101|测试甲|13800000001|测试乙|13800000002"}},
			units: []string{"1-1-101 测试甲 13800000001"}, notices: []string{"2:紧急联系人/姓名:unknown-column", "2:紧急联系人/电话:unknown-column"},
		},
		"two-row header, merged down": {
			pages: []page{{"", "楼栋|房号|业主||\n||姓名|联系电话|身份证号\n1|101|测试甲|13800000001|"}},
			units: []string{"1--101 测试甲 13800000001"},
		},
		"the header again in the middle": {
			pages: []page{{"", "楼栋|房号|业主|联系电话\n1|101|测试甲|13800000001\n楼栋|房号|业主|联系电话\n1|102|测试乙|13800000002"}},
			units: []string{"1--101 测试甲 13800000001", "1--102 测试乙 13800000002"}, problems: []string{"3::repeated-header"},
		},
		"running numbers and dragged formulas without content": {
			pages: []page{{"", "序号|楼栋|房号|业主|联系电话|备注\n1|1|101|测试甲|13800000001|\n2|||||\n3|||||=A3*2"}},
			units: []string{"1--101 测试甲 13800000001"}, notices: []string{"1:备注:column-not-used", "3::empty-rows"},
		},
		"a building merged down over its subtotal": {
			pages: []page{{"", "楼栋|房号|业主|联系电话|面积\n1栋|101|测试甲|13800000001|90\n1栋|小计|||90"}},
			units: []string{"1--101 测试甲 13800000001"}, notices: []string{"3::total-rows"},
		},
		"columns that nobody knows, that have no place, without a name, and left out on purpose": {
			pages:   []page{{"", "楼栋|房号|业主|门禁卡号||联系电话|性别|宠物|收费项目\n1|101|测试甲|A1|?|13800000001|男|猫|物业费"}},
			mapping: map[string]string{"宠物": "-"},
			units:   []string{"1--101 测试甲 13800000001"},
			notices: []string{"1:门禁卡号:unknown-column", "1:性别:column-not-used", "1:收费项目:column-not-used", "2:E 列:unnamed-column"},
		},
		"several owners and phones": {
			pages: []page{{"", "楼栋|房号|业主姓名|手机号|备用手机号|身份证号\n1|101|测试甲、测试乙|13800000001/13800000002||\n1|102|测试丙|13800000003、138-0000-0004|0571-88880000|\n1|103|测试丁/测试戊|13800000005||\n1|104|甲、乙商贸有限公司|+86 138 0000 0006（前台）||\n1|105|测试己，测试庚|13800000007 13800000008 13800000009||"}},
			units: []string{"1--101 测试甲 13800000001", "1--101 测试乙 13800000002", "1--102 测试丙 13800000003", "1--103 测试丁 13800000005", "1--103 测试戊 ",
				"1--104 甲、乙商贸有限公司 13800000006", "1--105 测试己 13800000007", "1--105 测试庚 "},
			notices: []string{"2:业主姓名:several-owners", "3:手机号:several-phones", "5:手机号:phone-remark", "6:业主姓名:owner-unclear"},
		},
		"numbered columns": {
			pages:   []page{{"", "楼栋|房号|业主1|业主手机号码1|业主2|业主手机号码2|业主手机号码3\n1|101|测试甲|13800000001|测试乙|13800000002|13800000003\n1|102|测试丙|13800000004||13800000005|"}},
			units:   []string{"1--101 测试甲 13800000001", "1--101 测试乙 13800000002", "1--102 测试丙 13800000004"},
			notices: []string{"2:业主手机号码3:several-phones", "3:业主手机号码2:several-phones"},
		},
		"room in one cell, in any habit": {
			pages: []page{{"", "房屋|业主|电话\n3-2-1501|测试甲|13800000001\n3#2-1502|测试乙|13800000002\n３栋２单元１５０３室|测试丙|１３８０００００００３\n三栋二单元1504|测试丁|13800000004\n3/2/1505|测试戊|13800000005"}},
			units: []string{"3-2-1501 测试甲 13800000001", "3-2-1502 测试乙 13800000002", "3-2-1503 测试丙 13800000003", "3-2-1504 测试丁 13800000004", "3-2-1505 测试戊 13800000005"},
		},
		"building in a cell, and again or the entrance in the room's": {
			pages:   []page{{"", "楼宇|房号|业主|电话\n3#|3-2-1501|测试甲|13800000001\n3#|3栋1502|测试乙|13800000002\n4#|2-1501|测试丙|13800000003\n4#|2单元1502|测试丁|13800000004\n4#|S-12|测试戊|13800000005"}},
			units:   []string{"3-2-1501 测试甲 13800000001", "3--1502 测试乙 13800000002", "4-2-1501 测试丙 13800000003", "4-2-1502 测试丁 13800000004", "4--S.12 测试戊 13800000005"},
			notices: []string{"3:房号:room-unclear"},
		},
		"placeholders for what nobody knows": {
			pages: []page{{"", "楼栋|房号|业主|联系电话|身份证号|邮箱\n1|101|测试甲|18999999999|111111111111111111|无\n1|102|无|无|/|"}},
			units: []string{"1--101 测试甲 ", "1--102  "}, notices: []string{"2:联系电话:no-phone"},
		},
		"digits that a spreadsheet threw away, errors and formulas": {
			pages:    []page{{"", "楼栋|房号|业主|联系电话|身份证号|建筑面积\n1|101|测试甲|1.38E+10||89\n1|102|测试乙|13800000002|1.10101E+17|#N/A\n1|103|测试丙|13800000003||=B2*3"}},
			problems: []string{"2:联系电话:number-rounded", "3:建筑面积:error-cell", "3:身份证号:number-rounded", "4:建筑面积:formula-cell"},
		},
		"the same column twice": {
			pages: []page{{"", "楼栋|房号|业主|业主姓名|联系电话\n1|101|测试甲|测试乙|13800000001"}}, problems: []string{"1:业主姓名:duplicate-column"},
		},
		"codes for words": {
			pages: []page{{"", "楼号|单元|房间|房屋类型|房屋状态|业主名称|手机号|业主类型\n1|1|101|110|2001|测试甲|13800000001|1001\n1|1|101|110|2001|测试乙|13800000002|1003\n1|1|102|110|2001|测试丙|13800000003|1004\n1|0|商1|商铺|2006|测试丁|13800000004|"}},
			units: []string{"1-1-101 测试甲 13800000001", "1-1-101 测试乙 13800000002", "1--商1 测试丁 13800000004"}, problems: []string{"4:业主类型:bad-role"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := readPages(Roster, c.mapping, c.pages...)
			problems, notices := told(got)
			require.Equal(t, c.problems, problems)
			require.Equal(t, c.units, unitsOf(got))
			if !got.Unreadable && len(c.problems) == 0 {
				require.Equal(t, c.notices, notices)
			}
		})
	}
}

func TestAColumnThatIsThereTwiceIsNoStranger(t *testing.T) {
	require.Empty(t, readPages(Roster, nil, page{"", "楼栋|房号|业主|业主姓名|联系电话\n1|101|测试甲|测试乙|13800000001"}).Notices)
}

func TestHeadersAreFoldedAndNeverGuessed(t *testing.T) {
	for header, want := range map[string]string{
		"业主手机号码1": "phone", "业主手机号码2": "phone#2", "联系电话（手机）": "phone", "房屋建筑面积(㎡)": "built_area", "建筑面积 （平方米）": "built_area", "* 业主姓名": "name", "业主的姓名（必填）": "name",
		"面积（套内）": "inner_area", "建筑面积m2": "built_area", "房屋类型（110 住宅 120 办公室）": "unit_kind", "房屋状态(自住/出租/空置)": "status", "【必填】楼栋": "building", "交付日期（yyyy-mm-dd）": "delivered_on",
		"面积（公摊）": "", "联系电话（配偶）": "", "业主配偶": "", "楼栋长": "", "身份证（配偶）": "", "": "",
	} {
		key, _ := formOf(Roster).find(newHeading(header))
		require.Equal(t, want, key, header)
	}
	key, ok := formOf(Vehicles).find(newHeading("车类型(9901 家用小汽车 9902 客车 9903 货车)"))
	require.True(t, ok)
	require.Equal(t, "vehicle_kind", key)
}
