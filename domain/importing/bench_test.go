package importing

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

const benchRows = 100_000

// rosterLine is a line of a big roster; the cells are made anew as a reader would make them.
func rosterLine(i int, cells []Cell) Line {
	building, entrance, floor, door := i/1000+1, i/250%4+1, i/8%31+1, i%8+1
	texts := []string{"云栖苑", strconv.Itoa(building) + "栋", strconv.Itoa(entrance) + "单元", fmt.Sprintf("%d%02d", floor*10+i%10, door), "89.50", "75.2", strconv.Itoa(floor),
		"住宅", "已入住", "测试" + strconv.Itoa(i), fmt.Sprintf("138%08d", i), "", "业主", "2019-06-30"}
	for j, t := range texts {
		cells[j] = Cell{Text: t}
	}
	return Line{Sheet: "清册", No: i + 2, Cells: cells[:len(texts)]}
}

var rosterHead = lines("小区名称,楼栋,单元,房号,建筑面积(㎡),套内面积,楼层,房屋类型,房屋状态,业主姓名,手机号,身份证号,业主类型,交付日期")[0]

func readRoster(rows int) (*Reading, Result) {
	r := NewReading(Roster, "云栖苑", nil, now)
	head := rosterHead
	head.Sheet = "清册"
	_ = r.Take(head)
	cells := make([]Cell, 14)
	for i := range rows {
		_ = r.Take(rosterLine(i, cells))
	}
	return r, r.Result()
}

func BenchmarkReading(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, got := readRoster(benchRows); len(got.Good.Roster)+got.Rejected != benchRows {
			b.Fatal(len(got.Good.Roster), got.Problems[:1])
		}
	}
}

// A reading keeps the rows and what it must compare them with, not the lines that they came from.
func TestAReadingOfABigRosterStaysSmall(t *testing.T) {
	const rows = 20_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, got := readRoster(rows)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Equal(t, rows, got.Rows)
	perRow := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / rows
	require.Less(t, perRow, int64(1500), "100,000 rows must fit into 150 MB")
	require.Empty(t, r.sheets[0].waiting)
	runtime.KeepAlive(r)
}
