package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryProcessIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		kind     processKind
		row      rowState
		process  processState
		restored bool
		want     string
	}{
		"campaign: live, gone":                                 {aCampaign, rowLive, processNone, false, Rebuilt},
		"campaign: live, ended or terminated":                  {aCampaign, rowLive, processEnded, false, Rebuilt},
		"campaign: live, runs":                                 {aCampaign, rowLive, processRunning, false, Rearmed},
		"campaign: live, runs, MySQL older":                    {aCampaign, rowLive, processRunning, true, Rearmed},
		"campaign: not chosen, runs":                           {aCampaign, rowWaiting, processRunning, false, Rearmed},
		"campaign: not chosen, has launched in a lost time":    {aCampaign, rowWaiting, processRunning, true, Rebuilt},
		"campaign: not chosen, gone":                           {aCampaign, rowWaiting, processNone, false, Rebuilt},
		"campaign: over, runs in an older Temporal":            {aCampaign, rowOver, processRunning, false, Rearmed},
		"campaign: over, ended":                                {aCampaign, rowOver, processEnded, false, ""},
		"campaign: MySQL does not know it":                     {aCampaign, rowMissing, processRunning, true, Terminated},
		"cohort: live, gone":                                   {aCohort, rowLive, processNone, false, Rebuilt},
		"cohort: live, ended":                                  {aCohort, rowLive, processEnded, true, Rebuilt},
		"cohort: live, runs":                                   {aCohort, rowLive, processRunning, false, Rearmed},
		"cohort: no case is open, runs":                        {aCohort, rowOver, processRunning, false, Rearmed},
		"cohort: MySQL does not know it":                       {aCohort, rowMissing, processRunning, true, Terminated},
		"import: live, gone":                                   {anImport, rowLive, processNone, false, Rebuilt},
		"import: live, runs":                                   {anImport, rowLive, processRunning, false, ""},
		"import: live, may have counted batches that are gone": {anImport, rowLive, processRunning, true, Rebuilt},
		"import: over, runs in an older Temporal":              {anImport, rowOver, processRunning, false, Terminated},
		"import: MySQL does not know it":                       {anImport, rowMissing, processRunning, false, Terminated},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, judge(c.kind, c.row, c.process, c.restored)) })
	}
}

// What a verdict leaves behind is sound: who has work has a process that knows of it, and who has none has none for long.
func TestAVerdictLeavesNobodyBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]processKind{aCampaign, aCohort, anImport}).Draw(t, "kind")
		row := rapid.SampledFrom([]rowState{rowMissing, rowWaiting, rowLive, rowOver}).Draw(t, "row")
		process := rapid.SampledFrom([]processState{processNone, processRunning, processEnded}).Draw(t, "process")
		restored := rapid.Bool().Draw(t, "restored")
		verdict := judge(kind, row, process, restored)
		switch row {
		case rowWaiting, rowLive:
			runs := process == processRunning
			require.NotEqual(t, Terminated, verdict)
			require.Equal(t, !runs, verdict == Rebuilt && !runs, "without a process there is one afterwards")
			if runs && restored {
				require.NotEmpty(t, verdict, "a process that may have gone further than its row looks again")
			}
		case rowMissing, rowOver:
			require.NotEqual(t, Rebuilt, verdict)
			require.Equal(t, process == processRunning, verdict != "", "what is running and has no work ends")
		}
	})
}

func TestAWorkflowIDIsTakenApart(t *testing.T) {
	for id, want := range map[string]listed{
		"campaign/A":          {id: "campaign/A", subject: "A", kind: aCampaign},
		"campaign/A/cohort/7": {id: "campaign/A/cohort/7", subject: "A", kind: aCohort, no: 7},
		"import/B":            {id: "import/B", subject: "B", kind: anImport},
	} {
		got, ours := read(id)
		require.True(t, ours, id)
		require.Equal(t, want, got)
	}
	for _, id := range []string{"odd", "sender/sms", "campaign/A/cohort/x", "campaign/A/cohort", ""} {
		_, ours := read(id)
		require.False(t, ours, id)
	}
}
