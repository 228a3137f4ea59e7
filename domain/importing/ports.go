package importing

import (
	"context"

	"steward/domain/access"
)

// Ref names one import.
type Ref struct {
	OrgID    string `json:"org_id"`
	ImportID string `json:"import_id"`
}

// BatchRef names one batch of an import's checked rows.
type BatchRef struct {
	Ref
	Batch int `json:"batch"`
}

// Checked is what the check of a file came to: the batches to apply, or none because it failed or only tried.
type Checked struct {
	Batches int  `json:"batches"`
	Failed  bool `json:"failed"`
	DryRun  bool `json:"dry_run"`
	Ended   bool `json:"ended"` // nothing is left to do
}

// Source is a stored import with its file.
type Source struct {
	Job
	Content []byte
	Mapping map[string]string
	Checked *Checked // the outcome of a check that was stored before
}

// Verdict is the outcome of a check that is stored in one step: a repeat replaces it.
type Verdict struct {
	Rows     int
	Problems []Problem
	Notices  []Notice
	Counts   Counts   // what applying would do
	Effects  []Effect // of a dry run: what applying would do row by row
	Batches  []Rows
	Failed   bool
}

// Resolved is what comparing with the database came to.
type Resolved struct {
	Counts  Counts
	Effects []Effect // only of a dry run
}

// Create counts a row that applying would create, and keeps its effect for a dry run.
func (r *Resolved) Create(dryRun bool, e Effect) {
	r.Counts.Created++
	if dryRun {
		r.Effects = append(r.Effects, e)
	}
}

// Store is what the import's activities need of the database. Every method can be repeated.
type Store interface {
	// ImportSource gives the stored job with its file.
	ImportSource(ctx context.Context, s access.Scope, importID string) (Source, error)
	// ResolveImport compares the good rows with the database: it rejects the rows that only the database shows to be wrong,
	// fills in ids, and for a dry run tells what applying would do, row by row.
	ResolveImport(ctx context.Context, s access.Scope, src Source, r Result) (Result, Resolved, error)
	// SaveImportVerdict stores problems, counts and batches of a check; a failed or tried import is finished by it.
	SaveImportVerdict(ctx context.Context, s access.Scope, importID string, v Verdict) error
	// ApplyImportBatch writes one batch in one transaction; a batch that was applied before is left alone.
	ApplyImportBatch(ctx context.Context, s access.Scope, importID string, batch int, guardNew bool) error
	// FinishImport marks the import done and forgets the file.
	FinishImport(ctx context.Context, s access.Scope, importID string) error
	// FailImport marks the import failed with the reason for the file as a whole and forgets the file.
	FailImport(ctx context.Context, s access.Scope, importID string, why Problem) error
}
