package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
)

const (
	parkTry     = 60 * time.Second
	parkCeiling = 10 * time.Second // between tries
)

// Park puts a campaign before a person because a step was refused for good; a refresh is the retry. It returns an error only
// when the process itself is cancelled.
func Park(ctx workflow.Context, orgID, campaignID string, cause error) error {
	workflow.GetLogger(ctx).Error("campaign is parked", "error", cause)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: parkTry,
		RetryPolicy:         &temporal.RetryPolicy{MaximumInterval: parkCeiling},
	})
	var steps *activities.Collections
	in := activities.ParkInput{OrgID: orgID, CampaignID: campaignID, Why: activities.WhyParked(cause)}
	err := workflow.ExecuteActivity(ctx, steps.ParkCampaign, in).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
