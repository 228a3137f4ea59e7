package spreadsheet_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
	"steward/spreadsheet"
)

// Public forms of two systems: every cell reads as excelize reads it, and every line that holds something is read.
func TestRealFormsReadAsExcelizeReadsThem(t *testing.T) {
	files, _ := filepath.Glob("../../shared/data/import-template/*.xlsx")
	if len(files) == 0 {
		t.Skip("the public forms (../shared/data) are not on this machine; their shapes are covered by the forms of this package")
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			f, err := excelize.OpenFile(name, excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			defer func() { require.NoError(t, f.Close()) }()
			require.NoError(t, spreadsheet.New().Check(name, content))
			theirs := map[string][][]string{}
			full := 0
			for _, sheet := range f.GetSheetList() {
				theirs[sheet], err = f.GetRows(sheet)
				require.NoError(t, err)
				for _, row := range theirs[sheet] {
					if strings.TrimSpace(strings.Join(row, "")) != "" {
						full++
					}
				}
			}
			ours := 0
			require.NoError(t, spreadsheet.New().Read(name, content, func(l importing.Line) error {
				ours++
				row := theirs[l.Sheet][l.No-1]
				for i, c := range l.Cells {
					want := ""
					if i < len(row) {
						want = strings.TrimSpace(strings.ReplaceAll(row[i], "\r", ""))
					}
					if c.Text != want && strings.Count(c.Text, "-") == 2 { // a serial under a date format
						serial, err := strconv.ParseFloat(want, 64)
						require.NoError(t, err, "%s line %d cell %d: %s, not %s", l.Sheet, l.No, i, c.Text, want)
						day, err := excelize.ExcelDateToTime(serial, false)
						require.NoError(t, err)
						want = day.Format(time.DateOnly)
					}
					require.Equal(t, want, c.Text, "%s line %d cell %d", l.Sheet, l.No, i)
				}
				return nil
			}))
			require.Equal(t, full, ours)
		})
	}
}
