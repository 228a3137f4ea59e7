// Command bench measures Steward on this machine, on a private MariaDB and Temporal: importing, billing, planning in cohorts, sending,
// and beside them the obvious alternatives in the same run - a transaction a row, one workflow per household, bare rows.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jedib0t/go-pretty/v6/table"
)

type options struct {
	Sizes        []int  `help:"Households of the cohort runs." default:"1000,10000,100000"`
	PerHousehold int    `help:"Households of the run with one workflow each." default:"200"`
	Bare         int    `help:"Rows of the bare writing." default:"100000"`
	Messages     int    `help:"Messages of each sending run." default:"20000"`
	Roster       int    `help:"Rows of the roster to import." default:"100000"`
	RowByRow     int    `help:"Rows of the roster that is imported with a transaction a row." default:"1000"`
	Only         string `help:"Only this part: collections, imports or billing." enum:"collections,imports,billing," default:""`
	Bills        int    `help:"Bills of the billing run." default:"100000"`
	BillByBill   int    `help:"Bills that are issued with a transaction each." default:"1000"`
	Data         string `help:"Folder for the servers; a temporary one when left out."`
}

func main() {
	if asked, ok := os.LookupEnv(childEnv); ok {
		if err := child(context.Background(), asked); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	kong.Parse(&o, kong.Description("Measures planning, sending and importing beside their obvious alternatives."))
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// stages of every policy measured here.
const stages = 3

func run(ctx context.Context, o options) error {
	g, err := openGround(ctx, o.Data)
	if err != nil {
		return err
	}
	defer g.close()
	fmt.Printf("%d CPUs, Go %s, MariaDB %s\n\n", runtime.NumCPU(), runtime.Version(), g.mariaDBVersion(ctx))

	if o.Only == "" || o.Only == "billing" {
		fmt.Printf("billing %d units ...\n", o.Bills)
		runs, err := g.billing(ctx, o.Bills, o.BillByBill)
		if err != nil {
			return err
		}
		reportBilling(runs)
	}
	if o.Only == "" || o.Only == "imports" {
		fmt.Printf("importing a roster of %d rows ...\n", o.Roster)
		rosters, err := g.imports(ctx, o.Roster, o.RowByRow)
		if err != nil {
			return err
		}
		reportImports(rosters)
	}
	if o.Only == "imports" || o.Only == "billing" {
		return nil
	}
	return g.collections(ctx, o)
}

func (g *ground) collections(ctx context.Context, o options) error {
	fmt.Println("writing outbox rows, nothing else ...")
	bare, err := g.bareWrites(ctx, o.Bare)
	if err != nil {
		return err
	}
	fmt.Printf("one workflow per household, %d households ...\n", o.PerHousehold)
	single, err := g.perHousehold(ctx, o.PerHousehold)
	if err != nil {
		return err
	}
	var cohorts []planning
	for _, n := range o.Sizes {
		fmt.Printf("cohorts, %d households ...\n", n)
		p, err := g.cohorts(ctx, n)
		if err != nil {
			return err
		}
		cohorts = append(cohorts, p)
	}
	fmt.Println("sending ...")
	sending, err := g.sending(ctx, o.Messages)
	if err != nil {
		return err
	}
	report(bare, single, cohorts, sending)
	return nil
}

// planning is one run of three stages.
type planning struct {
	households int
	touches    int
	took       time.Duration // sum over the stages, from when a stage is due to its last decision
	events     int64         // of all histories of the campaign
}

func (p planning) perSecond() float64 { return float64(p.touches) / p.took.Seconds() }
func (p planning) eventsPer() float64 { return float64(p.events) / float64(p.households*stages) }

// rate is a plain count over time.
type rate struct {
	name string
	n    int
	took time.Duration
}

func (r rate) perSecond() float64 { return float64(r.n) / r.took.Seconds() }

func report(bare rate, single planning, cohorts []planning, sending []rate) {
	t := table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.SetTitle("Planning, three stages")
	t.AppendHeader(table.Row{"", "households", "touches/s", "events per household and stage", "times slower than bare rows", "times faster than one per household"})
	t.AppendRow(table.Row{"bare outbox rows", "", whole(bare.perSecond()), "", "1.0", ""})
	t.AppendRow(table.Row{"one workflow per household", single.households, decimal(single.perSecond()), decimal(single.eventsPer()), decimal(bare.perSecond() / single.perSecond()), "1.0"})
	for _, p := range cohorts {
		t.AppendRow(table.Row{"cohorts", p.households, whole(p.perSecond()), fmt.Sprintf("%.4f", p.eventsPer()),
			decimal(bare.perSecond() / p.perSecond()), whole(p.perSecond() / single.perSecond())})
	}
	t.Render()
	fmt.Println()

	t = table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.SetTitle("Sending to the sandbox")
	t.AppendHeader(table.Row{"", "messages", "messages/s"})
	for _, r := range sending {
		t.AppendRow(table.Row{r.name, r.n, whole(r.perSecond())})
	}
	t.Render()
}

func reportImports(rosters []imported) {
	t := table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.SetTitle("Importing a roster (.xlsx, 11 columns)")
	t.AppendHeader(table.Row{"", "rows", "first, s", "rows/s", "the same file again, s", "share of the first", "peak of memory, MB", "rolled back, s"})
	for _, r := range rosters {
		back := ""
		if r.RolledBack > 0 {
			back = decimal(r.RolledBack.Seconds())
		}
		t.AppendRow(table.Row{r.Name, r.Rows, decimal(r.First.Seconds()), whole(float64(r.Rows) / r.First.Seconds()), decimal(r.Again.Seconds()),
			fmt.Sprintf("%.2f", r.Again.Seconds()/r.First.Seconds()), whole(r.PeakMB), back})
	}
	t.Render()
	fmt.Println()
}

func whole(f float64) string   { return fmt.Sprintf("%.0f", f) }
func decimal(f float64) string { return fmt.Sprintf("%.1f", f) }
