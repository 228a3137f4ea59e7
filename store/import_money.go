package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/importing"
	"steward/domain/money"
)

// receivablesPlan issues the bills of resolved rows. The books find out themselves which of them are there already.
type receivablesPlan struct {
	plan planned
	f    planFor
	rows []importing.ReceivableRow
}

func planReceivables(_ context.Context, _ *Store, _ sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	return &receivablesPlan{f: f, rows: rows.Receivables}, nil
}

func (p *receivablesPlan) planned() *planned { return &p.plan }

func (p *receivablesPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	bills := make([]money.NewBill, 0, len(p.rows))
	for _, row := range p.rows {
		bills = append(bills, money.NewBill{
			CommunityID: p.f.communityID, UnitID: row.UnitID, DebtorID: row.DebtorID, FeeItem: row.FeeItem, Period: row.Period.Text,
			PeriodFrom: row.Period.From, PeriodTo: row.Period.To, BilledOn: row.BilledOn, DueOn: row.DueOn, AmountFen: row.AmountFen,
			Basis: map[string]any{"formula": "given", "inputs": map[string]any{"amount_fen": row.AmountFen}, "import_row": row.Row},
		})
	}
	issued, err := s.issueBillsTx(ctx, tx, sc, bills, money.Source{Kind: money.FromImport, ID: p.f.importID})
	if err != nil {
		return err
	}
	p.plan.counts.Unchanged = issued.Unchanged
	for _, i := range issued.New {
		p.plan.settle(receivableEffect(p.rows[i], importing.Created))
	}
	for _, problem := range issued.Problems {
		p.plan.reject(p.rows[problem.Index].Row, "", problem.Code, "%s", problem.Message)
	}
	return nil
}

func receivableEffect(r importing.ReceivableRow, o importing.Outcome) importing.Effect {
	return importing.Effect{Row: r.Row, Outcome: o, Subject: fmt.Sprintf("%s %s %s %s", r.Room, r.FeeItem, r.Period.Text, money.Format(r.AmountFen))}
}

// paymentsPlan records the payments of resolved rows.
type paymentsPlan struct {
	plan planned
	f    planFor
	rows []importing.PaymentRow
}

func planPayments(_ context.Context, _ *Store, _ sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	return &paymentsPlan{f: f, rows: rows.Payments}, nil
}

func (p *paymentsPlan) planned() *planned { return &p.plan }

func (p *paymentsPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	payments := make([]money.NewPayment, 0, len(p.rows))
	for _, row := range p.rows {
		payments = append(payments, money.NewPayment{
			CommunityID: p.f.communityID, UnitID: row.UnitID, DebtorID: row.DebtorID, AmountFen: row.AmountFen, Method: row.Method, Channel: row.Channel,
			ExternalNo: row.ExternalNo, PaidAt: row.PaidAt, BillIDs: row.BillIDs, Source: money.Source{Kind: money.FromImport, ID: p.f.importID},
		})
	}
	recorded, err := s.recordPaymentsTx(ctx, tx, sc, payments)
	if err != nil {
		return err
	}
	for i, result := range recorded {
		switch {
		case result.Refused != nil:
			p.plan.reject(p.rows[i].Row, "", result.Refused.Code, "%s", result.Refused.Message)
		case result.Existed:
			p.plan.settle(paymentEffect(p.rows[i], importing.Unchanged))
		default:
			p.plan.settle(paymentEffect(p.rows[i], importing.Created))
		}
	}
	return nil
}

func paymentEffect(r importing.PaymentRow, o importing.Outcome) importing.Effect {
	payer := r.Room.String()
	if r.Room.Number == "" {
		payer = r.Plate
	}
	return importing.Effect{Row: r.Row, Outcome: o, Subject: fmt.Sprintf("%s %s %s", payer, calendar.DateOf(r.PaidAt), money.Format(r.AmountFen))}
}
