import { useEffect, useState } from 'react';
import { messageOf, Problem } from '../api/problem';
import { yuan } from '../format/money';
import { createOrder, readDebts, readOrder, rememberLink, wait, type Debt, type Debts } from './data';
import { Notice } from './Notice';
import { text } from './texts';

const lookEveryMs = 400;
const slowAfterMs = 6_000;

/** What a link's debtor owes, and the choice of what to pay. */
export function DebtsPage({ token }: { token: string }) {
  const [debts, setDebts] = useState<Debts>();
  const [failure, setFailure] = useState<unknown>();
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let gone = false;
    readDebts(token).then(
      (read) => !gone && setDebts(read),
      (cause: unknown) => !gone && setFailure(cause),
    );
    return () => {
      gone = true;
    };
  }, [token, tries]);

  if (failure instanceof Problem && failure.status === 404) return <Notice title={text('invalid')} hint={messageOf(failure)} testId="link-invalid" />;
  if (failure !== undefined) {
    const again = () => {
      setFailure(undefined);
      setTries(tries + 1);
    };
    return <Notice title={failure instanceof Problem && failure.status > 0 ? messageOf(failure) : text('offline')} action={text('retry')} onAction={again} />;
  }
  if (!debts) return <Notice title={text('loading')} busy />;
  if ((debts.bills ?? []).length === 0) return <Notice title={text('nothing')} hint={text('nothingHint')} testId="nothing-owed" />;
  return <Choice token={token} debts={debts} />;
}

const payable = (debt: Debt) => debt.principal_fen + debt.late_fee_fen;

function Choice({ token, debts }: { token: string; debts: Debts }) {
  const bills = debts.bills ?? [];
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [progress, setProgress] = useState<'starting' | 'slow'>();
  const [failure, setFailure] = useState<string>();
  const chosen = bills.filter((bill) => !left.has(bill.bill_id));
  const total = chosen.reduce((sum, bill) => sum + payable(bill), 0);

  const toggle = (ids: string[], take: boolean) => {
    const next = new Set(left);
    for (const id of ids) {
      if (take) next.delete(id);
      else next.add(id);
    }
    setLeft(next);
  };

  const start = async () => {
    setProgress('starting');
    setFailure(undefined);
    try {
      let order = await createOrder(token, chosen.map((bill) => bill.bill_id));
      rememberLink(order.id, token);
      const began = Date.now();
      while (order.status === 'created') {
        await wait(lookEveryMs);
        if (Date.now() - began > slowAfterMs) setProgress('slow');
        order = await readOrder(token, order.id);
      }
      if (order.status === 'waiting' && order.pay_url) location.assign(order.pay_url);
      else if (order.status === 'paid') location.assign(`/pay/back/${order.id}`);
      else throw new Error(order.status);
    } catch (cause) {
      setFailure(cause instanceof Problem ? messageOf(cause) : text('failed'));
      setProgress(undefined);
    }
  };

  return (
    <main>
      <header>
        <h1>{debts.community}</h1>
        <p className="quiet">
          {text('payer')} {debts.payer}
        </p>
      </header>
      <div className="line">
        <span>{text('choose')}</span>
        <label className="all">
          <input type="checkbox" checked={chosen.length === bills.length} onChange={(event) => toggle(bills.map((bill) => bill.bill_id), event.target.checked)} />
          {text('all')}
        </label>
      </div>
      <ul>
        {bills.map((bill) => (
          <li key={bill.bill_id}>
            <label>
              <input type="checkbox" checked={!left.has(bill.bill_id)} onChange={(event) => toggle([bill.bill_id], event.target.checked)} />
              <span className="what">
                <b>
                  {bill.fee_item} {bill.period}
                </b>
                <span className="quiet">{bill.unit}</span>
                <span className="quiet">
                  {text('due', { date: bill.due_date })} {bill.overdue && <em>{text('overdue')}</em>}
                </span>
                {bill.late_fee_fen > 0 && <span className="quiet">{text('lateFee', { amount: yuan(bill.late_fee_fen) })}</span>}
              </span>
              <span className="amount">{yuan(payable(bill))}</span>
            </label>
          </li>
        ))}
      </ul>
      <p className="quiet small">{text('keep')}</p>
      <footer>
        {failure && (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        {progress && (
          <p className="quiet" role="status">
            {text(progress)}
          </p>
        )}
        <div className="line">
          <span>
            {text('total')} <b data-testid="pay-total">{yuan(total)}</b>
          </span>
          <button type="button" disabled={total === 0 || progress !== undefined} onClick={() => void start()}>
            {text('pay')}
          </button>
        </div>
      </footer>
    </main>
  );
}
