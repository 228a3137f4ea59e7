package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
)

// Receipts are read and printed.
type Receipts interface {
	Receipt(ctx context.Context, s access.Scope, no string) (money.Receipt, error)
	PrintReceipt(ctx context.Context, s access.Scope, no string, paper money.ReceiptPaper) (money.Receipt, money.ReceiptPrint, error)
	ReceiptLayout(ctx context.Context, s access.Scope, communityID, bookID string) (money.ReceiptLayout, error)
	SetReceiptLayout(ctx context.Context, s access.Scope, communityID, bookID string, l money.ReceiptLayout, expected int) (money.ReceiptLayout, error)
}

func (s *Server) registerReceipts() {
	register(s, op{Method: http.MethodGet, Path: "/receipts/{no}", ID: "read-receipt", Tag: "money",
		Summary: "A receipt by its printed number; as PDF it counts as a print, and every print after the first is marked"}, s.readReceipt)
	describePaper[money.Receipt](s, "/receipts/{no}", "Receipt")
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/receipt-layout", ID: "read-receipt-layout", Summary: "How a community's receipts are laid out on paper", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"40"`
			BookID string `query:"book_id" maxLength:"40" doc:"The layout of this book; the community's where it has none of its own."`
		}) (*answer[money.ReceiptLayout], error) {
			l, err := s.store.ReceiptLayout(ctx, scopeOf(ctx), in.ID, in.BookID)
			return reply(l), err
		})
	register(s, op{Method: http.MethodPut, Path: "/communities/{id}/receipt-layout", ID: "set-receipt-layout", Summary: "Say where values go on a printed form", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"40"`
			BookID string `query:"book_id" maxLength:"40" doc:"Of this book; of the community when left out."`
			Versioned
			Body money.ReceiptLayout
		}) (*answer[money.ReceiptLayout], error) {
			expected, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			l, err := s.store.SetReceiptLayout(ctx, scopeOf(ctx), in.ID, in.BookID, in.Body, expected)
			return reply(l), err
		})
}

func (s *Server) readReceipt(ctx context.Context, in *struct {
	No    string `path:"no" maxLength:"40"`
	Paper string `query:"paper" enum:"plain,preprinted" default:"plain" doc:"Of the PDF: everything is drawn, or only the values for a printed form."`
	Asked
}) (*paperOutput, error) {
	scope := scopeOf(ctx)
	paper, err := s.wantsPaper(ctx, in.Asked)
	if err != nil {
		return nil, err
	}
	if !paper {
		receipt, err := s.store.Receipt(ctx, scope, in.No)
		if err != nil {
			return nil, err
		}
		return asJSON(receipt)
	}
	receipt, err := s.store.Receipt(ctx, scope, in.No)
	if err != nil {
		return nil, err
	}
	layout, err := s.store.ReceiptLayout(ctx, scope, receipt.CommunityID, receipt.BookID)
	if err != nil {
		return nil, err
	}
	receipt, print, err := s.store.PrintReceipt(ctx, scope, in.No, money.ReceiptPaper(in.Paper))
	if err != nil {
		return nil, err
	}
	content, err := s.deps.Printer.Receipt(receipt, print, money.ReceiptPaper(in.Paper), layout)
	return asPDF("收据-"+receipt.No, content, err)
}
