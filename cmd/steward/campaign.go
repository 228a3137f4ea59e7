package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// CampaignCmd starts and watches campaigns through the running API.
type CampaignCmd struct {
	Start  CampaignStartCmd  `cmd:"" help:"Preview a campaign over communities and start it."`
	Status CampaignStatusCmd `cmd:"" help:"Show campaigns, or one campaign's funnel."`
	Watch  CampaignWatchCmd  `cmd:"" help:"Follow one campaign in a live table."`
}

// CampaignStartCmd previews and starts.
type CampaignStartCmd struct {
	Remote
	Community    []string `help:"Name or id of a community; repeatable." required:"" sep:"none"`
	Policy       string   `help:"Name or id of the dunning policy; the first one when left out."`
	Name         string   `help:"Name of the campaign."`
	FromStage    string   `help:"Stage at which cases enter; the first one not yet done when left out."`
	MinAmountFen int64    `help:"Leave out who owes less than this many fen."`
	PreviewOnly  bool     `help:"Show what would happen and start nothing."`
	Watch        bool     `help:"Follow the campaign after starting it."`
}

type campaignRequest struct {
	CommunityIDs []string       `json:"community_ids"`
	PolicyID     string         `json:"policy_id"`
	Filter       campaignFilter `json:"filter"`
	FromStage    string         `json:"from_stage,omitempty"`
	Name         string         `json:"name,omitempty"`
	PreviewID    string         `json:"preview_id,omitempty"`
}

type campaignFilter struct {
	MinAmountFen int64 `json:"min_amount_fen,omitempty"`
}

// campaignPreview is the part of a preview that the terminal shows.
type campaignPreview struct {
	PreviewID  string `json:"preview_id"`
	Households int    `json:"households"`
	AmountFen  int64  `json:"amount_fen"`
	Schedule   []struct {
		Stage   string `json:"stage"`
		Date    string `json:"date"`
		Touches int    `json:"touches"`
		CostFen int64  `json:"cost_fen"`
	} `json:"schedule"`
	Excluded []struct {
		Reason     string `json:"reason"`
		Households int    `json:"households"`
	} `json:"excluded"`
	Warnings []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"warnings"`
}

// campaignView is the part of a campaign that the terminal shows.
type campaignView struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	Households   int    `json:"households"`
	AmountFen    int64  `json:"amount_fen"`
	CollectedFen int64  `json:"collected_fen"`
	Open         int    `json:"open"`
	Paid         int    `json:"paid"`
	Held         int    `json:"held"`
	Stages       []struct {
		Key          string `json:"key"`
		Due          int    `json:"due"`
		Sent         int    `json:"sent"`
		Delivered    int    `json:"delivered"`
		Failed       int    `json:"failed"`
		Skipped      int    `json:"skipped"`
		PaidAfter    int    `json:"paid_after"`
		CollectedFen int64  `json:"collected_fen"`
	} `json:"stages"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Run previews, shows the preview, and starts the campaign from it.
func (c *CampaignStartCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	request, err := c.request(ctx, api)
	if err != nil {
		return err
	}
	var preview campaignPreview
	if err := api.post(ctx, "/campaigns/preview", request, &preview); err != nil {
		return fmt.Errorf("preview the campaign: %w", err)
	}
	fmt.Println(previewTable(preview))
	if c.PreviewOnly {
		return nil
	}
	request.PreviewID = preview.PreviewID
	var started campaignView
	if err := api.post(ctx, "/campaigns", request, &started); err != nil {
		return fmt.Errorf("start the campaign: %w", err)
	}
	fmt.Printf("催缴活动已启动 / campaign started: %s\n", started.ID)
	if c.Watch {
		return watchCampaign(ctx, api, started.ID, time.Second)
	}
	return nil
}

func (c *CampaignStartCmd) request(ctx context.Context, api *apiClient) (campaignRequest, error) {
	r := campaignRequest{Name: c.Name, FromStage: c.FromStage, Filter: campaignFilter{MinAmountFen: c.MinAmountFen}}
	for _, wanted := range c.Community {
		id, err := api.find(ctx, "/communities", wanted)
		if err != nil {
			return r, fmt.Errorf("find the community: %w", err)
		}
		r.CommunityIDs = append(r.CommunityIDs, id)
	}
	var err error
	if r.PolicyID, err = api.find(ctx, "/dunning-policies", c.Policy); err != nil {
		return r, fmt.Errorf("find the policy: %w", err)
	}
	if r.Name == "" {
		r.Name = strings.Join(c.Community, "、") + " 催缴"
	}
	return r, nil
}

// find gives the id of what a list holds by name or id; "" takes the first.
func (c *apiClient) find(ctx context.Context, list, wanted string) (string, error) {
	var names []string
	for cursor := ""; ; {
		var p struct {
			Items      []named `json:"items"`
			NextCursor string  `json:"next_cursor"`
		}
		if err := c.get(ctx, list+"?limit=500&cursor="+url.QueryEscape(cursor), &p); err != nil {
			return "", err
		}
		for _, n := range p.Items {
			if wanted == "" || n.ID == wanted || n.Name == wanted {
				return n.ID, nil
			}
			names = append(names, n.Name)
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	slices.Sort(names)
	return "", fmt.Errorf("no %q; there is: %s", wanted, strings.Join(names[:min(len(names), 20)], ", "))
}

// CampaignStatusCmd shows campaigns.
type CampaignStatusCmd struct {
	Remote
	ID string `arg:"" optional:"" help:"Campaign; all are listed when left out."`
}

// Run prints one campaign's funnel, or the newest campaigns.
func (c *CampaignStatusCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if c.ID != "" {
		view, err := api.campaign(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Println(funnelTable(view))
		return nil
	}
	var list struct {
		Items []campaignView `json:"items"`
	}
	if err := api.get(ctx, "/campaigns?limit=50", &list); err != nil {
		return fmt.Errorf("list campaigns: %w", err)
	}
	fmt.Println(campaignsTable(list.Items))
	return nil
}

func (c *apiClient) campaign(ctx context.Context, id string) (campaignView, error) {
	var view campaignView
	if err := c.get(ctx, "/campaigns/"+url.PathEscape(id), &view); err != nil {
		return view, fmt.Errorf("read the campaign: %w", err)
	}
	return view, nil
}

// CampaignWatchCmd follows one campaign.
type CampaignWatchCmd struct {
	Remote
	ID    string        `arg:"" optional:"" help:"Campaign; the newest when left out."`
	Every time.Duration `help:"How often to look." default:"1s"`
}

// Run redraws the funnel until the campaign is over or Ctrl-C.
func (c *CampaignWatchCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	id := c.ID
	if id == "" {
		var newest struct {
			Items []campaignView `json:"items"`
		}
		if err := api.get(ctx, "/campaigns?limit=1", &newest); err != nil {
			return fmt.Errorf("find the newest campaign: %w", err)
		}
		if len(newest.Items) == 0 {
			return errors.New("no campaign was started yet: steward campaign start --community NAME")
		}
		id = newest.Items[0].ID
	}
	return watchCampaign(ctx, api, id, max(c.Every, 200*time.Millisecond))
}

// watchCampaign shows the funnel until the campaign is over or the watcher leaves. A server that is away for a moment is
// waited for.
func watchCampaign(ctx context.Context, api *apiClient, id string, every time.Duration) error {
	screen := funnelScreen{live: isTerminal(os.Stdout)}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		view, err := api.campaign(ctx, id)
		var p *problem
		switch {
		case ctx.Err() != nil:
			return nil // the watcher has left
		case errors.As(err, &p) && p.Status < 500:
			return err
		case err != nil:
			screen.interrupt(err)
		default:
			screen.draw(funnelTable(view))
			if view.Status == "finished" || view.Status == "cancelled" {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// funnelScreen draws in place on a terminal; elsewhere it prints a table only when it has changed.
type funnelScreen struct {
	live  bool
	shown string
	lines int // of what is drawn in place, 0 when something else was written after it
}

func (s *funnelScreen) draw(table string) {
	if s.live && s.lines > 0 {
		fmt.Printf("\x1b[%dA\x1b[J", s.lines) // up to where the table began, and clear
	}
	if s.live || table != s.shown {
		fmt.Println(table)
	}
	s.shown, s.lines = table, strings.Count(table, "\n")+1
}

func (s *funnelScreen) interrupt(err error) {
	fmt.Fprintf(os.Stderr, "steward: %v\n", err)
	s.lines = 0
}
