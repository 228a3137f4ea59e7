package api

import (
	"context"
	"net/http"
	"strconv"

	"steward/domain/access"
	"steward/domain/calendar"
)

// Calendars keeps each community's quiet hours and mutes, and the organization's holidays.
type Calendars interface {
	Calendar(ctx context.Context, s access.Scope, communityID string) (calendar.Sheet, error)
	// ChangeCalendar refuses when the version is another than ifVersion; 0 takes any.
	ChangeCalendar(ctx context.Context, s access.Scope, communityID string, c calendar.Change, ifVersion int) (calendar.Sheet, error)
}

// calendarBody takes a change, or a whole calendar as it was read: what cannot be set in it is passed over.
type calendarBody struct {
	calendar.Change
	CommunityID string                `json:"community_id,omitempty" doc:"As read; not changed."`
	Holidays    []calendar.SpecialDay `json:"holidays,omitempty" doc:"As read; not changed."`
	LoadedYears []int                 `json:"loaded_years,omitempty" doc:"As read; not changed."`
	Version     int                   `json:"version,omitempty" doc:"As read; used where no If-Match is given."`
}

type changeCalendarInput struct {
	ID string `path:"id"`
	Versioned
	Body calendarBody
}

// versioned answers with the ETag that If-Match wants back.
type versioned[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func atVersion[T any](body T, version int) *versioned[T] {
	return &versioned[T]{ETag: strconv.Quote(strconv.Itoa(version)), Body: body}
}

func (s *Server) registerCalendars() {
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/calendar", ID: "read-calendar", Summary: "When a community may be written to", Tag: "estate"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*versioned[calendar.Sheet], error) {
			sheet, err := s.store.Calendar(ctx, scopeOf(ctx), in.ID)
			return atVersion(sheet, sheet.Version), err
		})
	register(s, op{Method: http.MethodPut, Path: "/communities/{id}/calendar", ID: "change-calendar", Summary: "Set quiet hours, mutes and provisional days", Tag: "estate"},
		func(ctx context.Context, in *changeCalendarInput) (*versioned[calendar.Sheet], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			if version == 0 {
				version = in.Body.Version
			}
			sheet, err := s.store.ChangeCalendar(ctx, scopeOf(ctx), in.ID, in.Body.Change, version)
			return atVersion(sheet, sheet.Version), err
		})
}
