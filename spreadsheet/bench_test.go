package spreadsheet_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
	"steward/spreadsheet"
)

// wholeEstate is a roster of so many rows and 14 columns: half of them text, half numbers, a date, and a building merged
// over every 50 rows.
func wholeEstate(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(t, err)
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	require.NoError(t, err)
	for i := 1; i <= rows; i++ {
		cell := fmt.Sprintf("A%d", i)
		require.NoError(t, w.SetRow(cell, []any{
			fmt.Sprintf("%d栋", i/50+1), i % 4, 100 + i%3000, "住宅", 60 + float64(i%9000)/100, 50.5, fmt.Sprintf("业主%d", i),
			13800000000 + i, fmt.Sprintf("11010119900101%04d", i%10000), "业主",
			excelize.Cell{StyleID: day, Value: 40000 + i%5000}, i % 33, "已入住", fmt.Sprintf("备注 %d", i),
		}))
		if i%50 == 1 && i+49 <= rows {
			require.NoError(t, w.MergeCell(cell, fmt.Sprintf("A%d", i+49)))
		}
	}
	require.NoError(t, w.Flush())
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	require.NoError(t, f.Close())
	return b.Bytes()
}

// sharedEstate is the same with its texts shared, as Excel and WPS write it.
func sharedEstate(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i := 1; i <= rows; i++ {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i), &[]any{
			fmt.Sprintf("%d栋", i/50+1), i % 4, 100 + i%3000, "住宅", 60 + float64(i%9000)/100, 50.5, fmt.Sprintf("业主%d", i),
			fmt.Sprint(13800000000 + i), fmt.Sprintf("11010119900101%04d", i%10000), "业主", 40000 + i%5000, i % 33, "已入住", fmt.Sprintf("备注 %d", i),
		}))
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	require.NoError(t, f.Close())
	return b.Bytes()
}

// BenchmarkWholeEstate compares the reader with excelize's own rows over the same 100,000 x 14 cells. peak-MB is the most
// that the heap held above what it held before.
func BenchmarkWholeEstate(b *testing.B) {
	const rows = 100_000
	files := map[string][]byte{"inline": wholeEstate(b, rows), "shared": sharedEstate(b, rows)}
	for _, form := range []string{"inline", "shared"} {
		content := files[form]
		b.Run(form+"/reader", func(b *testing.B) {
			measure(b, func() int {
				n := 0
				require.NoError(b, spreadsheet.New().Read("a.xlsx", content, func(importing.Line) error { n++; return nil }))
				return n
			}, rows)
		})
		b.Run(form+"/excelize", func(b *testing.B) {
			measure(b, func() int {
				f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true})
				require.NoError(b, err)
				defer func() { _ = f.Close() }()
				lines, err := f.Rows("Sheet1")
				require.NoError(b, err)
				n := 0
				for lines.Next() {
					_, err := lines.Columns()
					require.NoError(b, err)
					n++
				}
				return n
			}, rows)
		})
	}
	text := bytes.Repeat([]byte("3栋,2单元,1501,住宅,89.50,70.00,王小明,13800000000,110101199001010000,业主,2016-01-01,15,已入住,无\n"), rows)
	b.Run("csv/reader", func(b *testing.B) {
		measure(b, func() int {
			n := 0
			require.NoError(b, spreadsheet.New().Read("a.csv", text, func(importing.Line) error { n++; return nil }))
			return n
		}, rows)
	})
}

// measure takes the heap's highest level every few milliseconds.
func measure(b *testing.B, read func() int, rows int) {
	var peak atomic.Uint64
	b.ReportAllocs()
	for b.Loop() {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		done, watched := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(watched)
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			var now runtime.MemStats
			for {
				select {
				case <-done:
					return
				case <-tick.C:
					runtime.ReadMemStats(&now)
					peak.Store(max(peak.Load(), now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc)))
				}
			}
		}()
		n := read()
		close(done)
		<-watched
		require.Equal(b, rows, n)
	}
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MB")
}
