import { Card, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import type { Bill, DeskHousehold, Payment } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Figures } from '../shell/PageHead';
import { Nothing } from '../shell/states';
import { owedBy, payable, preselected, type Purpose } from './cash';
import { CodeDialog } from './CodeDialog';
import { Done } from './Done';
import { PayPanel } from './PayPanel';

/** One household at the desk: who it is, what it owes, and the money that it pays. */
export function Household({ household, next }: { household: DeskHousehold; next: () => void }) {
  const { t } = useTexts();
  const bills = household.bills ?? [];
  const [ticked, setTicked] = useState<string[]>(() => preselected(household));
  const [purpose, setPurpose] = useState<Purpose>(bills.length > 0 ? 'bills' : 'advance');
  const [touched, setTouched] = useState(false);
  const [taken, setTaken] = useState<Payment>();
  const [byCode, setByCode] = useState<Bill[]>();
  const chosen = bills.filter((bill) => ticked.includes(bill.id));

  return (
    <div className="desk-work">
      <Card>
        <Who household={household} />
        {bills.length === 0 ? (
          <Nothing title={t('desk.noBills')} />
        ) : (
          <Bills household={household} ticked={purpose === 'bills' && !taken ? ticked : []} tick={(ids) => {
              setTouched(true);
              setTicked(ids);
            }} disabled={purpose !== 'bills' || taken !== undefined} />
        )}
        {(household.more_bills ?? 0) > 0 && <div className="muted">{t('desk.moreBills', { n: household.more_bills ?? 0 })}</div>}
      </Card>
      {taken ? (
        <Done payment={taken} next={next} />
      ) : (
        <PayPanel
          key={`${purpose} ${owedBy(chosen)}`}
          household={household}
          chosen={purpose === 'bills' ? chosen : []}
          purpose={purpose}
          focus={!touched}
          setPurpose={setPurpose}
          done={setTaken}
          byCode={setByCode}
        />
      )}
      {byCode && <CodeDialog household={household} chosen={byCode} owed={owedBy(byCode)} close={() => setByCode(undefined)} />}
    </div>
  );
}

function Who({ household }: { household: DeskHousehold }) {
  const { t, label } = useTexts();
  const purposes = (household.advances ?? []).filter((one) => one.purpose_id);
  return (
    <>
      <div className="desk-who">
        <h2>{household.name}</h2>
        <span className="muted">{household.phone}</span>
      </div>
      <div className="desk-units" aria-label={t('desk.units')}>
        {(household.units ?? []).map((unit) => (
          <Tag key={unit.unit_id} color={unit.matched ? 'processing' : undefined}>
            {unit.unit}
            {unit.role && ` · ${label('deskRole', unit.role)}`}
          </Tag>
        ))}
      </div>
      <Figures
        items={[
          { name: t('desk.owed'), value: yuan(household.owed_fen), id: 'desk-owed' },
          { name: t('desk.due'), value: yuan(household.due_fen) },
          { name: t('desk.advance'), value: yuan(household.advance_fen) },
          { name: t('desk.deposit'), value: yuan(household.deposit_fen) },
        ]}
      />
      {purposes.length > 0 && (
        <Space wrap className="section">
          {purposes.map((one) => (
            <Tag key={one.purpose_id}>{t('desk.forPurpose', { purpose: one.purpose ?? '', amount: yuan(one.amount_fen) })}</Tag>
          ))}
        </Space>
      )}
    </>
  );
}

function Bills(props: { household: DeskHousehold; ticked: string[]; tick: (ids: string[]) => void; disabled: boolean }) {
  const { t } = useTexts();
  const { household } = props;
  const bills = household.bills ?? [];
  const oneUnit = new Set(bills.map((bill) => bill.unit_id)).size === 1;
  const noLateFee = bills.every((bill) => payable(bill) === bill.unpaid_fen);
  const figure = { align: 'right', className: 'figures', render: (fen: number) => (fen ? yuan(fen) : '—') } as const;
  return (
    <Table<Bill>
      size="small"
      rowKey="id"
      aria-label={t('desk.bills')}
      dataSource={bills}
      pagination={false}
      scroll={{ x: 'max-content', y: 420 }}
      rowSelection={{
        selectedRowKeys: props.ticked,
        onChange: (keys) => props.tick(keys as string[]),
        getCheckboxProps: (bill) => ({ disabled: props.disabled, 'aria-label': `${bill.unit} ${bill.fee_item} ${bill.period}` }),
      }}
      columns={[
        ...(oneUnit ? [] : [{ title: t('desk.unit'), dataIndex: 'unit', width: 130 }]),
        { title: t('desk.feeItem'), dataIndex: 'fee_item', width: 120 },
        { title: t('desk.period'), dataIndex: 'period', width: 100 },
        {
          title: t('desk.dueDate'),
          dataIndex: 'due_date',
          width: 160,
          render: (day: string) => (
            <Space size={6}>
              <span className="nowrap">{day}</span>
              {day < household.as_of ? <Tag color="error">{t('desk.overdue')}</Tag> : day > household.as_of ? <Tag>{t('desk.notDue')}</Tag> : null}
            </Space>
          ),
        },
        ...(noLateFee
          ? []
          : [
              { title: t('desk.principal'), dataIndex: 'unpaid_fen', width: 100, ...figure },
              { title: t('desk.lateFee'), key: 'late', width: 85, align: 'right' as const, className: 'figures', render: (_: unknown, bill: Bill) => figure.render(payable(bill) - bill.unpaid_fen) },
            ]),
        { title: t('desk.sum'), dataIndex: 'payable_fen', width: 110, ...figure },
      ]}
    />
  );
}
