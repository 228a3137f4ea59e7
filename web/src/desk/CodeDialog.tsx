import { Button, Modal, QRCode, Result, Spin } from 'antd';
import { useEffect, useState } from 'react';
import type { Bill, DeskHousehold } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { askByCode, closeOrder, settled, usePayOrder, useRefresh } from './data';
import { PrintButtons } from './Done';

/** Lets the payer's phone pay chosen bills by a code. What it pays is booked when the provider says so. */
export function CodeDialog({ household, chosen, owed, close }: { household: DeskHousehold; chosen: Bill[]; owed: number; close: () => void }) {
  const { t } = useTexts();
  const [order, setOrder] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (asked) return;
    setAsked(true);
    askByCode({ debtor_id: household.debtor_id, community_id: household.community_id, bill_ids: chosen.map((bill) => bill.id), amount_fen: owed }).then(
      (made) => setOrder(made.id),
      setFailure,
    );
  }, [asked, chosen, household, owed]);

  return (
    <Modal open title={t('desk.codeTitle')} footer={null} onCancel={close} maskClosable={false} width={420}>
      {failure !== undefined && <Failure cause={failure} />}
      {order ? <Order id={order} amount={owed} close={close} /> : failure === undefined && <Spin />}
    </Modal>
  );
}

function Order({ id, amount, close }: { id: string; amount: number; close: () => void }) {
  const { t } = useTexts();
  const refresh = useRefresh();
  const { data, error } = usePayOrder(id);
  const status = data?.status;
  useEffect(() => {
    if (status === 'paid') refresh();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the money has come
  }, [status]);
  if (error) return <Failure cause={error} />;
  if (status === 'paid')
    return (
      <Result
        status="success"
        title={t('desk.codePaid', { amount: yuan(data?.paid_fen ?? amount), receipt: data?.receipt_no ?? '' })}
        extra={data?.receipt_no && <PrintButtons no={data.receipt_no} primary />}
      />
    );
  if (settled(status)) return <Result status="warning" title={t('desk.codeEnded')} subTitle={data?.why} extra={<Button onClick={close}>{t('common.close')}</Button>} />;
  return (
    <div className="desk-code">
      <span className="amount figures">{yuan(amount)}</span>
      <QRCode value={data?.qr || data?.pay_url || '-'} status={data?.qr || data?.pay_url ? 'active' : 'loading'} size={220} />
      <span className="muted">{t('desk.codeWaiting')}</span>
      <Button onClick={() => void closeOrder(id).finally(close)}>{t('desk.codeCancel')}</Button>
    </div>
  );
}
