package store

import (
	"steward/domain/calendar"
	"steward/domain/importing"
)

// changeList collects the values that a row changes, for people to read.
type changeList struct {
	kind  importing.Kind
	found []importing.Change
}

func (c *changeList) note(key, old, said string) {
	c.found = append(c.found, importing.Change{Column: importing.ColumnTitle(c.kind, key), Old: old, New: said})
}

// text takes over what a row says; a cell left empty changes nothing.
func (c *changeList) text(key string, have *string, said string) {
	if said != "" && said != *have {
		c.note(key, *have, said)
		*have = said
	}
}

// word is text for a value of one of the vocabulary's lists, shown as staff write it.
func (c *changeList) word(key, list string, have *string, said string) {
	if said != "" && said != *have {
		c.note(key, importing.WordOf(list, *have), importing.WordOf(list, said))
		*have = said
	}
}

func (c *changeList) date(key string, have *calendar.Date, said calendar.Date) {
	if !said.IsZero() && said != *have {
		c.note(key, dateText(*have), dateText(said))
		*have = said
	}
}

// carried gives what the plans of earlier runs of the same check would have written, so that a later run compares with it
// as if it were there. A plan that is applied starts anew: it finds in the database what was applied before.
func carried[T any](f planFor, fresh func() T) T {
	if f.carry == nil {
		return fresh()
	}
	if kept, ok := f.carry[f.kind].(T); ok {
		return kept
	}
	made := fresh()
	f.carry[f.kind] = made
	return made
}
