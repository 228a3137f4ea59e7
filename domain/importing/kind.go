// Package importing is what a spreadsheet means: which columns staff write, how a cell becomes an amount, a date or a
// room, and what is wrong with a row. It reads no file and no database.
package importing

import (
	"strings"

	"steward/domain/access"
	"steward/domain/refusal"
)

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

	BankStatements Kind = "bank_statements"
)

// Accept refuses a kind that does not exist.
func (k Kind) Accept() error {
	if f := formOf(k); f == nil || f.Helper || takers[k] == nil {
		return refusal.New(refusal.Malformed, "unknown-import-kind", "没有“%s”这种导入类型。", string(k)).
			At("body.kind", "可用的类型："+kindNames()+"。", string(k))
	}
	return nil
}

// Needs is what bringing in a file of this kind asks for. Money that came in is the desk's: who takes it may bring in the
// bank's list of it. The kind "" is one that is yet to be guessed; it asks for what nearly all kinds ask for.
func (k Kind) Needs() access.Action {
	if k == Payments || k == BankStatements {
		return access.TakeMoney
	}
	return access.Import
}

// kindNames lists the kinds that can be read, with what they are called.
func kindNames() string {
	var names []string
	for _, f := range vocab().Forms {
		if !f.Helper && takers[Kind(f.Key)] != nil {
			names = append(names, f.Key+"（"+f.Title+"）")
		}
	}
	return strings.Join(names, "、")
}

// Title is the kind's Chinese name.
func (k Kind) Title() string {
	if f := formOf(k); f != nil {
		return f.Title
	}
	return string(k)
}
