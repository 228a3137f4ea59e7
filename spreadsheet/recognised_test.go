package spreadsheet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/importing"
	"steward/spreadsheet"
)

// sharedForms are forms of other systems, which are no part of this repository.
const sharedForms = "../../shared/data/import-template"

func readSharedForm(t *testing.T, kind importing.Kind, file string) importing.Result {
	t.Helper()
	r := importing.NewReading(kind, "云栖苑", nil, time.Date(2026, 10, 10, 4, 0, 0, 0, time.UTC))
	eachLine(t, file, r.Take)
	return r.Result()
}

func eachLine(t *testing.T, file string, each func(importing.Line) error) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(sharedForms, file))
	require.NoError(t, err)
	require.NoError(t, spreadsheet.New().Read(file, content, each))
}

// told lists problems as row:column:code and notices as row:code, with the sheet where the file has several.
func told(r importing.Result) (problems, notices []string) {
	for _, p := range r.Problems {
		problems = append(problems, strings.TrimPrefix(fmt.Sprintf("%s!%d:%s:%s", p.Sheet, p.Row, p.Column, p.Code), "!"))
	}
	for _, n := range r.Notices {
		notices = append(notices, strings.TrimPrefix(fmt.Sprintf("%s!%d:%s:%s", n.Sheet, n.Row, n.Column, n.Code), "!"))
	}
	return problems, notices
}

// What each of the forms is, as which kinds it can be read, and what is said of it then. As any other kind it is refused
// with the columns that are missing.
func TestSharedForms(t *testing.T) {
	if _, err := os.Stat(sharedForms); err != nil {
		t.Skip("the forms of other systems are not here: ", sharedForms)
	}
	for _, c := range []struct {
		file              string
		kind              importing.Kind
		rows, rejected    int
		problems, notices []string
	}{
		{"room-owner.xlsx", importing.Roster, 1, 0, nil,
			[]string{"1:总层数:column-not-used", "1:是否有电梯:column-not-used", "1:房屋户型:column-not-used", "1:租金:column-not-used", "1:性别:column-not-used", "2:身份证号:id-no-checksum", "6::notes-beside"}},
		{"community-all.xlsx", importing.Roster, 8, 3, []string{"房屋信息!7:业主编号:unknown-owner-no", "房屋信息!8:业主编号:unknown-owner-no", "房屋信息!9:业主编号:unknown-owner-no"},
			[]string{"楼栋单元!0::sheet-not-used", "业主信息!1:性别:column-not-used", "业主信息!1:年龄:column-not-used", "费用设置!0::sheet-not-used", "房屋信息!1:房屋户型:column-not-used",
				"房屋信息!1:房屋费用:column-not-used", "房屋信息!1:费用开始时间:column-not-used", "房屋信息!1:租金:column-not-used", "车位信息!0::sheet-not-used", "业主信息!2:手机号:no-phone",
				"业主信息!2:身份证号:id-no-checksum", "业主信息!8::notes-beside", "房屋信息!6::notes-beside"}},
		{"community-all.xlsx", importing.FeeItems, 10, 0, nil, nil},
		{"room-payment-history.xlsx", importing.Payments, 3, 0, nil, []string{"1:应缴金额:column-not-used", "1:收银员:column-not-used", "1:备注:column-not-used", "3::notes-beside"}},
		{"car-payment-history.xlsx", importing.Payments, 3, 0, nil, []string{"1:应缴金额:column-not-used", "1:收银员:column-not-used", "1:备注:column-not-used", "6::notes-beside"}},
		{"wx-property-fee.xlsx", importing.Roster, 0, 0, []string{"1::no-rows"}, nil},
		{"wx-property-fee.xlsx", importing.FeeItems, 0, 0, []string{"1::no-rows"}, nil},
		{"stock.xlsx", importing.Roster, 0, 0, []string{"2::looks-like-other-kind", "2:楼栋:missing-column", "2:房号:missing-column", "2:业主:missing-column", "2:联系电话:missing-column"}, nil},
		{"room-payment-history.xlsx", importing.Receivables, 3, 0, []string{"1::looks-like-other-kind", "1:应缴日期:missing-column"}, nil},
	} {
		t.Run(c.file+" as "+string(c.kind), func(t *testing.T) {
			got := readSharedForm(t, c.kind, c.file)
			problems, notices := told(got)
			require.Equal(t, c.problems, problems)
			require.Equal(t, []int{c.rows, c.rejected}, []int{got.Rows, got.Rejected})
			if c.notices != nil {
				require.Equal(t, c.notices, notices)
			}
		})
	}
	got := readSharedForm(t, importing.Payments, "room-payment-history.xlsx").Good.Payments
	require.Equal(t, []string{"2016", "2017", "2018"}, []string{got[0].Period.Text, got[1].Period.Text, got[2].Period.Text})
	require.Equal(t, "2017-01-01", calendar.DateOf(got[0].PaidAt).String())
	require.Equal(t, "1-1-1001", got[0].Room.Key())
	require.Equal(t, "1", readSharedForm(t, importing.Payments, "car-payment-history.xlsx").Good.Payments[0].Plate)
	units := readSharedForm(t, importing.Roster, "community-all.xlsx").Good.Roster
	require.Equal(t, "1-1-1011", units[0].UnitKey)
	require.Empty(t, units[0].Phone, "the form asks for this number where none is known")
	require.Equal(t, "18999999991", units[1].Phone)
	require.Len(t, readSharedForm(t, importing.FeeItems, "community-all.xlsx").Good.FeeItems, 13, "two items, and eleven times a unit that pays one")
}

func TestSharedFormsAreRecognised(t *testing.T) {
	if _, err := os.Stat(sharedForms); err != nil {
		t.Skip("the forms of other systems are not here: ", sharedForms)
	}
	for file, want := range map[string]string{
		"community-all.xlsx": "buildings people fee_items roster vehicles", "room-owner.xlsx": "roster", "room-payment-history.xlsx": "payments", "car-payment-history.xlsx": "payments",
		"meter.xlsx": "meter_readings", "stock.xlsx": "stock", "wx-property-fee.xlsx": "roster",
	} {
		p := importing.NewInspector("", nil, nil)
		eachLine(t, file, p.Take)
		var looks []string
		for _, s := range p.Inspection().Sheets {
			looks = append(looks, s.LooksLike)
		}
		require.Equal(t, want, strings.Join(looks, " "), file)
	}
}
