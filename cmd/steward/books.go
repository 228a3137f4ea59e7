package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"

	"steward/domain/access"
	"steward/domain/money"
)

// BooksCmd looks after the books of the organization.
type BooksCmd struct {
	Check BooksCheckCmd `cmd:"" help:"Compare the books with bills, payments, corrections, receipts and closings; fails when they disagree. Changes nothing."`
}

// BooksCheckCmd checks the books.
type BooksCheckCmd struct {
	Database
}

// Run prints every place where the money does not agree with itself, and fails when there is one.
func (c *BooksCheckCmd) Run(ctx context.Context) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.SoleOrganization(ctx)
	if err != nil {
		return fmt.Errorf("find the organization (has steward migrate run?): %w", err)
	}
	found, err := d.store.CheckBooks(ctx, access.ForSystem(orgID))
	if err != nil {
		return err
	}
	return printDiscrepancies(os.Stdout, found)
}

func printDiscrepancies(w io.Writer, found []money.Discrepancy) error {
	if len(found) == 0 {
		fmt.Fprintln(w, "The books agree.")
		return nil
	}
	t := newTable("rule", "subject", "should be (元)", "is (元)")
	for _, f := range found {
		t.AppendRow(table.Row{f.Rule, f.SubjectID, yuan(f.WantFen), yuan(f.GotFen)})
	}
	fmt.Fprintln(w, t.Render())
	return fmt.Errorf("the books disagree in %d places; see docs/runbooks/books-disagree.md", len(found))
}
