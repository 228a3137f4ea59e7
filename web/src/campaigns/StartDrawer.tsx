import { App, Button, Drawer, Form, Input, Select, Space } from 'antd';
import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Campaign, CampaignAsk, Preview } from '../api/model';
import { Problem } from '../api/problem';
import { fenOf } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { previewCampaign, startCampaign, useBuildings, useCommunities, usePolicies } from './data';
import { PreviewPanel } from './PreviewPanel';

interface Values {
  name: string;
  community_ids: string[];
  building_ids?: string[];
  policy_id: string;
  min_amount?: string;
  min_overdue_days?: string;
  from_stage?: string;
}

/** Starts a campaign: choose, preview, confirm. What was previewed is what is started; any change asks for a new preview. */
export function StartDrawer(props: { open: boolean; close: () => void; started: (campaign: Campaign) => void }) {
  const { t } = useTexts();
  return (
    <Drawer open={props.open} onClose={props.close} title={t('campaigns.start')} width="min(760px, 100vw)" destroyOnHidden maskClosable={false} keyboard={false}>
      <StartForm close={props.close} started={props.started} />
    </Drawer>
  );
}

function StartForm({ close, started }: { close: () => void; started: (campaign: Campaign) => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [preview, setPreview] = useState<Preview>();
  const [busy, setBusy] = useState<'preview' | 'start'>();
  const [failure, setFailure] = useState<unknown>();

  const attempt = async (what: 'preview' | 'start', work: (values: Values) => Promise<void>) => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setBusy(what);
    setFailure(undefined);
    try {
      await work(values);
    } catch (cause) {
      setFailure(cause);
    }
    setBusy(undefined);
  };
  const look = () => attempt('preview', async (values) => setPreview(await previewCampaign(askOf(values))));
  const start = (confirmChanges: boolean) =>
    attempt('start', async (values) => {
      const campaign = await startCampaign({
        ...askOf(values),
        name: values.name.trim(),
        ...(preview ? { preview_id: preview.preview_id } : {}),
        ...(confirmChanges ? { confirm_changes: true } : {}),
      });
      await queries.invalidateQueries({ queryKey: ['campaign'] });
      void message.success(t('campaigns.started', { name: values.name.trim() }));
      close();
      started(campaign);
    });
  const changed = failure instanceof Problem && failure.code === 'preview-changed';

  return (
    <>
      <ChoiceFields form={form} edited={() => setPreview(undefined)} />
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
          {changed && (
            <Space style={{ marginTop: 8 }}>
              <Button onClick={() => void look()}>{t('campaigns.previewAgain')}</Button>
              <Button type="primary" loading={busy === 'start'} onClick={() => void start(true)}>
                {t('campaigns.startAnyway')}
              </Button>
            </Space>
          )}
        </div>
      )}
      {preview && <PreviewPanel preview={preview} />}
      <Space wrap>
        <Button type={preview ? 'default' : 'primary'} loading={busy === 'preview'} onClick={() => void look()}>
          {t(preview ? 'campaigns.previewAgain' : 'campaigns.preview')}
        </Button>
        {preview && !changed && (
          <Button type="primary" disabled={preview.households === 0} loading={busy === 'start'} onClick={() => void start(false)}>
            {t('campaigns.startNow', { households: preview.households })}
          </Button>
        )}
        <Button onClick={close}>{t('common.cancel')}</Button>
      </Space>
    </>
  );
}

function askOf(values: Values): CampaignAsk {
  const minimum = values.min_amount ? fenOf(values.min_amount) : undefined;
  return {
    community_ids: values.community_ids,
    policy_id: values.policy_id,
    filter: {
      ...(minimum ? { min_amount_fen: minimum } : {}),
      ...(values.min_overdue_days ? { min_overdue_days: Number(values.min_overdue_days) } : {}),
    },
    ...(values.building_ids?.length ? { building_ids: values.building_ids } : {}),
    ...(values.from_stage ? { from_stage: values.from_stage } : {}),
  };
}

function ChoiceFields({ form, edited }: { form: ReturnType<typeof Form.useForm<Values>>[0]; edited: () => void }) {
  const { t, label } = useTexts();
  const communities = useCommunities();
  const policies = usePolicies();
  const communityIds = Form.useWatch('community_ids', form) ?? [];
  const policyId = Form.useWatch('policy_id', form);
  const buildings = useBuildings(communityIds);
  const stages = policies.data?.items?.find((policy) => policy.id === policyId)?.stages ?? [];
  const unreadable = communities.error ?? policies.error;

  const changed = (part: Partial<Values>) => {
    if (part.community_ids) form.setFieldValue('building_ids', undefined);
    if (part.policy_id) form.setFieldValue('from_stage', undefined);
    if (!('name' in part)) edited();
  };

  return (
    <>
      {unreadable && (
        <div className="section">
          <Failure cause={unreadable} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark="optional" onValuesChange={changed} initialValues={{ community_ids: [] }}>
        <Form.Item name="name" label={t('campaigns.name')} rules={[{ required: true, whitespace: true, message: t('campaigns.needName') }]}>
          <Input maxLength={60} autoFocus />
        </Form.Item>
        <Form.Item name="community_ids" label={t('campaigns.communities')} rules={[{ required: true, type: 'array', min: 1, message: t('campaigns.needCommunity') }]}>
          <Select
            mode="multiple"
            loading={communities.isPending}
            optionFilterProp="label"
            options={(communities.data?.items ?? []).map((community) => ({ value: community.id, label: community.name }))}
          />
        </Form.Item>
        <Form.Item name="policy_id" label={t('campaigns.policy')} rules={[{ required: true, message: t('campaigns.needPolicy') }]}>
          <Select
            loading={policies.isPending}
            optionFilterProp="label"
            showSearch
            options={(policies.data?.items ?? []).map((policy) => ({ value: policy.id, label: policy.name }))}
          />
        </Form.Item>
        <div className="form-columns">
          <Form.Item name="building_ids" label={t('campaigns.buildings')}>
            <Select
              mode="multiple"
              allowClear
              disabled={communityIds.length === 0}
              loading={buildings.isFetching}
              optionFilterProp="label"
              options={(buildings.data ?? []).map((community) => ({
                label: community.name,
                options: (community.building_list ?? []).map((building) => ({ value: building.id, label: building.name })),
              }))}
            />
          </Form.Item>
          <Form.Item name="from_stage" label={t('campaigns.fromStage')}>
            <Select
              allowClear
              disabled={stages.length === 0}
              placeholder={t('campaigns.fromStageAuto')}
              options={stages.map((stage) => ({ value: stage.key, label: label('stage', stage.key) }))}
            />
          </Form.Item>
          <Form.Item
            name="min_amount"
            label={t('campaigns.minAmount')}
            rules={[{ validator: (_, text?: string) => (!text || fenOf(text) !== undefined ? Promise.resolve() : Promise.reject(new Error(t('campaigns.badAmount')))) }]}
          >
            <Input prefix="¥" inputMode="decimal" maxLength={14} allowClear />
          </Form.Item>
          <Form.Item name="min_overdue_days" label={t('campaigns.minOverdue')} rules={[{ pattern: /^\d{1,4}$/, message: '0–9999' }]}>
            <Input inputMode="numeric" maxLength={4} allowClear />
          </Form.Item>
        </div>
      </Form>
    </>
  );
}
