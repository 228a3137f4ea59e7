package e2e_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const community = "晴川花园"

// household is one made-up owner with one unit.
type household struct {
	building, entrance, room int
	name, phone              string
	arrearsFen               int64
	unitID                   string
}

func makeHouseholds(n int) []household {
	out := make([]household, n)
	for i := range out {
		out[i] = household{
			building: 1 + i/60, entrance: 1 + i/30%2, room: 100*(1+i%30/2) + 1 + i%2,
			name: fmt.Sprintf("业主%04d", i), phone: fmt.Sprintf("199%08d", i), arrearsFen: int64(10000 + 37*i),
		}
	}
	return out
}

func (h household) place() []string {
	return []string{community, strconv.Itoa(h.building) + "栋", strconv.Itoa(h.entrance) + "单元", strconv.Itoa(h.room)}
}

func writeCSV(t *testing.T, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	require.NoError(t, w.WriteAll(rows))
	return b.Bytes()
}

// settle imports a community with one overdue bill for every household and notes each unit's id.
func (s *stack) settle(households []household, dueOn string) (communityID string) {
	s.t.Helper()
	roster := [][]string{{"小区", "楼栋", "单元", "房号", "建筑面积", "业主", "联系电话"}}
	bills := [][]string{{"小区", "楼栋", "单元", "房号", "业主", "收费项目", "账期", "应收金额", "应缴日期"}}
	for _, h := range households {
		roster = append(roster, append(h.place(), "89.5", h.name, h.phone))
		bills = append(bills, append(h.place(), h.name, "物业费", "2026-01", fmt.Sprintf("%d.%02d", h.arrearsFen/100, h.arrearsFen%100), dueOn))
	}
	for kind, rows := range map[string][][]string{"roster": roster} {
		state := s.importFile(kind, community, kind+".csv", writeCSV(s.t, rows))
		require.Equalf(s.t, "done", state.Status, "%+v", state)
	}
	state := s.importFile("receivables", community, "receivables.csv", writeCSV(s.t, bills))
	require.Equalf(s.t, "done", state.Status, "%+v", state)
	require.Equal(s.t, len(households), state.Created)

	var communities struct {
		Items []struct{ ID, Name string } `json:"items"`
	}
	s.call(http.MethodGet, "/communities", nil, 200).into(s.t, &communities)
	for _, c := range communities.Items {
		if c.Name == community {
			communityID = c.ID
		}
	}
	require.NotEmpty(s.t, communityID)
	return communityID
}

// findUnit looks a household's unit up as a cashier would.
func (s *stack) findUnit(communityID string, h household) string {
	s.t.Helper()
	var units struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	s.call(http.MethodGet, fmt.Sprintf("/units?community_id=%s&q=%d-%d-%d", communityID, h.building, h.entrance, h.room), nil, 200).into(s.t, &units)
	require.Len(s.t, units.Items, 1)
	return units.Items[0].ID
}

// threeStages is a policy of three text messages, days apart.
func (s *stack) threeStages() (policyID string) { return s.ladder(7, 3, 3) }

// ladder is a policy of three text messages: so many days after what was due, and after each other.
func (s *stack) ladder(first, second, third int) (policyID string) {
	s.t.Helper()
	stage := func(key, from string, days int) map[string]any {
		return map[string]any{
			"key": key, "offset_days": days, "offset_from": from, "action": "message", "channels": []string{"sms"},
			"template": "【{{community}}】{{name}}您好，{{unit}}尚有{{amount}}未缴（{{periods}}），请及时缴纳。",
		}
	}
	var policy struct {
		ID string `json:"id"`
	}
	s.call(http.MethodPost, "/dunning-policies", map[string]any{
		"name": "三次短信", "min_gap_days": 1, "max_touches_per_week": 0, "quiet_hours": map[string]string{"from": "22:00", "to": "08:00"},
		"stages": []any{stage("first", "due", first), stage("second", "previous", second), stage("third", "previous", third)},
	}, 201).into(s.t, &policy)
	return policy.ID
}

type campaign struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Households   int    `json:"households"`
	Open         int    `json:"open"`
	Paid         int    `json:"paid"`
	CollectedFen int64  `json:"collected_fen"`
	Stages       []struct {
		Key       string `json:"key"`
		Due       int    `json:"due"`
		Sent      int    `json:"sent"`
		Failed    int    `json:"failed"`
		Skipped   int    `json:"skipped"`
		PaidAfter int    `json:"paid_after"`
	} `json:"stages"`
}

func (s *stack) startCampaign(communityID, policyID string) campaign {
	s.t.Helper()
	var c campaign
	s.call(http.MethodPost, "/campaigns", map[string]any{"name": "一季度催缴", "community_ids": []string{communityID}, "policy_id": policyID}, 201).into(s.t, &c)
	return c
}

func (s *stack) campaign(id string) (c campaign) {
	s.t.Helper()
	s.call(http.MethodGet, "/campaigns/"+id, nil, 200).into(s.t, &c)
	return c
}

// until waits for a state of the campaign.
func (s *stack) until(id string, limit time.Duration, reached func(campaign) bool) campaign {
	s.t.Helper()
	var c campaign
	require.Eventuallyf(s.t, func() bool { c = s.campaign(id); return reached(c) }, limit, 200*time.Millisecond, "the campaign stands at %+v", &c)
	return c
}

func (s *stack) pay(unitID string, amountFen int64, externalNo string) {
	s.t.Helper()
	s.call(http.MethodPost, "/payments", s.payment(unitID, amountFen, externalNo), 201, 200)
}

// payment is one that is made at this moment.
func (s *stack) payment(unitID string, amountFen int64, externalNo string) map[string]any {
	s.t.Helper()
	var now struct {
		Now time.Time `json:"now"`
	}
	s.call(http.MethodGet, "/clock", nil, 200).into(s.t, &now)
	return map[string]any{"unit_id": unitID, "amount_fen": amountFen, "method": "wechat", "channel": "counter", "external_no": externalNo, "paid_at": now.Now}
}

// sandbox is what a channel's provider says that reached phones.
type sandbox struct {
	Received    int            `json:"received"`
	Duplicates  int            `json:"duplicates"`
	ByRecipient map[string]int `json:"by_recipient"`
}

func (s *stack) phones() (b sandbox) {
	s.t.Helper()
	s.call(http.MethodGet, "/dev/sandbox/sms", nil, 200).into(s.t, &b)
	return b
}
