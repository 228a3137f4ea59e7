package money

import (
	_ "embed"
	"math/big"
	"strings"
	"sync"

	"steward/domain/calendar"
)

// lprSheet is the one-year loan prime rate (一年期 LPR) as published by the National Interbank Funding Center: the day from
// which a rate counts, and the rate a year. Each counts until the next.
//
//go:embed lpr.csv
var lprSheet string

type lprRate struct {
	from   calendar.Date
	yearly *big.Rat
	text   string
}

var lprRates = sync.OnceValue(func() []lprRate {
	var rates []lprRate
	for line := range strings.Lines(lprSheet) {
		day, text, _ := strings.Cut(strings.TrimSpace(line), ",")
		from, err := calendar.ParseDate(day)
		yearly, ok := new(big.Rat).SetString(text)
		if err != nil || !ok {
			panic("lpr.csv holds a line that is no rate: " + line)
		}
		rates = append(rates, lprRate{from, yearly, text})
	}
	return rates
})

// OneYearLPR gives the one-year loan prime rate of a day, a decimal, and since when it counts; "" before the first.
func OneYearLPR(on calendar.Date) (yearly string, since calendar.Date) {
	for _, r := range lprRates() {
		if !r.from.After(on) {
			yearly, since = r.text, r.from
		}
	}
	return yearly, since
}
