import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Form, Input, InputNumber, Select, Switch, Table } from 'antd';
import { useState } from 'react';
import type { ReadingRule } from '../api/model';
import { useFeeItems } from '../desk/data';
import { useTexts } from '../i18n';
import { Failure, PageLoading } from '../shell/states';
import { setReadingRule, useReadingRules } from './data';

const factor = /^$|^\d{1,3}(\.\d{1,3})?$/;

/** Which readings wait for review: of the community, and of fee items that have a rule of their own. */
export function RulesPanel({ community }: { community: string }) {
  const { t } = useTexts();
  const rules = useReadingRules(community);
  const items = useFeeItems(community);
  const [chosen, setChosen] = useState('');
  if (rules.error) return <Failure cause={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <PageLoading />;
  const all = rules.data;
  const named = (id: string | undefined) => (id ? (items.data?.items ?? []).find((item) => item.id === id)?.name ?? '—' : t('metering.ruleAll'));
  const whole = all.find((one) => !one.fee_item_id);
  const current = all.find((one) => (one.fee_item_id ?? '') === chosen) ?? whole;
  return (
    <>
      <p className="muted">{t('metering.rulesIntro')}</p>
      <Table
        className="section"
        size="small"
        rowKey={(one) => one.fee_item_id ?? ''}
        pagination={false}
        dataSource={all}
        columns={[
          { title: t('metering.ruleFor'), key: 'for', render: (_, one) => named(one.fee_item_id) },
          { title: t('metering.ruleHigh'), key: 'high', align: 'right', className: 'figures', render: (_, one) => (one.rule.high_factor ? t('metering.ruleTimes', { n: one.rule.high_factor }) : t('metering.ruleOff')) },
          { title: t('metering.ruleZero'), key: 'zero', render: (_, one) => t(one.rule.zero_use ? 'metering.ruleOn' : 'metering.ruleOff') },
          { title: t('metering.rulePeriods'), key: 'periods', align: 'right', className: 'figures', render: (_, one) => one.rule.periods },
        ]}
      />
      <Form layout="vertical" style={{ maxWidth: 520 }}>
        <Form.Item label={t('metering.ruleFor')}>
          <Select
            aria-label={t('metering.ruleFor')}
            value={chosen}
            onChange={setChosen}
            options={[{ value: '', label: t('metering.ruleAll') }, ...(items.data?.items ?? []).map((item) => ({ value: item.id, label: item.name }))]}
          />
        </Form.Item>
      </Form>
      {current && <RuleForm key={`${chosen} ${current.fee_item_id ?? ''} ${current.version}`} community={community} feeItemId={chosen} from={current.rule} />}
    </>
  );
}

function RuleForm({ community, feeItemId, from }: { community: string; feeItemId: string; from: Omit<ReadingRule, 'fee_item_id'> }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Omit<ReadingRule, 'fee_item_id'>>();
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await setReadingRule(community, { ...values, high_factor: values.high_factor.trim(), ...(feeItemId ? { fee_item_id: feeItemId } : {}) });
      await queries.invalidateQueries({ queryKey: ['meter', 'rules'] });
      void message.success(t('metering.ruleSaved'));
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <Form form={form} layout="vertical" requiredMark={false} style={{ maxWidth: 520 }} initialValues={{ high_factor: from.high_factor, zero_use: from.zero_use, periods: from.periods }}>
      <Form.Item name="high_factor" label={t('metering.ruleHigh')} extra={t('metering.ruleHighHint')} rules={[{ pattern: factor, message: t('fees.badFigure') }]}>
        <Input suffix={t('metering.ruleUnit')} inputMode="decimal" maxLength={8} style={{ width: 200 }} />
      </Form.Item>
      <Form.Item name="periods" label={t('metering.rulePeriods')} extra={t('metering.rulePeriodsHint')} rules={[{ required: true, message: t('metering.rulePeriods') }]}>
        <InputNumber min={1} max={24} precision={0} style={{ width: 200 }} />
      </Form.Item>
      <Form.Item name="zero_use" label={t('metering.ruleZero')} valuePropName="checked">
        <Switch />
      </Form.Item>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Button type="primary" loading={sending} onClick={() => void send()}>
        {t('metering.save')}
      </Button>
    </Form>
  );
}
