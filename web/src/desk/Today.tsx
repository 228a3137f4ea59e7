import { useQuery } from '@tanstack/react-query';
import { Card, Space, Table, Tag } from 'antd';
import { api, body } from '../api/client';
import type { Payment } from '../api/model';
import { PaymentCorrections } from '../corrections/CorrectionMenu';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { usePayments } from './data';
import { PrintButtons } from './Done';

const china = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit' });
const chinaTime = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false });

/** What was taken today, the newest first, to be printed again or taken back. */
export function Today({ communityId }: { communityId: string }) {
  const { t, label } = useTexts();
  const clock = useQuery({ queryKey: ['clock', 'day'], queryFn: () => body(api.GET('/api/v1/clock')), staleTime: 30_000 });
  const date = clock.data ? china.format(new Date(clock.data.now)) : undefined;
  const list = usePayments(communityId, date);
  const rows = [...(list.data?.items ?? [])].reverse();

  return (
    <Card title={t('desk.today')} size="small">
      {list.error ? (
        <Failure cause={list.error} retry={() => void list.refetch()} />
      ) : (
        <Table<Payment>
          size="small"
          rowKey="id"
          loading={list.isPending}
          dataSource={rows}
          pagination={rows.length > 10 ? { pageSize: 10, showSizeChanger: false } : false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: t('desk.todayNone') }}
          columns={[
            { title: t('desk.time'), dataIndex: 'paid_at', width: 80, render: (at: string) => chinaTime.format(new Date(at)) },
            {
              title: t('desk.receipt'),
              dataIndex: 'receipt_no',
              width: 190,
              render: (no: string, payment) => (
                <Space>
                  <span className="nowrap">{no}</span>
                  {payment.status === 'reversed' && <Tag color="error">{t('desk.reversed')}</Tag>}
                </Space>
              ),
            },
            { title: t('desk.method'), dataIndex: 'method', width: 100, render: (code: string) => label('method', code) },
            { title: t('desk.amount'), dataIndex: 'amount_fen', width: 120, align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
            { title: t('desk.advance'), dataIndex: 'advance_fen', width: 110, align: 'right', className: 'figures', render: (fen: number) => (fen ? yuan(fen) : '—') },
            {
              title: t('common.actions'),
              key: 'actions',
              width: 200,
              render: (_, payment) => (
                <Space size={0}>
                  <PrintButtons no={payment.receipt_no} />
                  <PaymentCorrections payment={payment} />
                </Space>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
