package print

import "steward/domain/money"

// Press prints with one set of fonts.
type Press struct{ Fonts *Fonts }

// Ready tells why nothing can be printed, nil when it can.
func (p Press) Ready() error { return p.Fonts.Err() }

// Receipt draws a receipt on one of the two papers.
func (p Press) Receipt(r money.Receipt, print money.ReceiptPrint, paper money.ReceiptPaper, layout money.ReceiptLayout) ([]byte, error) {
	if paper == money.PaperPreprinted {
		return ReceiptOnForm(p.Fonts, r, print, layout)
	}
	return Receipt(p.Fonts, r, print, layout)
}

// PayInSlip draws the pay-in slip of a shift.
func (p Press) PayInSlip(sh money.Shift) ([]byte, error) { return PayInSlip(p.Fonts, sh) }

// ClosingSheet draws the sheet of a closed day or month.
func (p Press) ClosingSheet(c money.Closing, community string) ([]byte, error) {
	return ClosingSheet(p.Fonts, c, community)
}

// Statement draws what a debtor owes.
func (p Press) Statement(st money.Statement) ([]byte, error) { return Statement(p.Fonts, st) }
