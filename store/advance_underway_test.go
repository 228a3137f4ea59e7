package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

// walk lets the process step from instant to instant until the given day and gives the number of steps and touches.
func (d *drive) walk(until string) (steps, touches int) {
	d.t.Helper()
	end := date(until).At(12, 0)
	for d.Clock.Now().Before(end) {
		next, touched := d.advance()
		steps, touches = steps+1, touches+touched
		if next.IsZero() || next.After(end) {
			d.Clock.Set(end)
			return steps, touches
		}
		require.True(d.t, next.After(d.Clock.Now()), "a step leaves nothing that is due at once")
		d.Clock.Set(next)
	}
	return steps, touches
}

func (d *drive) stagesOf(caseID string) []string {
	var out []string
	for _, m := range d.messagesOf(caseID) {
		day := ""
		if m.SentAt != nil {
			day = calendar.DateOf(*m.SentAt).String()
		}
		out = append(out, m.Stage+" "+m.Status+" "+day)
	}
	return out
}

// A channel that is silent for weeks holds the ladder; when it is back, the missed stages follow one by one with the gap.
func TestAStuckChannelHoldsTheLadder(t *testing.T) {
	d, _, id := oneHousehold(t) // Monday 2026-03-09; the stages fall due on 02-09, 02-16 and 03-03
	steps, touches := d.walk("2026-03-26")
	require.Zero(t, touches, "nothing follows the message that waits")
	require.LessOrEqual(t, steps, 14, "one look on a working day")
	require.Equal(t, []string{"friendly queued "}, d.stagesOf(id))

	require.Len(t, d.send(), 1) // Thursday
	_, touches = d.walk("2026-03-29")
	require.Zero(t, touches, "the gap counts from when the message went out")
	_, touches = d.walk("2026-04-02")
	require.Equal(t, 1, touches)
	require.Equal(t, []string{"friendly delivered 2026-03-26", "remind queued "}, d.stagesOf(id))
	require.Len(t, d.send(), 1)
	_, touches = d.walk("2026-04-20")
	require.Equal(t, 1, touches)
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status, "a case does not end before its last message is out")
	require.Len(t, d.send(), 1)
	d.walk("2026-04-21")
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status)
	d.walk("2026-04-24")
	require.Equal(t, dunning.CaseFinished, d.cases()[0].Status)
	require.Equal(t, []string{"friendly delivered 2026-03-26", "remind delivered 2026-04-02", "demand delivered 2026-04-20"}, d.stagesOf(id))
}

func TestAMessageSentLaterOnItsDayMovesNothing(t *testing.T) {
	d, _, _ := oneHousehold(t)
	next, _ := d.advance()
	d.Clock.Advance(5 * time.Hour) // a second, where a day lasts five
	require.Len(t, d.send(), 1)
	d.Clock.Set(next)
	_, touched := d.advance()
	require.Equal(t, 1, touched)
}

func TestAMessageThatFailedBlocksNothing(t *testing.T) {
	d, _, id := oneHousehold(t)
	next, _ := d.advance()
	d.settle(t, d.claim(t, time.Minute)[0], dunning.Sent{Status: dunning.MessageFailed, Why: "dead-number"})
	d.Clock.Set(next)
	_, touched := d.advance()
	require.Equal(t, 1, touched)
	require.Equal(t, []string{"friendly failed ", "remind queued "}, d.stagesOf(id))
}

// Nobody knows whether an unclear message was told, so the gap counts from it.
func TestAnUnclearMessageCountsAsTold(t *testing.T) {
	d, _, id := oneHousehold(t)
	next, _ := d.advance()
	d.Clock.Set(next)
	c := d.claim(t, time.Minute)[0]
	d.settle(t, c, dunning.Sent{Status: dunning.MessageUnknown, Why: "no-clear-answer"})
	require.Equal(t, []string{"friendly unknown "}, d.stagesOf(id), "it has no instant at which it was sent")
	day := calendar.DateOf(next)
	next, touched := d.advance()
	require.Zero(t, touched)
	require.GreaterOrEqual(t, day.DaysUntil(calendar.DateOf(next)), 3)
	d.Clock.Set(next)
	_, touched = d.advance()
	require.Equal(t, 1, touched)
}

func TestSendingNowWaitsForTheMessageBefore(t *testing.T) {
	d, _, id := oneHousehold(t)
	_, err := d.order(id, dunning.OrderSendNow, time.Time{})
	require.ErrorContains(t, err, "上一条消息还没有发送完成")
	skipped := d.must(id, dunning.OrderSkip)
	require.Equal(t, "remind", skipped.Stage)
	_, touches := d.walk("2026-03-25")
	require.Zero(t, touches, "what was skipped does not hide the message before it")
	require.Len(t, d.send(), 1)
	_, touches = d.walk("2026-04-01")
	require.Equal(t, 1, touches)
}

func TestPausesLeaveTheGapAndTheOrder(t *testing.T) {
	d, _, id := oneHousehold(t)
	_, err := d.Store.PauseCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	d.day(21)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	_, touched := d.advance()
	require.Zero(t, touched, "the parked message goes out first")
	require.Len(t, d.send(), 1) // Monday 03-30
	_, touches := d.walk("2026-04-01")
	require.Zero(t, touches)
	_, touches = d.walk("2026-04-02")
	require.Equal(t, 1, touches, "stages counted from the due date catch up, in order and with the gap")
	require.Equal(t, []string{"friendly delivered 2026-03-30", "remind queued "}, d.stagesOf(id))
}
