package sender_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/dunning"
	"steward/workflows/sender"
)

func newEnv() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkflowRunTimeout(365 * 24 * time.Hour)
	env.RegisterWorkflowWithOptions(sender.Run, workflow.RegisterOptions{Name: sender.Type})
	env.RegisterActivity(&activities.Sending{})
	return env
}

func TestShiftFollowsShiftAndTheHistoryStaysShort(t *testing.T) {
	env := newEnv()
	shifts := 0
	env.OnActivity("SendQueued", mock.Anything, activities.SendInput{Channel: dunning.SMS}).Return(
		func(context.Context, activities.SendInput) (activities.SendReport, error) {
			shifts++
			return activities.SendReport{}, nil
		})
	env.ExecuteWorkflow(sender.Type, sender.State{Channel: dunning.SMS})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &next)
	require.Equal(t, 200, shifts)
	var s sender.State
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &s))
	require.Equal(t, sender.State{Channel: dunning.SMS}, s)
}

func TestAShiftWhoseWorkerDiesIsTakenUpAgain(t *testing.T) {
	env := newEnv()
	attempts := 0
	env.OnActivity("SendQueued", mock.Anything, mock.Anything).Return(
		func(context.Context, activities.SendInput) (activities.SendReport, error) {
			attempts++
			switch attempts {
			case 1:
				panic("nil map")
			case 2, 3:
				return activities.SendReport{}, errors.New("no provider is configured")
			}
			return activities.SendReport{}, nil
		})
	env.ExecuteWorkflow(sender.Type, sender.State{Channel: dunning.SMS, Shifts: 199})
	require.True(t, workflow.IsContinueAsNewError(env.GetWorkflowError()))
	require.Equal(t, 4, attempts)
}
