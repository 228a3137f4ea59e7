package claiming_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/claiming"
)

func TestANoteNamesRoomsInAnyHabit(t *testing.T) {
	for note, want := range map[string][]string{
		"3-2-1501物业费": {"3-2-1501"},
		"张三3#1501 1月": {"3--1501"},
		"阳光小区3栋2单元1501室2026年1月物业费": {"3-2-1501"},
		"三栋二单元1501":                {"3-2-1501"},
		"物业费（３－２－１５０１）":            {"3-2-1501"},
		"3号楼2单元1501和3号楼2单元1502":    {"3-2-1501", "3-2-1502"},
		"A座1201物业":                 {"A--1201"},
		"3-1501物业费":                {"3--1501"},
		"2026-01-15物业费":            nil,
		"2026年1月-3月物业费":            nil,
		"转账1501元":                  nil,
		"1501":                     nil,
		"订单20260115-3-2-15":        nil,
		"":                         nil,
	} {
		t.Run(note, func(t *testing.T) {
			var got []string
			for _, r := range claiming.Read(note).Rooms {
				got = append(got, r.Key())
			}
			require.Equal(t, want, got)
		})
	}
	said := claiming.Read("代13800001234交，身份证11010519491231002X")
	require.Equal(t, []string{"13800001234"}, said.Phones)
	require.Equal(t, []string{"11010519491231002X"}, said.IDNos)
	require.Empty(t, claiming.Read("流水138000012345").Phones)
}

func owed(fen ...int64) (out []claiming.Owed) {
	for i, f := range fen {
		out = append(out, claiming.Owed{DueOn: calendar.Date{Year: 2026, Month: 1, Day: 1 + i}, OwedFen: f})
	}
	return out
}

func TestAnAmountFits(t *testing.T) {
	for name, c := range map[string]struct {
		fen  int64
		owed []claiming.Owed
		want claiming.Fit
	}{
		"all of it":               {300, owed(100, 200), claiming.FitsAll},
		"one bill":                {200, owed(100, 200, 300), claiming.FitsOne},
		"the oldest two":          {250, owed(100, 150, 300), claiming.FitsFirst},
		"two that are not oldest": {450, owed(100, 150, 300), claiming.NoFit},
		"a part":                  {99, owed(100), claiming.NoFit},
		"more":                    {101, owed(100), claiming.NoFit},
		"nothing owed":            {100, nil, claiming.NoFit},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, claiming.FitOf(c.fen, c.owed)) })
	}
}

func TestOnlyWhatIsSureIsBooked(t *testing.T) {
	a := claiming.Person{PersonID: "a", UnitIDs: []string{"u1"}, SameName: true, Owed: owed(100, 100)}
	b := claiming.Person{PersonID: "b", UnitIDs: []string{"u2"}, SameName: true, Owed: owed(100)}
	of := func(p claiming.Person, unit string) claiming.Person { p.Named = []string{unit}; return p }
	phone := func(p claiming.Person) claiming.Person { p.SameName, p.PhoneSaid = false, true; return p }
	owners := map[string]string{"u1": "a", "u2": "b", "u3": ""}
	for name, c := range map[string]struct {
		line claiming.Line
		want claiming.Decision
	}{
		"nothing":                      {claiming.Line{AmountFen: 100}, claiming.Decision{Why: claiming.NoTrace}},
		"the unit":                     {claiming.Line{AmountFen: 77, Units: []string{"u1"}, Debtor: owners, People: []claiming.Person{of(a, "u1")}}, claiming.Decision{UnitID: "u1", DebtorID: "a", By: claiming.UnitInNote}},
		"the unit, paid by another":    {claiming.Line{AmountFen: 200, Units: []string{"u1"}, Debtor: owners, People: []claiming.Person{of(a, "u1"), b}}, claiming.Decision{UnitID: "u1", DebtorID: "a", By: claiming.UnitInNote}},
		"another whom it fits better":  {claiming.Line{AmountFen: 100, Units: []string{"u1"}, Debtor: owners, People: []claiming.Person{{PersonID: "a", Owed: owed(70)}, b}}, claiming.Decision{Why: claiming.Conflicting}},
		"units of two households":      {claiming.Line{AmountFen: 100, Units: []string{"u1", "u2"}, Debtor: owners}, claiming.Decision{Why: claiming.SeveralUnits}},
		"two units of one":             {claiming.Line{AmountFen: 100, Units: []string{"u1", "u9"}, Debtor: map[string]string{"u1": "a", "u9": "a"}}, claiming.Decision{DebtorID: "a", By: claiming.UnitInNote}},
		"a unit of nobody":             {claiming.Line{AmountFen: 100, Units: []string{"u3"}, Debtor: owners}, claiming.Decision{Why: claiming.NoDebtor}},
		"a unit that does not exist":   {claiming.Line{AmountFen: 100, Unclear: true, People: []claiming.Person{a}}, claiming.Decision{Why: claiming.UnknownUnit}},
		"a name that owes it":          {claiming.Line{AmountFen: 200, People: []claiming.Person{a}}, claiming.Decision{UnitID: "u1", DebtorID: "a", By: claiming.PayerName}},
		"a name that owes other money": {claiming.Line{AmountFen: 250, People: []claiming.Person{a}}, claiming.Decision{Why: claiming.AmountDiffers}},
		"two of one name":              {claiming.Line{AmountFen: 200, People: []claiming.Person{a, b}}, claiming.Decision{Why: claiming.SeveralPeople}},
		"a phone":                      {claiming.Line{AmountFen: 1, People: []claiming.Person{phone(a)}}, claiming.Decision{UnitID: "u1", DebtorID: "a", By: claiming.PhoneInNote}},
		"a phone of two":               {claiming.Line{AmountFen: 1, People: []claiming.Person{phone(a), phone(b)}}, claiming.Decision{Why: claiming.SeveralPeople}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, claiming.Decide(c.line)) })
	}
	got := claiming.Candidates(claiming.Line{AmountFen: 100, Units: []string{"u1"}, Debtor: owners, People: []claiming.Person{b, of(a, "u1")}})
	require.Equal(t, "a", got[0].DebtorID)
	require.Equal(t, 100, got[0].Score)
	require.Equal(t, 60, got[1].Score)
}
