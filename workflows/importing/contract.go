// Package importing is the process of one uploaded spreadsheet.
package importing

// Type is the name of the process.
const Type = "Import"

// Input names the import.
type Input struct {
	OrgID    string `json:"org_id"`
	ImportID string `json:"import_id"`
}

// ID gives the workflow ID of an import.
func ID(importID string) string { return "import/" + importID }
