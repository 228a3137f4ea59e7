package importing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/estate"
	"steward/domain/importing"
)

func TestOwnersWithSeveralRooms(t *testing.T) {
	for written, want := range map[string][]string{
		"3-2-1501":              {"3-2-1501"},
		"3-2-1501、3-2-1502":     {"3-2-1501", "3-2-1502"},
		"3栋2单元1501，1502;1503":   {"3-2-1501", "3-2-1502", "3-2-1503"},
		"三栋二单元1501室\n5#商铺12":    {"3-2-1501", "5--商铺12"},
		"3-2-1501 3-2-1502":     {"3-2-1501", "3-2-1502"},
		"3#1501/3#1502":         {"3--1501", "3--1502"},
		"3 - 2 - 1501":          {"3-2-1501"},
		"3号楼 2单元 1501":          {"3-2-1501"},
		"3#1501、1502":           {"3--1501", "3--1502"},
		"3-2-1501、3-2-1501":     {"3-2-1501", "3-2-1501"},
		"3-2-1501、5栋1单元301、302": {"3-2-1501", "5-1-301", "5-1-302"},
	} {
		r := importing.NewReading(importing.Owners, "云栖苑", nil, readAt)
		require.NoError(t, r.Take(importing.Line{No: 1, Cells: cells("业主", "联系电话", "房屋")}))
		require.NoError(t, r.Take(importing.Line{No: 2, Cells: cells("测试甲", "13800000001", written)}))
		result := r.Result()
		if written == "3-2-1501、3-2-1501" {
			require.Equal(t, "duplicate-row", result.Problems[0].Code)
			continue
		}
		require.Empty(t, result.Problems, written)
		var keys []string
		for _, row := range result.Good.Roster {
			require.Equal(t, []any{2, "测试甲", estate.RoleOwner}, []any{row.Row, row.Name, row.Role})
			keys = append(keys, row.UnitKey)
		}
		require.Equal(t, want, keys, written)
		require.Equal(t, 1, result.Good.Len(), "one line of the file")
	}
}

func TestOwnersAndTenantsNeedAName(t *testing.T) {
	for kind, header := range map[importing.Kind][]string{importing.Owners: {"业主", "联系电话", "房屋"}, importing.Tenants: {"租户", "租户电话", "房屋"}} {
		r := importing.NewReading(kind, "云栖苑", nil, readAt)
		require.NoError(t, r.Take(importing.Line{No: 1, Cells: cells(header...)}))
		require.NoError(t, r.Take(importing.Line{No: 2, Cells: cells("", "13800000001", "3-2-1501")}))
		result := r.Result()
		require.Len(t, result.Problems, 1)
		require.Equal(t, []string{header[0], "missing-value"}, []string{result.Problems[0].Column, result.Problems[0].Code})
	}
}

func TestVehiclesOfOneLine(t *testing.T) {
	read := func(written ...string) importing.Result {
		r := importing.NewReading(importing.Vehicles, "云栖苑", nil, readAt)
		require.NoError(t, r.Take(importing.Line{No: 1, Cells: cells("停车场", "车位号", "车牌号", "业主", "联系电话")}))
		require.NoError(t, r.Take(importing.Line{No: 2, Cells: cells(written...)}))
		return r.Result()
	}
	for _, c := range []struct {
		lot, space, plate string
		want              []string
	}{
		{"1", "C0001", "浙A12345", []string{"停车场1 C0001 浙A12345"}},
		{"地下车库", "B-12号", "浙A12345、浙B12345", []string{"地下车库 B.12 浙A12345", "地下车库 B.12 浙B12345"}},
		{"", "12", "浙A12345\n浙AD12345", []string{"停车场 12 浙A12345", "停车场 12 浙AD12345"}},
		{"", "", "浙 a·12345", []string{"  浙A12345"}},
		{"2号停车场", "001", "无", []string{"停车场2 1 "}},
	} {
		result := read(c.lot, c.space, c.plate, "测试甲", "13800000001")
		require.Empty(t, result.Problems)
		var got []string
		for _, row := range result.Good.Vehicles {
			got = append(got, row.Lot+" "+row.Space+" "+row.Plate)
		}
		require.Equal(t, c.want, got)
	}
	require.Equal(t, "bad-plate", read("", "", "12345", "", "").Problems[0].Code)
	require.Equal(t, "missing-value", read("1", "", "", "测试甲", "13800000001").Problems[0].Code)
}

var readAt = time.Date(2026, 10, 10, 4, 0, 0, 0, time.UTC)

func cells(texts ...string) (out []importing.Cell) {
	for _, s := range texts {
		out = append(out, importing.Cell{Text: s})
	}
	return out
}
