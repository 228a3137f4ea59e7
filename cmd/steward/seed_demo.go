package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"steward/demo"
	"steward/domain/calendar"
)

// SeedDemoCmd imports the demo community through the running API and gives the demo logins their part of it. Doing it again
// changes nothing.
type SeedDemoCmd struct {
	Database
	URL    string `help:"Address of the API." env:"STEWARD_URL" required:""`
	As     string `help:"Login that imports and proposes." default:"community_manager"`
	Signer string `help:"Login that signs the settlement rules." default:"company_finance"`
	Dev    bool   `help:"Says that this is no production database." env:"STEWARD_DEV" required:""`
}

// Run signs in, imports what is not there yet, and grants the community.
func (c *SeedDemoCmd) Run(ctx context.Context) error {
	api := &apiClient{base: strings.TrimSuffix(c.URL, "/"), http: &http.Client{Timeout: time.Minute}}
	if err := api.signIn(ctx, c.As, "demo-"+c.As); err != nil {
		return err
	}
	var clock struct {
		Now time.Time `json:"now"`
	}
	if err := api.get(ctx, "/clock", &clock); err != nil {
		return fmt.Errorf("ask for business time: %w", err)
	}
	files, err := demo.Make(calendar.DateOf(clock.Now))
	if err != nil {
		return err
	}
	for _, u := range []importUpload{
		{kind: "roster", community: demo.Community, fileName: "demo-roster.csv", content: files.Roster},
		{kind: "receivables", community: demo.Community, fileName: "demo-receivables.csv", content: files.Receivables},
	} {
		if err := seed(ctx, api, u); err != nil {
			return err
		}
	}
	communityID, err := api.find(ctx, "/communities", demo.Community)
	if err != nil {
		return fmt.Errorf("find the demo community: %w", err)
	}
	if err := c.agree(ctx, api, communityID, clock.Now); err != nil {
		return err
	}
	return c.grant(ctx, communityID)
}

// seed imports a file unless one of its kind has been imported into the demo community before: on another day the same
// households would owe for other months.
func seed(ctx context.Context, api *apiClient, u importUpload) error {
	var imports struct {
		Items []struct {
			Kind      string `json:"kind"`
			Community string `json:"community"`
			Status    string `json:"status"`
			DryRun    bool   `json:"dry_run"`
		} `json:"items"`
	}
	if err := api.get(ctx, "/imports?limit=500", &imports); err != nil {
		return fmt.Errorf("ask for earlier imports: %w", err)
	}
	for _, i := range imports.Items {
		if i.Kind == u.kind && i.Community == u.community && i.Status == "done" && !i.DryRun {
			return nil
		}
	}
	v, err := runImport(ctx, api, u, func(importView) {})
	if err != nil {
		return err
	}
	fmt.Println(importTable(v))
	if v.Status != "done" {
		return errImportFailed
	}
	return nil
}

func (c *SeedDemoCmd) grant(ctx context.Context, communityID string) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.SoleOrganization(ctx)
	if err != nil {
		return err
	}
	return d.store.GrantDemoCommunity(ctx, orgID, communityID)
}
