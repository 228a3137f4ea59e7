import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Modal, Space, Tag } from 'antd';
import { useState } from 'react';
import type { Refund } from '../api/model';
import { dropRefund, payRefund, useRefunds } from '../corrections/data';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { useCursors } from '../shell/CursorPager';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { Failure } from '../shell/states';
import { ViewedList } from '../shell/ViewedList';

const views = ['due', 'paying', 'failed', 'paid', 'dropped'] as const;
type Status = Refund['status'];
const colours: Record<Status, string> = { due: 'processing', paying: 'processing', failed: 'error', paid: 'success', dropped: 'default' };

/** Refunds that were approved: those to be handed out, and what became of the others. */
export function RefundList() {
  const { t, label } = useTexts();
  const [view, setView] = useState<Status>('due');
  const [paying, setPaying] = useState<Refund>();
  const cursors = useCursors();
  const list = useRefunds(view, cursors.cursor);
  return (
    <>
      <ViewedList
        name="refunds"
        label={t('refunds.status')}
        views={views.map((of) => ({ value: of, label: label('refundStatus', of) }))}
        view={view}
        choose={setView}
        cursors={cursors}
        list={list}
        width={980}
        empty={{ title: t('refunds.none'), hint: t('refunds.noneHint') }}
        columns={[
          { title: t('refunds.at'), dataIndex: 'made_at', width: 150, className: 'figures nowrap', render: (at: string) => dateTime(at) },
          { title: t('refunds.amount'), dataIndex: 'amount_fen', width: 130, align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
          { title: t('refunds.source'), dataIndex: 'source', width: 90, render: (source: string) => label('refundSource', source) },
          { title: t('refunds.route'), key: 'route', width: 160, render: (_, one) => `${label('method', one.method)} · ${label('moneyChannel', one.route)}` },
          { title: t('refunds.why'), key: 'why', className: 'wrap-anywhere', render: (_, one) => one.note || one.why || '—' },
          { title: t('refunds.serial'), key: 'serial', width: 150, className: 'figures', render: (_, one) => one.provider_no || '—' },
          { title: t('refunds.status'), dataIndex: 'status', width: 100, render: (status: Status) => <Tag color={colours[status]}>{label('refundStatus', status)}</Tag> },
          { key: 'do', width: 150, render: (_, one) => <Commands refund={one} pay={() => setPaying(one)} /> },
        ]}
      />
      {paying && <PayDialog refund={paying} close={() => setPaying(undefined)} />}
    </>
  );
}

function Commands({ refund, pay }: { refund: Refund; pay: () => void }) {
  const { t } = useTexts();
  const may = useMay();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [ask, setAsk] = useState<ReasonAsk>();
  if ((refund.status !== 'due' && refund.status !== 'failed') || !may('take-money')) return null;
  return (
    <Space size={0}>
      <Button type="link" size="small" onClick={pay}>
        {t('refunds.pay')}
      </Button>
      <Button
        type="link"
        size="small"
        danger
        onClick={() =>
          setAsk({
            title: t('refunds.drop'),
            text: t('refunds.dropText'),
            danger: true,
            send: async (reason) => {
              await dropRefund(refund.id, reason);
              await queries.invalidateQueries({ queryKey: ['payment'] });
              void message.success(t('refunds.dropped'));
            },
          })
        }
      >
        {t('refunds.drop')}
      </Button>
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </Space>
  );
}

/** Hands a refund out: cash against nothing, anything else under its serial, and by another way only after the provider refused. */
function PayDialog({ refund, close }: { refund: Refund; close: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [serial, setSerial] = useState('');
  const [channel, setChannel] = useState('');
  const elsewhere = refund.status === 'failed';
  const pay = useMutation({
    mutationFn: () => payRefund(refund.id, { ...(serial ? { serial } : {}), ...(channel ? { channel } : {}) }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['payment'] });
      void message.success(t('refunds.paid'));
      close();
    },
  });
  return (
    <Modal open title={t('refunds.pay')} okText={t('refunds.payConfirm')} cancelText={t('common.cancel')} confirmLoading={pay.isPending} onOk={() => pay.mutate()} onCancel={close} maskClosable={false}>
      <p>{t(refund.method === 'cash' && !elsewhere ? 'refunds.payCash' : 'refunds.payOther', { fen: yuan(refund.amount_fen) })}</p>
      {(refund.method !== 'cash' || elsewhere) && (
        <p>
          <Input placeholder={t('refunds.serial')} maxLength={96} value={serial} onChange={(event) => setSerial(event.target.value)} />
        </p>
      )}
      {elsewhere && (
        <p>
          <Input placeholder={t('refunds.channel')} maxLength={32} value={channel} onChange={(event) => setChannel(event.target.value)} />
        </p>
      )}
      {pay.error && <Failure cause={pay.error} />}
    </Modal>
  );
}
