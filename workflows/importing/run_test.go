package importing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/importing"
	"steward/domain/refusal"
	"steward/spreadsheet"
	process "steward/workflows/importing"
)

// shelf is a database of one import.
type shelf struct {
	source  importing.Source
	verdict *importing.Verdict
	applied []int
	ended   importing.Status
	why     importing.Problem
	errs    map[string][]error // by step, answers of its next runs
}

func (s *shelf) next(step string) error {
	if len(s.errs[step]) == 0 {
		return nil
	}
	err := s.errs[step][0]
	s.errs[step] = s.errs[step][1:]
	return err
}

func (s *shelf) ImportSource(context.Context, access.Scope, string) (importing.Source, error) {
	src := s.source
	if s.verdict != nil {
		src.Checked = &importing.Checked{Batches: len(s.verdict.Batches)}
	}
	return src, s.next("source")
}

func (s *shelf) ResolveImport(_ context.Context, _ access.Scope, _ importing.Source, r importing.Result) (importing.Result, importing.Resolved, error) {
	return r, importing.Resolved{Counts: importing.Counts{Created: len(r.Good.Roster), Rejected: r.Rejected}}, s.next("resolve")
}

func (s *shelf) SaveImportVerdict(_ context.Context, _ access.Scope, _ string, v importing.Verdict) error {
	s.verdict = &v
	switch {
	case v.Failed:
		s.ended = importing.Failed
	case s.source.DryRun:
		s.ended = importing.Done
	}
	return s.next("save")
}

func (s *shelf) ApplyImportBatch(_ context.Context, sc access.Scope, id string, n int, guard bool) error {
	if sc.OrgID != "org" || id != "imp" || !guard {
		return errors.New("another import")
	}
	if err := s.next("apply"); err != nil {
		return err
	}
	s.applied = append(s.applied, n)
	return nil
}

func (s *shelf) FinishImport(context.Context, access.Scope, string) error {
	s.ended = importing.Done
	return s.next("finish")
}

func (s *shelf) FailImport(_ context.Context, _ access.Scope, _ string, why importing.Problem) error {
	s.ended, s.why = importing.Failed, why
	return nil
}

const header = "楼栋,房号,业主,联系电话\n"

// distinctRows makes rows that differ in their room.
func distinctRows(n int) []byte {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "3,%d,测试,13800000001\n", 101+i)
	}
	return []byte(b.String())
}

func run(t *testing.T, s *shelf, state process.State) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(&activities.Importing{Store: s, Sheets: spreadsheet.New(), Clock: clock.Fixed(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)), GuardNewCommunities: true})
	s.source.Kind, s.source.Community = importing.Roster, "云栖苑"
	if s.source.FileName == "" {
		s.source.FileName = "表.csv"
	}
	state.OrgID, state.ImportID = "org", "imp"
	env.ExecuteWorkflow(process.Run, state)
	require.True(t, env.IsWorkflowCompleted())
	return env
}

func TestAFileIsCheckedAndAppliedBatchByBatch(t *testing.T) {
	s := &shelf{source: importing.Source{Content: distinctRows(1100)}}
	env := run(t, s, process.State{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []int{0, 1, 2}, s.applied)
	require.Equal(t, importing.Done, s.ended)
	require.Equal(t, 1100, s.verdict.Rows)
	answer, err := env.QueryWorkflow(process.StateQuery)
	require.NoError(t, err)
	var state process.State
	require.NoError(t, answer.Get(&state))
	require.Equal(t, process.State{OrgID: "org", ImportID: "imp", Checked: true, Batches: 3, Applied: 3}, state)
}

func TestTheDatabaseMayBeAwayInEveryStep(t *testing.T) {
	away := func() []error {
		return []error{errors.New("connection refused"), errors.New("gone"), refusal.New(refusal.Unavailable, "unavailable", "稍后再试")}
	}
	s := &shelf{source: importing.Source{Content: distinctRows(600)}, errs: map[string][]error{"source": away(), "resolve": away(), "save": away(), "apply": away(), "finish": away()}}
	env := run(t, s, process.State{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []int{0, 1}, s.applied)
	require.Equal(t, importing.Done, s.ended)
}

func TestWhatEndsWithoutABatch(t *testing.T) {
	for name, c := range map[string]struct {
		source importing.Source
		errs   map[string][]error
		ended  importing.Status
		why    string
		code   string
	}{
		"a problem":                     {source: importing.Source{Content: []byte(header + "3,,测试,13800000001\n")}, ended: importing.Failed, code: "missing-value"},
		"a missing column, though part": {source: importing.Source{Content: []byte("楼栋,房号,业主\n3,1,测试\n"), Job: importing.Job{Partial: true}}, ended: importing.Failed, code: "missing-column"},
		"only tried":                    {source: importing.Source{Content: distinctRows(3), Job: importing.Job{DryRun: true}}, ended: importing.Done},
		"only tried, with a problem":    {source: importing.Source{Content: []byte(header + "3,,测试,13800000001\n"), Job: importing.Job{DryRun: true}}, ended: importing.Done, code: "missing-value"},
		"no spreadsheet":                {source: importing.Source{Content: []byte("PK\x03\x04"), Job: importing.Job{FileName: "a.xlsx"}}, ended: importing.Failed, why: "file-truncated"},
		"a refusal from below":          {source: importing.Source{Content: distinctRows(3)}, errs: map[string][]error{"apply": {refusal.New(refusal.Rule, "x", "不行")}}, ended: importing.Failed, why: "import-refused"},
		"an unknown import":             {errs: map[string][]error{"source": {refusal.New(refusal.NotFound, "import-unknown", "没有")}}, ended: importing.Failed, why: "import-refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{source: c.source, errs: c.errs}
			env := run(t, s, process.State{})
			require.NoError(t, env.GetWorkflowError())
			require.Empty(t, s.applied)
			require.Equal(t, c.ended, s.ended)
			require.Equal(t, c.why, s.why.Code)
			if c.code != "" {
				require.Equal(t, c.code, s.verdict.Problems[0].Code)
			}
		})
	}
}

func TestPartOfAFileIsAppliedWhenAskedFor(t *testing.T) {
	s := &shelf{source: importing.Source{Content: append(distinctRows(2), "3,,测试,13800000001\n"...), Job: importing.Job{Partial: true}}}
	require.NoError(t, run(t, s, process.State{}).GetWorkflowError())
	require.Equal(t, []int{0}, s.applied)
	require.Equal(t, 2, s.verdict.Batches[0].Len())
}

func TestMoreProblemsThanAreKeptAreCounted(t *testing.T) {
	s := &shelf{source: importing.Source{Content: []byte(header + strings.Repeat("3,,测试,13800000001\n", importing.MaxProblems+5)), Job: importing.Job{DryRun: true}}}
	require.NoError(t, run(t, s, process.State{}).GetWorkflowError())
	require.Len(t, s.verdict.Problems, importing.MaxProblems)
	require.Equal(t, importing.MaxProblems+5, s.verdict.Counts.Rejected)
	n := s.verdict.Notices
	require.Equal(t, "more-problems", n[len(n)-1].Code)
	require.Contains(t, n[len(n)-1].Message, "2005")
}

func TestAStartOverUsesTheStoredCheck(t *testing.T) {
	s := &shelf{verdict: &importing.Verdict{Batches: make([]importing.Rows, 4)}}
	require.NoError(t, run(t, s, process.State{}).GetWorkflowError())
	require.Equal(t, []int{0, 1, 2, 3}, s.applied, "the store leaves alone what was applied")

	s = &shelf{verdict: s.verdict}
	require.NoError(t, run(t, s, process.State{Checked: true, Batches: 4, Applied: 2}).GetWorkflowError())
	require.Equal(t, []int{2, 3}, s.applied)
}

func TestContinueAsNewCarriesHowFarItIs(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	s := &shelf{}
	env.RegisterActivity(&activities.Importing{Store: s, GuardNewCommunities: true})
	env.SetContinueAsNewSuggested(true)
	env.ExecuteWorkflow(process.Run, process.State{OrgID: "org", ImportID: "imp", Checked: true, Batches: 9, Applied: 4})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	require.Empty(t, s.applied)
}
