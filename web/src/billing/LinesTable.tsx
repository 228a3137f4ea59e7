import { Table, Tag } from 'antd';
import { Link } from 'react-router';
import type { BillingLine } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';

const colours: Record<string, string> = { new: 'blue', changed: 'orange', gone: 'volcano', problem: 'red', withheld: 'red' };

/** Lines with how each is computed and how it differs from the last period. */
export function LinesTable({ lines, loading }: { lines: BillingLine[]; loading?: boolean }) {
  const { t, label } = useTexts();
  return (
    <Table<BillingLine>
      size="small"
      rowKey={(row) => row.id || `${row.unit_id}/${row.fee_item_id}/${row.line_no}/${row.debtor_id ?? ''}`}
      loading={loading ?? false}
      pagination={false}
      dataSource={lines}
      scroll={{ x: 980 }}
      locale={{ emptyText: loading ? ' ' : t('billing.noneOf') }}
      columns={[
        { title: t('billing.unit'), key: 'unit', width: 130, render: (_, row) => <Link to={`/accounts/units/${row.unit_id}`}>{row.unit}</Link> },
        { title: t('billing.feeItem'), dataIndex: 'fee_item', width: 120 },
        { title: t('billing.verdict'), dataIndex: 'verdict', width: 100, render: (verdict: string) => <Tag color={colours[verdict] ?? 'default'}>{label('verdict', verdict)}</Tag> },
        { title: t('billing.days'), key: 'days', width: 190, className: 'figures nowrap', render: (_, row) => (row.from ? `${row.from} ~ ${row.to ?? ''}` : row.period) },
        { title: t('billing.amount'), dataIndex: 'amount_fen', width: 110, align: 'right', className: 'figures nowrap', render: (fen: number, row) => (row.problem || row.verdict === 'gone' ? '—' : yuan(fen)) },
        { title: t('billing.due'), dataIndex: 'due_date', width: 110, className: 'figures nowrap', render: (day?: string) => day || '—' },
        {
          title: t('billing.explanation'),
          key: 'why',
          render: (_, row) => (
            <>
              <div>{row.explanation}</div>
              {row.verdict !== 'same' && row.difference && <div className="muted">{row.difference.text}</div>}
            </>
          ),
        },
      ]}
    />
  );
}
