import { Descriptions, Drawer, Table } from 'antd';
import type { Bill, BillAllocation } from '../api/model';
import { CorrectionList } from '../corrections/CorrectionList';
import { BillCorrections } from '../corrections/CorrectionMenu';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Failure, PageLoading } from '../shell/states';
import { BillStatus } from './BillTable';
import { useBill, type AsOf } from './data';
import { plainInputs } from './explain';
import { SegmentTable } from './SegmentTable';

/** Explains one bill: how its amount came about, its late fee by stretches of days, and what was paid on it. */
export function BillDrawer({ id, at = { known: false }, close }: { id: string | undefined; at?: AsOf; close: () => void }) {
  const { t } = useTexts();
  const { data, error, refetch } = useBill(id, at);
  return (
    <Drawer title={t('bill.title')} open={!!id} onClose={close} width={720} destroyOnHidden extra={data && <BillCorrections bill={data} />}>
      {error ? <Failure cause={error} retry={() => void refetch()} /> : data ? <Explained bill={data} /> : <PageLoading />}
    </Drawer>
  );
}

function Explained({ bill }: { bill: Bill }) {
  const { t, label } = useTexts();
  const segments = bill.late_fee_segments ?? [];
  const accrued = segments.reduce((sum, segment) => sum + segment.fen, 0);
  const inputs = plainInputs(bill.inputs);
  return (
    <>
      <Descriptions
        className="section"
        size="small"
        column={2}
        bordered
        items={[
          { key: 'unit', label: t('bill.unit'), children: bill.unit },
          { key: 'item', label: t('bill.feeItem'), children: bill.fee_item },
          { key: 'period', label: t('bill.period'), children: bill.period },
          { key: 'status', label: t('bill.status'), children: <BillStatus bill={bill} /> },
          ...(bill.period_from ? [{ key: 'days', label: t('bill.days'), children: `${bill.period_from} – ${bill.period_to ?? ''}` }] : []),
          { key: 'billed', label: t('bill.billed'), children: bill.bill_date },
          { key: 'due', label: t('bill.due'), children: bill.due_date },
          ...(bill.late_fee_from ? [{ key: 'late', label: t('bill.lateFeeFrom'), children: bill.late_fee_from }] : []),
          { key: 'amount', label: t('bill.amount'), children: yuan(bill.principal_fen) },
          { key: 'paid', label: t('bill.paid'), children: yuan(bill.paid_fen) },
          ...(bill.adjusted_fen ? [{ key: 'adjusted', label: t('bill.adjusted'), children: yuan(bill.adjusted_fen) }] : []),
          ...(bill.waived_fen ? [{ key: 'waived', label: t('bill.waived'), children: yuan(bill.waived_fen) }] : []),
          { key: 'unpaid', label: t('bill.unpaid'), children: yuan(bill.unpaid_fen) },
          { key: 'formula', label: t('bill.formula'), children: label('formula', bill.formula) },
        ]}
      />
      {inputs.length > 0 && (
        <Descriptions className="section" size="small" column={1} bordered title={t('bill.inputs')} items={inputs.map(([name, value]) => ({ key: name, label: name, children: value }))} />
      )}
      <h3>{t('bill.lateFee')}</h3>
      <p className="muted">{t('bill.lateFeeRule')}</p>
      <SegmentTable segments={segments} />
      {(accrued > 0 || bill.late_fee_paid_fen > 0) && (
        <Descriptions
          className="section"
          size="small"
          column={2}
          items={[
            { key: 'accrued', label: t('bill.lateFeeAccrued'), children: yuan(accrued) },
            { key: 'paid', label: t('bill.lateFeePaid'), children: yuan(bill.late_fee_paid_fen) },
            { key: 'waived', label: t('bill.lateFeeWaived'), children: yuan(bill.late_fee_waived_fen) },
            { key: 'open', label: t('bill.lateFeeOpen'), children: <strong data-testid="bill-late-fee">{yuan(bill.late_fee_fen)}</strong> },
          ]}
        />
      )}
      <CorrectionList billId={bill.id} />
      <h3>{t('bill.allocations')}</h3>
      <Table<BillAllocation>
        size="small"
        rowKey={(one) => `${one.payment_id} ${one.at} ${one.principal_fen}`}
        dataSource={bill.allocations ?? []}
        pagination={false}
        locale={{ emptyText: t('bill.allocationsNone') }}
        columns={[
          { title: t('bill.valueOn'), dataIndex: 'value_on' },
          { title: t('bill.at'), dataIndex: 'at', render: (at: string) => dateTime(at) },
          { title: t('bill.toPrincipal'), dataIndex: 'principal_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
          { title: t('bill.toLateFee'), dataIndex: 'late_fee_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
        ]}
      />
    </>
  );
}
