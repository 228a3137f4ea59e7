package importing

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func inspect(kind Kind, given, saved map[string]string, all ...Line) Inspection {
	p := NewInspector(kind, given, saved)
	for _, l := range all {
		_ = p.Take(l)
	}
	return p.Inspection()
}

func hows(v SheetView) map[string]string {
	out := map[string]string{}
	for _, c := range v.Columns {
		out[c.Header] = string(c.How) + ":" + c.Column
	}
	return out
}

func TestInspectionShowsWhatEachHeaderIsTakenFor(t *testing.T) {
	file := lines(`某某小区住户资料
楼号,单元,房间,产权面积,户主大名,业主常用手机,门禁卡,备注,,说明
1,1,101,89.5,测试甲,13800000001,A1,,,请逐行填写
1,1,102,,测试乙,13800000002,,,,
合计,,,89.5,,,,,,`)
	got := inspect("", map[string]string{"户主大名": "业主"}, map[string]string{"门禁卡": "-"}, file...)
	require.Equal(t, Roster, got.Kind)
	require.Len(t, got.Sheets, 1)
	s := got.Sheets[0]
	require.Equal(t, "roster", s.LooksLike)
	require.False(t, s.Used, "a required column is missing")
	require.Equal(t, 2, s.HeaderRow)
	require.Equal(t, 2, s.Rows)
	require.Equal(t, map[string]string{
		"楼号": "synonym:building", "单元": "synonym:entrance", "房间": "synonym:room", "产权面积": "synonym:built_area", "户主大名": "given:name",
		"业主常用手机": "proposed:phone", "门禁卡": "left-out:", "备注": "synonym:remark", "说明": "beside:",
	}, hows(s))
	require.Equal(t, []string{"13800000001", "13800000002"}, s.Columns[5].Samples)
	require.Equal(t, []MissingColumn{{"phone", "联系电话"}}, s.Missing, "a proposal is not taken by itself")
	require.Equal(t, []string{"missing-column"}, codesOfProblems(got.Problems))
	require.Contains(t, got.Choices, ColumnChoice{"name", "业主", true})

	got = inspect(Roster, map[string]string{"户主大名": "业主", "业主常用手机": "phone"}, map[string]string{"门禁卡": "-"}, file...)
	require.Empty(t, got.Problems)
	require.Empty(t, got.Sheets[0].Missing)
	require.True(t, got.Sheets[0].Used)
}

func codesOfProblems(all []Problem) (out []string) {
	for _, p := range all {
		out = append(out, p.Code)
	}
	return out
}

func TestAProposalFitsTheCellsBelowIt(t *testing.T) {
	got := inspect(Roster, nil, nil, lines("楼栋,房号,业主,联系电话,房屋建筑面积数值\n1,101,测试甲,13800000001,南北通透")...)
	require.Equal(t, "unknown:", hows(got.Sheets[0])["房屋建筑面积数值"])
	got = inspect(Roster, nil, nil, lines("楼栋,房号,业主,联系电话,房屋建筑面积数值\n1,101,测试甲,13800000001,88.1")...)
	require.Equal(t, "proposed:built_area", hows(got.Sheets[0])["房屋建筑面积数值"])
}

func TestInspectionOfAFileLikeNoKind(t *testing.T) {
	got := inspect("", nil, nil, lines("物品导入\n序号,物品名称,物品编号,单价,库存\n1,灯泡,D1,3,40")...)
	require.Empty(t, got.Kind)
	require.Equal(t, "stock", got.Sheets[0].LooksLike)
	require.Equal(t, "物品库存", got.Sheets[0].LooksLikeTitle)
	require.Equal(t, 1, got.Sheets[0].Rows)
	require.Equal(t, []string{"no-kind"}, codesOfProblems(got.Problems))
}

func TestInspectionCountsAllLinesAndKeepsFew(t *testing.T) {
	p := NewInspector(Roster, nil, nil)
	for i := range 1001 {
		l := lines("1,101,测试甲,13800000001")[0]
		if i == 0 {
			l = lines("楼栋,房号,业主,联系电话")[0]
		}
		l.No = i + 1
		require.NoError(t, p.Take(l))
	}
	require.Equal(t, 1000, p.Inspection().Sheets[0].Rows)
	require.LessOrEqual(t, len(p.sheets[0].lines), headerLines+inspectedLines)
}
