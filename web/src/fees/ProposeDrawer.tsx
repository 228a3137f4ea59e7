import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Input, InputNumber, Select, Switch } from 'antd';
import { useState } from 'react';
import type { Settlement, SettlementDraft } from '../api/model';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { proposeSettlement } from './data';
import { percent, Rates } from './Rates';
import { raised, shifted } from './terms';
import { VersionChoice } from './VersionChoice';

interface Values {
  first_day?: string;
  allocation_order: NonNullable<SettlementDraft['allocation_order']>;
  small_change: NonNullable<SettlementDraft['small_change']>;
  bill_day: number;
  late: boolean;
  grace_days: number;
  rates?: { percent?: string; from?: string }[];
  versions?: string[];
  late_order: 'principal_first' | 'late_fee_first';
  cap_percent?: string;
  cap_yearly_percent?: string;
  note?: string;
}

/** Proposes settlement rules: the chosen versions of fee items with these settings; none chosen is the current one of each. Examples are worked out when it is stored. */
export function ProposeDrawer({ communityId, from, open, close }: { communityId: string; from: Settlement | undefined; open: boolean; close: () => void }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const late = Form.useWatch('late', form) ?? false;
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const options = (group: string, codes: string[]) => codes.map((code) => ({ value: code, label: label(group, code) }));
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await proposeSettlement(communityId, draftOf(values));
      await queries.invalidateQueries({ queryKey: ['community'] });
      void message.success(t('settlements.proposed'));
      close();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <Drawer open={open} onClose={close} title={t('settlements.propose')} width="min(640px, 100vw)" destroyOnHidden maskClosable={false}>
      <Alert className="section" type="info" showIcon message={t('settlements.proposeHint')} />
      <Form form={form} layout="vertical" requiredMark="optional" initialValues={valuesOf(from)}>
        <div className="form-columns">
          <Form.Item name="first_day" label={t('settlements.firstDay')} extra={t('settlements.firstDayHint')}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="bill_day" label={t('settlements.billDay')} extra={t('settlements.billDayHint')}>
            <InputNumber min={0} max={31} precision={0} style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item name="allocation_order" label={t('settlements.order')}>
            <Select options={options('settlementOrder', ['law', 'oldest_due'])} />
          </Form.Item>
          <Form.Item name="small_change" label={t('settlements.smallChange')}>
            <Select options={options('settlementChange', ['none', 'jiao', 'yuan'])} />
          </Form.Item>
        </div>
        <Form.Item name="late" label={t('settlements.lateFee')} valuePropName="checked">
          <Switch />
        </Form.Item>
        {late && <Rates />}
        {late && (
          <div className="form-columns">
            <Form.Item name="grace_days" label={t('settlements.graceDays')}>
              <InputNumber min={0} max={366} precision={0} style={{ width: '100%' }} />
            </Form.Item>
            <Form.Item name="late_order" label={t('settlements.lateOrder')}>
              <Select options={options('settlementLateOrder', ['principal_first', 'late_fee_first'])} />
            </Form.Item>
            <Form.Item name="cap_percent" label={t('settlements.cap')} rules={[{ pattern: percent, message: t('fees.badFigure') }]}>
              <Input suffix="%" inputMode="decimal" maxLength={10} />
            </Form.Item>
            <Form.Item name="cap_yearly_percent" label={t('settlements.capYearly')} rules={[{ pattern: percent, message: t('fees.badFigure') }]}>
              <Input suffix="%" inputMode="decimal" maxLength={10} />
            </Form.Item>
          </div>
        )}
        <Form.Item name="versions" label={t('settlements.versions')} extra={t('settlements.versionsHint')}>
          <VersionChoice communityId={communityId} />
        </Form.Item>
        <Form.Item name="note" label={t('settlements.note')}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Button type="primary" loading={sending} onClick={() => void send()}>
        {t('settlements.proposeOk')}
      </Button>
    </Drawer>
  );
}

function valuesOf(from: Settlement | undefined): Values {
  const late = from?.late_fee;
  const rates = (late?.rates ?? []).map((rate) => ({ percent: raised(rate.daily, 2), from: rate.from }));
  return {
    allocation_order: from?.allocation_order ?? 'law',
    small_change: from?.small_change ?? 'none',
    bill_day: from?.bill_day ?? 0,
    late: late?.enabled ?? false,
    grace_days: late?.grace_days ?? 0,
    late_order: late?.order ?? 'principal_first',
    ...(from?.first_day ? { first_day: from.first_day } : {}),
    rates: rates.length > 0 ? rates : [{}],
    ...(late?.cap_share ? { cap_percent: raised(late.cap_share, 2) } : {}),
    ...(late?.cap_yearly ? { cap_yearly_percent: raised(late.cap_yearly, 2) } : {}),
  };
}

function draftOf(values: Values): SettlementDraft {
  return {
    allocation_order: values.allocation_order,
    small_change: values.small_change,
    bill_day: values.bill_day ?? 0,
    late_fee: values.late
      ? {
          enabled: true,
          grace_days: values.grace_days ?? 0,
          order: values.late_order,
          rates: (values.rates ?? []).map((rate) => ({ from: rate.from ?? '', daily: shifted(rate.percent ?? '', 2) })).sort((a, b) => a.from.localeCompare(b.from)),
          ...(values.cap_percent ? { cap_share: shifted(values.cap_percent, 2) } : {}),
          ...(values.cap_yearly_percent ? { cap_yearly: shifted(values.cap_yearly_percent, 2) } : {}),
        }
      : { enabled: false },
    ...(values.first_day ? { first_day: values.first_day } : {}),
    ...(values.versions?.length ? { fee_item_version_ids: values.versions } : {}),
    ...(values.note?.trim() ? { note: values.note.trim() } : {}),
  };
}
