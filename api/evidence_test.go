package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/dunning"
)

func TestEvidenceHoldsTheCaseItsBillsAndEveryText(t *testing.T) {
	h, request, home := campaignHarness(t)
	c := h.start(request)
	var cases struct{ Items []dunning.Case }
	h.get("/campaigns/"+c.ID+"/cases", &cases)
	path := "/cases/" + cases.Items[0].ID + "/evidence"
	var e api.Evidence
	h.get(path, &e)
	require.Equal(t, home.Owner, e.Case.DebtorID)
	require.NotEmpty(t, e.Case.Timeline)
	require.Len(t, e.Bills, 1)
	require.Equal(t, home.Bill, e.Bills[0].ID)
	require.Len(t, e.Messages, 1)
	sum := sha256.Sum256([]byte(e.Messages[0].Text))
	require.Equal(t, hex.EncodeToString(sum[:]), e.Messages[0].TextSHA256)
	h.do(call{Method: "GET", Path: path, Role: access.Steward}).problem(403, "forbidden")
	h.do(call{Method: "GET", Path: path, Role: access.CommunityManager, Headers: map[string]string{"Accept": "application/pdf"}}).problem(406, "not-acceptable")
	h.do(call{Method: "GET", Path: "/cases/nothing/evidence", Role: access.CommunityManager}).problem(404, "case-not-found")
}
