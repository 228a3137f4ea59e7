import { Alert, Descriptions, Table, Tag } from 'antd';
import type { BillEffect, CaseEffect, MoneyEffect } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';

interface Amounts {
  before: number;
  after: number;
}

/** An amount before and after; what stays is said once. */
function Change({ of }: { of: Amounts }) {
  if (of.before === of.after) return <span className="muted figures">{yuan(of.after)}</span>;
  return (
    <span className="figures nowrap">
      {yuan(of.before)} → <strong>{yuan(of.after)}</strong>
    </span>
  );
}

/** What a correction does to bills, late fee, receipts, the advance and collection cases. */
export function EffectView({ effect }: { effect: MoneyEffect }) {
  const { t, label } = useTexts();
  const bills = effect.bills ?? [];
  const cases = effect.cases ?? [];
  const receipts = effect.receipts ?? [];
  return (
    <div data-testid="effect">
      {effect.approval_needed && <Alert className="section" type="info" showIcon message={t('effect.approvalNeeded')} />}
      <Descriptions
        className="section"
        size="small"
        bordered
        column={1}
        items={[
          { key: 'principal', label: t('effect.principal'), children: <Change of={effect.principal_fen} /> },
          { key: 'lateFee', label: t('effect.lateFee'), children: <Change of={effect.late_fee_fen} /> },
          { key: 'advance', label: t('effect.advance'), children: <Change of={effect.advance_fen} /> },
          ...(effect.refund_fen ? [{ key: 'refund', label: t('effect.refund'), children: yuan(effect.refund_fen) }] : []),
          {
            key: 'receipts',
            label: t('effect.receipts'),
            children:
              receipts.length === 0
                ? t('effect.none')
                : receipts.map((one) => (
                    <div key={one.no} className="figures">
                      {one.no} <Tag>{one.before ? `${label('receiptStatus', one.before)} → ${label('receiptStatus', one.after)}` : t('effect.newReceipt')}</Tag>
                    </div>
                  )),
          },
        ]}
      />
      <h4>{t('effect.bills')}</h4>
      <Table<BillEffect>
        size="small"
        rowKey="bill_id"
        dataSource={bills}
        pagination={bills.length > 10 ? { pageSize: 10, showSizeChanger: false } : false}
        locale={{ emptyText: t('effect.noBills') }}
        columns={[
          { title: t('effect.unit'), dataIndex: 'unit' },
          { title: t('effect.feeItem'), dataIndex: 'fee_item' },
          { title: t('effect.period'), dataIndex: 'period', className: 'nowrap' },
          { title: t('effect.unpaid'), key: 'unpaid', align: 'right', render: (_, one) => <Change of={one.unpaid_fen} /> },
          { title: t('effect.lateFee'), key: 'late', align: 'right', render: (_, one) => <Change of={one.late_fee_fen} /> },
          {
            title: t('effect.status'),
            key: 'status',
            className: 'nowrap',
            render: (_, one) => (one.before === one.after ? label('billStatus', one.after) : `${label('billStatus', one.before)} → ${label('billStatus', one.after)}`),
          },
        ]}
      />
      {effect.bills_left_out ? <p className="muted">{t('effect.moreBills', { n: effect.bills_left_out })}</p> : null}
      <h4>{t('effect.cases')}</h4>
      {cases.length === 0 ? <p className="muted">{t('effect.noCases')}</p> : cases.map((one) => <CaseChange key={one.case_id} of={one} />)}
      {effect.cases_left_out ? <p className="muted">{t('effect.moreCases', { n: effect.cases_left_out })}</p> : null}
    </div>
  );
}

function CaseChange({ of }: { of: CaseEffect }) {
  const { t, label } = useTexts();
  const status = of.before === of.after ? label('caseStatus', of.after) : `${label('caseStatus', of.before)} → ${label('caseStatus', of.after)}`;
  return (
    <p>
      {t('effect.case', { status, stage: of.stage_after || '—' })} <Change of={of.arrears_fen} />
      {of.next_at_after && <span className="muted"> {t('effect.caseNext', { at: dateTime(of.next_at_after) })}</span>}
    </p>
  );
}
