// Package demo makes a community that does not exist: households, arrears, co-owners, tenants and unsold units, the same
// every time. It is written as the spreadsheets that staff would hand in and goes the way of every import.
package demo

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"

	"steward/domain/calendar"
)

// Community is the name of the demo community.
const Community = "云栖苑演示小区"

// Size of the demo community: 6 buildings of 2 entrances with 5 floors of 5 rooms.
const (
	buildings = 6
	entrances = 2
	floors    = 5
	rooms     = 5
	seed      = 20260101
)

// The price of the property fee, in fen for a square metre and month.
const pricePerM2Fen = 240

// Files are the two spreadsheets, as UTF-8 CSV.
type Files struct {
	Roster      []byte
	Receivables []byte
	Households  int
	InArrears   int
}

type household struct {
	building, entrance, room int
	areaCm2                  int // hundredths of a square metre
	status                   string
	people                   []resident
	arrears                  bool
	developer                bool
}

type resident struct{ name, phone, role string }

// Make gives the files as of a day: a third of the households owes the last three months, and the newest of them falls due
// in a week.
func Make(today calendar.Date) (Files, error) {
	homes := settle()
	f := Files{Households: len(homes)}
	for _, h := range homes {
		if h.arrears {
			f.InArrears++
		}
	}
	var err error
	if f.Roster, err = table(rosterHeader, rosterRows(homes)); err != nil {
		return f, err
	}
	f.Receivables, err = table(receivablesHeader, receivableRows(homes, today))
	return f, err
}

var (
	rosterHeader      = []string{"小区", "楼栋", "单元", "房号", "建筑面积", "业主", "联系电话", "业主类型", "房屋状态", "邮箱"}
	receivablesHeader = []string{"小区", "楼栋", "单元", "房号", "业主", "收费项目", "账期", "应收金额", "应缴日期"}
)

func settle() []household {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the same data every time, no secret
	var homes []household
	for b := 1; b <= buildings; b++ {
		for e := 1; e <= entrances; e++ {
			for n := range floors * rooms {
				homes = append(homes, move(random, len(homes), b, e, (n/rooms+1)*100+n%rooms+1))
			}
		}
	}
	return homes
}

// move decides who lives in one unit; n numbers the households.
func move(random *rand.Rand, n, building, entrance, room int) household {
	h := household{building: building, entrance: entrance, room: room, areaCm2: (68+random.IntN(75))*100 + 50*random.IntN(2), status: "已入住"}
	if n%30 == 29 {
		h.status, h.developer, h.arrears = "未售", true, true
		h.people = []resident{{"云栖苑演示开发有限公司", "0571-88880000", "开发商"}}
		return h
	}
	h.people = []resident{{name(n), phone(n), "业主"}}
	h.arrears = n%3 == 0
	switch {
	case n%12 == 5:
		h.people = append(h.people, resident{name(n + 1000), phone(n + 1000), "共有人"})
	case n%15 == 7:
		h.status = "已出租"
		h.people = append(h.people, resident{name(n + 2000), phone(n + 2000), "租户"})
	case n%40 == 11:
		h.status = "空置"
	}
	return h
}

// name is obviously invented: a number read out behind 演示.
func name(n int) string {
	var b strings.Builder
	b.WriteString("演示")
	for _, d := range fmt.Sprintf("%04d", n+1) {
		b.WriteRune([]rune("零一二三四五六七八九")[d-'0'])
	}
	return b.String()
}

func phone(n int) string { return fmt.Sprintf("1380000%04d", n+1) }

func rosterRows(homes []household) [][]string {
	var rows [][]string
	for i, h := range homes {
		for k, p := range h.people {
			mail := ""
			if k == 0 && !h.developer && i%4 == 0 {
				mail = fmt.Sprintf("resident%04d@example.com", i+1)
			}
			rows = append(rows, append(h.place(), area(h.areaCm2), p.name, p.phone, p.role, h.status, mail))
		}
	}
	return rows
}

func receivableRows(homes []household, today calendar.Date) [][]string {
	var rows [][]string
	month := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}
	for back := 2; back >= 0; back-- {
		first := month.At(12, 0).AddDate(0, -back, 0)
		due := today.AddDays(7)
		if back > 0 {
			due = calendar.DateOf(first.AddDate(0, 1, -1))
		}
		for i, h := range homes {
			if h.arrears {
				rows = append(rows, append(h.place(), h.people[0].name, "物业费", first.Format("2006-01"), yuan(fee(h.areaCm2)), due.String()))
			}
			if h.arrears && !h.developer && i%6 == 0 && back == 1 {
				rows = append(rows, append(h.place(), h.people[0].name, "公摊水电费", first.Format("2006-01"), yuan(int64(1500+i*7%2600)), due.String()))
			}
		}
	}
	return rows
}

func (h household) place() []string {
	return []string{Community, fmt.Sprintf("%d栋", h.building), fmt.Sprintf("%d单元", h.entrance), fmt.Sprint(h.room)}
}

// fee is area times price, rounded half up once.
func fee(areaCm2 int) int64 { return (int64(areaCm2)*pricePerM2Fen + 50) / 100 }

func area(cm2 int) string { return fmt.Sprintf("%d.%02d", cm2/100, cm2%100) }

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func table(header []string, rows [][]string) ([]byte, error) {
	var b strings.Builder
	b.WriteString("\uFEFF") // spreadsheet programs then take it for UTF-8
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		return nil, fmt.Errorf("write the demo community: %w", err)
	}
	return []byte(b.String()), nil
}
