package importing

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/estate"
	"steward/domain/refusal"
)

var now = time.Date(2026, 10, 10, 4, 0, 0, 0, time.UTC)

func lines(text string) []Line {
	var out []Line
	for i, l := range strings.Split(text, "\n") {
		line := Line{No: i + 1}
		for _, c := range strings.Split(l, ",") {
			line.Cells = append(line.Cells, Cell{Text: c, Formula: strings.HasPrefix(c, "=")})
		}
		out = append(out, line)
	}
	return out
}

func reading(kind Kind, mapping map[string]string, text string) Result {
	r := NewReading(kind, "云栖苑", mapping, now)
	for _, l := range lines(text) {
		_ = r.Take(l)
	}
	return r.Result()
}

func codes(r Result) (out []string) {
	for _, p := range r.Problems {
		out = append(out, p.Code)
	}
	return out
}

func TestRosterRows(t *testing.T) {
	r := reading(Roster, nil, `云栖苑业主清册
小区名称(必填),楼　号,单元号,房间号（必填）*,建筑面积(㎡),业主姓名,手机号,身份证号,房屋状态,业主类型,交付日期
云栖苑,3栋,2单元,1501,89.5,测试甲,138-0000-0001,,已入住,,2019-6-30
云栖苑,3栋,2单元,1501,89.5,测试乙,13800000002,,,共有人,
,３,二单元,1502室,120,,,,未售,,
,3,,101,45.678,某某商贸有限公司,0571-88880000,,,,

合计,,,,,,,,,,
,3,2,3-2-1601,90,测试丙😀,13800000003,11010119900101000x,出租,租客,`)
	require.Empty(t, r.Problems)
	require.Equal(t, 5, r.Rows)
	require.Len(t, r.Good.Roster, 5)
	a, b, c, d, e := r.Good.Roster[0], r.Good.Roster[1], r.Good.Roster[2], r.Good.Roster[3], r.Good.Roster[4]
	require.Equal(t, "3-2-1501", a.UnitKey)
	require.Equal(t, "13800000001", a.Phone)
	require.Equal(t, "89.50", a.BuiltAreaM2)
	require.Equal(t, "2019-06-30", a.From.String())
	require.Equal(t, estate.RoleOwner, b.Role)
	require.Equal(t, estate.RoleDeveloper, c.Role)
	require.Equal(t, "云栖苑开发商", c.Name)
	require.True(t, c.Company)
	require.Equal(t, "3--101", d.UnitKey)
	require.Equal(t, "45.68", d.BuiltAreaM2)
	require.True(t, d.Company)
	require.Empty(t, b.BuiltAreaM2, "the first row of a unit says what it is")
	require.Equal(t, "3-2-1601", e.UnitKey)
	require.Equal(t, estate.RoleTenant, e.Role)
	require.Equal(t, "测试丙😀", e.Name)
	require.Equal(t, "11010119900101000X", e.IDNo)
	require.Equal(t, 9, e.Row)
}

func TestRosterProblems(t *testing.T) {
	r := reading(Roster, nil, `小区,楼栋,单元,房号,建筑面积,业主,联系电话,身份证号,邮箱,业主类型
云栖苑,3,2,1501,89,测试甲,13800000001,,,
别的小区,3,2,1502,89,测试乙,13800000002,,,
云栖苑,3,2,,89,测试乙,13800000002,,,
云栖苑,3,2,1503,=B1*2,测试乙,13800000002,,,
云栖苑,3,2,1504,八十,测试乙,1380000,12-34,a.b,访客
云栖苑,3,2,1501,90,测 试 甲,13800000009,,,
云栖苑,3,2,1505,-1,`+strings.Repeat("名", 61)+`,13800000002,,,`)
	require.Equal(t, 7, r.Rows)
	require.Equal(t, 6, r.Rejected)
	require.Len(t, r.Good.Roster, 1)
	require.Equal(t, []string{"community-mismatch", "missing-value", "formula-cell", "bad-area", "bad-phone", "bad-id-no", "bad-role", "bad-email", "duplicate-row", "bad-area", "cell-too-long"}, codes(r))
	require.Equal(t, Problem{Row: 5, Column: "建筑面积", Code: "formula-cell", Message: r.Problems[2].Message}, r.Problems[2])
	require.Contains(t, r.Problems[8].Message, "第 2 行")
}

func TestReceivables(t *testing.T) {
	r := reading(Receivables, nil, `房屋,收费项目,费用期间,欠费金额(元),到期日
3-2-1501,物业费,2026年1月,"1234.50",2026/1/31
3#1501,物业费,2026-02,¥88,46073
3栋2单元1502,公摊水费,2026Q1,-5,2026-03-31
3-2-1501,物 业 费,2026-01,1234.50,2026-01-31
王府,物业费,2026-01,1,2026-01-31
1501,物业费,2026-01,,x`)
	require.Equal(t, []string{"bad-amount", "amount-negative", "bad-room", "bad-room", "missing-value", "bad-date"}, codes(r))
	require.Len(t, r.Good.Receivables, 2)
	got := r.Good.Receivables[0]
	require.Equal(t, int64(8800), got.AmountFen)
	require.True(t, got.Room.AnyEntrance)
	require.Equal(t, "2026-02-20", got.DueOn.String())
	require.Equal(t, got.DueOn, got.BilledOn, "due before today")
}

func TestPaymentsGetStableSerials(t *testing.T) {
	text := `楼栋,单元,房号,缴费金额,缴费时间,缴费方式,流水号
3,2,1501,100,2026-09-01 10:00,微信,WX001
3,2,1501,100,2026-09-01,现金,
3,2,1501,100,2026-09-01,现金,
3,2,1502,100,2026-09-01,现金,`
	first, again := reading(Payments, nil, text), reading(Payments, nil, text)
	require.Empty(t, first.Problems)
	require.Equal(t, first.Good.Payments, again.Good.Payments)
	seen := map[string]bool{}
	for _, p := range first.Good.Payments {
		require.False(t, seen[p.Channel+p.ExternalNo])
		seen[p.Channel+p.ExternalNo] = true
	}
	require.Equal(t, "wechat", first.Good.Payments[0].Channel)
	require.Equal(t, "import", first.Good.Payments[1].Channel)
	bad := reading(Payments, nil, `楼栋,单元,房号,缴费金额,缴费时间,缴费方式,流水号
3,2,1501,100,2026-09-01,微信,WX001
3,2,1502,90,2026-09-02,微信,WX001
3,2,1501,100,2027-09-01,以物抵债,`)
	require.Equal(t, []string{"duplicate-row", "bad-method", "date-in-future"}, codes(bad))
}

func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		text string
		want []string // code:column
	}{
		"no room":          {Roster, "小区,楼栋,业主,联系电话\n云栖苑,3,测试甲,13800000001", []string{"missing-column:房号"}},
		"no owner":         {Roster, "楼栋,房号,联系电话\n3,1501,13800000001", []string{"missing-column:业主"}},
		"nothing is known": {Receivables, "a,b\n1,2", []string{"missing-column:楼栋", "missing-column:房号", "missing-column:收费项目", "missing-column:账期", "missing-column:应收金额", "missing-column:应缴日期"}},
		"no building":      {Roster, "单元,房号,业主,联系电话\n2,1501,测试甲,13800000001", []string{"missing-column:楼栋"}},
		"two amounts":      {Receivables, "房屋,收费项目,账期,应收金额,欠费金额,应缴日期\n3-2-1,物业费,2026-01,1,1,2026-01-01", []string{"duplicate-column:欠费金额"}},
		"only a header":    {Roster, "楼栋,房号,业主,联系电话\n合计,,,", []string{"no-rows:"}},
		"empty":            {Roster, "", []string{"empty-file:"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := reading(c.kind, nil, c.text)
			var got []string
			for _, p := range r.Problems {
				got = append(got, p.Code+":"+p.Column)
			}
			require.Equal(t, c.want, got)
			require.True(t, r.Unreadable)
			require.Empty(t, r.Good.Roster)
		})
	}
	r := reading(Roster, map[string]string{"门牌": "room", "主人": "业主"}, "楼栋,门牌,主人,联系电话\n3,1501,测试甲,13800000001")
	require.Empty(t, r.Problems)
	require.Equal(t, "3--1501", r.Good.Roster[0].UnitKey)
}

func TestKinds(t *testing.T) {
	require.NoError(t, Roster.Accept())
	require.NoError(t, Receivables.Accept())
	require.NoError(t, Payments.Accept())
	require.True(t, refusal.Is(Kind("stock").Accept(), "unknown-import-kind"), "a form that is known and yet no kind")
	require.True(t, refusal.Is(Kind("x").Accept(), "unknown-import-kind"))
}

func TestEveryLineIsKeptRejectedOrNamed(t *testing.T) {
	words := []string{"3", "1501", "2026-01-05", "100", "物业费", "", "", "云栖苑", "合计", "说明：", "示例：3", "制表人：", "房号", "业主", "1#2", "测试甲、测试乙", "13800000001/13800000002"}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(slices.Sorted(maps.Keys(takers))).Draw(t, "kind")
		r := NewReading(kind, "云栖苑", nil, now)
		head := Line{No: 1}
		for _, c := range formOf(kind).Columns {
			head.Cells = append(head.Cells, Cell{Text: c.Title})
		}
		_ = r.Take(head)
		filled := 0
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			l := Line{No: i + 2}
			for range len(head.Cells) + 2 {
				l.Cells = append(l.Cells, Cell{Text: rapid.OneOf(rapid.StringN(0, 6, -1), rapid.SampledFrom(words), rapid.SampledFrom(words)).Draw(t, "cell")})
			}
			if !blank(l) {
				filled++
			}
			_ = r.Take(l)
		}
		everyLineIsAccounted(t, r, filled)
	})
}

// everyLineIsAccounted checks that each filled line below the header is a good row, a rejected one, or in a notice.
func everyLineIsAccounted(t require.TestingT, r *Reading, filled int) {
	got := r.Result()
	if got.Unreadable {
		require.NotEmpty(t, got.Problems)
		require.Zero(t, got.Good.Len())
		return
	}
	skipped, named := 0, 0
	for _, s := range r.sheets {
		for _, rows := range s.skipped {
			skipped += len(rows)
		}
	}
	for _, tally := range r.order {
		if slices.Contains([]string{"example-rows", "total-rows", "note-rows", "empty-rows"}, tally.code) {
			named += len(tally.rows)
		}
	}
	if len(r.sheets) == 1 {
		require.Equal(t, filled, got.Rows+skipped)
		require.Equal(t, skipped, named+len(r.sheets[0].skipped[besideLine]), "what is skipped is named")
	}
	good := map[int]bool{}
	each := func(row int) { good[row] = true }
	for _, x := range got.Good.Roster {
		each(x.Row)
	}
	require.LessOrEqual(t, len(good), got.Rows-got.Rejected)
	if got.Good.Len() == len(got.Good.Roster) && len(got.Good.Roster) > 0 {
		require.Equal(t, got.Rows-got.Rejected, len(good))
	}
	require.Equal(t, got.Rejected == 0, len(got.Problems) == 0)
}

func FuzzReading(f *testing.F) {
	f.Add("roster", "楼栋|房号|业主|联系电话\n1|101|测试甲|13800000001\n合计|||\n说明：|||")
	f.Add("fee_items", "收费项目|单价|房号|楼栋|房屋费用\n物业费|1.8|101|1|1#2\n\f费用编号|收费项目|单价\n1|物业费|1.8")
	f.Add("payments", "车牌号|实缴金额|缴费时间|开始时间|结束时间\n浙A12345|￥1,234.50元|42370|42370|42736")
	f.Add("roster", "房屋信息||业主信息|\n楼栋|房号|姓名|电话\n=A1|#N/A|示例：|1.38E+10")
	f.Fuzz(func(t *testing.T, kind, text string) {
		if takers[Kind(kind)] == nil || len(text) > 4000 {
			return
		}
		r := NewReading(Kind(kind), "云栖苑", map[string]string{"甲": "业主", SheetKey: ""}, now)
		p := NewInspector(Kind(kind), nil, nil)
		for i, sheet := range strings.Split(text, "\f") {
			for _, l := range (page{string(rune('A' + i)), sheet}).lines() {
				require.NoError(t, r.Take(l))
				require.NoError(t, p.Take(l))
			}
		}
		_ = p.Inspection()
		filled := 0
		if got := r.Result(); len(r.sheets) == 1 && !got.Unreadable {
			for i, sheet := range strings.Split(text, "\f") {
				for _, l := range (page{string(rune('A' + i)), sheet}).lines() {
					if l.Sheet == r.sheets[0].name && !blank(l) && l.No > r.sheets[0].head.lineNo {
						filled++
					}
				}
			}
			everyLineIsAccounted(t, r, filled)
		}
	})
}

func TestMappingIsUnderstoodBothWaysRound(t *testing.T) {
	const file = "楼号,单元,门牌,名目,月份,钱,到期\n1栋,1单元,101,物业费,2026-01,10.00,2026-01-31"
	for name, mapping := range map[string]map[string]string{
		"from the file's header to a title":   {"门牌": "房号", "钱": "应收金额", "月份": "账期", "名目": "收费项目", "到期": "应缴日期"},
		"from the file's header to a key":     {"门牌": "room", "钱": "amount", "月份": "period", "名目": "fee_item", "到期": "due_on"},
		"from the file's header to a synonym": {"门牌": "房间号", "钱": "应收金额(元)", "月份": "账期", "名目": "收费项目", "到期": "应缴日期"},
		"from a title to the file's header":   {"房号": "门牌", "应收金额": "钱", "账期": "月份", "收费项目": "名目", "应缴日期": "到期", "备注": ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := reading(Receivables, mapping, file)
			require.Empty(t, r.Problems)
			require.Len(t, r.Good.Receivables, 1)
			require.EqualValues(t, 1000, r.Good.Receivables[0].AmountFen)
		})
	}
}
