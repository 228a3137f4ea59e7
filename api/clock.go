package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/calendar"
)

// ClockSetter turns business time in dev; it never runs backwards.
type ClockSetter interface {
	// SetClock moves business time forward to now and/or changes its speed; a zero value leaves it as it is.
	SetClock(ctx context.Context, s access.Scope, now time.Time, speed float64) error
}

// ClockReading is business time at this moment.
type ClockReading struct {
	Now   time.Time `json:"now"`
	Speed float64   `json:"speed" doc:"Business seconds per second of the wall; 1 in production."`
}

type setClockInput struct {
	Body struct {
		Now   time.Time `json:"now,omitzero" doc:"Forward only."`
		Speed float64   `json:"speed,omitempty" minimum:"0.001" maximum:"17280"`
	}
}

func (s *Server) registerClock() {
	register(s, op{Method: http.MethodGet, Path: "/clock", ID: "read-clock", Summary: "Business time", Tag: "system"},
		func(context.Context, *struct{}) (*answer[ClockReading], error) { return reply(s.reading()), nil })
}

func (s *Server) reading() ClockReading {
	anchor := s.deps.Clock.Anchor()
	return ClockReading{Now: s.deps.Clock.Now().In(calendar.Shanghai), Speed: anchor.Speed}
}
