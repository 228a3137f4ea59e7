package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The main job: import, start, watch three stages of reminders, pay between two of them, and see them stop.
func TestHouseholdsThatPayHearNothingMore(t *testing.T) {
	t.Parallel()
	s := startDev(t, t.TempDir(), "--speed", "17280", "--at", "2026-03-02T09:00")
	households := makeHouseholds(120)
	communityID := s.settle(households, "2026-02-25")
	c := s.startCampaign(communityID, s.threeStages())

	s.until(c.ID, time.Minute, func(c campaign) bool { return len(c.Stages) == 3 && c.Stages[0].Sent == 120 })
	payer := households[7]
	s.pay(s.findUnit(communityID, payer), payer.arrearsFen, "e2e-0007")
	heardBefore := s.phones().ByRecipient[payer.phone]

	// The worker dies in the middle of the second stage.
	s.until(c.ID, time.Minute, func(c campaign) bool { return c.Stages[1].Due > 0 })
	s.kill(s.dev().PIDs.Worker)

	done := s.until(c.ID, 3*time.Minute, func(c campaign) bool { return c.Status == "finished" })
	require.Equal(t, 120, done.Households)
	require.Equal(t, 1, done.Paid)
	require.Equal(t, payer.arrearsFen, done.CollectedFen)
	require.Equal(t, 119, done.Stages[2].Sent)

	db := s.db()
	requireSettled(t, db)
	s.logUndelivered(db)
	heard := s.phones()
	require.Zero(t, heard.Duplicates)
	require.Equal(t, heardBefore, heard.ByRecipient[payer.phone], "nothing is sent to who has paid")
	for _, h := range households {
		if h.phone != payer.phone {
			require.Equalf(t, 3, heard.ByRecipient[h.phone], "%s hears each stage once", h.phone)
		}
	}
}
