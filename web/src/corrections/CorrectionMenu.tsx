import { Button, Dropdown } from 'antd';
import { useState } from 'react';
import type { Bill, Payment } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { CorrectionDrawer } from './CorrectionDrawer';
import type { CorrectionKind, CorrectionSubject } from './data';

/** What can be put right about a payment. */
export function PaymentCorrections({ payment }: { payment: Payment }) {
  const may = useMay();
  if (payment.status === 'reversed') return null;
  const kinds: CorrectionKind[] = [...(may('reverse-money') ? (['reverse', 'transfer'] as const) : []), ...(may('correct-money') ? (['refund'] as const) : [])];
  return <Menu id={payment.id} kinds={kinds} title={`${payment.receipt_no} · ${yuan(payment.amount_fen)} · ${dateTime(payment.paid_at)}`} />;
}

/** What can be put right about a bill. */
export function BillCorrections({ bill }: { bill: Bill }) {
  const may = useMay();
  if (bill.status === 'void' || !may('correct-money')) return null;
  return <Menu id={bill.id} kinds={['waivers', 'adjustments', 'void']} title={`${bill.unit} · ${bill.fee_item} · ${bill.period} · ${yuan(bill.principal_fen)}`} />;
}

function Menu({ id, kinds, title }: { id: string; kinds: CorrectionKind[]; title: string }) {
  const { t } = useTexts();
  const [subject, setSubject] = useState<CorrectionSubject>();
  if (kinds.length === 0) return null;
  return (
    <>
      <Dropdown trigger={['click']} menu={{ items: kinds.map((kind) => ({ key: kind, label: t(`correct.${kind}`), onClick: () => setSubject({ kind, id, title }) })) }}>
        <Button size="small" data-testid="correct">
          {t('correct.title')}
        </Button>
      </Dropdown>
      <CorrectionDrawer subject={subject} close={() => setSubject(undefined)} />
    </>
  );
}
