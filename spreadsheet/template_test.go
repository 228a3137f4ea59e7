package spreadsheet_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
	"steward/spreadsheet"
	"steward/spreadsheet/templatetest"
)

func readTemplate(t *testing.T, kind importing.Kind, content []byte) importing.Result {
	t.Helper()
	r := importing.NewReading(kind, "云栖苑", nil, time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	require.NoError(t, spreadsheet.New().Check("模板.xlsx", content))
	require.NoError(t, spreadsheet.New().Read("模板.xlsx", content, r.Take))
	return r.Result()
}

func TestTemplatesAreReadAsTheyAreWritten(t *testing.T) {
	for _, kind := range templatetest.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			name, content, err := spreadsheet.New().Template(kind)
			require.NoError(t, err)
			require.Equal(t, "导入模板-"+kind.Title()+".xlsx", name)

			empty := readTemplate(t, kind, content)
			require.Len(t, empty.Problems, 1)
			require.Equal(t, "no-rows", empty.Problems[0].Code)
			require.Empty(t, empty.Notices)

			whole, err := templatetest.Filled(kind)
			require.NoError(t, err)
			got := readTemplate(t, kind, whole)
			require.Empty(t, got.Problems)
			require.Empty(t, got.Notices)
			require.Equal(t, templatetest.Rows, got.Rows)
			require.Equal(t, templatetest.Rows, got.Good.Len())
		})
	}
}

func TestTemplatesGuideThePersonWhoFillsThem(t *testing.T) {
	_, content, err := spreadsheet.New().Template(importing.Roster)
	require.NoError(t, err)
	f, err := excelize.OpenReader(bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, []string{"房屋业主清册", importing.InstructionSheet}, f.GetSheetList())
	header, err := f.GetRows("房屋业主清册")
	require.NoError(t, err)
	require.Equal(t, []string{"小区", "楼栋（必填）", "单元", "房号（必填）"}, header[0][:4])
	require.Equal(t, "示例：云栖苑", header[1][0])
	lists, err := f.GetDataValidations("房屋业主清册")
	require.NoError(t, err)
	require.Len(t, lists, 3)
	require.Equal(t, `"住宅,商铺,办公,车位,储藏室"`, lists[0].Formula1)
	panes, err := f.GetPanes("房屋业主清册")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	for cell, code := range map[string]string{"D3": "@", "K900": "@", "L3": "@", "N3": "yyyy-mm-dd", "E3": "0.00"} {
		id, err := f.GetCellStyle("房屋业主清册", cell)
		require.NoError(t, err)
		style, err := f.GetStyle(id)
		require.NoError(t, err)
		format := "@"
		if style.CustomNumFmt != nil {
			format = *style.CustomNumFmt
		}
		require.Equal(t, code, format, cell)
	}
	says, err := f.GetRows(importing.InstructionSheet)
	require.NoError(t, err)
	require.Greater(t, len(says), 16)
}
