// Package importing is what a spreadsheet means: which columns staff write, how a cell becomes an amount, a date or a
// room, and what is wrong with a row. It reads no file and no database.
package importing

import "steward/domain/refusal"

// Kind is what the rows of a file are.
type Kind string

// The kinds of the contract.
const (
	Roster        Kind = "roster"
	Owners        Kind = "owners"
	Tenants       Kind = "tenants"
	Vehicles      Kind = "vehicles"
	Receivables   Kind = "receivables"
	Payments      Kind = "payments"
	FeeItems      Kind = "fee_items"
	MeterReadings Kind = "meter_readings"
	Equipment     Kind = "equipment"
	Staff         Kind = "staff"
)

var titles = map[Kind]string{
	Roster: "房屋业主清册", Owners: "业主", Tenants: "租户", Vehicles: "车辆", Receivables: "应收欠费", Payments: "缴费记录",
	FeeItems: "收费项目", MeterReadings: "抄表", Equipment: "设备台账", Staff: "员工",
}

// Accept refuses a kind that does not exist or that cannot be read yet.
func (k Kind) Accept() error {
	title, known := titles[k]
	if !known {
		return refusal.New(refusal.Malformed, "unknown-import-kind", "没有“%s”这种导入类型。", string(k)).
			At("body.kind", "可用的类型：roster、receivables、payments。", string(k))
	}
	if _, ready := columns[k]; !ready {
		return refusal.New(refusal.Rule, "import-kind-not-supported", "暂不支持导入“%s”。目前可以导入 roster（房屋业主清册）、receivables（应收欠费）和 payments（缴费记录）。", title)
	}
	return nil
}

// Title is the kind's Chinese name.
func (k Kind) Title() string { return titles[k] }
