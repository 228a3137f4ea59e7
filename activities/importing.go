package activities

import (
	"context"
	"time"

	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/importing"
	"steward/domain/refusal"
)

// Importing are the steps of one uploaded spreadsheet.
type Importing struct {
	Store  importing.Store
	Sheets importing.SheetReader
	Clock  clock.Source
	// GuardNewCommunities lets a community that a roster makes send only to its test phones until it is signed off.
	GuardNewCommunities bool
}

// ImportBeat is how often a step of an import says that its worker is alive; a step silent for some of these is given to
// another worker.
const ImportBeat = time.Second

// beatWhile heartbeats until the returned function is called. A step that hangs is ended by its own time limit.
func beatWhile(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	beat := beatOf(ctx)
	go func() {
		tick := time.NewTicker(ImportBeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				beat()
			}
		}
	}()
	return stop
}

// Check reads the file, judges every row, and stores the problems and the rows to apply. A repeat after the outcome was
// stored gives that.
func (a *Importing) Check(ctx context.Context, ref importing.Ref) (importing.Checked, error) {
	defer beatWhile(ctx)()
	sc := access.ForSystem(ref.OrgID)
	src, err := a.Store.ImportSource(ctx, sc, ref.ImportID)
	if err != nil {
		return importing.Checked{}, failed("read the import", err)
	}
	if src.Checked != nil {
		return *src.Checked, nil
	}
	verdict, err := a.judge(ctx, sc, src)
	if r, ok := refusal.As(err); ok && r.Kind != refusal.Unavailable {
		why := importing.Problem{Code: r.Code, Message: r.Message}
		if src.DryRun { // a dry run tells what is wrong and ends done
			verdict, err = importing.Verdict{Problems: []importing.Problem{why}}, nil
		} else {
			return importing.Checked{Failed: true, Ended: true}, failed("refuse the file", a.Store.FailImport(ctx, sc, ref.ImportID, why))
		}
	}
	if err != nil {
		return importing.Checked{}, failed("check the file", err)
	}
	if err := a.Store.SaveImportVerdict(ctx, sc, ref.ImportID, verdict); err != nil {
		return importing.Checked{}, failed("store the check", err)
	}
	return importing.Checked{
		Batches: len(verdict.Batches), Failed: verdict.Failed, DryRun: src.DryRun, Ended: verdict.Failed || src.DryRun,
	}, nil
}

func (a *Importing) judge(ctx context.Context, sc access.Scope, src importing.Source) (importing.Verdict, error) {
	reading := importing.NewReading(src.Kind, src.Community, src.Mapping, a.Clock.Now())
	err := a.Sheets.Read(src.FileName, src.Content, func(l importing.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return reading.Take(l)
	})
	if err != nil {
		return importing.Verdict{}, err
	}
	result := reading.Result()
	resolved := importing.Resolved{Counts: importing.Counts{Rejected: result.Rows}}
	if !result.Unreadable {
		if result, resolved, err = a.Store.ResolveImport(ctx, sc, src, result); err != nil {
			return importing.Verdict{}, err
		}
	}
	result.TellWhatIsLeftOut()
	verdict := importing.Verdict{
		Rows: result.Rows, Problems: result.Problems, Notices: result.Notices, Counts: resolved.Counts, Effects: resolved.Effects,
		Failed: !src.DryRun && (result.Unreadable || len(result.Problems) > 0 && !src.Partial),
	}
	if !verdict.Failed && !src.DryRun {
		verdict.Batches = result.Good.Batches()
	}
	return verdict, nil
}

// Apply writes one batch of checked rows.
func (a *Importing) Apply(ctx context.Context, b importing.BatchRef) error {
	defer beatWhile(ctx)()
	return failed("apply the batch", a.Store.ApplyImportBatch(ctx, access.ForSystem(b.OrgID), b.ImportID, b.Batch, a.GuardNewCommunities))
}

// Finish ends an import whose batches are all written.
func (a *Importing) Finish(ctx context.Context, ref importing.Ref) error {
	defer beatWhile(ctx)()
	return failed("finish the import", a.Store.FinishImport(ctx, access.ForSystem(ref.OrgID), ref.ImportID))
}

// Fail ends an import that cannot go on by itself.
func (a *Importing) Fail(ctx context.Context, in FailImportInput) error {
	defer beatWhile(ctx)()
	return failed("fail the import", a.Store.FailImport(ctx, access.ForSystem(in.OrgID), in.ImportID, in.Why))
}

// FailImportInput says why an import can't go on.
type FailImportInput struct {
	importing.Ref
	Why importing.Problem `json:"why"`
}
