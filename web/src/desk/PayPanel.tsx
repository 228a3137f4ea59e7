import { QrcodeOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Checkbox, Form, Input, Segmented, Select, type FormInstance } from 'antd';
import { useState } from 'react';
import { uuid } from '../api/keys';
import { Problem } from '../api/problem';
import type { Bill, DeskHousehold, Payment } from '../api/model';
import { fenOf, yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { changeDue, depositKinds, methods, owedBy, smallChange, type Method, type Purpose } from './cash';
import { take, useFeeItems, useRefresh, type Taking } from './data';

interface Props {
  household: DeskHousehold;
  chosen: Bill[];
  purpose: Purpose;
  /** Whether the field for the cash takes the keyboard: when the household is opened, not while bills are ticked. */
  focus: boolean;
  setPurpose: (purpose: Purpose) => void;
  done: (payment: Payment) => void;
  /** Asks for these bills to be paid by a code; the panel is made anew when they are paid, so the code is shown outside of it. */
  byCode: (bills: Bill[]) => void;
}

interface Values {
  amount: string;
  received?: string;
  externalNo?: string;
  item?: string;
  depositKind?: string;
  unit?: string;
}

/** Codes after which the household is read again, because somebody else has changed it. */
const changedMeanwhile = ['balance-changed', 'bill-already-paid'];

/** Takes the money: what for, how, how much, and what the payer gets back. */
export function PayPanel({ household, chosen, purpose, focus, setPurpose, done, byCode }: Props) {
  const { t, label } = useTexts();
  const refresh = useRefresh();
  const [form] = Form.useForm<Values>();
  const [method, setMethod] = useState<Method>('cash');
  const [roundedOff, setRoundedOff] = useState(false);
  const [serial] = useState(() => uuid());
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const owed = owedBy(chosen);
  const off = purpose === 'bills' && method === 'cash' ? smallChange(household.small_change, owed) : 0;
  const leaveOff = roundedOff && off > 0 ? off : 0;
  const typed = fenOf(Form.useWatch('amount', form) ?? '');
  const amount = leaveOff > 0 ? owed - leaveOff : (typed ?? 0);

  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values || amount <= 0) return;
    setSending(true);
    setFailure(undefined);
    try {
      const taken = await take(asked(household, chosen, purpose, method, amount, leaveOff, owed, serial, values));
      refresh();
      done(taken as Payment);
    } catch (cause) {
      if (cause instanceof Problem && changedMeanwhile.includes(cause.code ?? '')) refresh();
      setFailure(cause);
      setSending(false);
    }
  };

  return (
    <Card className="desk-pay" title={t('desk.take')}>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={() => void send()} initialValues={{ amount: owed > 0 ? yuan(owed).slice(1) : '', unit: firstUnit(household) }}>
        <Form.Item>
          <Segmented
            aria-label={t('desk.purpose')}
            block
            value={purpose}
            onChange={(next) => setPurpose(next as Purpose)}
            options={(['bills', 'advance', 'deposit'] as const).map((one) => ({ value: one, label: label('desk.purpose', one), disabled: one === 'bills' && !household.bills?.length }))}
          />
        </Form.Item>
        {purpose === 'bills' && (
          <div className="desk-sum">
            <span>{t('desk.total')}</span>
            <b className="figures" data-testid="desk-total">
              {yuan(owed)}
            </b>
          </div>
        )}
        {purpose === 'advance' && <ItemField communityId={household.community_id} />}
        {purpose === 'deposit' && (
          <Form.Item name="depositKind" label={t('desk.depositKind')} initialValue={depositKinds[0]}>
            <Select options={depositKinds.map((kind) => ({ value: kind, label: label('depositKind', kind) }))} />
          </Form.Item>
        )}
        {purpose !== 'bills' && (
          <Form.Item name="unit" label={t('desk.forUnit')}>
            <Select allowClear options={(household.units ?? []).map((unit) => ({ value: unit.unit_id, label: unit.unit }))} />
          </Form.Item>
        )}
        <Form.Item label={t('desk.method')}>
          <Segmented aria-label={t('desk.method')} block value={method} onChange={(next) => setMethod(next as Method)} options={methods.map((code) => ({ value: code, label: label('deskMethod', code) }))} />
        </Form.Item>
        {off > 0 && (
          <Form.Item>
            <Checkbox checked={roundedOff} onChange={(event) => setRoundedOff(event.target.checked)}>
              {t('desk.roundOff', { amount: yuan(off) })}
            </Checkbox>
          </Form.Item>
        )}
        <Form.Item
          name="amount"
          label={t('desk.amount')}
          hidden={leaveOff > 0}
          rules={leaveOff > 0 ? [] : [{ validator: (_, text: string) => ((fenOf(text ?? '') ?? 0) > 0 ? Promise.resolve() : Promise.reject(new Error(t('desk.badAmount')))) }]}
        >
          <Input size="large" prefix="¥" inputMode="decimal" maxLength={14} />
        </Form.Item>
        {leaveOff > 0 && (
          <div className="desk-sum small">
            <span>{t('desk.roundedOff', { amount: yuan(leaveOff) })}</span>
            <b className="figures">{yuan(amount)}</b>
          </div>
        )}
        {method === 'cash' ? (
          <Change form={form} amount={amount} focus={focus} />
        ) : (
          <Form.Item name="externalNo" label={t('desk.externalNo')} rules={[{ required: true, whitespace: true, message: t('desk.needExternalNo') }]}>
            <Input maxLength={96} />
          </Form.Item>
        )}
        {purpose === 'bills' && leaveOff === 0 && typed !== undefined && <Rest owed={owed} amount={amount} />}
        <Button type="primary" size="large" block htmlType="submit" loading={sending} disabled={amount <= 0 || (purpose === 'bills' && chosen.length === 0)}>
          {t('desk.submit', { amount: yuan(amount) })}
        </Button>
        {purpose === 'bills' && chosen.length > 0 && (
          <Button block icon={<QrcodeOutlined />} style={{ marginTop: 8 }} onClick={() => byCode(chosen)}>
            {t('desk.byCode')}
          </Button>
        )}
      </Form>
    </Card>
  );
}

/** What is sent for what the cashier has chosen and typed. */
function asked(household: DeskHousehold, chosen: Bill[], purpose: Purpose, method: Method, amount: number, off: number, owed: number, serial: string, values: Values): Taking {
  const ask: Taking = {
    debtor_id: household.debtor_id,
    community_id: household.community_id,
    amount_fen: amount,
    method,
    external_no: method === 'cash' ? `DESK-${serial}` : (values.externalNo ?? '').trim(),
  };
  if (purpose === 'bills') return { ...ask, bill_ids: chosen.map((bill) => bill.id), expected_fen: owed, ...(off > 0 ? { round_off_fen: off } : {}) };
  const unit = values.unit ? { unit_id: values.unit } : {};
  if (purpose === 'deposit') return { ...ask, ...unit, deposit_kind: values.depositKind ?? depositKinds[0] };
  return { ...ask, ...unit, ...(values.item ? { purpose_id: values.item } : {}) };
}

const firstUnit = (household: DeskHousehold) => household.units?.find((unit) => unit.matched)?.unit_id ?? household.units?.[0]?.unit_id;

function ItemField({ communityId }: { communityId: string }) {
  const { t } = useTexts();
  const items = useFeeItems(communityId);
  return (
    <Form.Item name="item" label={t('desk.forItem')}>
      <Select allowClear placeholder={t('desk.anyItem')} loading={items.isPending} options={(items.data?.items ?? []).map((item) => ({ value: item.id, label: item.name }))} />
    </Form.Item>
  );
}

/** What the payer handed over and gets back. Nothing of it is kept. */
function Change({ form, amount, focus }: { form: FormInstance<Values>; amount: number; focus: boolean }) {
  const { t } = useTexts();
  const received = fenOf(Form.useWatch('received', form) ?? '');
  const back = received === undefined ? undefined : changeDue(received, amount);
  return (
    <>
      <Form.Item name="received" label={t('desk.received')}>
        <Input autoFocus={focus} prefix="¥" inputMode="decimal" maxLength={14} />
      </Form.Item>
      {received !== undefined && amount > 0 && (
        <div className={`desk-sum small${back === undefined ? ' short' : ''}`}>
          <span>{t(back === undefined ? 'desk.short' : 'desk.change')}</span>
          <b className="figures" data-testid="desk-change">
            {yuan(back ?? amount - received)}
          </b>
        </div>
      )}
    </>
  );
}

function Rest({ owed, amount }: { owed: number; amount: number }) {
  const { t } = useTexts();
  if (amount === owed || amount <= 0) return null;
  const text = amount > owed ? t('desk.rest', { amount: yuan(amount - owed) }) : t('desk.part', { amount: yuan(owed - amount) });
  return <Alert className="section" type={amount > owed ? 'info' : 'warning'} showIcon message={text} />;
}
