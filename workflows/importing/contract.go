// Package importing is the process of one uploaded spreadsheet: check the whole file, then apply it batch by batch.
package importing

// Type is the name of the process.
const Type = "Import"

// StateQuery answers the State.
const StateQuery = "state"

// State is the whole state of the process: its input, what continue-as-new carries on, and the answer of the query. The
// rows are in the database; here is only how far they are applied.
type State struct {
	OrgID    string `json:"org_id"`
	ImportID string `json:"import_id"`
	Checked  bool   `json:"checked"`
	Batches  int    `json:"batches"`
	Applied  int    `json:"applied"`
}

// Input names the import: a State in which nothing is done.
type Input = State

// ID gives the workflow ID of an import.
func ID(importID string) string { return "import/" + importID }
