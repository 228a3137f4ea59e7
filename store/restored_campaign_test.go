package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/store"
)

func mark(d *drive) store.RestoreMark {
	return store.RestoreMark{ID: store.NewID(), BackupName: "steward-mysql-x", TakenAt: d.Clock.Now(), BusinessAt: d.Clock.Now(), RestoredAt: d.Clock.Now()}
}

// A restored campaign stands still until a person resumes it; then what waits goes out under the keys that it had.
func TestARestoredCampaignWaitsForAPerson(t *testing.T) {
	d, _, id := oneHousehold(t)
	key := d.messagesOf(id)[0].ID
	parked, err := d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), []dunning.Channel{dunning.SMS})
	require.NoError(t, err)
	require.Equal(t, store.ParkedRestored{Parked: 1}, parked)
	require.Equal(t, dunning.CampaignNeedsAttention, d.campaign().Status)
	require.Contains(t, d.campaign().Why, "恢复")
	require.Empty(t, d.send())
	d.Clock.Advance(15 * 24 * time.Hour)
	d.advance()
	require.Empty(t, d.send(), "no stage follows either")

	again, err := d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), []dunning.Channel{dunning.SMS})
	require.NoError(t, err)
	require.Zero(t, again.Parked)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "付款已补录")
	require.NoError(t, err)
	require.Len(t, d.send(), 1)
	require.Equal(t, key, d.messagesOf(id)[0].ID)
}

// Where a repeat would be a second message, what was due since the backup is not sent again.
func TestWhatMayHaveGoneOutStaysUnsentOnAChannelThatKnowsNoRepeats(t *testing.T) {
	d, _, id := oneHousehold(t)
	parked, err := d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), nil)
	require.NoError(t, err)
	require.Equal(t, int64(1), parked.Unknown)
	require.Equal(t, dunning.MessageUnknown, d.messagesOf(id)[0].Status)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "付款已补录")
	require.NoError(t, err)
	require.Empty(t, d.send())
}

func TestAPausedCampaignStaysPausedAndAnEndedOneEnded(t *testing.T) {
	d, _, id := oneHousehold(t)
	_, err := d.Store.PauseCampaign(t.Context(), d.Scope, d.id, "核对账单")
	require.NoError(t, err)
	_, err = d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), nil)
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignPaused, d.campaign().Status)
	require.Contains(t, d.campaign().Why, "备份")
	require.Equal(t, dunning.MessageQueued, d.messagesOf(id)[0].Status, "parked messages show as waiting")
	_, err = d.Store.CancelCampaign(t.Context(), d.Scope, d.id, "不再需要")
	require.NoError(t, err)
	parked, err := d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), nil)
	require.NoError(t, err)
	require.Zero(t, parked)
	require.Equal(t, dunning.CampaignCancelled, d.campaign().Status)
}

// A database that lost what was decided after a backup decides it again, under the same key.
func TestAMessageThatIsDecidedAgainHasTheSameKey(t *testing.T) {
	d, _, id := oneHousehold(t)
	first := d.messagesOf(id)[0]
	_, err := d.DB.ExecContext(t.Context(), `DELETE FROM outbox WHERE org_id = ? AND case_id = ?`, d.OrgID, id)
	require.NoError(t, err)
	_, err = d.DB.ExecContext(t.Context(), `DELETE FROM case_outcome WHERE org_id = ? AND case_id = ?`, d.OrgID, id)
	require.NoError(t, err)
	_, err = d.DB.ExecContext(t.Context(), `UPDATE dunning_case SET stage = '', stage_at = NULL, touches = 0, next_stage = ?, next_at = ? WHERE org_id = ? AND id = ?`,
		first.Stage, d.Clock.Now(), d.OrgID, id)
	require.NoError(t, err)
	d.Clock.Advance(3 * 24 * time.Hour)
	d.advance()
	require.Equal(t, first.ID, d.messagesOf(id)[0].ID)
}

// What was decided after the backup may have gone out: the sender gets it as a call whose sender died, and what is planned
// later as any other message.
func TestWhatIsDecidedAgainAfterARestoreIsACallThatNobodyKnowsOf(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("一户")
	_, err := d.Store.ParkRestored(t.Context(), d.Scope, d.id, mark(d), nil)
	require.NoError(t, err)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "付款已补录")
	require.NoError(t, err)
	d.advance()
	id := d.caseOf(person).ID
	require.Empty(t, d.send(), "it is not queued")
	taken, err := d.Store.Lapsed(t.Context(), dunning.SMS, 500, time.Minute)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.Equal(t, d.messagesOf(id)[0].ID, taken[0].ID)
	d.settle(t, taken[0], dunning.Sent{Status: dunning.MessageUnknown})
	d.Clock.Advance(30 * 24 * time.Hour)
	d.advance()
	require.Len(t, d.send(), 1, "the next stage was planned after the restore")
}
