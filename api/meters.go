package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/metering"
	"steward/domain/page"
	"steward/domain/refusal"
)

// Meters keeps meters and what they showed.
type Meters interface {
	MeterReadings(ctx context.Context, s access.Scope, f estate.MeterReadingFilter, q page.Query) (page.Of[estate.MeterReading], error)
	EnterReadings(ctx context.Context, s access.Scope, entries []metering.Entry) ([]estate.MeterReading, error)
	ReviewReading(ctx context.Context, s access.Scope, id string, d metering.Decision) (estate.MeterReading, error)
	Meters(ctx context.Context, s access.Scope, f metering.MeterFilter, q page.Query) (page.Of[metering.Meter], error)
	CreateMeter(ctx context.Context, s access.Scope, m metering.NewMeter) (metering.Meter, error)
	ReadingRules(ctx context.Context, s access.Scope, communityID string) ([]metering.RuleFor, error)
	SetReadingRule(ctx context.Context, s access.Scope, set metering.RuleFor) (metering.RuleFor, error)
}

type meterReadingsInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	UnitID      string `query:"unit_id" maxLength:"40"`
	MeterID     string `query:"meter_id" maxLength:"40"`
	Status      string `query:"status" enum:"accepted,review,rejected"`
}

type metersInput struct {
	PageQuery
	CommunityID string        `query:"community_id" maxLength:"40"`
	BuildingID  string        `query:"building_id" maxLength:"40"`
	Kind        string        `query:"kind" enum:"water,hot_water,electricity,gas,heat,other"`
	Q           string        `query:"q" maxLength:"80" doc:"A room in any habit, a serial, or a part of a name."`
	NotSince    calendar.Date `query:"not_since" doc:"Only meters without a reading on or after this day."`
}

// enterBody is one reading, or several under readings.
type enterBody struct {
	metering.Entry
	Readings []metering.Entry `json:"readings,omitempty" maxItems:"500" doc:"Several in one call: all are taken, or none."`
}

func (b enterBody) entries() []metering.Entry {
	if len(b.Readings) > 0 {
		return b.Readings
	}
	return []metering.Entry{b.Entry}
}

type enteredReadings struct {
	Items []estate.MeterReading `json:"items"`
}

func (s *Server) registerMeters() {
	register(s, op{Method: http.MethodGet, Path: "/meter-readings", ID: "list-meter-readings", Summary: "Readings of meters, newest first; a resident's are those of the own units", Tag: "Estate"},
		func(ctx context.Context, in *meterReadingsInput) (*answer[page.Of[estate.MeterReading]], error) {
			f := estate.MeterReadingFilter{CommunityID: in.CommunityID, UnitID: in.UnitID, MeterID: in.MeterID, Status: in.Status}
			p, err := s.store.MeterReadings(ctx, scopeOf(ctx), f, in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodPost, Path: "/meter-readings", ID: "enter-meter-readings", Summary: "Enter readings; what is out of the ordinary waits for review", Tag: "Estate", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body enterBody }) (*answer[enteredReadings], error) {
			if in.Body.Readings != nil && (len(in.Body.Readings) == 0 || in.Body.Entry != metering.Entry{}) {
				return nil, refusal.New(refusal.Rule, "one-or-several", "请直接提交一个读数，或在 readings 里提交一个或多个，不要混用。").At("body.readings", "不能为空，也不能与单个读数混用", nil)
			}
			items, err := s.store.EnterReadings(ctx, scopeOf(ctx), in.Body.entries())
			return reply(enteredReadings{Items: items}), err
		})
	register(s, op{Method: http.MethodPost, Path: "/meter-readings/{id}/review", ID: "review-meter-reading", Summary: "Accept or reject a reading; not by whoever entered it", Tag: "Estate", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body metering.Decision
		}) (*answer[estate.MeterReading], error) {
			r, err := s.store.ReviewReading(ctx, scopeOf(ctx), in.ID, in.Body)
			return reply(r), err
		})
	register(s, op{Method: http.MethodGet, Path: "/meters", ID: "list-meters", Summary: "Meters with what they showed last, in the order in which a reader walks past", Tag: "Estate"},
		func(ctx context.Context, in *metersInput) (*answer[page.Of[metering.Meter]], error) {
			f := metering.MeterFilter{CommunityID: in.CommunityID, BuildingID: in.BuildingID, Kind: in.Kind, Q: in.Q, NotSince: in.NotSince}
			p, err := s.store.Meters(ctx, scopeOf(ctx), f, in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodPost, Path: "/meters", ID: "create-meter", Summary: "Register a meter", Tag: "Estate", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body metering.NewMeter }) (*answer[metering.Meter], error) {
			m, err := s.store.CreateMeter(ctx, scopeOf(ctx), in.Body)
			return reply(m), err
		})
	s.registerReadingRules()
}

func (s *Server) registerReadingRules() {
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/reading-rules", ID: "list-reading-rules", Summary: "Which readings wait for review", Tag: "Estate"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"40"`
		}) (*answer[[]metering.RuleFor], error) {
			rules, err := s.store.ReadingRules(ctx, scopeOf(ctx), in.ID)
			return reply(rules), err
		})
	register(s, op{Method: http.MethodPut, Path: "/communities/{id}/reading-rules", ID: "set-reading-rule", Summary: "Set which readings wait for review, for a fee item or for the others", Tag: "Estate"},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body struct {
				FeeItemID string `json:"fee_item_id,omitempty" maxLength:"40"`
				metering.Rule
			}
		}) (*answer[metering.RuleFor], error) {
			r, err := s.store.SetReadingRule(ctx, scopeOf(ctx), metering.RuleFor{CommunityID: in.ID, FeeItemID: in.Body.FeeItemID, Rule: in.Body.Rule})
			return reply(r), err
		})
}
