import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Space, Tag } from 'antd';
import { useState } from 'react';
import { messageOf } from '../api/problem';
import type { PayOrder } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { StatusTag } from '../shell/StatusTag';
import { ViewedList } from '../shell/ViewedList';
import { closePayOrder, isLive, lookAtPayOrder, usePayOrders, type PayOrderStatus } from './data';

const views = ['all', 'attention', 'waiting', 'paid', 'closed', 'failed'] as const;
type View = (typeof views)[number];

function filterOf(view: View): { status?: PayOrderStatus; needs_attention?: boolean } {
  if (view === 'all') return {};
  return view === 'attention' ? { needs_attention: true } : { status: view };
}

/** The orders with payment providers, the newest first: how they stand, and what needs a person. */
export default function PayOrdersPage() {
  const { t, label } = useTexts();
  const [view, setView] = useState<View>('all');
  const cursors = useCursors();
  const list = usePayOrders(filterOf(view), cursors.cursor);
  const name = (of: View) => (of === 'all' ? t('payOrders.all') : of === 'attention' ? t('payOrders.attention') : label('payOrderStatus', of));
  return (
    <>
      <PageHead title={t('payOrders.title')} subtitle={t('payOrders.intro')} />
      <ViewedList
        name="pay-orders"
        label={t('payOrders.status')}
        views={views.map((of) => ({ value: of, label: name(of) }))}
        view={view}
        choose={setView}
        cursors={cursors}
        list={list}
        width={1080}
        empty={{ title: t('payOrders.none'), hint: t('payOrders.noneHint') }}
        columns={[
          { title: t('payOrders.created'), key: 'at', width: 150, className: 'figures nowrap', render: (_, order) => dateTime(order.created_at) },
          { title: t('payOrders.amount'), key: 'amount', width: 120, align: 'right', className: 'figures', render: (_, order) => yuan(order.paid_fen ?? order.amount_fen) },
          { title: t('payOrders.status'), key: 'status', width: 150, render: (_, order) => <Standing order={order} /> },
          { title: t('payOrders.provider'), dataIndex: 'provider', width: 100 },
          { title: t('payOrders.from'), key: 'from', width: 100, render: (_, order) => (order.by_link ? t('payOrders.byLink') : t('payOrders.byLogin')) },
          { title: t('payOrders.receipt'), key: 'receipt', width: 130, className: 'figures', render: (_, order) => order.receipt_no ?? '—' },
          { title: t('payOrders.why'), key: 'why', className: 'wrap-anywhere', render: (_, order) => order.why ?? <span className="muted">{order.transaction_no ?? order.id}</span> },
          { key: 'do', width: 150, render: (_, order) => <Commands order={order} /> },
        ]}
      />
    </>
  );
}

function Standing({ order }: { order: PayOrder }) {
  const { t } = useTexts();
  return (
    <Space size={4} wrap>
      <StatusTag group="payOrderStatus" status={order.status} />
      {order.closing && <Tag style={{ marginInlineEnd: 0 }}>{t('payOrders.closing')}</Tag>}
      {order.needs_attention && (
        <Tag color="error" style={{ marginInlineEnd: 0 }}>
          {t('payOrders.attention')}
        </Tag>
      )}
    </Space>
  );
}

function Commands({ order }: { order: PayOrder }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const settled = { onSettled: () => void queries.invalidateQueries({ queryKey: ['pay-order'] }), onError: (cause: unknown) => void message.error(messageOf(cause)) };
  const look = useMutation({ mutationFn: () => lookAtPayOrder(order.id), onSuccess: () => void message.success(t('payOrders.looked')), ...settled });
  const close = useMutation({ mutationFn: () => closePayOrder(order.id), onSuccess: () => void message.success(t('payOrders.closeAsked')), ...settled });
  return (
    <Space size={0} wrap>
      <Button type="link" size="small" loading={look.isPending} onClick={() => look.mutate()}>
        {t('payOrders.look')}
      </Button>
      {isLive(order) && !order.closing && (
        <Button type="link" size="small" loading={close.isPending} onClick={() => close.mutate()}>
          {t('payOrders.close')}
        </Button>
      )}
    </Space>
  );
}
