import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Modal, QRCode, Space } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import type { PayOrder } from '../api/model';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { closePayOrder, createPayOrder, isLive, usePayOrder, type OrderAsk } from './data';

/**
 * Shows the code of a payment provider for what somebody owes, and follows the order until it is paid. Closing the dialog before
 * that closes the order. The ask must stay the same while the dialog is open.
 */
export function PayQr({ ask, close, paid }: { ask: OrderAsk; close: () => void; paid?: (order: PayOrder) => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [id, setId] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const begun = useRef(false);
  const { data: order } = usePayOrder(id);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    createPayOrder(ask).then(
      (made) => setId(made.id),
      (cause: unknown) => setFailure(cause),
    );
  }, [ask]);

  const told = useRef(false);
  useEffect(() => {
    if (order?.status !== 'paid' || told.current) return;
    told.current = true;
    void queries.invalidateQueries();
    paid?.(order);
  }, [order, paid, queries]);

  const leave = () => {
    if (order && isLive(order)) void closePayOrder(order.id).catch(() => undefined);
    close();
  };
  const over = order !== undefined && !isLive(order);
  return (
    <Modal open title={t('payQr.title')} onCancel={leave} footer={<Button onClick={leave}>{over || failure ? t('common.close') : t('payQr.giveUp')}</Button>}>
      <Space direction="vertical" align="center" size="middle" style={{ width: '100%' }} data-testid="pay-qr" data-status={order?.status}>
        {failure !== undefined && <Failure cause={failure} />}
        {order && <div style={{ fontSize: 28, fontWeight: 600 }} className="figures">{yuan(order.status === 'paid' ? order.paid_fen : order.amount_fen)}</div>}
        {!failure && !over && <QRCode value={order?.qr ?? '-'} status={order?.qr ? 'active' : 'loading'} size={220} />}
        {!failure && !over && <div>{order?.qr ? t('payQr.scan') : t('payQr.starting')}</div>}
        {order?.status === 'waiting' && (
          <div className="muted">
            {t('payQr.until', { time: dateTime(order.expires_at) })}
            {order.pay_url && (
              <>
                {' · '}
                <a href={order.pay_url} target="_blank" rel="noreferrer">
                  {t('payQr.open')}
                </a>
              </>
            )}
          </div>
        )}
        {order?.status === 'paid' && <Alert type="success" showIcon message={t('payQr.paid', { receipt: order.receipt_no ?? '' })} />}
        {over && order.status !== 'paid' && <Alert type="warning" showIcon message={order.why ?? t('payQr.ended')} />}
        {order?.needs_attention && <Alert type="warning" showIcon message={order.why} />}
      </Space>
    </Modal>
  );
}
