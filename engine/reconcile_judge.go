package engine

// rowState is what MySQL says of a process.
type rowState int

const (
	rowMissing rowState = iota
	rowWaiting          // of a campaign that is live: its cases are not chosen yet
	rowLive
	rowOver
)

// processState is what Temporal says of it.
type processState int

const (
	processNone processState = iota
	processRunning
	processEnded // completed, failed, timed out, cancelled or terminated
)

// processKind is the type of a process that belongs to a row.
type processKind int

const (
	aCampaign processKind = iota
	aCohort
	anImport
)

// judge says what is to be done about a process: one of the words of a Finding, or "" for nothing. restored says that MySQL
// was filled from a backup since, so that a process may have gone further than its row.
//
// The state of a campaign whose cases are chosen, and of a cohort, is only when to look next: looking again is enough. A
// campaign that has launched does not choose again, and an import counts the batches it has applied: these two start anew
// when their row may be older than they are.
func judge(kind processKind, row rowState, process processState, restored bool) string {
	running := process == processRunning
	switch {
	case row == rowMissing && running:
		return Terminated
	case row == rowMissing:
		return ""
	case row == rowOver && running && kind == anImport:
		return Terminated
	case row == rowOver && running:
		return Rearmed // it sees that it is over, and ends
	case row == rowOver:
		return ""
	case !running:
		return Rebuilt
	case restored && (kind == anImport || kind == aCampaign && row == rowWaiting):
		return Rebuilt
	case kind == anImport:
		return "" // its steps are repeated without end
	}
	return Rearmed
}
