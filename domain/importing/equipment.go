package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// EquipmentRow is one entry of the 设备台账. What the file leaves open is empty and changes nothing.
type EquipmentRow struct {
	Row             int           `json:"row"`
	Code            string        `json:"code"`
	Derived         bool          `json:"derived,omitempty"` // the file gave no code: Code is DerivedCode
	DerivedCode     string        `json:"derived_code"`      // made of name and place, the same whenever the file is read
	Name            string        `json:"name"`
	Category        string        `json:"category,omitempty"`
	Location        string        `json:"location,omitempty"`
	Maker           string        `json:"maker,omitempty"`
	Model           string        `json:"model,omitempty"`
	Serial          string        `json:"serial,omitempty"`
	Maintainer      string        `json:"maintainer,omitempty"`
	Status          string        `json:"status,omitempty"` // in_use, idle, repair, scrapped
	InstalledOn     calendar.Date `json:"installed_on"`
	WarrantyTo      calendar.Date `json:"warranty_to"`
	InspectedOn     calendar.Date `json:"inspected_on"`
	InspectBy       calendar.Date `json:"inspect_by"` // the end of the certificate
	MaintenanceDays int           `json:"maintenance_days,omitempty"`
}

// The columns of equipment.
const (
	colCode            = "code"
	colEquipmentName   = "equipment_name"
	colCategory        = "category"
	colLocation        = "location"
	colModel           = "model"
	colMaintainer      = "maintainer"
	colInstalledOn     = "installed_on"
	colWarrantyTo      = "warranty_to"
	colInspectedOn     = "inspected_on"
	colInspectBy       = "inspect_by"
	colMaintenanceDays = "maintenance_days"
)

func takeEquipment(r *Reading, in *row) func() {
	out := in.equipment(r.community, calendar.DateOf(r.now))
	if in.ok() {
		base := derivedCode(out.Name, out.Location)
		r.nth[base]++
		out.DerivedCode = base
		if n := r.nth[base]; n > 1 {
			out.DerivedCode = fmt.Sprintf("%s-%d", base, n)
		}
		if out.Code == "" {
			out.Code, out.Derived = out.DerivedCode, true
		}
	}
	r.once(in, colCode, "code|"+estate.NameKey(out.Code))
	return func() { r.result.Good.Equipment = append(r.result.Good.Equipment, out) }
}

// derivedCode names equipment for which the file has no code. Two of one name at one place are told apart by their order
// in the file.
func derivedCode(name, location string) string {
	sum := sha256.Sum256([]byte(estate.NameKey(name) + "|" + estate.NameKey(location)))
	return "SB-" + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

func (r *row) equipment(community string, today calendar.Date) EquipmentRow {
	r.community(community)
	out := EquipmentRow{
		Row: r.line.No, Code: r.text(colCode, 60), Name: r.needed(colEquipmentName, 120), Category: r.text(colCategory, 60), Location: r.text(colLocation, 160),
		Maker: r.text(colMaker, 120), Model: r.text(colModel, 120), Serial: r.text(colSerial, 80), Maintainer: r.text(colMaintainer, 120),
		Status:      r.word(colStatus, "equipment_status", "bad-status"),
		InstalledOn: r.date(colInstalledOn), WarrantyTo: r.date(colWarrantyTo), InspectedOn: r.date(colInspectedOn), InspectBy: r.date(colInspectBy),
		MaintenanceDays: r.interval(),
	}
	r.inOrder(colWarrantyTo, out.InstalledOn, out.WarrantyTo)
	r.inOrder(colInspectBy, out.InspectedOn, out.InspectBy)
	if today.Before(out.InspectedOn) {
		r.fault(colInspectedOn, faultf("date-in-future", "“%s”%s 还没到，请核对。", r.label(colInspectedOn), out.InspectedOn))
	}
	return out
}

// maxIntervalDays is the longest interval of upkeep: ten years.
const maxIntervalDays = 3660

var (
	intervalText  = regexp.MustCompile(`^每?(\d+|半|一|二|两|双|三|四|六)?个?(天|日|周|星期|月度|月|季度|季|年度|年)(?:一次|1次|/次)?$`)
	intervalCount = map[string]int{"": 1, "一": 1, "二": 2, "两": 2, "双": 2, "三": 3, "四": 4, "六": 6}
	intervalDays  = map[string]int{"天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "月度": 30, "季度": 90, "季": 90, "年": 365, "年度": 365}
	halves        = map[string]int{"月": 15, "月度": 15, "年": 180, "年度": 180}
)

// interval reads how often upkeep is due, in days: 每15天, 半月, 季度, 2个月, or a number, which counts days unless the header
// says months.
func (r *row) interval() int {
	written := r.text(colMaintenanceDays, cellLimit)
	if written == "" {
		return 0
	}
	s := strings.NewReplacer(" ", "", "按", "", "度保养", "", "保养", "", "维保", "").Replace(written)
	days := 0
	if n, err := strconv.Atoi(s); err == nil {
		if days = n; strings.Contains(r.label(colMaintenanceDays), "月") {
			days = n * intervalDays["月"]
		}
	} else if m := intervalText.FindStringSubmatch(s); m != nil {
		n, counted := intervalCount[m[1]]
		if v, err := strconv.Atoi(m[1]); err == nil {
			n, counted = v, true
		}
		if days = n * intervalDays[m[2]]; !counted {
			days = halves[m[2]]
		}
	}
	if days < 1 || days > maxIntervalDays {
		r.fault(colMaintenanceDays, faultf("bad-interval", "保养周期“%s”无法识别，请填写如 每15天、半月、月、季度、半年、年，或天数。", short(written)))
		return 0
	}
	return days
}
