package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/estate"
)

// timeline puts a case's story together from what was decided, what was sent and what people did, in order.
func (s *Store) timeline(ctx context.Context, sc access.Scope, c caseRow) ([]dunning.TimelineEntry, error) {
	opened := dunning.TimelineEntry{At: c.OpenedAt, Kind: "opened", What: "进入催缴：欠费 " + dunning.Yuan(c.EnteredFen), Who: whoSystem}
	if v := sc.Money(c.CommunityID); v != access.MoneyDetail && v != access.MoneyTotals {
		opened.What = "进入催缴"
	}
	entries := []dunning.TimelineEntry{opened}
	for _, read := range []func(context.Context, access.Scope, caseRow) ([]dunning.TimelineEntry, error){s.decided, s.told, s.happened} {
		more, err := read(ctx, sc, c)
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
	}
	slices.SortStableFunc(entries, func(a, b dunning.TimelineEntry) int { return a.At.Compare(b.At) })
	return entries, nil
}

const whoSystem = "系统"

// decided tells stages that were taken or passed.
func (s *Store) decided(ctx context.Context, sc access.Scope, c caseRow) ([]dunning.TimelineEntry, error) {
	var rows []struct {
		Stage     string         `db:"stage"`
		Kind      string         `db:"kind"`
		Why       sql.NullString `db:"why"`
		DecidedAt time.Time      `db:"decided_at"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT stage, kind, why, decided_at FROM case_outcome WHERE org_id = ? AND case_id = ? ORDER BY decided_at, stage`, sc.OrgID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read what was decided: %w", err)
	}
	entries := make([]dunning.TimelineEntry, 0, len(rows))
	for _, r := range rows {
		e := dunning.TimelineEntry{At: r.DecidedAt, Kind: r.Kind, Stage: r.Stage, Why: skipWhy(r.Why.String), Who: whoSystem}
		switch dunning.Kind(r.Kind) {
		case dunning.Touch:
			e.What = "进入“" + stageName(r.Stage) + "”阶段，已安排发送消息"
		case dunning.HumanDo:
			e.What = "进入“" + stageName(r.Stage) + "”阶段，已生成待办任务"
		default:
			e.What = "跳过“" + stageName(r.Stage) + "”阶段"
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// told tells what became of messages.
func (s *Store) told(ctx context.Context, sc access.Scope, c caseRow) ([]dunning.TimelineEntry, error) {
	var rows []struct {
		Stage        string         `db:"stage"`
		Channel      string         `db:"channel"`
		RecipientEnc []byte         `db:"recipient_enc"`
		Status       string         `db:"status"`
		Why          sql.NullString `db:"why"`
		NotBefore    time.Time      `db:"not_before"`
		CreatedAt    time.Time      `db:"created_at"`
		SentAt       sql.NullTime   `db:"sent_at"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT stage, channel, recipient_enc, status, why, not_before, created_at, sent_at FROM outbox
		WHERE org_id = ? AND case_id = ? ORDER BY id`, sc.OrgID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	entries := make([]dunning.TimelineEntry, 0, len(rows))
	for _, r := range rows {
		to, err := s.keys.Open(r.RecipientEnc)
		if err != nil {
			return nil, fmt.Errorf("read a recipient: %w", err)
		}
		at := r.CreatedAt
		if r.SentAt.Valid {
			at = r.SentAt.Time
		}
		entries = append(entries, dunning.TimelineEntry{
			At: at, Kind: "message-" + r.Status, Stage: r.Stage, Who: whoSystem, Why: messageWhy(r.Why.String),
			What: channelName(r.Channel) + messageStatusName(r.Status) + "（" + estate.MaskPhone(to) + "）",
		})
	}
	return entries, nil
}

// happened tells commands, payments and holds.
func (s *Store) happened(ctx context.Context, sc access.Scope, c caseRow) ([]dunning.TimelineEntry, error) {
	var rows []struct {
		At        time.Time      `db:"at"`
		Kind      string         `db:"kind"`
		Stage     string         `db:"stage"`
		AmountFen sql.NullInt64  `db:"amount_fen"`
		Why       sql.NullString `db:"why"`
		Who       sql.NullString `db:"who"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT e.at, e.kind, e.stage, e.amount_fen, e.why, u.name AS who FROM case_event e
		LEFT JOIN app_user u ON u.org_id = e.org_id AND u.id = e.who_id WHERE e.org_id = ? AND e.case_id = ? ORDER BY e.at, e.id`, sc.OrgID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read what happened: %w", err)
	}
	money := sc.Money(c.CommunityID)
	entries := make([]dunning.TimelineEntry, 0, len(rows))
	for _, r := range rows {
		e := dunning.TimelineEntry{At: r.At, Kind: r.Kind, Stage: r.Stage, What: eventName(r.Kind), Why: messageWhy(r.Why.String), Who: whoSystem}
		if r.Who.Valid {
			e.Who = r.Who.String
		}
		if r.AmountFen.Valid && showsAmount(money, r.Kind) {
			e.What += " " + dunning.Yuan(max(r.AmountFen.Int64, -r.AmountFen.Int64))
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// showsAmount tells whether a view of money shows what an entry amounts to: single payments belong to detail.
func showsAmount(money access.MoneyView, kind string) bool {
	if kind == eventPayment || kind == eventReversal {
		return money == access.MoneyDetail
	}
	return money == access.MoneyDetail || money == access.MoneyTotals
}

// stageName is how people call a stage of the shipped policies, in the console's words; others carry the key that their editor gave them.
func stageName(key string) string {
	names := map[string]string{
		"notice": "到期通知", "friendly": "友情提醒", "remind": "催缴提醒", "call": "电话催缴", "letter": "催缴函", "demand": "正式催告",
		"mediation": "调解", "lawyer_letter": "律师函", "legal": "法律程序",
	}
	if name, known := names[key]; known {
		return name
	}
	return key
}

func skipWhy(code string) string {
	switch code {
	case dunning.WhyBelowMinimum:
		return "欠费低于该阶段的最低金额"
	case dunning.WhyNoAddress:
		return "没有可用的联系方式"
	case dunning.WhyGuarded:
		return "小区尚未完成期初核对，只向测试号码发送"
	case whySkipped:
		return "人工跳过"
	}
	return code
}

func messageWhy(code string) string {
	names := map[string]string{
		whyPaid: "已缴清", whyExcluded: "已移出催缴", whyHeld: "案件已暂缓", whyPaused: "活动已暂停", whyCampaignCancelled: "活动已取消",
		whySkipped: "人工跳过", whyRejected: "审批未通过", whyStoppedWhileSending: "发送中断且已停止催缴，是否送达无法确认",
		dunning.WhyBelowMinimum: "欠费低于该阶段的最低金额", dunning.WhyDisputed: "欠费全部在异议中", dunning.WhyApproval: "该阶段需要审批",
		whyHoldEnded: "暂缓到期", whyPromiseOver: "承诺的缴费日期已过", "no-clear-answer": "通道没有明确答复", "sender-died": "发送过程中断", "provider-away": "通道暂时不可用", "no-provider": "尚未开通此通道",
		"sandbox-fail": "通道拒绝",
	}
	if name, known := names[code]; known {
		return name
	}
	return code
}

func channelName(ch string) string {
	switch dunning.Channel(ch) {
	case dunning.App:
		return "App 消息"
	case dunning.WeChat:
		return "微信"
	case dunning.SMS:
		return "短信"
	case dunning.Mail:
		return "邮件"
	default:
		return "测试消息"
	}
}

func messageStatusName(status string) string {
	switch status {
	case dunning.MessageQueued:
		return "等待发送"
	case dunning.MessageParked:
		return "暂缓发送"
	case dunning.MessageSending:
		return "正在发送"
	case dunning.MessageSent:
		return "已发出"
	case dunning.MessageDelivered:
		return "已送达"
	case dunning.MessageFailed:
		return "发送失败"
	case dunning.MessageUnknown:
		return "是否送达不明"
	default:
		return "已取消"
	}
}

func eventName(kind string) string {
	names := map[string]string{
		eventPaid: "已缴清，催缴结束", eventFinished: "全部阶段已走完", eventPayment: "收到缴费", eventReversal: "缴费已冲正", eventReopened: "重新进入催缴",
		eventHeld: "暂缓催缴", eventReleased: "恢复催缴", eventExcluded: "移出催缴", eventPromise: "承诺缴费", eventPromiseBroken: "承诺未兑现，继续催缴",
		eventDisputed: "提出异议", eventDisputeSettled: "异议处理完毕", eventSentNow: "人工立即发送", eventSkipped: "人工跳过阶段", eventParked: "等待审批",
		eventApproved: "审批通过", eventRejected: "审批未通过", eventAssigned: "指派负责人", eventTaskDone: "完成任务", eventCampaignEnded: "活动取消，催缴结束",
	}
	if name, known := names[kind]; known {
		return name
	}
	return kind
}
