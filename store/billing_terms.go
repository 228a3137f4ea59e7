package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// billingTerms are what a community's bills are computed by: the settlement that was in force when the run was opened, and
// the fee item versions that it names.
type billingTerms struct {
	SettlementID string
	Rules        money.Settlement
	Items        []billing.Item
}

// readBillingTerms reads what is in force; without a signed settlement nothing can be billed.
func (s *Store) readBillingTerms(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) (billingTerms, error) {
	rules, err := readMoneyRules(ctx, q, orgID, []string{communityID})
	if err != nil {
		return billingTerms{}, err
	}
	in := rules[communityID]
	if in.SettlementID == "" {
		return billingTerms{}, refusal.New(refusal.Rule, "settlement-not-signed", "该小区还没有签署结算规则，不能出账。请先在“结算规则”中提交并由另一人签署。").
			At("community_id", "没有已签署的结算规则", communityID)
	}
	items, err := s.billingItems(ctx, q, orgID, in.FeeItemVersionIDs)
	return billingTerms{SettlementID: in.SettlementID, Rules: in.Settlement, Items: items}, err
}

// daysAhead is how far before a period begins it may be billed: a year's fee is taken up to a year before.
const daysAhead = 366

// covers refuses a period before billing begins, one that is far from beginning, and one for which nothing is agreed.
func (t billingTerms) covers(p billing.Period, today calendar.Date) error {
	if last := today.AddDays(daysAhead); p.From.After(last) {
		return refusal.New(refusal.Rule, "period-too-far", "账期 %s 还太早：最多提前一年出账，目前可出到 %s 开始的账期。请核对年份。", p.Text, last).
			At("period", "距今超过一年", p.Text)
	}
	if !t.Rules.FirstDay.IsZero() && p.To.Before(t.Rules.FirstDay) {
		return refusal.New(refusal.Rule, "period-before-first-day", "结算规则从 %s 起出账，更早的欠费请用导入录入。", t.Rules.FirstDay).
			At("period", "早于开始出账的日期", p.Text)
	}
	for _, it := range t.Items {
		if _, due := it.PeriodIn(p); due {
			return nil
		}
	}
	return refusal.New(refusal.Rule, "nothing-in-period", "结算规则中没有账期 %s 应出账的收费项目。按季、半年或年收取的项目，请填写 2026Q1、2026H1、2026 这样的账期，或其首月（预收）、末月（后收）。", p.Text).
		At("period", "没有应出账的收费项目", p.Text)
}

// billingBasis is one run's or preview's ground: what is the same for every unit.
type billingBasis struct {
	orgID, communityID string
	terms              billingTerms
	period             billing.Period
	timing             billingrun.Timing
	tariff             *billing.Tariff
	items              []string                  // fee items that this run bills
	metered            map[string]bool           // of these, the ones that read meters
	meterKinds         map[string]string         // also bills meters of this kind that name no item; by fee item
	own                map[string]billing.Period // each item's own period
	before             map[string]billing.Period // and the one before it
	names              map[string]string
	shares             []billing.Shared // the common costs of this run's periods
}

func (s *Store) newBillingBasis(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, terms billingTerms, n newRun) (*billingBasis, error) {
	b := &billingBasis{orgID: orgID, communityID: communityID, terms: terms, period: n.period, timing: n.timing,
		metered: map[string]bool{}, meterKinds: map[string]string{}, own: map[string]billing.Period{}, before: map[string]billing.Period{}, names: map[string]string{}}
	var due []billing.Item
	for _, it := range terms.Items {
		own, falls := it.PeriodIn(n.period)
		if !n.timing.Takes(it.Prepaid) || !falls {
			continue
		}
		if _, known := b.own[it.FeeItemID]; !known {
			b.items = append(b.items, it.FeeItemID)
		}
		b.own[it.FeeItemID], b.names[it.FeeItemID] = own, it.FeeItem
		b.before[it.FeeItemID] = it.Cycle.Holding(own.From.AddDays(-1))
		if kind, reads := it.MeterKind(); reads {
			b.metered[it.FeeItemID], b.meterKinds[it.FeeItemID] = true, kind
		}
	}
	for _, it := range terms.Items { // every version of an item that is due, so that another one's days are left out
		if _, known := b.own[it.FeeItemID]; known {
			due = append(due, it)
		}
	}
	b.tariff = billing.NewTariff(due)
	return b, b.readShares(ctx, q)
}

// graceEnd and lateFeeFrom are the third and fourth date of a bill; zero where no late fee is agreed.
func graceEnd(rule money.LateFeeRule, dueOn calendar.Date) calendar.Date {
	if !rule.Enabled || dueOn.IsZero() {
		return calendar.Date{}
	}
	return dueOn.AddDays(rule.GraceDays)
}

func lateFeeFrom(rule money.LateFeeRule, dueOn calendar.Date) calendar.Date {
	end := graceEnd(rule, dueOn)
	if end.IsZero() {
		return end
	}
	return end.AddDays(1)
}

// billingItems reads fee item versions by id.
func (s *Store) billingItems(ctx context.Context, q sqlx.QueryerContext, orgID string, versionIDs []string) ([]billing.Item, error) {
	if len(versionIDs) == 0 {
		return nil, nil
	}
	return readBillingItems(ctx, q, `v.id IN (?)`, orgID, versionIDs)
}

// termsOf reads a settlement version by id.
func (s *Store) termsOf(ctx context.Context, q sqlx.QueryerContext, orgID, settlementID string) (billingTerms, error) {
	var body []byte
	if err := sqlx.GetContext(ctx, q, &body, `SELECT body FROM settlement_version WHERE org_id = ? AND id = ?`, orgID, settlementID); err != nil {
		return billingTerms{}, fmt.Errorf("read settlement version %s: %w", settlementID, err)
	}
	t := billingTerms{SettlementID: settlementID}
	if err := json.Unmarshal(body, &t.Rules); err != nil {
		return t, fmt.Errorf("read settlement version %s: %w", settlementID, err)
	}
	var err error
	t.Items, err = s.billingItems(ctx, q, orgID, t.Rules.FeeItemVersionIDs)
	return t, err
}
