package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/claiming"
	"steward/domain/importing"
	"steward/domain/money"
)

// statementPlan is what lines of a bank's statement become: payments where it is sure whose they are, else money in suspense.
type statementPlan struct {
	plan      planned
	f         planFor
	known     map[paymentKey]int64 // amounts of serials that are recorded or wait
	elsewhere map[string]int64     // the same of serials recorded under a channel of the desk
	claims    *claimIndex
	paid      map[string]int64 // by debtor: what earlier runs of the same check would have paid
	pays      []sureLine
	waits     []waitingLine
}

type sureLine struct {
	importing.StatementRow
	claiming.Decision
}

type waitingLine struct {
	importing.StatementRow
	why string
}

func planStatements(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &statementPlan{f: f, known: map[paymentKey]int64{}, elsewhere: map[string]int64{}}
	p.paid = carried(f, func() map[string]int64 { return map[string]int64{} })
	if len(rows.Statements) == 0 {
		return p, nil
	}
	if err := p.readKnown(ctx, q, rows.Statements); err != nil {
		return nil, err
	}
	texts := make([]claimText, 0, len(rows.Statements))
	for _, r := range rows.Statements {
		texts = append(texts, claimOf(r))
	}
	var err error
	if p.claims, err = s.readClaims(ctx, q, f.scope.OrgID, f.communityID, texts); err != nil {
		return nil, err
	}
	for debtor, fen := range p.paid {
		p.claims.pay(debtor, fen)
	}
	for _, r := range rows.Statements {
		p.take(r)
	}
	return p, nil
}

func claimOf(r importing.StatementRow) claimText {
	return claimText{AmountFen: r.AmountFen, Payer: r.Payer, Note: r.Note}
}

func (p *statementPlan) planned() *planned { return &p.plan }

// deskChannels are those under which a cashier may have recorded the same transfer by its serial.
var deskChannels = []string{"transfer", "bank", "debit", "card", "pos", "counter"}

// serialSays is how long a serial must be to name one transfer whatever the channel.
const serialSays = 8

func (p *statementPlan) readKnown(ctx context.Context, q sqlx.QueryerContext, rows []importing.StatementRow) error {
	channels := append(distinct(rows, func(r importing.StatementRow) string { return r.Channel }), deskChannels...)
	serials := distinct(rows, func(r importing.StatementRow) string { return or(r.ExternalNo, "-") })
	var found []struct {
		Channel    string `db:"channel"`
		ExternalNo string `db:"external_no"`
		AmountFen  int64  `db:"amount_fen"`
		Stands     bool   `db:"stands"`
	}
	err := selectIn(ctx, q, &found, `SELECT p.channel, p.external_no, p.amount_fen, p.status = 'recorded'
			OR EXISTS (SELECT 1 FROM payment n WHERE n.org_id = p.org_id AND n.moved_from_id = p.id) AS stands
			FROM payment p WHERE p.org_id = ? AND p.channel IN (?) AND p.external_no IN (?)
		UNION SELECT channel, external_no, amount_fen, TRUE FROM suspense WHERE org_id = ? AND channel IN (?) AND external_no IN (?)`,
		p.f.scope.OrgID, channels, serials, p.f.scope.OrgID, channels, serials)
	if err != nil {
		return fmt.Errorf("read recorded transfers: %w", err)
	}
	for _, f := range found {
		p.known[paymentKey{f.Channel, f.ExternalNo}] = f.AmountFen
		if len(f.ExternalNo) >= serialSays && f.Stands { // what the desk took back was not this money
			p.elsewhere[f.ExternalNo] = f.AmountFen
		}
	}
	return nil
}

// take decides one line.
func (p *statementPlan) take(r importing.StatementRow) {
	if r.Outgoing {
		p.doubt(r, importing.Unchanged, "outgoing-line", "支出的款项，没有导入。")
		return
	}
	if have, ok := p.known[paymentKey{r.Channel, r.ExternalNo}]; ok {
		if have != r.AmountFen {
			p.plan.reject(r.Row, "external_no", "external-no-reused", "流水号已用于另一笔款项（%s），与本行的 %s 不一致，请核对。", money.Format(have), money.Format(r.AmountFen))
			return
		}
		p.plan.settle(p.effect(r, importing.Unchanged, ""))
		return
	}
	if have, ok := p.elsewhere[r.ExternalNo]; ok && have == r.AmountFen && !r.Derived {
		p.doubt(r, importing.Unchanged, "known-elsewhere", "这个流水号的同金额款项已在收费台登记过，没有重复登记。")
		return
	}
	d := claiming.Decide(p.claims.line(claimOf(r)))
	if d.Why != "" {
		p.wait(r, d.Why)
		return
	}
	p.claims.pay(d.DebtorID, r.AmountFen)
	p.paid[d.DebtorID] += r.AmountFen
	p.pays = append(p.pays, sureLine{r, d})
	unit := d.UnitID
	if u := p.claims.places.byID[unit]; u != nil {
		unit = u.key
	}
	p.plan.settle(p.effect(r, importing.Created, unit+"（"+sureBy[d.By]+"）"))
}

// wait puts a line among those that a person decides on.
func (p *statementPlan) wait(r importing.StatementRow, why string) {
	p.waits = append(p.waits, waitingLine{r, why})
	p.doubt(r, importing.Created, why, "进入待认领款："+or(waitsBecause[why], why)+"。")
}

func (p *statementPlan) doubt(r importing.StatementRow, o importing.Outcome, code, message string) {
	e := p.effect(r, o, "")
	e.Doubts = []importing.Notice{{Row: r.Row, Code: code, Message: message}}
	p.plan.settle(e)
}

func (p *statementPlan) effect(r importing.StatementRow, o importing.Outcome, whose string) importing.Effect {
	subject := fmt.Sprintf("%s %s %s", calendar.DateOf(r.PaidAt), money.Format(r.AmountFen), r.Payer)
	if whose != "" {
		subject += " → " + whose
	}
	return importing.Effect{Row: r.Row, Outcome: o, Subject: subject}
}

// sureBy says to people why a line is sure.
var sureBy = map[string]string{claiming.UnitInNote: "按摘要中的房屋", claiming.PhoneInNote: "按摘要中的电话", claiming.IDNoInNote: "按摘要中的证件号", claiming.PayerName: "按户名和欠费金额"}

// waitsBecause says to people why a line waits.
var waitsBecause = map[string]string{
	claiming.NoTrace: "户名和摘要都看不出是谁交的", claiming.SeveralUnits: "摘要里有不同住户的房屋", claiming.SeveralPeople: "有几位同名或同号码的人",
	claiming.AmountDiffers: "户名相符，但金额与欠费对不上", claiming.Conflicting: "摘要里的房屋与付款人对不上", claiming.UnknownUnit: "摘要里的房屋不在小区里",
	claiming.NoDebtor: "摘要里的房屋没有登记业主",
}

// write books the sure lines and puts the others into suspense. The exclusive lock on the organization keeps payments from
// taking one of the serials at the same moment.
func (p *statementPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	if len(p.pays)+len(p.waits) == 0 {
		return nil
	}
	if err := lockOrganization(ctx, tx, sc.OrgID, "FOR UPDATE"); err != nil {
		return err
	}
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{p.f.communityID}); err != nil {
		return err
	}
	payments := make([]money.NewPayment, 0, len(p.pays))
	for _, l := range p.pays {
		payment := p.payment(l.StatementRow)
		payment.UnitID, payment.DebtorID = l.UnitID, l.DebtorID
		payments = append(payments, payment)
	}
	recorded, err := s.recordPaymentsTx(ctx, tx, sc, payments)
	if err != nil {
		return err
	}
	for i, result := range recorded {
		switch no := result.Refused; {
		case no == nil:
		case unmatched[no.Code]:
			p.wait(p.pays[i].StatementRow, no.Code)
		case no.Code == "payment-in-suspense": // it came in meanwhile
		default:
			p.plan.reject(p.pays[i].Row, "", no.Code, "%s", no.Message)
		}
	}
	return p.suspend(ctx, tx, s, sc)
}

func (p *statementPlan) payment(r importing.StatementRow) money.NewPayment {
	return money.NewPayment{CommunityID: p.f.communityID, AmountFen: r.AmountFen, Method: "bank", Channel: r.Channel, ExternalNo: r.ExternalNo, PaidAt: r.PaidAt,
		Source: money.Source{Kind: money.FromImport, ID: p.f.importID}}
}

func (p *statementPlan) suspend(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	if len(p.waits) == 0 {
		return nil
	}
	rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{p.f.communityID})
	if err != nil {
		return err
	}
	for _, l := range p.waits {
		m := newSuspense{NewPayment: p.payment(l.StatementRow), why: l.why, payer: l.Payer, note: l.Note,
			bookedAt: rules[p.f.communityID].bookedAt(l.PaidAt.UTC(), s.clock.Now())}
		if err := s.insertSuspense(ctx, tx, sc, m); err != nil {
			return err
		}
	}
	return nil
}

// takeBackStatement takes the payments of a statement back, and the money that still waits out of suspense. Money that a
// person has matched since keeps the import.
func (s *Store) takeBackStatement(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow) error {
	var rows []suspenseRow
	err := tx.SelectContext(ctx, &rows, selectSuspense+`WHERE org_id = ? AND source_id = ? AND source_kind = ? AND status <> 'withdrawn' ORDER BY id FOR UPDATE`,
		sc.OrgID, r.ID, money.FromImport)
	if err != nil {
		return fmt.Errorf("lock the import's money in suspense: %w", err)
	}
	matched, open := 0, []string{}
	for _, row := range rows {
		if row.Status == "matched" {
			matched++
		}
		open = append(open, row.ID)
	}
	if matched > 0 {
		return standsOn([]Standing{{What: "已认领的款项", Code: "suspense", Count: matched}})
	}
	if err := s.takeBackPayments(ctx, tx, sc, r); err != nil {
		return err
	}
	return s.withdrawSuspense(ctx, tx, sc, open)
}
