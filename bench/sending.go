package main

import (
	"context"
	"fmt"
	"time"

	"steward/domain/dunning"
)

// sending plans one stage without senders and then lets the senders run: on the sms channel a call carries one message,
// on the app channel a hundred.
func (g *ground) sending(ctx context.Context, messages int) ([]rate, error) {
	var out []rate
	for _, m := range []struct {
		name    string
		channel dunning.Channel
	}{{"one by one", dunning.SMS}, {"in batches of 100", dunning.App}} {
		r, err := g.sendStage(ctx, m.name, m.channel, messages)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (g *ground) sendStage(ctx context.Context, name string, channel dunning.Channel, messages int) (rate, error) {
	r := rate{name: name, n: messages}
	stop, err := g.work(ctx)
	if err != nil {
		return r, err
	}
	id, err := g.campaign(ctx, messages, channel, 30)
	if err != nil {
		return r, err
	}
	if err := g.turn(ctx, g.clock.Now().AddDate(0, 0, 2), 1); err != nil {
		return r, err
	}
	if err := g.await(ctx, id, "queued", messages); err != nil {
		return r, err
	}
	if err := stop(); err != nil {
		return r, err
	}
	if stop, err = g.work(ctx, channel); err != nil {
		return r, err
	}
	// The senders start a moment after the worker: time runs from the first message to the last.
	began, err := g.settled(ctx, id, 1)
	if err != nil {
		return r, err
	}
	ended, err := g.settled(ctx, id, messages)
	if err != nil {
		return r, err
	}
	r.took = ended.Sub(began)
	if _, err := g.store.CancelCampaign(ctx, g.scope, id, "measured"); err != nil {
		return r, err
	}
	return r, stop()
}

func (g *ground) await(ctx context.Context, campaignID, status string, n int) error {
	return poll(ctx, 5*time.Minute, 50*time.Millisecond, func() (bool, error) {
		var found int
		err := g.db.GetContext(ctx, &found, `SELECT COUNT(*) FROM outbox WHERE org_id = ? AND campaign_id = ? AND status = ?`, g.orgID, campaignID, status)
		return found >= n, err
	})
}

// settled waits until so many messages have gone and gives the moment.
func (g *ground) settled(ctx context.Context, campaignID string, n int) (time.Time, error) {
	err := poll(ctx, 10*time.Minute, 50*time.Millisecond, func() (bool, error) {
		var found int
		err := g.db.GetContext(ctx, &found, `SELECT COUNT(*) FROM outbox WHERE org_id = ? AND campaign_id = ? AND status IN ('sent','delivered')`, g.orgID, campaignID)
		return found >= n, err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("wait for messages: %w", err)
	}
	return time.Now(), nil
}
