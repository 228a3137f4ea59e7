package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/sandbox"
)

// SandboxPayments gives how the sandbox payment provider behaves; one that was never set is ok.
func (s *Store) SandboxPayments(ctx context.Context) (sandbox.Payments, error) {
	var r struct {
		Mode    string `db:"mode"`
		Refunds string `db:"refunds"`
		DelayMS int64  `db:"delay_ms"`
	}
	err := s.db.GetContext(ctx, &r, `SELECT mode, refunds, delay_ms FROM sandbox_pay_mode WHERE id = 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return sandbox.Payments{Mode: sandbox.PayOK, Refunds: sandbox.RefundOK}, nil
	}
	if err != nil {
		return sandbox.Payments{}, fmt.Errorf("read how the sandbox provider behaves: %w", err)
	}
	return sandbox.Payments{Mode: sandbox.PayMode(r.Mode), Refunds: sandbox.RefundMode(r.Refunds), Delay: time.Duration(r.DelayMS) * time.Millisecond}, nil
}

// SetSandboxPayments changes how the sandbox payment provider behaves.
func (s *Store) SetSandboxPayments(ctx context.Context, sc access.Scope, p sandbox.Payments) error {
	if err := sc.Require(access.SteerSandboxes, ""); err != nil {
		return err
	}
	return s.inTx(ctx, "set the sandbox provider", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sandbox_pay_mode (id, mode, refunds, delay_ms) VALUES (1,?,?,?)
			ON DUPLICATE KEY UPDATE mode = VALUES(mode), refunds = VALUES(refunds), delay_ms = VALUES(delay_ms)`,
			string(p.Mode), string(p.Refunds), p.Delay.Milliseconds())
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "set-sandbox", SubjectKind: "channel", SubjectID: "payments",
			Detail: map[string]any{"mode": p.Mode, "refunds": p.Refunds, "delay_ms": p.Delay.Milliseconds()}})
	})
}

// SandboxPlace implements payprovider.Books.
func (s *Store) SandboxPlace(ctx context.Context, o sandbox.PayOrder) (sandbox.PayOrder, error) {
	err := s.execRetried(ctx, "place a sandbox order", `INSERT INTO sandbox_pay_order (no, provider_no, amount_fen, subject, notify_url, return_url, state, expires_at)
		VALUES (?,?,?,?,?,?,?,?) ON DUPLICATE KEY UPDATE no = no`, o.No, o.ProviderNo, o.AmountFen, o.Subject, o.NotifyURL, o.ReturnURL, o.State, o.ExpiresAt.UTC())
	if err != nil {
		return o, err
	}
	there, _, err := s.SandboxPayOrder(ctx, o.No)
	return there, err
}

// SandboxPayOrder implements payprovider.Books.
func (s *Store) SandboxPayOrder(ctx context.Context, no string) (sandbox.PayOrder, bool, error) {
	var r struct {
		No            string       `db:"no"`
		ProviderNo    string       `db:"provider_no"`
		AmountFen     int64        `db:"amount_fen"`
		Subject       string       `db:"subject"`
		NotifyURL     string       `db:"notify_url"`
		ReturnURL     string       `db:"return_url"`
		State         string       `db:"state"`
		ExpiresAt     time.Time    `db:"expires_at"`
		TransactionNo string       `db:"transaction_no"`
		Method        string       `db:"method"`
		PaidFen       int64        `db:"paid_fen"`
		PaidAt        sql.NullTime `db:"paid_at"`
	}
	err := s.db.GetContext(ctx, &r, `SELECT no, provider_no, amount_fen, subject, notify_url, return_url, state, expires_at, COALESCE(transaction_no, '') AS transaction_no,
		COALESCE(method, '') AS method, COALESCE(paid_fen, 0) AS paid_fen, paid_at FROM sandbox_pay_order WHERE no = ?`, asciiKey(no))
	if errors.Is(err, sql.ErrNoRows) {
		return sandbox.PayOrder{}, false, nil
	}
	if err != nil {
		return sandbox.PayOrder{}, false, fmt.Errorf("read a sandbox order: %w", err)
	}
	return sandbox.PayOrder{No: r.No, ProviderNo: r.ProviderNo, AmountFen: r.AmountFen, Subject: r.Subject, NotifyURL: r.NotifyURL, ReturnURL: r.ReturnURL,
		State: r.State, ExpiresAt: r.ExpiresAt, TransactionNo: r.TransactionNo, Method: r.Method, PaidFen: r.PaidFen, PaidAt: r.PaidAt.Time}, true, nil
}

// SandboxMove implements payprovider.Books.
func (s *Store) SandboxMove(ctx context.Context, o sandbox.PayOrder, from ...string) (moved bool, err error) {
	err = s.inTx(ctx, "move a sandbox order", func(tx *sqlx.Tx) error {
		q, args, err := sqlx.In(`UPDATE sandbox_pay_order SET state = ?, transaction_no = ?, method = ?, paid_fen = ?, paid_at = ? WHERE no = ? AND state IN (?)`,
			o.State, nullable(o.TransactionNo), nullable(o.Method), o.PaidFen, nullTime(o.PaidAt), o.No, from)
		if err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, q, args...)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		moved = n > 0
		return err
	})
	return moved, err
}

// SandboxRefund implements payprovider.Books.
func (s *Store) SandboxRefund(ctx context.Context, r sandbox.PayRefund) (sandbox.PayRefund, error) {
	err := s.execRetried(ctx, "keep a sandbox refund", `INSERT INTO sandbox_pay_refund (refund_no, transaction_no, amount_fen, state, done_at) VALUES (?,?,?,?,?)
		ON DUPLICATE KEY UPDATE refund_no = refund_no`, r.No, r.TransactionNo, r.AmountFen, r.State, r.DoneAt.UTC())
	if err != nil {
		return r, err
	}
	there, _, err := s.SandboxRefundOf(ctx, r.No)
	return there, err
}

// SandboxRefundOf implements payprovider.Books.
func (s *Store) SandboxRefundOf(ctx context.Context, no string) (sandbox.PayRefund, bool, error) {
	var r struct {
		No            string    `db:"refund_no"`
		TransactionNo string    `db:"transaction_no"`
		AmountFen     int64     `db:"amount_fen"`
		State         string    `db:"state"`
		DoneAt        time.Time `db:"done_at"`
	}
	err := s.db.GetContext(ctx, &r, `SELECT refund_no, transaction_no, amount_fen, state, done_at FROM sandbox_pay_refund WHERE refund_no = ?`, asciiKey(no))
	if errors.Is(err, sql.ErrNoRows) {
		return sandbox.PayRefund{}, false, nil
	}
	if err != nil {
		return sandbox.PayRefund{}, false, fmt.Errorf("read a sandbox refund: %w", err)
	}
	return sandbox.PayRefund(r), true, nil
}
