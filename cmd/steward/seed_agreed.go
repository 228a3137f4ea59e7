package main

import (
	"context"
	"fmt"
	"time"

	"steward/demo"
	"steward/domain/calendar"
)

// agree gives the demo community its fee items and settlement rules, proposed by the login that imports and signed by
// another, so that a month can be billed at once. What is there already stays.
func (c *SeedDemoCmd) agree(ctx context.Context, api *apiClient, communityID string, now time.Time) error {
	var settlements struct {
		Items []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"items"`
	}
	if err := api.get(ctx, "/communities/"+communityID+"/settlements", &settlements); err != nil {
		return fmt.Errorf("ask for settlement rules: %w", err)
	}
	proposed := ""
	for _, s := range settlements.Items {
		switch s.Status {
		case "signed":
			return nil
		case "proposed":
			proposed = s.ID
		}
	}
	if proposed == "" {
		if err := chargeable(ctx, api, communityID); err != nil {
			return err
		}
		first := calendar.DateOf(now)
		first.Day = 1
		var made struct {
			ID string `json:"id"`
		}
		if err := api.post(ctx, "/communities/"+communityID+"/settlements", map[string]any{"first_day": first, "note": "演示数据"}, &made); err != nil {
			return fmt.Errorf("propose settlement rules: %w", err)
		}
		proposed = made.ID
	}
	signer := &apiClient{base: api.base, http: api.http}
	if err := signer.signIn(ctx, c.Signer, "demo-"+c.Signer); err != nil {
		return err
	}
	if err := signer.post(ctx, "/communities/"+communityID+"/settlements/"+proposed+"/sign", map[string]string{"signed_names": demo.Signers}, nil); err != nil {
		return fmt.Errorf("sign settlement rules: %w", err)
	}
	return nil
}

// chargeable makes the fee items that can charge somebody.
func chargeable(ctx context.Context, api *apiClient, communityID string) error {
	var there struct {
		Items []struct {
			ID      string `json:"id"`
			Name    string `json:"name"`
			Formula string `json:"formula"`
		} `json:"items"`
	}
	if err := api.get(ctx, "/fee-items?community_id="+communityID, &there); err != nil {
		return fmt.Errorf("ask for fee items: %w", err)
	}
	for _, item := range demo.FeeItems() {
		id, formula := "", ""
		for _, t := range there.Items {
			if t.Name == item.Name {
				id, formula = t.ID, t.Formula
			}
		}
		var err error
		switch {
		case id == "":
			err = api.post(ctx, "/fee-items", struct {
				CommunityID string `json:"community_id"`
				demo.FeeItem
			}{communityID, item}, nil)
		case formula != item.Formula:
			err = api.post(ctx, "/fee-items/"+id+"/versions", item, nil)
		}
		if err != nil {
			return fmt.Errorf("make fee item %s: %w", item.Name, err)
		}
	}
	return nil
}

// signIn starts a session.
func (c *apiClient) signIn(ctx context.Context, login, password string) error {
	var session struct {
		Token string `json:"token"`
	}
	if err := c.post(ctx, "/session", map[string]string{"login": login, "password": password}, &session); err != nil {
		return fmt.Errorf("sign in as %s: %w", login, err)
	}
	c.token = session.Token
	return nil
}
