package dunning

import "time"

// The statuses of a campaign.
const (
	CampaignRunning        = "running"
	CampaignPaused         = "paused"
	CampaignFinished       = "finished"
	CampaignCancelled      = "cancelled"
	CampaignNeedsAttention = "needs_attention"
)

// CampaignHead is what the process of a campaign has to know before it acts.
type CampaignHead struct {
	Status   string
	StartAt  time.Time // business time
	Selected bool      // its cases are chosen
}

// Over tells whether nothing of the campaign will happen any more.
func (h CampaignHead) Over() bool {
	return h.Status == CampaignFinished || h.Status == CampaignCancelled
}

// CampaignRef names one campaign.
type CampaignRef struct {
	OrgID      string
	CampaignID string
}

// CohortRef names one cohort.
type CohortRef struct {
	CampaignRef
	No int
}

// SendSetting is how fast a channel may go and what becomes of a message of which nobody knows whether it was told.
type SendSetting struct {
	PerSecond     int // 0 for no limit
	ResendUnknown bool
}
