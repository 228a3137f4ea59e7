import { Alert, Button, Drawer, Form, Input, Select, Space } from 'antd';
import { useState } from 'react';
import type { BillingPreview, BillingRunDetail } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { openBilling, previewBilling, type BillingAsk } from './data';
import { LinesTable } from './LinesTable';
import { TotalsTable } from './TotalsTable';

/** Asks for a community and a period, shows what would be billed, and opens the run. */
export function StartDrawer({ open, close, started }: { open: boolean; close: () => void; started: (run: BillingRunDetail) => void }) {
  const { t } = useTexts();
  const communities = useCommunities();
  const [form] = Form.useForm<BillingAsk>();
  const [preview, setPreview] = useState<BillingPreview>();
  const [busy, setBusy] = useState<'preview' | 'open'>();
  const [failure, setFailure] = useState<unknown>();

  const run = async (what: 'preview' | 'open') => {
    const ask = await form.validateFields().catch(() => undefined);
    if (!ask) return;
    setBusy(what);
    setFailure(undefined);
    try {
      if (what === 'preview') setPreview(await previewBilling(ask));
      else started(await openBilling(ask));
    } catch (cause) {
      setFailure(cause);
      setPreview(undefined);
    } finally {
      setBusy(undefined);
    }
  };

  return (
    <Drawer
      open={open}
      onClose={close}
      width="min(1100px, 100vw)"
      title={t('billing.new')}
      destroyOnHidden
      afterOpenChange={(shown) => !shown && (setPreview(undefined), setFailure(undefined))}
      extra={
        <Space>
          <Button loading={busy === 'preview'} onClick={() => void run('preview')}>
            {t('billing.preview')}
          </Button>
          <Button type="primary" loading={busy === 'open'} onClick={() => void run('open')}>
            {t('billing.open')}
          </Button>
        </Space>
      }
    >
      <Form form={form} layout="inline" requiredMark={false} className="section" onValuesChange={() => setPreview(undefined)}>
        <Form.Item name="community_id" label={t('billing.community')} rules={[{ required: true, message: t('billing.community') }]}>
          <Select
            style={{ width: 220 }}
            showSearch
            optionFilterProp="label"
            options={(communities.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="period" label={t('billing.period')} rules={[{ required: true, whitespace: true, message: t('billing.periodHint') }]}>
          <Input style={{ width: 180 }} maxLength={24} placeholder={t('billing.periodHint')} onPressEnter={() => void run('preview')} />
        </Form.Item>
      </Form>
      {failure !== undefined && <Failure cause={failure} />}
      {preview ? <PreviewView preview={preview} /> : failure === undefined && <p className="muted">{t('billing.previewText')}</p>}
    </Drawer>
  );
}

function PreviewView({ preview }: { preview: BillingPreview }) {
  const { t } = useTexts();
  const lines = preview.lines ?? [];
  const problems = preview.problems ?? [];
  return (
    <div data-testid="billing-preview">
      {(preview.warnings ?? []).map((warning) => (
        <Alert key={warning.code} className="section" type="warning" showIcon message={warning.message} />
      ))}
      <TotalsTable items={preview.items ?? []} totals={preview.totals} />
      {problems.length > 0 && (
        <section className="section">
          <h3>{t('billing.previewProblems')}</h3>
          <LinesTable lines={problems} />
        </section>
      )}
      <section className="section">
        <h3>{t('billing.previewLines', { n: lines.length })}</h3>
        <LinesTable lines={lines} />
      </section>
    </div>
  );
}
