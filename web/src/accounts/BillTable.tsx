import { Table, Tag, Typography } from 'antd';
import type { Bill } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';

const colours: Record<string, string> = { unpaid: 'error', part_paid: 'warning', paid: 'success', void: 'default' };

/** A bill's status as a coloured word, and that it is disputed. */
export function BillStatus({ bill }: { bill: Bill }) {
  const { t, label } = useTexts();
  return (
    <>
      <Tag color={colours[bill.status]}>{label('billStatus', bill.status)}</Tag>
      {bill.disputed && <Tag>{t('bill.disputed')}</Tag>}
    </>
  );
}

/** Bills with what is left of them; one that is clicked is explained. */
export function BillTable({ bills, withUnit, explain, empty }: { bills: Bill[]; withUnit: boolean; explain: (id: string) => void; empty: string }) {
  const { t } = useTexts();
  const figure = { align: 'right', className: 'figures', render: (fen: number) => yuan(fen) } as const;
  return (
    <Table<Bill>
      size="middle"
      rowKey="id"
      dataSource={bills}
      pagination={bills.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: empty }}
      columns={[
        ...(withUnit ? [{ title: t('bill.unit'), dataIndex: 'unit', width: 150 }] : []),
        {
          title: t('bill.feeItem'),
          dataIndex: 'fee_item',
          width: 150,
          render: (name: string, bill) => <Typography.Link onClick={() => explain(bill.id)}>{name}</Typography.Link>,
        },
        { title: t('bill.period'), dataIndex: 'period', width: 110 },
        { title: t('bill.due'), dataIndex: 'due_date', width: 120 },
        { title: t('bill.amount'), dataIndex: 'principal_fen', width: 120, ...figure },
        { title: t('bill.unpaid'), dataIndex: 'unpaid_fen', width: 120, ...figure },
        { title: t('bill.lateFee'), dataIndex: 'late_fee_fen', width: 110, ...figure },
        { title: t('bill.status'), key: 'status', width: 140, render: (_, bill) => <BillStatus bill={bill} /> },
      ]}
    />
  );
}
