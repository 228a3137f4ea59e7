package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
)

// Desk is what a cashier works with: households, shifts, receipt books, deposits.
type Desk interface {
	DeskHouseholds(ctx context.Context, s access.Scope, communityID, q string) ([]money.DeskHousehold, error)
	Deposits(ctx context.Context, s access.Scope, f money.DepositFilter, q page.Query) (page.Of[money.HeldDeposit], error)
	OpenShift(ctx context.Context, s access.Scope, n money.NewShift) (money.Shift, error)
	ChangeShiftBook(ctx context.Context, s access.Scope, communityID, bookID string) (money.Shift, error)
	CloseShift(ctx context.Context, s access.Scope, c money.CloseShift) (money.Shift, error)
	Shifts(ctx context.Context, s access.Scope, f money.ShiftFilter, q page.Query) (page.Of[money.Shift], error)
	Shift(ctx context.Context, s access.Scope, id string) (money.Shift, error)
	ReceiptBooks(ctx context.Context, s access.Scope, communityID string, q page.Query) (page.Of[money.ReceiptBook], error)
	AddReceiptBook(ctx context.Context, s access.Scope, n money.NewReceiptBook) (money.ReceiptBook, error)
	SpoilReceipt(ctx context.Context, s access.Scope, bookID string, no int64, reason string) (money.ReceiptBook, error)
}

type deskAnswer struct {
	Items []money.DeskHousehold `json:"items"`
}

type depositsInput struct {
	CommunityID string `query:"community_id" maxLength:"40"`
	UnitID      string `query:"unit_id" maxLength:"40"`
	DebtorID    string `query:"debtor_id" maxLength:"40"`
	Kind        string `query:"deposit_kind" maxLength:"24" doc:"The code under which it was taken, such as fit_out or access_card."`
	Held        bool   `query:"held" doc:"Only those of which something is still held."`
	PageQuery
}

func (s *Server) registerDesk() {
	register(s, op{Method: http.MethodGet, Path: "/desk/households", ID: "find-desk-households", Tag: "desk",
		Summary: "Find households by room, name or phone, with units, open bills and late fee of today, advances and deposits"},
		func(ctx context.Context, in *struct {
			Q           string `query:"q" maxLength:"120" doc:"A room in any habit, an exact name, a whole phone or its last four digits."`
			CommunityID string `query:"community_id" maxLength:"40"`
		}) (*answer[deskAnswer], error) {
			found, err := s.store.DeskHouseholds(ctx, scopeOf(ctx), in.CommunityID, in.Q)
			return reply(deskAnswer{found}), err
		})
	register(s, op{Method: http.MethodGet, Path: "/deposits", ID: "list-deposits", Summary: "Deposits and bonds with what is still held of each", Tag: "desk"},
		func(ctx context.Context, in *depositsInput) (*answer[page.Of[money.HeldDeposit]], error) {
			f := money.DepositFilter{CommunityID: in.CommunityID, UnitID: in.UnitID, DebtorID: in.DebtorID, Kind: in.Kind, HeldOnly: in.Held}
			list, err := s.store.Deposits(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	s.registerShifts()
	s.registerReceiptBooks()
}

type openShiftBody struct {
	CommunityID string `json:"community_id"`
	FloatFen    int64  `json:"float_fen,omitempty" doc:"What lies in the drawer at the start."`
	BookID      string `json:"receipt_book_id,omitempty" doc:"A paper book; the electronic one when left out."`
}

type closeShiftBody struct {
	CommunityID   string               `json:"community_id"`
	CountedFen    int64                `json:"counted_fen" doc:"The cash in the drawer, the float included."`
	Denominations []money.Denomination `json:"denominations,omitempty" maxItems:"20"`
	Note          string               `json:"note,omitempty" maxLength:"500"`
}

type shiftsInput struct {
	CommunityID string        `query:"community_id" maxLength:"40"`
	Status      string        `query:"status" enum:"open,closed"`
	Date        calendar.Date `query:"date" doc:"The day of opening."`
	Mine        bool          `query:"mine" doc:"Only the caller's own."`
	PageQuery
}

func (s *Server) registerShifts() {
	register(s, op{Method: http.MethodPost, Path: "/shifts/open", ID: "open-shift", Summary: "Begin a shift at the desk of a community", Tag: "desk", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body openShiftBody }) (*answer[money.Shift], error) {
			sh, err := s.store.OpenShift(ctx, scopeOf(ctx), money.NewShift{CommunityID: in.Body.CommunityID, FloatFen: in.Body.FloatFen, BookID: in.Body.BookID})
			return reply(sh), err
		})
	register(s, op{Method: http.MethodPost, Path: "/shifts/book", ID: "change-shift-book", Summary: "Go on with another paper book, or with the electronic one", Tag: "desk", Idempotent: true},
		func(ctx context.Context, in *struct {
			Body struct {
				CommunityID string `json:"community_id"`
				BookID      string `json:"receipt_book_id,omitempty"`
			}
		}) (*answer[money.Shift], error) {
			sh, err := s.store.ChangeShiftBook(ctx, scopeOf(ctx), in.Body.CommunityID, in.Body.BookID)
			return reply(sh), err
		})
	register(s, op{Method: http.MethodPost, Path: "/shifts/close", ID: "close-shift", Summary: "Count the drawer and end the shift; it is final", Tag: "desk", Idempotent: true},
		func(ctx context.Context, in *struct{ Body closeShiftBody }) (*answer[money.Shift], error) {
			b := in.Body
			sh, err := s.store.CloseShift(ctx, scopeOf(ctx), money.CloseShift{CommunityID: b.CommunityID, CountedFen: b.CountedFen, Denominations: b.Denominations, Note: b.Note})
			return reply(sh), err
		})
	register(s, op{Method: http.MethodGet, Path: "/shifts", ID: "list-shifts", Summary: "Shifts, the newest first", Tag: "desk"},
		func(ctx context.Context, in *shiftsInput) (*answer[page.Of[money.Shift]], error) {
			f := money.ShiftFilter{CommunityID: in.CommunityID, Status: money.ShiftStatus(in.Status), Date: in.Date, Mine: in.Mine}
			list, err := s.store.Shifts(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/shifts/{id}", ID: "read-shift", Summary: "A shift with its takings; as PDF its pay-in slip", Tag: "desk"}, s.readShift)
	describePaper[money.Shift](s, "/shifts/{id}", "Shift")
}

func (s *Server) readShift(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"40"`
	Asked
}) (*paperOutput, error) {
	read := func() (money.Shift, error) { return s.store.Shift(ctx, scopeOf(ctx), in.ID) }
	return inTwoForms(ctx, s, in.Asked, read, func(sh money.Shift) (*paperOutput, error) {
		content, err := s.deps.Printer.PayInSlip(sh)
		return asPDF("交款单-"+sh.SlipNo, content, err)
	})
}

func (s *Server) registerReceiptBooks() {
	register(s, op{Method: http.MethodGet, Path: "/receipt-books", ID: "list-receipt-books", Summary: "The electronic book and the paper books, with what they have left", Tag: "desk"},
		func(ctx context.Context, in *struct {
			CommunityID string `query:"community_id" maxLength:"40"`
			PageQuery
		}) (*answer[page.Of[money.ReceiptBook]], error) {
			list, err := s.store.ReceiptBooks(ctx, scopeOf(ctx), in.CommunityID, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodPost, Path: "/receipt-books", ID: "add-receipt-book", Summary: "Take a paper book into use", Tag: "desk", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct {
			Body struct {
				CommunityID string `json:"community_id"`
				Code        string `json:"code" maxLength:"40"`
				FirstNo     int64  `json:"first_no"`
				LastNo      int64  `json:"last_no"`
			}
		}) (*answer[money.ReceiptBook], error) {
			b, err := s.store.AddReceiptBook(ctx, scopeOf(ctx), money.NewReceiptBook{CommunityID: in.Body.CommunityID, Code: in.Body.Code, FirstNo: in.Body.FirstNo, LastNo: in.Body.LastNo})
			return &answer[money.ReceiptBook]{Body: b}, err
		})
	register(s, op{Method: http.MethodPost, Path: "/receipt-books/{id}/spoil", ID: "spoil-receipt", Summary: "Void the next number of a paper book that was spoiled", Tag: "desk", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body struct {
				No     int64  `json:"no,omitempty" doc:"The number on the spoiled sheet; it must be the next one."`
				Reason string `json:"reason" maxLength:"500"`
			}
		}) (*answer[money.ReceiptBook], error) {
			b, err := s.store.SpoilReceipt(ctx, scopeOf(ctx), in.ID, in.Body.No, in.Body.Reason)
			return reply(b), err
		})
}
