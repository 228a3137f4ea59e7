package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
)

// Closings closes days and months and keeps what they came to.
type Closings interface {
	Close(ctx context.Context, s access.Scope, n money.NewClosing) (money.Closing, error)
	ClosingPreview(ctx context.Context, s access.Scope, n money.NewClosing) (money.Closing, error)
	Closings(ctx context.Context, s access.Scope, communityID string, q page.Query) (page.Of[money.Closing], error)
	Closing(ctx context.Context, s access.Scope, id string) (money.Closing, error)
	ExportedClosing(ctx context.Context, s access.Scope, c money.Closing) (community string, err error)
}

type closingBody struct {
	CommunityID string                 `json:"community_id"`
	Day         calendar.Date          `json:"day,omitzero" doc:"Closes this day and every earlier one."`
	Month       string                 `json:"month,omitempty" maxLength:"7" doc:"YYYY-MM; closes the month and its days. Either day or month."`
	CountedFen  *int64                 `json:"counted_fen,omitempty" doc:"The cash that was counted in the drawer."`
	Counted     []money.CountedChannel `json:"counted,omitempty" maxItems:"50" doc:"What was counted or read off for single channels."`
	Note        string                 `json:"note,omitempty" maxLength:"500"`
}

func (b closingBody) closing() money.NewClosing { return money.NewClosing(b) }

// closingTimeout: a month compares every bill of the community with the books.
const closingTimeout = 2 * time.Minute

func (s *Server) registerClosings() {
	register(s, op{Method: http.MethodPost, Path: "/closings", ID: "close", Summary: "Close a day or a month; what comes later for it is booked in the open period", Tag: "money", Status: http.StatusCreated, Idempotent: true, Timeout: closingTimeout},
		func(ctx context.Context, in *struct{ Body closingBody }) (*answer[money.Closing], error) {
			c, err := s.store.Close(ctx, scopeOf(ctx), in.Body.closing())
			return reply(c), err
		})
	register(s, op{Method: http.MethodPost, Path: "/closings/preview", ID: "preview-closing", Summary: "What closing would find now; closes nothing", Tag: "money", Timeout: closingTimeout},
		func(ctx context.Context, in *struct{ Body closingBody }) (*answer[money.Closing], error) {
			c, err := s.store.ClosingPreview(ctx, scopeOf(ctx), in.Body.closing())
			return reply(c), err
		})
	register(s, op{Method: http.MethodGet, Path: "/closings", ID: "list-closings", Summary: "Closed days and months, newest first", Tag: "money"},
		func(ctx context.Context, in *struct {
			CommunityID string `query:"community_id"`
			PageQuery
		}) (*answer[page.Of[money.Closing]], error) {
			list, err := s.store.Closings(ctx, scopeOf(ctx), in.CommunityID, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/closings/{id}", ID: "read-closing", Summary: "A closing with its figures as they were; as PDF its sheet", Tag: "money"}, s.readClosing)
	describePaper[money.Closing](s, "/closings/{id}", "Closing")
}

func (s *Server) readClosing(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"40"`
	Asked
}) (*paperOutput, error) {
	read := func() (money.Closing, error) { return s.store.Closing(ctx, scopeOf(ctx), in.ID) }
	return inTwoForms(ctx, s, in.Asked, read, func(c money.Closing) (*paperOutput, error) {
		community, err := s.store.ExportedClosing(ctx, scopeOf(ctx), c)
		if err != nil {
			return nil, err
		}
		content, err := s.deps.Printer.ClosingSheet(c, community)
		name := "日结单-"
		if c.Kind == money.ClosingMonth {
			name = "月结单-"
		}
		return asPDF(name+community+"-"+cmp.Or(c.Month, c.Through.String()), content, err)
	})
}
