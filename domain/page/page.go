// Package page is how every list is cut: a limit and an opaque cursor.
package page

// Query asks for one page. Limit is 1..500; Cursor is what the page before gave, "" for the first.
type Query struct {
	Limit  int
	Cursor string
}

// Of is one page; NextCursor is empty on the last.
type Of[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
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
