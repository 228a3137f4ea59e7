package api_test

import (
	"bytes"
	"cmp"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/print"
)

func withPrinter(d *api.Deps) {
	d.Printer = print.Press{Fonts: print.LoadFonts(cmp.Or(os.Getenv("STEWARD_PRINT_FONTS"), print.DefaultFonts))}
}

func TestADayAtTheDeskByAPI(t *testing.T) {
	h := newHarness(t, withPrinter)
	hh := h.household()
	var book money.ReceiptBook
	newBook := map[string]any{"community_id": h.community, "code": "A1", "first_no": 7, "last_no": 8}
	h.do(call{Method: "POST", Path: "/receipt-books", Role: access.Cashier, Key: "auto", Body: newBook}).ok(201, &book)
	h.do(call{Method: "POST", Path: "/receipt-books", Role: access.Cashier, Key: "auto", Body: newBook}).problem(409, "book-code-taken")
	var shift money.Shift
	open := call{Method: "POST", Path: "/shifts/open", Role: access.Cashier, Key: "shift-key-1", Body: map[string]any{"community_id": h.community, "float_fen": 10000, "receipt_book_id": book.ID}}
	h.do(open).ok(201, &shift)
	var again money.Shift
	h.do(open).ok(201, &again)
	require.Equal(t, shift.ID, again.ID)

	body := h.payBody(hh.Unit, 10000, "D-1")
	body["bill_ids"], body["expected_fen"] = []string{hh.Bill}, 10000
	var p money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(201, &p)
	require.Equal(t, "A1-00000007", p.ReceiptNo)
	require.Equal(t, shift.ID, p.ShiftID)
	body["external_no"] = "D-2"
	refused := h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).problem(409, "bill-already-paid")
	require.Equal(t, "bill_ids", refused["errors"].([]any)[0].(map[string]any)["location"])

	pdf := map[string]string{"Accept": "application/pdf"}
	for _, path := range []string{"/receipts/" + p.ReceiptNo, "/receipts/" + p.ReceiptNo + "?paper=preprinted", "/shifts/" + shift.ID} {
		a := h.do(call{Method: "GET", Path: path, Role: access.Cashier, Headers: pdf})
		require.Equal(t, 200, a.Status, a)
		require.Equal(t, "application/pdf", a.Header.Get("Content-Type"))
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.True(t, bytes.HasPrefix(a.Body, []byte("%PDF-")))
	}
	var r money.Receipt
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Cashier, Headers: map[string]string{"Accept": "application/json, text/plain, */*"}}).ok(200, &r)
	require.Equal(t, 2, r.Prints, "reading it as JSON prints nothing")
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo + "?paper=gold", Role: access.Cashier, Headers: pdf}).problem(400, "invalid-parameter")
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Steward, Headers: pdf}).problem(404, "receipt-not-found")

	h.do(call{Method: "POST", Path: "/receipt-books/" + book.ID + "/spoil", Role: access.Cashier, Key: "auto", Body: map[string]any{"no": 8, "reason": "卡纸"}}).ok(200, &book)
	require.Equal(t, money.BookUsedUp, book.Status)
	advance := h.payBody(hh.Unit, 500, "D-3")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: advance}).problem(409, "receipt-book-used-up")
	h.do(call{Method: "POST", Path: "/shifts/book", Role: access.Cashier, Key: "auto", Body: map[string]any{"community_id": h.community}}).ok(200, nil)
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: advance}).ok(201, nil)
	h.do(call{Method: "POST", Path: "/shifts/close", Role: access.Cashier, Key: "auto", Body: map[string]any{"community_id": h.community, "counted_fen": 20500}}).ok(200, &shift)
	require.Zero(t, *shift.DifferenceFen)
	var shifts page.Of[money.Shift]
	h.do(call{Method: "GET", Path: "/shifts?status=closed&mine=true&community_id=" + h.community, Role: access.Cashier}).ok(200, &shifts)
	require.Len(t, shifts.Items, 1)
	h.sound()
}

func TestWhoWorksAtTheDesk(t *testing.T) {
	h := newHarness(t)
	body := map[string]any{"community_id": h.community}
	for role, may := range map[access.Role]bool{access.Cashier: true, access.CommunityManager: true, access.CompanyFinance: true, access.Steward: false,
		access.Worker: false, access.Auditor: false, access.Owner: false} {
		for _, c := range []call{
			{Method: "GET", Path: "/desk/households?q=101&community_id=" + h.community},
			{Method: "GET", Path: "/shifts?community_id=" + h.community},
			{Method: "GET", Path: "/receipt-books?community_id=" + h.community},
			{Method: "POST", Path: "/shifts/open", Key: "auto", Body: body},
			{Method: "POST", Path: "/shifts/close", Key: "auto", Body: map[string]any{"community_id": h.community, "counted_fen": 0}},
		} {
			c.Role = role
			a := h.do(c)
			if may {
				require.Less(t, a.Status, 300, "%s %s %s: %s", role, c.Method, c.Path, a)
			} else {
				a.problem(403, "forbidden")
			}
		}
	}
	layout := money.DefaultReceiptLayout()
	path := "/communities/" + h.community + "/receipt-layout"
	h.do(call{Method: "PUT", Path: path, Role: access.Cashier, Body: layout}).problem(403, "forbidden")
	h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: layout}).ok(200, &layout)
	require.Equal(t, 1, layout.Version)
	h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: layout, Headers: map[string]string{"If-Match": "7"}}).problem(412, "stale-version")
	for change, location := range map[string]func(*money.ReceiptLayout){
		"plain_size": func(l *money.ReceiptLayout) { l.PlainSize = "a6" },
		"width_mm":   func(l *money.ReceiptLayout) { l.WidthMM = 5 },
		"lines.rows": func(l *money.ReceiptLayout) { l.Lines.Rows = 0 },
		"fields":     func(l *money.ReceiptLayout) { l.Fields = map[string]money.FieldPlace{"colour": {}} },
		"fields.no":  func(l *money.ReceiptLayout) { l.Fields = map[string]money.FieldPlace{"no": {XMM: 999}} },
	} {
		bad := money.DefaultReceiptLayout()
		location(&bad)
		a := h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: bad})
		require.Contains(t, []int{400, 422}, a.Status, change)
	}
}
