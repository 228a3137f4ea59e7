// Package worker puts processes and their steps on the task queues. What is registered here runs in production, in tests
// and in replay alike.
package worker

import (
	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/workflows/approval"
	"steward/workflows/billing"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
	"steward/workflows/importing"
	"steward/workflows/payorder"
	"steward/workflows/sender"
)

// Steps are the activities with their ports filled; nil ones are registered too and serve replay, which never calls them.
type Steps struct {
	Collections *activities.Collections
	Sending     *activities.Sending
	Importing   *activities.Importing
	Billing     *activities.Billing
	Checkout    *activities.Checkout
	Approvals   *activities.Approvals
}

// RegisterProcesses registers every process by its stable name.
func RegisterProcesses(r sdkworker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(billing.Run, workflow.RegisterOptions{Name: billing.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(billing.RunTick, workflow.RegisterOptions{Name: billing.TickType, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(billing.RunLook, workflow.RegisterOptions{Name: billing.LookType, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(campaign.Run, workflow.RegisterOptions{Name: campaign.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(cohort.Run, workflow.RegisterOptions{Name: cohort.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(approval.Run, workflow.RegisterOptions{Name: approval.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(importing.Run, workflow.RegisterOptions{Name: importing.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(payorder.Run, workflow.RegisterOptions{Name: payorder.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(payorder.RunRefund, workflow.RegisterOptions{Name: payorder.RefundType, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	r.RegisterWorkflowWithOptions(sender.Run, workflow.RegisterOptions{Name: sender.Type, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
}

// RegisterSteps registers every activity.
func RegisterSteps(r sdkworker.ActivityRegistry, s Steps) {
	r.RegisterActivityWithOptions(s.Collections, activity.RegisterOptions{})
	r.RegisterActivityWithOptions(s.Sending, activity.RegisterOptions{})
	r.RegisterActivityWithOptions(s.Importing, activity.RegisterOptions{})
	r.RegisterActivityWithOptions(s.Billing, activity.RegisterOptions{})
	r.RegisterActivityWithOptions(s.Checkout, activity.RegisterOptions{})
	r.RegisterActivityWithOptions(s.Approvals, activity.RegisterOptions{})
}
