package store

import (
	"context"
	"fmt"
	"slices"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
)

// sharedByNames is how many names an ID number must have in one file to be taken for a placeholder.
const sharedByNames = 3

// agreePeople lets all rows of a file that mean one person say the same of him or her: the first row with a phone, an ID
// number or an e-mail address counts, what a later one says instead is set aside and listed. Without it two rows would
// change the person to and fro each time the file is imported. The rows of every name that does not always come with the
// same values are planned here as they will be when they are applied, without writing: whom a row means is decided in one
// place.
func (s *Store) agreePeople(ctx context.Context, sc access.Scope, src importing.Source, r *importing.Result) error {
	rows := r.Good.Roster
	r.Notices = append(r.Notices, markSharedNumbers(rows)...)
	p := s.newRosterPlan(planFor{scope: sc, kind: src.Kind, communityID: src.CommunityID})
	p.said = map[string]*personSaid{}
	for chunk := range slices.Chunk(contradicting(rows), importing.BatchRows) {
		part := make([]importing.RosterRow, len(chunk))
		for n, i := range chunk {
			part[n] = rows[i]
		}
		if err := p.takeRows(ctx, s.db, sc.OrgID, part); err != nil {
			return fmt.Errorf("let rows of one person agree: %w", err)
		}
		for n, i := range chunk {
			rows[i].Aside = part[n].Aside
		}
	}
	return nil
}

// markSharedNumbers marks the rows whose ID number the file gives to several names.
func markSharedNumbers(rows []importing.RosterRow) (notices []importing.Notice) {
	names := map[string][]string{}
	for _, r := range rows {
		if n := names[r.IDNo]; r.IDNo != "" && r.Name != "" && !r.Company && len(n) < sharedByNames && !slices.Contains(n, estate.NameKey(r.Name)) {
			names[r.IDNo] = append(n, estate.NameKey(r.Name))
		}
	}
	told := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if len(names[r.IDNo]) < sharedByNames || r.Company {
			continue
		}
		r.IDShared = true
		if !told[r.IDNo] && len(notices) < importing.MaxNotices {
			told[r.IDNo] = true
			notices = append(notices, importing.Notice{
				Row: r.Row, Column: importing.ColumnTitle(importing.Roster, "id_no"), Code: "id-no-shared",
				Message: fmt.Sprintf("尾号 %s 的证件号码在本文件里给了多个不同的姓名，像是占位号码：会照样保存，但不据此认定是同一个人。", estate.LastFour(r.IDNo)),
			})
		}
	}
	return notices
}

// contradicting gives the rows of names that do not always come with the same values, in the order of the file.
func contradicting(rows []importing.RosterRow) (found []int) {
	first, differing := map[string]*[len(agreedFields)]string{}, map[string]bool{}
	for i := range rows {
		if rows[i].Name == "" || rows[i].Company {
			continue
		}
		name := estate.NameKey(rows[i].Name)
		have := first[name]
		if have == nil {
			have = &[len(agreedFields)]string{}
			first[name] = have
		}
		for n, f := range agreedFields {
			switch said := *f.of(&rows[i]); {
			case said == "":
			case have[n] == "":
				have[n] = said
			case have[n] != said:
				differing[name] = true
			}
		}
	}
	for i := range rows {
		if rows[i].Name != "" && !rows[i].Company && differing[estate.NameKey(rows[i].Name)] {
			found = append(found, i)
		}
	}
	return found
}

// agreedFields are what all rows of a person must agree on.
var agreedFields = [...]struct {
	key string
	of  func(*importing.RosterRow) *string
}{
	{"phone", func(r *importing.RosterRow) *string { return &r.Phone }},
	{"id_no", func(r *importing.RosterRow) *string { return &r.IDNo }},
	{"email", func(r *importing.RosterRow) *string { return &r.Email }},
}

// personSaid is what the rows of a file so far say of a person, by agreedFields.
type personSaid [len(agreedFields)]struct {
	text string
	row  int
}

// agree sets the values of a row aside that an earlier row has otherwise for the same person. Only a check of the file as a
// whole does so; a plan of some of its rows goes by what the check set aside.
func (p *rosterPlan) agree(person *personRow, r *importing.RosterRow) {
	if p.said == nil || person.Kind == "company" {
		return
	}
	said := p.said[person.ID]
	if said == nil {
		said = &personSaid{}
		p.said[person.ID] = said
	}
	for n, f := range agreedFields {
		switch text := *f.of(r); {
		case text == "" || text == said[n].text:
		case said[n].text == "":
			said[n].text, said[n].row = text, r.Row
		case f.key == "phone" && holds(person.numbers(), p.keys.Index(indexPhone, text)): // a further phone: nothing to look at
			r.Aside = append(r.Aside, importing.Aside{Column: f.key, Said: text})
		default:
			r.Aside = append(r.Aside, importing.Aside{Column: f.key, Said: text, Row: said[n].row})
		}
	}
}

// countingFacts are what a row changes of its person: all that it says but what was set aside.
func countingFacts(r importing.RosterRow) personFacts {
	for _, a := range r.Aside {
		for _, f := range agreedFields {
			if f.key == a.Column {
				*f.of(&r) = ""
			}
		}
	}
	return factsOf(r)
}
