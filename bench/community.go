package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/store"
)

const (
	chunk      = 500
	arrearsFen = 123450
)

// community makes a community in which every household owes one bill that was due ten days before today. Its calendar is
// open day and night, so that a run does not wait for the morning.
func (g *ground) community(ctx context.Context, households int, today calendar.Date) (string, error) {
	g.made++
	id, building, feeItem := store.NewID(), store.NewID(), store.NewID()
	name, now := fmt.Sprintf("测试小区%d", g.made), g.clock.Now()
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO community (org_id,id,name,name_key,closed_weekends,quiet_from,quiet_to,created_at) VALUES (?,?,?,?,FALSE,'03:00','03:01',?)`, []any{g.orgID, id, name, name, now}},
		{`INSERT INTO building (org_id,id,community_id,name,name_key) VALUES (?,?,?,'1栋','1')`, []any{g.orgID, building, id}},
		{`INSERT INTO fee_item (org_id,id,community_id,name,name_key) VALUES (?,?,?,'物业费','物业费')`, []any{g.orgID, feeItem, id}},
	} {
		if _, err := g.db.ExecContext(ctx, s.sql, s.args...); err != nil {
			return "", fmt.Errorf("make a community: %w", err)
		}
	}
	due := today.AddDays(-10)
	for from := 0; from < households; from += chunk {
		var people, units, bills rows
		for i := from; i < min(from+chunk, households); i++ {
			person, unit, phone := store.NewID(), store.NewID(), fmt.Sprintf("199%08d", i)
			owner := fmt.Sprintf("业主%06d", i)
			people.add(g.orgID, person, g.keys.Index("identity", person), g.keys.Seal(owner), g.keys.Index("name", owner), g.keys.Seal(phone), g.keys.Index("phone", phone), now)
			units.add(g.orgID, unit, id, building, fmt.Sprintf("1-1-%d", i), fmt.Sprint(i), fmt.Sprintf("1栋1单元%d室", i), now)
			bills.add(g.orgID, store.NewID(), id, unit, person, feeItem, "2026-01", due, due, arrearsFen, "bench", now)
		}
		for _, w := range []struct {
			into string
			rows rows
		}{
			{`person (org_id,id,identity_bidx,name_enc,name_bidx,phone_enc,phone_bidx,created_at)`, people},
			{`unit (org_id,id,community_id,building_id,unit_key,room,display,created_at)`, units},
			{`bill (org_id,id,community_id,unit_id,debtor_id,fee_item_id,period,billed_on,due_on,amount_fen,source_kind,issued_at)`, bills},
		} {
			if err := g.insert(ctx, w.into, w.rows); err != nil {
				return "", err
			}
		}
	}
	return id, nil
}

// rows are the values of one INSERT.
type rows struct {
	width int
	args  []any
}

func (r *rows) add(values ...any) {
	r.width = len(values)
	r.args = append(r.args, values...)
}

func (g *ground) insert(ctx context.Context, into string, r rows) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", r.width), ",") + ")"
	all := strings.TrimSuffix(strings.Repeat(one+",", len(r.args)/r.width), ",")
	if _, err := g.db.ExecContext(ctx, "INSERT INTO "+into+" VALUES "+all, r.args...); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	return nil
}

const template = "【{{community}}】{{name}}您好，{{unit}}尚有{{amount}}未缴（{{periods}}），请及时缴纳。"

// policy makes a ladder of messages on one channel: the first now, the others so many days after the one before.
func (g *ground) policy(ctx context.Context, channel dunning.Channel, gapDays int) (string, error) {
	d := dunning.Draft{
		Name: fmt.Sprintf("测试策略%d-%s", g.made, channel), MinGapDays: new(int), MaxTouchesPerWeek: new(int),
		QuietHours: &dunning.QuietHours{From: "03:00", To: "03:01"},
	}
	for i := range stages {
		s := dunning.Stage{Key: fmt.Sprintf("stage%d", i+1), OffsetDays: gapDays, OffsetFrom: dunning.FromPrevious, Action: dunning.Message, Channels: []dunning.Channel{channel}, Template: template}
		if i == 0 {
			s.OffsetDays = 1
			s.OffsetFrom = dunning.FromStart
		}
		d.Stages = append(d.Stages, s)
	}
	p, err := g.store.CreatePolicy(ctx, g.scope, d)
	return p.ID, err
}

// campaign starts a campaign over a new community and waits until its cases are chosen.
func (g *ground) campaign(ctx context.Context, households int, channel dunning.Channel, gapDays int) (string, error) {
	communityID, err := g.community(ctx, households, calendar.DateOf(g.clock.Now()))
	if err != nil {
		return "", err
	}
	policyID, err := g.policy(ctx, channel, gapDays)
	if err != nil {
		return "", err
	}
	c, err := g.store.CreateCampaign(ctx, g.scope, dunning.NewCampaign{
		Name:            "测量",
		CampaignRequest: dunning.CampaignRequest{CommunityIDs: []string{communityID}, PolicyID: policyID},
	})
	if err != nil {
		return "", err
	}
	return c.ID, poll(ctx, 5*time.Minute, 50*time.Millisecond, func() (bool, error) {
		head, err := g.store.CampaignHead(ctx, g.scope, c.ID)
		return head.Selected, err
	})
}
