// Package page is how every list is cut: a limit and an opaque cursor.
package page

import "encoding/json"

// Query asks for one page. Limit is 1..500; Cursor is what the page before gave, "" for the first.
type Query struct {
	Limit  int
	Cursor string
}

// Of is one page; NextCursor is empty on the last.
type Of[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor" nullable:"true"`
}

// MarshalJSON writes null for the cursor of the last page, so that the member is always there and a client that gives it
// back unseen cannot start over with an empty one.
func (p Of[T]) MarshalJSON() ([]byte, error) {
	out := struct {
		Items      []T     `json:"items"`
		NextCursor *string `json:"next_cursor"`
	}{Items: p.Items}
	if p.NextCursor != "" {
		out.NextCursor = &p.NextCursor
	}
	return json.Marshal(out)
}

// Cut makes a page from up to limit+1 rows in order; key gives the cursor of a row.
func Cut[T any](rows []T, limit int, key func(T) string) Of[T] {
	p := Of[T]{Items: rows}
	if p.Items == nil {
		p.Items = []T{}
	}
	if len(rows) > limit {
		p.Items = rows[:limit]
		p.NextCursor = key(p.Items[limit-1])
	}
	return p
}
