package claiming

import (
	"cmp"
	"slices"

	"steward/domain/calendar"
)

// Owed is one open bill of a person, for comparing with an amount.
type Owed struct {
	BillID  string
	UnitID  string
	DueOn   calendar.Date
	OwedFen int64
}

// Fit is how an amount fits what somebody owes.
type Fit string

// The fits, from the best: all of it, one bill, the oldest few bills.
const (
	NoFit     Fit = ""
	FitsAll   Fit = "all"
	FitsOne   Fit = "one-bill"
	FitsFirst Fit = "oldest-bills"
)

// FitOf compares an amount with what is owed.
func FitOf(amountFen int64, owed []Owed) Fit {
	sorted := slices.SortedStableFunc(slices.Values(owed), func(a, b Owed) int { return b.DueOn.DaysUntil(a.DueOn) })
	var all int64
	fit := NoFit
	for _, o := range sorted {
		all += o.OwedFen
		switch {
		case o.OwedFen == amountFen:
			fit = FitsOne
		case all == amountFen && fit == NoFit:
			fit = FitsFirst
		}
	}
	if all == amountFen && all > 0 {
		return FitsAll
	}
	return fit
}

// Reason is why somebody may have paid, with what it counts.
type Reason struct {
	Code   string `json:"code"` // unit-in-note, payer-of-unit, payer-name, phone-in-note, id-no-in-note, amount-all, amount-one-bill, amount-oldest-bills
	Points int    `json:"points"`
}

// Reasons and what they count. A score orders suggestions for a person; it books nothing.
const (
	UnitInNote  = "unit-in-note"
	PayerOfUnit = "payer-of-unit"
	PayerName   = "payer-name"
	PhoneInNote = "phone-in-note"
	IDNoInNote  = "id-no-in-note"
	amountFits  = "amount-"
)

var points = map[string]int{UnitInNote: 60, PayerOfUnit: 20, PayerName: 35, PhoneInNote: 60, IDNoInNote: 60,
	amountFits + string(FitsAll): 25, amountFits + string(FitsOne): 20, amountFits + string(FitsFirst): 20}

// Person is somebody whom something in a transfer points to. UnitIDs are the units to which he or she belongs; Named are
// those of them that the note names.
type Person struct {
	PersonID  string
	UnitIDs   []string
	Named     []string
	SameName  bool // as the payer's
	PhoneSaid bool
	IDNoSaid  bool
	Owed      []Owed
}

// Line is one transfer with everything that it points to. Units are those that the note names, with who owes for them.
type Line struct {
	AmountFen int64
	Units     []string
	Debtor    map[string]string // of each named unit: who owes for it, "" for nobody
	People    []Person
	Unclear   bool // the note names a room that does not exist, or several
}

// Candidate is a suggestion with its reasons.
type Candidate struct {
	UnitID   string   `json:"unit_id,omitempty"`
	DebtorID string   `json:"debtor_id"`
	Score    int      `json:"score"`
	Reasons  []Reason `json:"reasons"`
	OwedFen  int64    `json:"owed_fen"`
}

// Why a transfer waits for a person.
const (
	NoTrace       = "no-trace"          // nothing in it says whose it is
	SeveralUnits  = "several-units"     // the note names units of different households
	SeveralPeople = "several-people"    // several people fit equally
	AmountDiffers = "amount-differs"    // only the payer's name says whose it is, and the amount is not what is owed
	Conflicting   = "conflicting"       // the note's unit and the payer point to different households
	UnknownUnit   = "unknown-unit"      // the note names a unit that the community does not have
	NoDebtor      = "unit-has-no-owner" // nobody owes for the named unit
)

// Decision is what becomes of a transfer: the payment's unit and debtor, or why it waits.
type Decision struct {
	UnitID   string
	DebtorID string
	By       string // the reason that made it sure
	Why      string
}

// Decide books what is sure. Sure is a unit that the note names, unless the payer is somebody of another household whom the
// amount fits better; one person whose whole phone or ID number the note gives; one person of the payer's name whose debt
// the amount fits.
func Decide(l Line) Decision {
	if d, decided := byUnit(l); decided {
		return d
	}
	var said, named []Person
	for _, p := range l.People {
		switch {
		case p.PhoneSaid || p.IDNoSaid:
			said = append(said, p)
		case p.SameName:
			named = append(named, p)
		}
	}
	switch {
	case len(said) == 1:
		return Decision{DebtorID: said[0].PersonID, UnitID: only(said[0].UnitIDs), By: said[0].said()}
	case len(said) > 1:
		return Decision{Why: SeveralPeople}
	case l.Unclear:
		return Decision{Why: UnknownUnit}
	case len(named) > 1:
		return Decision{Why: SeveralPeople}
	case len(named) == 1 && FitOf(l.AmountFen, named[0].Owed) != NoFit:
		return Decision{DebtorID: named[0].PersonID, UnitID: only(named[0].UnitIDs), By: PayerName}
	case len(named) == 1:
		return Decision{Why: AmountDiffers}
	}
	return Decision{Why: NoTrace}
}

func byUnit(l Line) (Decision, bool) {
	if len(l.Units) == 0 {
		return Decision{}, false
	}
	debtors := map[string]bool{}
	for _, u := range l.Units {
		if l.Debtor[u] == "" {
			return Decision{Why: NoDebtor}, true
		}
		debtors[l.Debtor[u]] = true
	}
	if len(debtors) > 1 || l.Unclear {
		return Decision{Why: SeveralUnits}, true
	}
	debtor := l.Debtor[l.Units[0]]
	var own []Owed
	for _, p := range l.People {
		if p.PersonID == debtor {
			own = p.Owed
		}
	}
	for _, p := range l.People {
		stranger := len(p.Named) == 0 && p.PersonID != debtor
		if stranger && (p.SameName && FitOf(l.AmountFen, p.Owed) != NoFit || p.PhoneSaid || p.IDNoSaid) && FitOf(l.AmountFen, own) == NoFit {
			return Decision{Why: Conflicting}, true
		}
	}
	return Decision{DebtorID: debtor, UnitID: only(l.Units), By: UnitInNote}, true
}

func (p Person) said() string {
	if p.IDNoSaid {
		return IDNoInNote
	}
	return PhoneInNote
}

func only(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// Candidates orders everybody whom something points to, the likeliest first.
func Candidates(l Line) []Candidate {
	var out []Candidate
	for _, p := range l.People {
		c := Candidate{DebtorID: p.PersonID, UnitID: only(p.UnitIDs)}
		add := func(code string, holds bool) {
			if holds {
				c.Reasons, c.Score = append(c.Reasons, Reason{code, points[code]}), c.Score+points[code]
			}
		}
		owes := false
		for _, u := range p.Named {
			owes = owes || l.Debtor[u] == p.PersonID
		}
		if len(p.Named) > 0 {
			c.UnitID = only(p.Named)
		}
		add(UnitInNote, owes)
		add(PayerOfUnit, p.SameName && len(p.Named) > 0)
		add(PayerName, p.SameName && len(p.Named) == 0)
		add(PhoneInNote, p.PhoneSaid)
		add(IDNoInNote, p.IDNoSaid)
		for _, o := range p.Owed {
			c.OwedFen += o.OwedFen
		}
		fit := FitOf(l.AmountFen, p.Owed)
		add(amountFits+string(fit), fit != NoFit)
		if c.Score > 0 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Or(b.Score-a.Score, cmp.Compare(a.DebtorID, b.DebtorID)) })
	return out
}
