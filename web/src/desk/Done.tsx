import { PrinterOutlined } from '@ant-design/icons';
import { App, Button, Card, Result, Space } from 'antd';
import { messageOf } from '../api/problem';
import type { Payment } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { printReceipt } from './data';

/** What was taken, with its receipt to be printed. */
export function Done({ payment, next }: { payment: Payment; next: () => void }) {
  const { t, label } = useTexts();
  const paid = (payment.allocations ?? []).reduce((sum, one) => sum + one.principal_fen + one.late_fee_fen, 0);
  const lines: [string, number | undefined][] = [
    [t('desk.allocated'), paid],
    [t('desk.advance'), payment.advance_fen],
    [label('depositKind', payment.deposit_kind), payment.deposit_fen],
    [t('desk.roundOff', { amount: '' }), payment.round_off_fen],
  ];
  return (
    <Card className="desk-done" data-testid="desk-done">
      <Result status="success" title={t('desk.done')} subTitle={<span data-testid="receipt-no">{payment.receipt_no}</span>} style={{ padding: '4px 0 16px' }} />
      <dl>
        <dt>{label('method', payment.method)}</dt>
        <dd className="figures">
          <b>{yuan(payment.amount_fen)}</b>
        </dd>
        {lines
          .filter(([, fen]) => fen)
          .map(([name, fen]) => (
            <FragmentLine key={name} name={name} fen={fen ?? 0} />
          ))}
      </dl>
      <Space wrap>
        <PrintButtons no={payment.receipt_no} primary />
        <Button onClick={next}>{t('desk.next')}</Button>
      </Space>
    </Card>
  );
}

function FragmentLine({ name, fen }: { name: string; fen: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="figures">{yuan(fen)}</dd>
    </>
  );
}

/** Prints a receipt on plain paper, or its values on a printed form. */
export function PrintButtons({ no, primary = false }: { no: string; primary?: boolean }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const print = (paper: 'plain' | 'preprinted') => printReceipt(no, paper).catch((cause: unknown) => void message.error(messageOf(cause)));
  return (
    <Space size={primary ? 8 : 0}>
      <Button type={primary ? 'primary' : 'link'} size={primary ? 'middle' : 'small'} icon={primary ? <PrinterOutlined /> : null} autoFocus={primary} onClick={() => void print('plain')}>
        {t(primary ? 'desk.print' : 'desk.reprint')}
      </Button>
      <Button type={primary ? 'default' : 'link'} size={primary ? 'middle' : 'small'} onClick={() => void print('preprinted')}>
        {t('desk.printForm')}
      </Button>
    </Space>
  );
}
