import { useEffect, useState } from 'react';
import { Problem } from '../api/problem';
import { yuan } from '../format/money';
import { linkOf, readOrder, wait, type LinkOrder } from './data';
import { Notice } from './Notice';
import { text } from './texts';

const lookEveryMs = 1_000;
const slowEveryMs = 5_000;
const eagerLooks = 60;

/** Where the payer comes back to from the provider: it looks until the result is known. */
export function BackPage({ orderId }: { orderId: string }) {
  const token = linkOf(orderId);
  const [order, setOrder] = useState<LinkOrder>();
  const [invalid, setInvalid] = useState(false);

  useEffect(() => {
    if (!token) return;
    let gone = false;
    const look = async () => {
      for (let looks = 0; !gone; looks++) {
        try {
          const read = await readOrder(token, orderId);
          if (!gone) setOrder(read);
          if (read.status === 'paid' || read.status === 'closed' || read.status === 'failed') return;
        } catch (cause) {
          if (cause instanceof Problem && cause.status === 404) {
            setInvalid(true);
            return;
          }
        }
        await wait(looks < eagerLooks ? lookEveryMs : slowEveryMs);
      }
    };
    void look();
    return () => {
      gone = true;
    };
  }, [token, orderId]);

  if (!token || invalid) return <Notice title={text('title')} hint={text('elsewhere')} />;
  const back = { action: text('again'), href: `/pay/${token}` };
  switch (order?.status) {
    case 'paid':
      return (
        <Notice
          tone="good"
          testId="pay-result"
          title={`${text('paid')} ${yuan(order.paid_fen ?? order.amount_fen)}`}
          {...(order.receipt_no ? { hint: text('receipt', { no: order.receipt_no }) } : {})}
          {...back}
        />
      );
    case 'closed':
    case 'failed':
      return <Notice testId="pay-result" title={text('closed')} hint={text('closedHint')} {...back} />;
  }
  return <Notice busy testId="pay-waiting" title={text('waiting')} hint={text('waitingHint')} {...back} />;
}
