// Package clock ties business time to wall time. Business time is what bills, ladders and calendars live in; in
// production it is wall time, in dev and tests it may run faster.
package clock

import "time"

// Anchor is one fixed pair of instants and a speed. It is persisted, handed to workflows as recorded data, and never
// makes time run backwards.
type Anchor struct {
	Wall     time.Time `json:"wall"`
	Business time.Time `json:"business"`
	Speed    float64   `json:"speed"` // business seconds per wall second, 1 in production
}

// BusinessAt turns a wall instant into business time.
func (a Anchor) BusinessAt(wall time.Time) time.Time {
	return a.Business.Add(time.Duration(float64(wall.Sub(a.Wall)) * a.Speed))
}

// Agrees tells whether two anchors tell the same business time at every instant. Where nobody has turned the clock the anchor
// is read as wall time of the moment, and each reading agrees with the one before.
func (a Anchor) Agrees(b Anchor) bool {
	if a.Speed == 1 && b.Speed == 1 {
		return a.Business.Sub(a.Wall) == b.Business.Sub(b.Wall)
	}
	return a.Speed == b.Speed && a.Wall.Equal(b.Wall) && a.Business.Equal(b.Business)
}

// WallUntil gives how long to wait from a wall instant until a business instant; never negative.
func (a Anchor) WallUntil(wall, business time.Time) time.Duration {
	d := time.Duration(float64(business.Sub(a.BusinessAt(wall))) / a.Speed)
	return max(d, 0)
}

// Source tells business time. Implementations read the persisted anchor.
type Source interface {
	Anchor() Anchor
	// Now is the business instant of this moment, in UTC, cut to microseconds as the database keeps them.
	Now() time.Time
}

// Fixed is a Source that stands still; for tests of rules and stores.
type Fixed time.Time

// Anchor implements Source.
func (f Fixed) Anchor() Anchor { return Anchor{Wall: time.Time(f), Business: time.Time(f), Speed: 1} }

// Now implements Source.
func (f Fixed) Now() time.Time { return time.Time(f).UTC().Truncate(time.Microsecond) }
