import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Card, Descriptions, Drawer, Form, Input, Popconfirm, Space, Tag } from 'antd';
import { useState } from 'react';
import type { FeeItemVersion } from '../api/model';
import { messageOf } from '../api/problem';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { Failure, PageLoading } from '../shell/states';
import { addVersion, createFeeItem, useFeeItem, withdrawVersion } from './data';
import { Figures, takesFigures } from './Figures';
import { formOf, termsOf, usualTerms, type TermsForm } from './terms';
import { TermsFields } from './TermsFields';
import { TryOut } from './TryOut';

/** One fee item with its versions, or a form for another one. */
export function FeeItemDrawer({ communityId, itemId, making, close }: { communityId: string | undefined; itemId: string | undefined; making: boolean; close: () => void }) {
  const { t } = useTexts();
  const item = useFeeItem(itemId);
  const [adding, setAdding] = useState(false);
  const done = () => {
    setAdding(false);
    if (making) close();
  };
  const shut = () => {
    setAdding(false);
    close();
  };
  const newest = item.data?.versions?.[0];
  return (
    <Drawer open={making || itemId !== undefined} onClose={shut} title={making ? t('fees.add') : (item.data?.name ?? '')} width="min(860px, 100vw)" destroyOnHidden maskClosable={!making && !adding}>
      {making && communityId && <TermsEditor communityId={communityId} start={usualTerms} saved={done} />}
      {!making && item.error && <Failure cause={item.error} retry={() => void item.refetch()} />}
      {!making && itemId && item.isPending && <PageLoading />}
      {!making && item.data && adding && newest && (
        <TermsEditor communityId={item.data.community_id} itemId={item.data.id} name={item.data.name} start={formOf(newest)} saved={done} />
      )}
      {!making && item.data && !adding && (
        <Versions
          itemId={item.data.id}
          communityId={item.data.community_id}
          assigned={item.data.assigned_units}
          versions={item.data.versions ?? []}
          add={() => setAdding(true)}
        />
      )}
    </Drawer>
  );
}

function TermsEditor({ communityId, itemId, name, start, saved }: { communityId: string; itemId?: string; name?: string; start: TermsForm; saved: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<TermsForm & { name?: string }>();
  const [failure, setFailure] = useState<unknown>();
  const [saving, setSaving] = useState(false);
  const filled = async () => {
    const values = await form.validateFields().catch(() => undefined);
    return values ? termsOf(values) : undefined;
  };
  const save = async () => {
    const terms = await filled();
    if (!terms) return;
    setSaving(true);
    setFailure(undefined);
    try {
      if (itemId) await addVersion(itemId, terms);
      else await createFeeItem(communityId, (form.getFieldValue('name') as string).trim(), terms);
      await queries.invalidateQueries({ queryKey: ['community'] });
      void message.success(t('fees.saved'));
      saved();
    } catch (cause) {
      setFailure(cause);
      setSaving(false);
    }
  };
  return (
    <Form form={form} layout="vertical" requiredMark="optional" initialValues={start}>
      {!itemId && (
        <Form.Item name="name" label={t('ledger.feeItem')} rules={[{ required: true, whitespace: true, message: t('fees.needName') }]}>
          <Input maxLength={80} autoFocus />
        </Form.Item>
      )}
      {itemId && <Alert className="section" type="info" showIcon message={t('fees.versionHint')} />}
      <TermsFields form={form} />
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Card size="small" className="section" title={t('fees.tryFirst')}>
        <TryOut communityId={communityId} {...(itemId ? { itemId } : {})} {...(name ? { name } : {})} terms={filled} />
      </Card>
      <Button type="primary" loading={saving} onClick={() => void save()}>
        {t('fees.save')}
      </Button>
    </Form>
  );
}

function Versions({ itemId, communityId, assigned, versions, add }: { itemId: string; communityId: string; assigned: number; versions: FeeItemVersion[]; add: () => void }) {
  const { t } = useTexts();
  const may = useMay();
  return (
    <>
      <Space className="section" wrap>
        {may('edit-policies') && (
          <Button type="primary" onClick={add}>
            {t('fees.addVersion')}
          </Button>
        )}
        <span>{assigned > 0 ? t('fees.assigned', { units: assigned }) : t('fees.everyone')}</span>
      </Space>
      {may('edit-policies') && (
        <Card size="small" className="section" title={t('fees.tryIt')}>
          <TryOut communityId={communityId} itemId={itemId} />
        </Card>
      )}
      {may('run-billing') && takesFigures(versions[0]?.formula ?? '') && (
        <Card size="small" className="section" title={t('fees.figures')}>
          <Figures communityId={communityId} itemId={itemId} shared={(versions[0]?.formula ?? '').startsWith('shared_')} />
        </Card>
      )}
      {versions.map((version, at) => (
        <VersionCard key={version.id} itemId={itemId} version={version} newest={at === 0 && versions.length > 1} />
      ))}
    </>
  );
}

function VersionCard({ itemId, version, newest }: { itemId: string; version: FeeItemVersion; newest: boolean }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useMay();
  const withdraw = async () => {
    try {
      await withdrawVersion(itemId, version.id);
      await queries.invalidateQueries({ queryKey: ['community'] });
    } catch (cause) {
      void message.error(messageOf(cause));
    }
  };
  const parameters = Object.entries((version.parameters ?? {}) as Record<string, unknown>);
  return (
    <Card
      size="small"
      className="section"
      title={t('fees.versionNo', { no: version.version })}
      extra={
        <Space>
          {version.agreed && <Tag color="success">{t('fees.agreed')}</Tag>}
          {newest && !version.agreed && may('edit-policies') && (
            <Popconfirm title={t('fees.withdrawAsk')} onConfirm={() => void withdraw()}>
              <Button size="small" danger>
                {t('fees.withdraw')}
              </Button>
            </Popconfirm>
          )}
        </Space>
      }
    >
      {version.problem && <Alert className="section" type="warning" showIcon message={version.problem} />}
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: 'formula', label: t('ledger.formula'), children: label('formula', version.formula) },
          { key: 'span', label: t('fees.inForce'), children: `${version.from ?? '…'} – ${version.ends ?? version.to ?? '…'}` },
          ...parameters.map(([name, value]) => ({ key: name, label: label('feeParameter', name), children: typeof value === 'object' ? JSON.stringify(value) : String(value) })),
          { key: 'cycle', label: t('ledger.cycle'), children: `${label('cycle', version.cycle)} · ${t(version.prepaid ? 'ledger.prepaidYes' : 'ledger.prepaidNo')}` },
          { key: 'debtor', label: t('ledger.debtor'), children: label('feeDebtor', version.debtor_role) },
          { key: 'dates', label: t('fees.billDay'), children: t('fees.datesOf', { day: version.bill_day ?? 1, days: version.due_days ?? 30 }) },
          { key: 'prorate', label: t('fees.prorate'), children: label('feeProrate', version.prorate) },
          { key: 'rounding', label: t('fees.rounding'), children: label('feeRounding', version.rounding) },
          { key: 'vacant', label: t('fees.vacant'), children: formOf(version).vacant_percent + ' %' },
        ]}
      />
    </Card>
  );
}
