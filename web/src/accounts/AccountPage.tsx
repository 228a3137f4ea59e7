import { Button, Card, Checkbox, Input, Space, Table, Tag, Tooltip } from 'antd';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { AccountView, Bill, Payment } from '../api/model';
import { PaymentCorrections } from '../corrections/CorrectionMenu';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, Nothing, PageLoading } from '../shell/states';
import { BillDrawer } from './BillDrawer';
import { BillTable } from './BillTable';
import { useAccount, useStatement, useUnit, type AsOf, type Whose } from './data';

/** What is owed for a unit. */
export function UnitAccountPage() {
  return <AccountPage whose="units" />;
}

/** What a debtor owes over all units. */
export function DebtorAccountPage() {
  return <AccountPage whose="debtors" />;
}

/** One account: totals, bills and payments, now or as of a past day. Day and bill are part of the address. */
function AccountPage({ whose }: { whose: Whose }) {
  const { t } = useTexts();
  const { id = '' } = useParams();
  const [address, setAddress] = useSearchParams();
  const at: AsOf = { known: address.get('known') === '1', ...(address.get('as_of') ? { day: address.get('as_of') ?? '' } : {}) };
  const account = useAccount(whose, id, at);
  const unit = useUnit(whose === 'units' ? id : undefined);
  const statement = useStatement(whose === 'debtors' ? id : undefined, undefined, false);
  const change = (part: string, value: string | undefined) =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(part, value);
      else next.delete(part);
      return next;
    });

  const name = whose === 'units' ? unit.data?.display : statement.data?.debtor;
  const people = (unit.data?.occupancies ?? []).filter((one) => one.name);
  if (account.isPending) return <PageLoading />;
  if (!account.data) return <Failure cause={account.error} retry={() => void account.refetch()} />;
  return (
    <>
      <PageHead
        title={name ? t('account.of', { name }) : t('account.title')}
        subtitle={
          people.length > 0 && (
            <Space size={12}>
              {t('account.debtors')}
              {people.map((one) => (
                <Link key={one.person_id} to={`/accounts/debtors/${one.person_id}`}>
                  {one.name}
                </Link>
              ))}
            </Space>
          )
        }
        actions={
          whose === 'debtors' && (
            <Link to={`/accounts/debtors/${id}/statement${at.day ? `?as_of=${at.day}` : ''}`}>
              <Button>{t('account.statement')}</Button>
            </Link>
          )
        }
      />
      <div className="filters">
        <label>
          {t('account.asOf')}{' '}
          <Input type="date" style={{ width: 160 }} value={at.day ?? ''} onChange={(event) => change('as_of', event.target.value)} aria-label={t('account.asOf')} />
        </label>
        {at.day && (
          <>
            <Tooltip title={t('account.asKnownHint')}>
              <Checkbox checked={at.known} onChange={(event) => change('known', event.target.checked ? '1' : undefined)}>
                {t('account.asKnown')}
              </Checkbox>
            </Tooltip>
            <Button type="link" onClick={() => setAddress({})}>
              {t('account.today')}
            </Button>
          </>
        )}
      </div>
      {account.error && <Failure cause={account.error} retry={() => void account.refetch()} />}
      <Totals account={account.data} />
      <Movements account={account.data} whose={whose} at={at} bill={address.get('bill') ?? undefined} explain={(bill) => change('bill', bill)} />
    </>
  );
}

function Totals({ account }: { account: AccountView }) {
  const { t } = useTexts();
  if (account.principal_fen === undefined) return <Figures items={[{ name: t('account.owes'), value: t(account.owes ? 'account.owesYes' : 'account.owesNo') }]} />;
  const balance = account.balance_fen ?? 0;
  return (
    <Figures
      items={[
        { name: t('account.principal'), value: yuan(account.principal_fen), id: 'account-principal' },
        { name: t('account.lateFee'), value: yuan(account.late_fee_fen), id: 'account-late-fee' },
        { name: t('account.advance'), value: yuan(account.advance_fen), id: 'account-advance' },
        {
          name: t(balance < 0 ? 'account.credit' : 'account.balance'),
          value: yuan(Math.abs(balance)),
          id: 'account-balance',
          ...(account.payable_fen && (account.late_fee_fen ?? 0) > 0 ? { note: t('account.payable', { fen: yuan(account.payable_fen) }) } : {}),
        },
      ]}
    />
  );
}

const isOpen = (bill: Bill) => bill.status !== 'void' && (bill.unpaid_fen > 0 || bill.late_fee_fen > 0);

function Movements({ account, whose, at, bill, explain }: { account: AccountView; whose: Whose; at: AsOf; bill: string | undefined; explain: (bill: string | undefined) => void }) {
  const { t } = useTexts();
  const [openOnly, setOpenOnly] = useState(false);
  if (!account.bills) return <Nothing title={t('account.noDetail')} />;
  const bills = openOnly ? account.bills.filter(isOpen) : account.bills;
  return (
    <>
      <Card
        className="section"
        title={t('account.bills')}
        extra={
          <Checkbox checked={openOnly} onChange={(event) => setOpenOnly(event.target.checked)}>
            {t('account.openOnly')}
          </Checkbox>
        }
      >
        <BillTable bills={bills} withUnit={whose === 'debtors'} explain={explain} empty={t('account.noBills')} />
      </Card>
      <Card title={t('account.payments')}>
        <PaymentTable payments={account.payments ?? []} />
      </Card>
      <BillDrawer id={bill} at={at} close={() => explain(undefined)} />
    </>
  );
}

/** Payments with how much of them went into bills and what is left. */
export function PaymentTable({ payments }: { payments: Payment[] }) {
  const { t, label } = useTexts();
  const used = (payment: Payment) => (payment.allocations ?? []).reduce((sum, one) => sum + one.principal_fen + one.late_fee_fen, 0);
  return (
    <Table<Payment>
      size="middle"
      rowKey="id"
      dataSource={payments}
      pagination={payments.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: t('account.noPayments') }}
      columns={[
        { title: t('accountPayment.at'), dataIndex: 'paid_at', width: 160, render: (at: string) => dateTime(at) },
        { title: t('accountPayment.amount'), dataIndex: 'amount_fen', width: 120, align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
        { title: t('accountPayment.method'), dataIndex: 'method', width: 110, render: (method: string) => label('method', method) },
        { title: t('accountPayment.receipt'), dataIndex: 'receipt_no', width: 140 },
        { title: t('accountPayment.used'), key: 'used', width: 120, align: 'right', className: 'figures', render: (_, payment) => yuan(used(payment)) },
        { title: t('accountPayment.advance'), dataIndex: 'advance_fen', width: 120, align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
        {
          title: t('accountPayment.status'),
          dataIndex: 'status',
          width: 90,
          render: (status: string) => <Tag color={status === 'reversed' ? 'default' : 'success'}>{label('accountPaymentStatus', status)}</Tag>,
        },
        { key: 'correct', width: 90, render: (_, payment) => <PaymentCorrections payment={payment} /> },
      ]}
    />
  );
}
