package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

const selectRefunds = `SELECT r.org_id, r.id, r.community_id, r.payment_id, r.debtor_id, r.amount_fen, r.source, r.route, r.status, COALESCE(r.why, '') AS why,
	COALESCE(r.approval_id, '') AS approval_id, COALESCE(r.provider_no, '') AS provider_no, r.made_by, r.made_at, r.paid_at, r.version, r.entry_id,
	COALESCE(r.note, '') AS note, p.method, p.external_no FROM refund r JOIN payment p ON p.org_id = r.org_id AND p.id = r.payment_id `

type refundRow struct {
	OrgID       string     `db:"org_id"`
	ID          string     `db:"id"`
	CommunityID string     `db:"community_id"`
	PaymentID   string     `db:"payment_id"`
	DebtorID    string     `db:"debtor_id"`
	AmountFen   int64      `db:"amount_fen"`
	Source      string     `db:"source"`
	Route       string     `db:"route"`
	Status      string     `db:"status"`
	Why         string     `db:"why"`
	Note        string     `db:"note"`
	ApprovalID  string     `db:"approval_id"`
	ProviderNo  string     `db:"provider_no"`
	MadeBy      string     `db:"made_by"`
	MadeAt      time.Time  `db:"made_at"`
	PaidAt      *time.Time `db:"paid_at"`
	Version     int        `db:"version"`
	EntryID     string     `db:"entry_id"`
	Method      string     `db:"method"`
	ExternalNo  string     `db:"external_no"`
}

func (r refundRow) refund() money.Refund {
	return money.Refund{ID: r.ID, OrgID: r.OrgID, CommunityID: r.CommunityID, PaymentID: r.PaymentID, DebtorID: r.DebtorID, AmountFen: r.AmountFen,
		Source: money.RefundSource(r.Source), Route: r.Route, Method: r.Method, ExternalNo: r.ExternalNo, Status: money.RefundStatus(r.Status), Why: r.Why, Note: r.Note,
		ApprovalID: r.ApprovalID, ProviderNo: r.ProviderNo, MadeBy: r.MadeBy, MadeAt: r.MadeAt, PaidAt: r.PaidAt, Version: r.Version}
}

// Refunds lists refunds that the caller may see in detail, in order of approval.
func (s *Store) Refunds(ctx context.Context, sc access.Scope, f money.RefundFilter, q page.Query) (page.Of[money.Refund], error) {
	where, args, err := detailReach(sc, "r.", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.Refund]{}, err
	}
	for _, c := range []struct{ column, value string }{{"r.payment_id", f.PaymentID}, {"r.status", string(f.Status)}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	var rows []refundRow
	if err := selectIn(ctx, s.db, &rows, selectRefunds+`WHERE `+where+` AND r.id > ? ORDER BY r.id LIMIT ?`, append(args, q.Cursor, q.Limit+1)...); err != nil {
		return page.Of[money.Refund]{}, fmt.Errorf("list refunds: %w", err)
	}
	refunds := make([]money.Refund, len(rows))
	for i, r := range rows {
		refunds[i] = r.refund()
	}
	return page.Cut(refunds, q.Limit, func(r money.Refund) string { return r.ID }), nil
}

// DueRefunds lists the refunds of all organizations that wait for a provider: their routes are its channels.
func (s *Store) DueRefunds(ctx context.Context, routes []string, limit int) ([]money.Refund, error) {
	if len(routes) == 0 {
		return nil, nil
	}
	var rows []refundRow
	err := selectIn(ctx, s.db, &rows, selectRefunds+`WHERE r.status IN ('due','paying') AND r.route IN (?) ORDER BY r.id LIMIT ?`, routes, limit)
	if err != nil {
		return nil, fmt.Errorf("list due refunds: %w", err)
	}
	refunds := make([]money.Refund, len(rows))
	for i, r := range rows {
		refunds[i] = r.refund()
	}
	return refunds, nil
}

// RefundAsked notes, before a provider is asked, that it will be: from now on nobody hands the money out by hand. A repeat
// changes nothing.
func (s *Store) RefundAsked(ctx context.Context, r checkout.Ref) error {
	return s.changeRefund(ctx, access.ForSystem(r.OrgID), r.ID, func(_ context.Context, _ *sqlx.Tx, row refundRow) (string, map[string]any, error) {
		switch money.RefundStatus(row.Status) {
		case money.RefundDue:
			return "refund-asked", map[string]any{"status": string(money.RefundPaying)}, nil
		case money.RefundPaying:
			return "", nil, nil
		}
		return "", nil, refusal.New(refusal.Conflict, "refund-not-due", "这笔退款已经处理过。").With("status", row.Status)
	})
}

// RefundPaid books what a provider has given back, under its serial. A repeat changes nothing.
func (s *Store) RefundPaid(ctx context.Context, sc access.Scope, id, providerNo string) error {
	return s.changeRefund(ctx, sc, id, func(ctx context.Context, tx *sqlx.Tx, r refundRow) (string, map[string]any, error) {
		switch money.RefundStatus(r.Status) {
		case money.RefundPaid:
			return "", nil, nil
		case money.RefundFailed, money.RefundDropped:
			return "", nil, refusal.New(refusal.Conflict, "refund-failed", "这笔退款已报告失败，渠道又报告已退款，请人工核对后在退款列表登记。").With("refund_id", r.ID)
		}
		set, err := s.payOut(ctx, tx, sc, r, providerNo)
		return "refund-paid", set, err
	})
}

// RefundFailed leaves to a person what a provider would not give back: the money stays set aside until it is paid another
// way or dropped. A repeat changes nothing.
func (s *Store) RefundFailed(ctx context.Context, sc access.Scope, id, why string) error {
	return s.changeRefund(ctx, sc, id, func(_ context.Context, _ *sqlx.Tx, r refundRow) (string, map[string]any, error) {
		switch money.RefundStatus(r.Status) {
		case money.RefundFailed, money.RefundDropped:
			return "", nil, nil
		case money.RefundPaid:
			return "", nil, refusal.New(refusal.Conflict, "refund-already-paid", "这笔退款已经退出，渠道又报告失败，请人工核对。").With("refund_id", r.ID)
		}
		return "refund-failed", map[string]any{"status": string(money.RefundFailed), "note": clip(why, maxReason)}, nil
	})
}

// DropRefund gives up a refund that was not handed out: the money is where it was taken from again.
func (s *Store) DropRefund(ctx context.Context, sc access.Scope, id, reason string) (money.Refund, error) {
	if err := checkReason(reason); err != nil {
		return money.Refund{}, err
	}
	return s.handleRefund(ctx, sc, id, func(ctx context.Context, tx *sqlx.Tx, r refundRow) (string, map[string]any, error) {
		if err := r.inHand(); err != nil {
			return "", nil, err
		}
		return "drop-refund", map[string]any{"status": string(money.RefundDropped), "note": strings.TrimSpace(reason)}, s.putBack(ctx, tx, sc, r)
	})
}

// PayRefund hands a refund out at the desk: cash over the counter, or what went back by bank or card under its serial. Who
// approved it does not hand it out too.
func (s *Store) PayRefund(ctx context.Context, sc access.Scope, id string, how money.PayOut) (money.Refund, error) {
	how.Serial = strings.TrimSpace(how.Serial)
	return s.handleRefund(ctx, sc, id, func(ctx context.Context, tx *sqlx.Tx, r refundRow) (string, map[string]any, error) {
		if err := cmp.Or(r.inHand(), r.checkWay(how), s.checkPayer(ctx, tx, sc, r)); err != nil {
			return "", nil, err
		}
		if how.Channel != "" {
			r.Route = how.Channel
		}
		set, err := s.payOut(ctx, tx, sc, r, how.Serial)
		return "refund-paid", set, err
	})
}

// handleRefund is a person's command on a refund; a repeat of it changes nothing.
func (s *Store) handleRefund(ctx context.Context, sc access.Scope, id string,
	handle func(context.Context, *sqlx.Tx, refundRow) (string, map[string]any, error)) (money.Refund, error) {
	err := s.changeRefund(ctx, sc, id, func(ctx context.Context, tx *sqlx.Tx, r refundRow) (string, map[string]any, error) {
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return "", nil, err
		}
		return handle(ctx, tx, r)
	})
	if err != nil {
		return money.Refund{}, err
	}
	var row refundRow
	if err := s.db.GetContext(ctx, &row, selectRefunds+`WHERE r.org_id = ? AND r.id = ?`, sc.OrgID, id); err != nil {
		return money.Refund{}, fmt.Errorf("read refund %s: %w", id, err)
	}
	return row.refund(), nil
}

const maxSerial = 96

// inHand refuses what a person can't handle any more, or not yet: a provider that may have been asked answers for itself.
func (r refundRow) inHand() error {
	switch status := money.RefundStatus(r.Status); {
	case status == money.RefundPaid:
		return refusal.New(refusal.Conflict, "refund-already-paid", "这笔退款已经退出，不能再次处理。").With("paid_at", r.PaidAt)
	case status == money.RefundDropped:
		return refusal.New(refusal.Conflict, "refund-dropped", "这笔退款已撤销，款项已退回预存或押金，请重新申请退款。")
	case status == money.RefundPaying || status == money.RefundDue && money.Online(r.Route):
		return refusal.New(refusal.Conflict, "refund-with-provider", "这笔退款由支付渠道原路退回，请等待渠道结果，不要人工重复退款。")
	}
	return nil
}

func (r refundRow) checkWay(how money.PayOut) error {
	cash := r.Method == "cash" && how.Channel == ""
	switch {
	case how.Channel != "" && how.Channel != r.Route && r.Status != string(money.RefundFailed):
		return refusal.New(refusal.Rule, "original-route", "退款须原路退回（%s）；只有渠道退款失败后才能改用其他方式。", r.Route).At("channel", "须原路退回", how.Channel)
	case how.Channel != "" && (len(how.Channel) > 32 || asciiKey(how.Channel) != how.Channel):
		return refusal.New(refusal.Rule, "channel-malformed", "退款渠道不正确，请使用不超过 32 位的字母、数字或 _ . : -。").At("channel", "退款渠道不正确", nil)
	case utf8.RuneCountInString(how.Serial) > maxSerial:
		return refusal.New(refusal.Rule, "serial-malformed", "退款流水号不能超过 %d 个字符。", maxSerial).At("serial", "流水号过长", nil)
	case !cash && how.Serial == "":
		return refusal.New(refusal.Rule, "serial-needed", "这笔缴费不是现金，请原路退回并填写银行或渠道的退款流水号。").At("serial", "请填写退款流水号", nil)
	}
	return nil
}

func (s *Store) checkPayer(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r refundRow) error {
	var checker []string
	err := tx.SelectContext(ctx, &checker, `SELECT COALESCE(decided_by, '') FROM approval WHERE org_id = ? AND id = ?`, sc.OrgID, r.ApprovalID)
	if err != nil {
		return fmt.Errorf("read who approved a refund: %w", err)
	}
	if len(checker) > 0 && checker[0] == sc.ActorID {
		return refusal.New(refusal.Forbidden, "checker-is-payer", "这笔退款由您审批，请由另一位有收款权限的同事办理退款。")
	}
	return nil
}

// changeRefund locks a refund under its community's book and writes what change gives; an empty action changes nothing.
func (s *Store) changeRefund(ctx context.Context, sc access.Scope, id string,
	change func(context.Context, *sqlx.Tx, refundRow) (action string, set map[string]any, err error)) error {
	var of []string
	if err := s.db.SelectContext(ctx, &of, `SELECT community_id FROM refund WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(id)); err != nil {
		return fmt.Errorf("read a refund: %w", err)
	}
	if len(of) == 0 || sc.Require(access.TakeMoney, of[0]) != nil {
		if err := sc.Require(access.TakeMoney, ""); err != nil {
			return err
		}
		return refusal.New(refusal.NotFound, "refund-not-found", "没有找到这笔退款，请核对编号。")
	}
	return s.inTx(ctx, "change a refund", func(tx *sqlx.Tx) error {
		if _, err := lockBooks(ctx, tx, sc.OrgID, of); err != nil {
			return err
		}
		var row refundRow
		if err := tx.GetContext(ctx, &row, selectRefunds+`WHERE r.org_id = ? AND r.id = ? FOR UPDATE`, sc.OrgID, id); err != nil {
			return fmt.Errorf("lock a refund: %w", err)
		}
		action, set, err := change(ctx, tx, row)
		if err != nil || action == "" {
			return err
		}
		var columns []string
		var values []any
		for _, column := range sortedKeys(set) {
			columns, values = append(columns, column+` = ?`), append(values, set[column])
		}
		_, err = tx.ExecContext(ctx, `UPDATE refund SET `+strings.Join(columns, ", ")+`, version = version + 1 WHERE org_id = ? AND id = ?`, append(values, sc.OrgID, id)...)
		if err != nil {
			return fmt.Errorf("write a refund: %w", err)
		}
		return s.tellRefund(ctx, tx, sc, row.refund(), action, row.Why)
	})
}

// payOut books money that left by its channel.
func (s *Store) payOut(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r refundRow, serial string) (map[string]any, error) {
	now := s.clock.Now()
	booked, err := bookedNow(ctx, tx, sc.OrgID, r.CommunityID, now)
	if err != nil {
		return nil, err
	}
	head := s.entryHead(sc, r.CommunityID, money.EntryPaidOut, "refund", r.ID, booked)
	entry, err := money.NewEntry(head, money.Posting{Account: money.Refunding, DebtorID: r.DebtorID, AmountFen: r.AmountFen},
		money.Posting{Account: money.Cash(r.Route), AmountFen: -r.AmountFen})
	if err != nil {
		return nil, fmt.Errorf("post a refund's pay-out: %w", err)
	}
	return map[string]any{"status": string(money.RefundPaid), "paid_at": now, "paid_entry_id": head.ID, "provider_no": nullable(serial), "route": r.Route},
		postEntries(ctx, tx, sc.OrgID, []money.Entry{entry})
}

// putBack books a refund that did not come about back to its source, and lets it pay what is open.
func (s *Store) putBack(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r refundRow) error {
	now := s.clock.Now()
	booked, err := bookedNow(ctx, tx, sc.OrgID, r.CommunityID, now)
	if err != nil {
		return err
	}
	entries, err := standingEntries(ctx, tx, sc.OrgID, r.ID)
	if err != nil {
		return err
	}
	mirrors := make([]money.Entry, 0, len(entries))
	for _, e := range entries {
		mirrors = append(mirrors, e.Mirror(s.entryHead(sc, "", money.EntryReversal, "refund", r.ID, booked)))
	}
	if err := postEntries(ctx, tx, sc.OrgID, mirrors); err != nil {
		return err
	}
	if err := moveRefunded(ctx, tx, sc.OrgID, r.PaymentID, money.RefundSource(r.Source), -r.AmountFen); err != nil {
		return err
	}
	if err := s.offsetAdvances(ctx, tx, sc, r.CommunityID, []string{r.DebtorID}); err != nil {
		return err
	}
	return s.settleCases(ctx, tx, sc, balanceChange{CommunityID: r.CommunityID, DebtorIDs: []string{r.DebtorID}, Cause: causeCorrection, At: now})
}
