package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/store"
)

// billed is one run of billing, or its alternative.
type billed struct {
	name     string
	units    int
	computed time.Duration // 0 where nothing is computed
	issued   time.Duration
	queries  int64
	kb       float64 // allocated for each bill
}

func (b billed) took() time.Duration { return b.computed + b.issued }

// billing bills a community of so many units through its process: computed, approved, issued. Beside it a bill a transaction,
// for some of the units.
func (g *ground) billing(ctx context.Context, units, oneByOne int) ([]billed, error) {
	stop, err := g.work(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stop() }()
	communityID, itemID, err := g.billable(ctx, units)
	if err != nil {
		return nil, err
	}
	run, err := g.billingRun(ctx, communityID, units)
	if err != nil {
		return nil, err
	}
	single, err := g.billOneByOne(ctx, communityID, itemID, oneByOne)
	if err != nil {
		return nil, err
	}
	return []billed{run, single}, nil
}

// billable makes a community of units with owners and one agreed fee item.
func (g *ground) billable(ctx context.Context, units int) (communityID, itemID string, err error) {
	if communityID, err = g.community(ctx, units, calendar.DateOf(g.clock.Now())); err != nil {
		return "", "", err
	}
	now, versionID, settlementID := g.clock.Now(), store.NewID(), store.NewID()
	itemID = store.NewID()
	rules, err := json.Marshal(money.Settlement{FeeItemVersionIDs: []string{versionID}, AllocationOrder: money.OrderLaw, FirstDay: calendar.Date{Year: 2025, Month: 1, Day: 1}})
	if err != nil {
		return "", "", err
	}
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE unit SET built_area_m2 = 60 + CRC32(id) % 9000 / 100 WHERE org_id = ? AND community_id = ?`, []any{g.orgID, communityID}},
		{`INSERT INTO occupancy (org_id,id,unit_id,person_id,role,from_on,created_at)
			SELECT b.org_id, b.id, b.unit_id, b.debtor_id, 'owner', '2020-01-01', ? FROM bill b WHERE b.org_id = ? AND b.community_id = ?`, []any{now, g.orgID, communityID}},
		{`DELETE FROM bill WHERE org_id = ? AND community_id = ?`, []any{g.orgID, communityID}},
		{`INSERT INTO fee_item (org_id,id,community_id,name,name_key) VALUES (?,?,?,'物业服务费','物业服务费')`, []any{g.orgID, itemID, communityID}},
		{`INSERT INTO fee_item_version (org_id,id,fee_item_id,no,formula,parameters,from_on,created_by,created_at) VALUES (?,?,?,1,'built_area','{"price_yuan":"2.80"}','2020-01-01',?,?)`,
			[]any{g.orgID, versionID, itemID, access.SystemActorID, now}},
		{`INSERT INTO settlement_version (org_id,id,community_id,no,status,from_on,body,examples,proposed_by,proposed_at) VALUES (?,?,?,1,'signed','2025-01-01',?,'[]',?,?)`,
			[]any{g.orgID, settlementID, communityID, string(rules), access.SystemActorID, now}},
		{`UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, []any{settlementID, g.orgID, communityID}},
	} {
		if _, err := g.db.ExecContext(ctx, s.sql, s.args...); err != nil {
			return "", "", fmt.Errorf("make a community that can be billed: %w", err)
		}
	}
	return communityID, itemID, nil
}

const billingLimit = 10 * time.Minute

func (g *ground) billingRun(ctx context.Context, communityID string, units int) (billed, error) {
	out := billed{name: "a run, as the worker bills", units: units}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	queries, err := g.questions(ctx)
	if err != nil {
		return out, err
	}
	began := time.Now()
	run, err := g.store.OpenBillingRun(ctx, g.scope, communityID, "2026-03")
	if err != nil {
		return out, err
	}
	if err := g.billingReaches(ctx, run.ID, billingrun.Ready); err != nil {
		return out, err
	}
	out.computed = time.Since(began)
	began = time.Now()
	if _, err := g.store.ApproveBillingRun(ctx, g.scope, run.ID); err != nil {
		return out, err
	}
	if err := g.billingReaches(ctx, run.ID, billingrun.Issued); err != nil {
		return out, err
	}
	out.issued = time.Since(began)
	end, err := g.questions(ctx)
	if err != nil {
		return out, err
	}
	runtime.ReadMemStats(&after)
	out.queries, out.kb = end-queries, float64(after.TotalAlloc-before.TotalAlloc)/1024/float64(units)
	run, err = g.store.BillingRun(ctx, g.scope, run.ID)
	if err == nil && run.Issued != units {
		err = fmt.Errorf("%d of %d bills were issued", run.Issued, units)
	}
	return out, err
}

func (g *ground) billingReaches(ctx context.Context, id string, status billingrun.Status) error {
	return poll(ctx, billingLimit, 50*time.Millisecond, func() (bool, error) {
		run, err := g.store.BillingRun(ctx, g.scope, id)
		if err == nil && run.Status == billingrun.NeedsAttention {
			err = errors.New(run.Why)
		}
		return run.Status == status, err
	})
}

// questions counts the statements that the server has answered so far.
func (g *ground) questions(ctx context.Context) (int64, error) {
	var row struct {
		Name  string `db:"Variable_name"`
		Value int64  `db:"Value"`
	}
	err := g.db.GetContext(ctx, &row, `SHOW GLOBAL STATUS LIKE 'Questions'`)
	return row.Value, err
}

// billOneByOne issues a bill a transaction, computed already, which is how a loop over units would do it.
func (g *ground) billOneByOne(ctx context.Context, communityID, itemID string, n int) (billed, error) {
	out := billed{name: "a transaction a bill", units: n}
	var units []struct {
		ID       string `db:"unit_id"`
		PersonID string `db:"person_id"`
	}
	err := g.db.SelectContext(ctx, &units, `SELECT o.unit_id, o.person_id FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id
		WHERE u.org_id = ? AND u.community_id = ? LIMIT ?`, g.orgID, communityID, n)
	if err != nil {
		return out, err
	}
	queries, err := g.questions(ctx)
	if err != nil {
		return out, err
	}
	began := time.Now()
	for _, u := range units {
		bill := money.NewBill{CommunityID: communityID, UnitID: u.ID, DebtorID: u.PersonID, FeeItemID: itemID, Period: "2026-04",
			DueOn: calendar.Date{Year: 2026, Month: 4, Day: 30}, AmountFen: 25060}
		if _, err := g.store.IssueBills(ctx, g.scope, []money.NewBill{bill}, money.Source{Kind: money.FromBilling}); err != nil {
			return out, err
		}
	}
	out.issued = time.Since(began)
	end, err := g.questions(ctx)
	out.queries = end - queries
	return out, err
}

func reportBilling(runs []billed) {
	t := table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.SetTitle("Billing")
	t.AppendHeader(table.Row{"", "bills", "computed, s", "issued, s", "bills/s", "statements a bill", "KB allocated a bill"})
	for _, r := range runs {
		computed, kb := "", ""
		if r.computed > 0 {
			computed, kb = decimal(r.computed.Seconds()), decimal(r.kb)
		}
		t.AppendRow(table.Row{r.name, r.units, computed, decimal(r.issued.Seconds()), whole(float64(r.units) / r.took().Seconds()),
			fmt.Sprintf("%.2f", float64(r.queries)/float64(r.units)), kb})
	}
	t.Render()
	fmt.Println()
}
