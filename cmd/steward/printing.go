package main

import (
	"cmp"

	"steward/print"
)

// Printing says what papers are drawn with.
type Printing struct {
	PrintFonts string `help:"TrueType fonts for receipts and other papers, divided by commas; a character is taken from the first that has it. Those of the packages fonts-dejavu-core and fonts-droid-fallback unless given." env:"STEWARD_PRINT_FONTS" placeholder:"FILES"`
}

func (p Printing) press() print.Press {
	return print.Press{Fonts: print.LoadFonts(cmp.Or(p.PrintFonts, print.DefaultFonts))}
}
