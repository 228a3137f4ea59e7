import { App, Button, Card, Checkbox, Table } from 'antd';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import type { Bill, Statement, StatementVersion } from '../api/model';
import { messageOf } from '../api/problem';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { label, useTexts } from '../i18n';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, Nothing, PageLoading } from '../shell/states';
import { PaymentTable } from './AccountPage';
import { printStatement, useStatement } from './data';
import { SegmentTable } from './SegmentTable';

/** A debtor's open bills with their late fees and the payments behind them, to be handed over or printed. */
export default function StatementPage() {
  const { t } = useTexts();
  const { message } = App.useApp();
  const { id = '' } = useParams();
  const [address] = useSearchParams();
  const [both, setBoth] = useState(false);
  const { data, error, isPending, refetch } = useStatement(id, address.get('as_of') ?? undefined, both);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure cause={error} retry={() => void refetch()} />;
  return (
    <>
      <PageHead
        back={`/accounts/debtors/${id}${address.get('as_of') ? `?as_of=${address.get('as_of')}` : ''}`}
        title={[data.community, data.debtor].filter(Boolean).join(' · ')}
        subtitle={`${t('statement.head', { date: data.as_of })} · ${t('statement.madeAt', { at: dateTime(data.made_at) })}`}
        actions={
          <>
            <Checkbox checked={both} onChange={(event) => setBoth(event.target.checked)}>
              {t('statement.both')}
            </Checkbox>
            <Button onClick={() => void printStatement(id, address.get('as_of') ?? undefined, both).catch((cause: unknown) => void message.error(messageOf(cause)))}>{t('statement.print')}</Button>
          </>
        }
      />
      <StatementBody statement={data} />
    </>
  );
}

function StatementBody({ statement }: { statement: Statement }) {
  const { t } = useTexts();
  const bills = statement.bills ?? [];
  return (
    <>
      <Figures
        items={[
          { name: t('account.principal'), value: yuan(statement.principal_fen) },
          { name: t('account.lateFee'), value: yuan(statement.late_fee_fen) },
          { name: t('account.advance'), value: yuan(statement.advance_fen) },
          { name: t('statement.balance'), value: yuan(statement.balance_fen), id: 'statement-balance' },
        ]}
      />
      <Card className="section" title={t('account.bills')}>
        {bills.length === 0 ? <Nothing title={t('statement.none')} /> : <OpenBills bills={bills} />}
      </Card>
      {statement.versions && (
        <Card className="section" title={t('statement.versions')}>
          <p className="muted">{t('statement.versionsHint')}</p>
          <Versions versions={statement.versions} />
        </Card>
      )}
      <Card title={t('account.payments')}>
        <PaymentTable payments={statement.payments ?? []} />
      </Card>
    </>
  );
}

function OpenBills({ bills }: { bills: Bill[] }) {
  const { t } = useTexts();
  const figure = { align: 'right', className: 'figures', render: (fen: number) => yuan(fen) } as const;
  return (
    <Table<Bill>
      size="small"
      rowKey="id"
      dataSource={bills}
      pagination={false}
      scroll={{ x: 'max-content' }}
      expandable={{
        rowExpandable: (bill) => (bill.late_fee_segments ?? []).length > 0,
        expandedRowRender: (bill) => <SegmentTable segments={bill.late_fee_segments ?? []} />,
      }}
      columns={[
        { title: t('bill.unit'), dataIndex: 'unit' },
        { title: t('bill.feeItem'), dataIndex: 'fee_item' },
        { title: t('bill.period'), dataIndex: 'period' },
        { title: t('bill.due'), dataIndex: 'due_date' },
        { title: t('bill.amount'), dataIndex: 'principal_fen', ...figure },
        { title: t('bill.paid'), dataIndex: 'paid_fen', ...figure },
        { title: t('bill.unpaid'), dataIndex: 'unpaid_fen', ...figure },
        { title: t('bill.lateFee'), dataIndex: 'late_fee_fen', ...figure },
      ]}
    />
  );
}

function Versions({ versions }: { versions: StatementVersion[] }) {
  const { t } = useTexts();
  return (
    <Table<StatementVersion>
      size="small"
      rowKey="basis"
      dataSource={versions}
      pagination={false}
      columns={[
        { title: t('statement.basis'), dataIndex: 'basis', render: (basis: string) => label('statement.version', basis) },
        { title: t('bill.lateFee'), dataIndex: 'late_fee_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
        { title: t('statement.balance'), dataIndex: 'balance_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
      ]}
    />
  );
}
