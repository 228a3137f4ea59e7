package api_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

type transferred struct {
	money.Payment
	MovedFromID string        `json:"moved_from_id"`
	Effect      *money.Effect `json:"effect"`
}

type askedFor struct {
	ApprovalID string         `json:"approval_id"`
	Approval   money.Approval `json:"approval"`
	Effect     *money.Effect  `json:"effect"`
}

// TestMoneyForTheWrongUnitIsMovedOverHTTP is the worked case of re-booking, as clients see it.
func TestMoneyForTheWrongUnitIsMovedOverHTTP(t *testing.T) {
	h := newHarness(t)
	right, wrong := h.household(), h.household()
	var p money.Payment
	body := h.payBody(right.Unit, 12000, "A-1")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(201, &p)
	request := map[string]string{"reason": "缴错房号", "unit_id": wrong.Unit}
	var told money.Effect
	h.do(call{Method: "POST", Path: "/payments/" + p.ID + "/transfer/preview", Role: access.Cashier, Body: request}).ok(200, &told)
	require.False(t, told.ApprovalNeeded)
	move := call{Method: "POST", Path: "/payments/" + p.ID + "/transfer", Role: access.Cashier, Key: "one-key-0001", Body: request}
	var moved, again transferred
	h.do(move).ok(200, &moved)
	h.do(move).ok(200, &again)
	require.Equal(t, moved, again)
	require.Equal(t, told, *moved.Effect)
	require.Equal(t, p.ID, moved.MovedFromID)
	require.Equal(t, wrong.Owner, moved.DebtorID)
	require.Len(t, moved.Effect.Receipts, 2)
	var first money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(200, &first)
	require.Equal(t, p.ID, first.ID)
	var receipt money.Receipt
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Cashier}).ok(200, &receipt)
	require.Equal(t, "void", receipt.Status)
	move.Key = ""
	h.do(move).problem(400, "idempotency-key-required")
	h.sound()
}

func TestAWaiverNeedsAnotherPerson(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	path := "/bills/" + hh.Bill + "/waivers"
	body := map[string]any{"reason": "电梯停运一个月", "amount_fen": 2500}
	var told money.Effect
	h.do(call{Method: "POST", Path: path + "/preview", Role: access.CommunityManager, Body: map[string]any{"amount_fen": 2500}}).ok(200, &told)
	require.True(t, told.ApprovalNeeded)
	var asked askedFor
	h.do(call{Method: "POST", Path: path, Role: access.CommunityManager, Key: "auto", Body: body}).ok(202, &asked)
	require.Equal(t, asked.ApprovalID, asked.Approval.ID)
	require.Equal(t, told.PrincipalFen, asked.Effect.PrincipalFen)
	h.do(call{Method: "POST", Path: path, Role: access.Cashier, Key: "auto", Body: body}).problem(409, "already-asked")

	one := "/approvals/" + asked.ApprovalID
	h.do(call{Method: "POST", Path: one + "/approve", Role: access.CommunityManager, Key: "auto"}).problem(403, "maker-is-checker")
	h.do(call{Method: "POST", Path: one + "/approve", Role: access.Cashier, Key: "auto"}).problem(403, "forbidden")
	h.do(call{Method: "POST", Path: one + "/reject", Role: access.CompanyFinance, Key: "auto", Body: map[string]string{}}).problem(422, "reason-needed")
	h.do(call{Method: "POST", Path: one + "/withdraw", Role: access.CompanyFinance, Key: "auto"}).problem(403, "not-the-maker")
	var list page.Of[money.Approval]
	h.do(call{Method: "GET", Path: "/approvals?status=asked", Role: access.CompanyFinance}).ok(200, &list)
	require.Len(t, list.Items, 1)
	require.True(t, list.Items[0].MayDecide)
	approve := call{Method: "POST", Path: one + "/approve", Role: access.CompanyFinance, Key: "one-key-0002"}
	var done money.Approval
	for range 2 {
		h.do(approve).ok(200, &done)
		require.Equal(t, money.ApprovalApproved, done.Status)
	}
	approve.Key = "auto"
	h.do(approve).problem(409, "approval-decided")
	var b money.Bill
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill, Role: access.Cashier}).ok(200, &b)
	require.EqualValues(t, 7500, b.UnpaidFen)
	var made page.Of[money.Correction]
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill + "/corrections", Role: access.Cashier}).ok(200, &made)
	require.Equal(t, []string{done.ResultID}, []string{made.Items[0].ID})
	h.sound()
}

func TestARefundGoesOutAtTheDesk(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	var p money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(hh.Unit, 12000, "A-1")}).ok(201, &p)
	path := "/payments/" + p.ID + "/refund"
	h.do(call{Method: "POST", Path: path, Role: access.Cashier, Key: "auto", Body: map[string]any{"reason": "搬走", "amount_fen": 12001}}).problem(422, "refund-above-available")
	var asked askedFor
	h.do(call{Method: "POST", Path: path, Role: access.Cashier, Key: "auto", Body: map[string]any{"reason": "搬走"}}).ok(202, &asked)
	require.EqualValues(t, 2000, asked.Approval.AmountFen)
	var done money.Approval
	h.do(call{Method: "POST", Path: "/approvals/" + asked.ApprovalID + "/approve", Role: access.CommunityManager, Key: "auto", Body: map[string]string{"reason": "同意"}}).ok(200, &done)
	var due page.Of[money.Refund]
	h.do(call{Method: "GET", Path: "/refunds?status=due&community_id=" + h.community, Role: access.Cashier}).ok(200, &due)
	require.Equal(t, done.ResultID, due.Items[0].ID)
	pay := call{Method: "POST", Path: "/refunds/" + done.ResultID + "/pay", Role: access.CommunityManager, Key: "auto"}
	h.do(pay).problem(403, "checker-is-payer")
	pay.Role = access.Cashier
	var paid money.Refund
	h.do(pay).ok(200, &paid)
	require.Equal(t, money.RefundPaid, paid.Status)
	h.do(pay).problem(409, "refund-already-paid")
	h.do(call{Method: "POST", Path: "/refunds/" + done.ResultID + "/drop", Role: access.Cashier, Key: "auto", Body: map[string]string{"reason": "不退了"}}).problem(409, "refund-already-paid")
	h.do(call{Method: "POST", Path: "/refunds/" + store.NewID() + "/pay", Role: access.Cashier, Key: "auto"}).problem(404, "refund-not-found")
	h.sound()
}

// TestWhoMayCorrect is the table of route and role.
func TestWhoMayCorrect(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	var p money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(hh.Unit, 2000, "A-1")}).ok(201, &p)
	may := []access.Role{access.Admin, access.CompanyFinance, access.CommunityManager, access.Cashier}
	sees := []access.Role{access.Admin, access.CompanyFinance, access.CommunityManager, access.Cashier, access.RegionManager, access.Auditor}
	for _, role := range access.Roles {
		if role == access.Owner || role == access.Tenant || role == access.Family {
			continue // below
		}
		for _, path := range []string{"/payments/" + p.ID + "/reverse", "/bills/" + hh.Bill + "/waivers", "/bills/" + hh.Bill + "/void"} {
			answer := h.do(call{Method: "POST", Path: path + "/preview", Role: role, Body: map[string]string{}})
			if slices.Contains(may, role) {
				answer.ok(200, nil)
			} else {
				answer.problem(403, "forbidden")
			}
		}
		answer := h.do(call{Method: "GET", Path: "/approvals", Role: role})
		if slices.Contains(sees, role) {
			answer.ok(200, nil)
		} else {
			answer.problem(403, "forbidden")
		}
	}
	for _, role := range []access.Role{access.Owner, access.Tenant, access.Family} {
		h.do(call{Method: "POST", Path: "/payments/" + p.ID + "/reverse", Role: role, Key: "auto", Body: map[string]string{"reason": "试"}}).problem(403, "forbidden")
		h.do(call{Method: "POST", Path: "/bills/" + hh.Bill + "/waivers", Role: role, Key: "auto", Body: map[string]string{"reason": "试"}}).problem(403, "forbidden")
		h.do(call{Method: "GET", Path: "/approvals", Role: role}).problem(403, "forbidden")
	}
	h.do(call{Method: "POST", Path: "/approvals", Role: access.Cashier, Key: "auto", Body: map[string]any{"kind": "reverse", "subject_id": p.ID, "reason": "试"}}).problem(422, "invalid-field")
	h.do(call{Method: "GET", Path: "/approvals/" + store.NewID(), Role: access.Cashier}).problem(404, "approval-not-found")
	h.do(call{Method: "POST", Path: "/bills/" + hh.Bill + "/waivers", Role: access.Cashier, Key: "auto", Body: map[string]any{"reason": "", "amount_fen": 1}}).problem(422, "reason-needed")
	h.do(call{Method: "POST", Path: "/bills/" + hh.Bill + "/adjustments", Role: access.Cashier, Key: "auto", Body: map[string]any{"reason": "试", "amount_fen": "1"}}).problem(400, "malformed-body")
}
