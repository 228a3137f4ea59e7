package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	officeHouseholds = 1200
	monthFen         = 25060 // 89.5 square metres at 2.80 yuan
)

// An office's first month: rules are agreed and signed, the calendar opens the month's bills by itself, every part of the
// system is killed while they are computed and issued, people pay at the desk and online (with the notice lost), a payment
// is moved, money is given back, and day and month are closed. Every household has one bill, and the books agree.
func TestAnOfficesMonth(t *testing.T) {
	t.Parallel()
	s := startDev(t, t.TempDir(), "--at", "2026-02-28T20:00")
	s.role = "community_manager"
	communityID := s.agree(makeHouseholds(officeHouseholds))
	s.turnClock("2026-03-01T08:30:00+08:00")
	run := s.untilRun(communityID, "ready", func() { s.kill(s.dev().PIDs.Worker) })
	require.Equal(t, billingRun{ID: run.ID, Status: "ready", ByCalendar: true, Lines: officeHouseholds, AmountFen: officeHouseholds * monthFen}, run)

	s.call(http.MethodPost, "/billing-runs/"+run.ID+"/approve", map[string]any{}, 200)
	issued := s.untilRun(communityID, "issued", func() { s.kill(s.dev().PIDs.MySQL); s.kill(s.dev().PIDs.Worker) })
	require.Equal(t, officeHouseholds, issued.Issued)
	require.EqualValues(t, officeHouseholds*monthFen, issued.IssuedFen)

	first, second := s.unit(communityID, "1-1-101"), s.unit(communityID, "1栋1单元202")
	require.EqualValues(t, monthFen, s.account(first).PrincipalFen)
	paid := s.takeCash(first, 100_000, "desk-1")
	require.EqualValues(t, 100_000-monthFen, paid.AdvanceFen)
	moved := s.deed("/payments/"+paid.ID+"/transfer", map[string]any{"reason": "登记错房号", "unit_id": second}, 200)
	require.EqualValues(t, monthFen, s.account(first).PrincipalFen)
	require.EqualValues(t, 100_000-monthFen, *s.account(second).AdvanceFen)

	asked := s.deed("/payments/"+moved.ID+"/refund", map[string]any{"reason": "多缴", "amount_fen": 10_000}, 202)
	s.deed("/approvals/"+asked.ApprovalID+"/approve", map[string]any{}, 403)
	s.as("company_finance", func() { s.deed("/approvals/"+asked.ApprovalID+"/approve", map[string]any{}, 200) })
	s.payOut(communityID)
	s.payOnlineWithoutANotice(s.unit(communityID, "1-2-101"))

	closing := s.closePeriod(communityID, map[string]any{"day": "2026-03-01", "counted_fen": 90_000})
	require.EqualValues(t, 90_000, closing.Cash.ExpectedFen)
	require.EqualValues(t, 90_000+monthFen, closing.ExpectedFen)
	s.turnClock("2026-04-01T08:30:00+08:00")
	require.Equal(t, "ready", s.untilRun(communityID, "ready", func() {}).Status, "April's bills are computed by themselves")
	s.closePeriod(communityID, map[string]any{"month": "2026-03"})
	s.call(http.MethodPost, "/payments", map[string]any{"unit_id": first, "amount_fen": 1, "method": "cash", "channel": "counter",
		"external_no": "late", "paid_at": "2026-03-15T10:00:00+08:00"}, 422)
	s.steward("books", "check")
	s.requireNothingLeft()
}

// agree imports the households, defines the property fee and lets a second person sign the rules.
func (s *stack) agree(households []household) (communityID string) {
	s.t.Helper()
	roster := [][]string{{"小区", "楼栋", "单元", "房号", "建筑面积", "业主", "联系电话"}}
	for _, h := range households {
		roster = append(roster, append(h.place(), "89.5", h.name, h.phone))
	}
	state := s.importFile("roster", community, "roster.csv", writeCSV(s.t, roster))
	require.Equalf(s.t, "done", state.Status, "%+v", state)
	var communities struct {
		Items []struct{ ID string } `json:"items"`
	}
	s.call(http.MethodGet, "/communities", nil, 200).into(s.t, &communities)
	communityID = communities.Items[0].ID
	s.call(http.MethodPost, "/fee-items", map[string]any{"community_id": communityID, "name": "物业费", "formula": "built_area",
		"parameters": map[string]string{"price_yuan": "2.80"}, "prepaid": true, "due_days": 19, "from": "2026-01-01"}, 201)
	var draft struct{ ID string }
	settlements := "/communities/" + communityID + "/settlements"
	s.call(http.MethodPost, settlements, map[string]any{"bill_day": 1, "first_day": "2026-03-01"}, 201).into(s.t, &draft)
	sign := map[string]any{"signed_names": "业委会代表、项目经理"}
	s.call(http.MethodPost, settlements+"/"+draft.ID+"/sign", sign, 403)
	s.as("company_finance", func() { s.call(http.MethodPost, settlements+"/"+draft.ID+"/sign", sign, 200) })
	return communityID
}

// as lets another person do something.
func (s *stack) as(role string, do func()) {
	before := s.role
	s.role = role
	defer func() { s.role = before }()
	do()
}

func (s *stack) turnClock(now string) {
	s.t.Helper()
	s.as("admin", func() { s.call(http.MethodPut, "/dev/clock", map[string]string{"now": now}, 200) })
}

type billingRun struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	ByCalendar bool   `json:"by_calendar"`
	Lines      int    `json:"lines"`
	AmountFen  int64  `json:"amount_fen"`
	Issued     int    `json:"issued"`
	IssuedFen  int64  `json:"issued_fen"`
}

// untilRun waits until the newest run stands so, and does some harm as soon as there is one that does not yet.
func (s *stack) untilRun(communityID, status string, harm func()) (run billingRun) {
	s.t.Helper()
	harmed := false
	require.Eventuallyf(s.t, func() bool {
		var runs struct {
			Items []billingRun `json:"items"`
		}
		s.call(http.MethodGet, "/billing-runs?limit=1&community_id="+communityID, nil, 200).into(s.t, &runs)
		if len(runs.Items) == 0 {
			return false
		}
		if run = runs.Items[0]; !harmed && run.Status != "issued" {
			harmed = true
			harm()
			return false
		}
		return run.Status == status
	}, startLimit, 50*time.Millisecond, "the run stands at %+v", &run)
	return run
}

func (s *stack) unit(communityID, room string) string {
	s.t.Helper()
	var units struct {
		Items []struct{ ID string } `json:"items"`
	}
	s.call(http.MethodGet, "/units?community_id="+communityID+"&q="+url.QueryEscape(room), nil, 200).into(s.t, &units)
	require.Len(s.t, units.Items, 1)
	return units.Items[0].ID
}

type account struct {
	PrincipalFen int64  `json:"principal_fen"`
	AdvanceFen   *int64 `json:"advance_fen"`
}

func (s *stack) account(unitID string) (a account) {
	s.t.Helper()
	s.call(http.MethodGet, "/units/"+unitID+"/account", nil, 200).into(s.t, &a)
	return a
}

// done is what a command on money answers, as far as these tests look.
type done struct {
	ID         string `json:"id"`
	ApprovalID string `json:"approval_id"`
	AdvanceFen int64  `json:"advance_fen"`
}

func (s *stack) deed(path string, body map[string]any, want int) (d done) {
	s.t.Helper()
	s.call(http.MethodPost, path, body, want).into(s.t, &d)
	return d
}

func (s *stack) takeCash(unitID string, fen int64, no string) done {
	s.t.Helper()
	return s.deed("/payments", map[string]any{"unit_id": unitID, "amount_fen": fen, "method": "cash", "channel": "counter", "external_no": no}, 201)
}

// payOut hands out the one refund that is due.
func (s *stack) payOut(communityID string) {
	s.t.Helper()
	var refunds struct {
		Items []struct{ ID string } `json:"items"`
	}
	s.call(http.MethodGet, "/refunds?status=due&community_id="+communityID, nil, 200).into(s.t, &refunds)
	require.Len(s.t, refunds.Items, 1)
	s.call(http.MethodPost, "/refunds/"+refunds.Items[0].ID+"/pay", map[string]any{}, 200)
}

// payOnlineWithoutANotice pays at the provider, whose word of it is lost: the order's process asks and finds it.
func (s *stack) payOnlineWithoutANotice(unitID string) {
	s.t.Helper()
	s.as("admin", func() { s.call(http.MethodPut, "/dev/sandbox/payments", map[string]string{"mode": "lost"}, 200) })
	var order struct{ ID, Status string }
	s.call(http.MethodPost, "/pay-orders", map[string]any{"unit_id": unitID}, 201).into(s.t, &order)
	reach := func(status string) {
		s.t.Helper()
		require.Eventuallyf(s.t, func() bool {
			s.call(http.MethodGet, "/pay-orders/"+order.ID, nil, 200).into(s.t, &order)
			return order.Status == status
		}, time.Minute, 100*time.Millisecond, "the order is not %s but %s", status, &order.Status)
	}
	reach("waiting")
	s.as("admin", func() {
		s.call(http.MethodPost, fmt.Sprintf("/dev/sandbox/payments/%s/pay", order.ID), map[string]any{}, 200, 204)
	})
	reach("paid")
	require.Zero(s.t, s.account(unitID).PrincipalFen)
}

type closing struct {
	ExpectedFen int64 `json:"expected_fen"`
	Cash        struct {
		ExpectedFen int64 `json:"expected_fen"`
	} `json:"cash"`
}

func (s *stack) closePeriod(communityID string, body map[string]any) (c closing) {
	s.t.Helper()
	body["community_id"] = communityID
	s.call(http.MethodPost, "/closings", body, 201).into(s.t, &c)
	return c
}
