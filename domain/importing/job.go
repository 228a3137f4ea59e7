package importing

import "time"

// Status of an import.
type Status string

// The states: failed means that nothing was written.
const (
	Running Status = "running"
	Done    Status = "done"
	Failed  Status = "failed"
)

// Problem is one thing wrong with the file: where, what, and what to do. Row 0 is the file as a whole.
type Problem struct {
	Sheet   string `json:"sheet,omitempty" db:"sheet"` // where the file has several
	Row     int    `json:"row" db:"row_no"`
	Column  string `json:"column" db:"column_name"`
	Code    string `json:"code" db:"code"`
	Message string `json:"message" db:"message"`
}

// Counts say what became of the rows; each row that is not rejected is counted once.
type Counts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Rejected  int `json:"rejected"`
}

// Add sums.
func (c Counts) Add(o Counts) Counts {
	return Counts{c.Created + o.Created, c.Updated + o.Updated, c.Unchanged + o.Unchanged, c.Rejected + o.Rejected}
}

// Progress counts rows.
type Progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

// Job is one import as the API shows it. Rows counts the data rows read.
type Job struct {
	ID          string    `json:"id"`
	Kind        Kind      `json:"kind"`
	Community   string    `json:"community"`
	CommunityID string    `json:"community_id,omitempty"`
	FileName    string    `json:"file_name"`
	DryRun      bool      `json:"dry_run"`
	Partial     bool      `json:"partial"`
	Status      Status    `json:"status" enum:"running,done,failed"`
	ErrorCode   string    `json:"error_code,omitempty"`
	Rows        int       `json:"rows"`
	Counts                // flattened
	Progress    Progress  `json:"progress"`
	Problems    []Problem `json:"problems"`
	Notices     []Notice  `json:"notices"` // what a person should know although no row is wrong for it
	RequestedAt time.Time `json:"requested_at"`
	RequestedBy string    `json:"requested_by"`
	FinishedAt  time.Time `json:"finished_at,omitzero"`
	// RolledBackAt is when the import was taken back as a whole.
	RolledBackAt time.Time `json:"rolled_back_at,omitzero"`
}

// Request is what an importer hands in. Mapping goes from a header of the file to one of the kind's columns.
type Request struct {
	Kind      Kind
	Community string
	FileName  string
	Content   []byte
	DryRun    bool
	Partial   bool
	Mapping   map[string]string
	// SaveMapping keeps the mapping for the community's next files of this kind.
	SaveMapping bool
}

// MaxProblems is how many problems one import keeps; the count of rejected rows stays complete.
const MaxProblems = 2000
