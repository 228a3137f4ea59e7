import { Table } from 'antd';
import type { BillingItemSum, BillingTotals } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';

/** An amount beside the one before it, as more or less. */
export function Change({ fen }: { fen: number }) {
  if (fen === 0) return <span className="muted">—</span>;
  return <span>{fen > 0 ? `+${yuan(fen)}` : yuan(fen)}</span>;
}

/** What a run comes to, by fee item and in all. */
export function TotalsTable({ items, totals }: { items: BillingItemSum[]; totals: BillingTotals }) {
  const { t } = useTexts();
  const rows = [...items, { ...totals, fee_item_id: 'total', fee_item: t('billing.total') }];
  const verdicts = ['new', 'changed', 'gone', 'same', 'problem', 'billed'] as const;
  return (
    <Table<BillingItemSum>
      size="small"
      rowKey="fee_item_id"
      pagination={false}
      dataSource={rows}
      scroll={{ x: 'max-content' }}
      rowClassName={(row) => (row.fee_item_id === 'total' ? 'strong' : '')}
      columns={[
        { title: t('billing.feeItem'), dataIndex: 'fee_item', width: 140 },
        { title: t('billing.lines'), dataIndex: 'lines', width: 90, align: 'right', className: 'figures' },
        { title: t('billing.amount'), dataIndex: 'amount_fen', width: 130, align: 'right', className: 'figures nowrap', render: yuan },
        { title: t('billing.previous'), dataIndex: 'previous_fen', width: 130, align: 'right', className: 'figures nowrap', render: yuan },
        {
          title: t('billing.change'),
          key: 'change',
          width: 130,
          align: 'right',
          className: 'figures nowrap',
          render: (_, row) => <Change fen={row.amount_fen - row.previous_fen} />,
        },
        ...verdicts.map((verdict) => ({
          title: t(`verdict.${verdict}`),
          key: verdict,
          width: 90,
          align: 'right' as const,
          className: 'figures',
          render: (_: unknown, row: BillingItemSum) => row[verdict].lines || '—',
        })),
      ]}
    />
  );
}
