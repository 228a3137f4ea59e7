import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Input, Radio, Segmented, Select, Switch, Table } from 'antd';
import { useState } from 'react';
import { api, body } from '../api/client';
import type { Unit } from '../api/model';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';

const statuses = ['occupied', 'vacant', 'rented', 'unsold'] as const;

interface Wishes {
  from?: string;
  built_area_m2?: string;
  inner_area_m2?: string;
  status?: (typeof statuses)[number];
  role?: 'owner' | 'tenant';
  name?: string;
  phone?: string;
  company?: boolean;
  how?: 'ends' | 'beside';
}

interface Warned {
  code: string;
  message: string;
}

/** Changes what a unit is, or who is in it, from a day on. Bills that were issued are listed and stay as they are. */
export function UnitChangeDrawer({ unit, close }: { unit: Unit | undefined; close: () => void }) {
  const { t } = useTexts();
  return (
    <Drawer title={t('unitChange.title', { unit: unit?.display ?? '' })} open={!!unit} onClose={close} width={480} destroyOnHidden>
      {unit && <Change key={unit.id} unit={unit} />}
    </Drawer>
  );
}

function Change({ unit }: { unit: Unit }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [what, setWhat] = useState<'state' | 'people'>('state');
  const [warned, setWarned] = useState<readonly Warned[]>([]);
  const [form] = Form.useForm<Wishes>();
  const save = useMutation({
    mutationFn: (wishes: Wishes) => (what === 'state' ? changeState(unit.id, wishes) : changePeople(unit.id, wishes)),
    onSuccess: async (warnings, wishes) => {
      setWarned(warnings);
      await Promise.all([queries.invalidateQueries({ queryKey: ['unit'] }), queries.invalidateQueries({ queryKey: ['community', 'units'] })]);
      void message.success(t('unitChange.done', { from: wishes.from ?? '' }));
    },
  });
  return (
    <>
      <Segmented
        aria-label={t('unitChange.what')}
        value={what}
        options={[
          { value: 'state', label: t('unitChange.state') },
          { value: 'people', label: t('unitChange.people') },
        ]}
        onChange={setWhat}
      />
      <Form form={form} layout="vertical" requiredMark={false} style={{ marginTop: 16 }} initialValues={{ role: 'owner', how: 'ends' }} onFinish={(wishes) => save.mutate(wishes)}>
        <Form.Item name="from" label={t('unitChange.from')} rules={[{ required: true, message: t('unitChange.from') }]}>
          <Input type="date" style={{ width: 180 }} />
        </Form.Item>
        {what === 'state' ? <StateFields /> : <PeopleFields />}
        {save.error && <Failure cause={save.error} />}
        {warned.map((one) => (
          <Alert key={one.code} type="warning" showIcon message={one.message} style={{ marginBottom: 12 }} />
        ))}
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('unitChange.save')}
        </Button>
      </Form>
      <History unitId={unit.id} />
    </>
  );
}

function StateFields() {
  const { t, label } = useTexts();
  return (
    <>
      <Form.Item name="built_area_m2" label={t('unitChange.builtArea')}>
        <Input inputMode="decimal" placeholder={t('unitChange.keep')} />
      </Form.Item>
      <Form.Item name="inner_area_m2" label={t('unitChange.innerArea')}>
        <Input inputMode="decimal" placeholder={t('unitChange.keep')} />
      </Form.Item>
      <Form.Item name="status" label={t('unitChange.status')}>
        <Select allowClear placeholder={t('unitChange.keep')} options={statuses.map((one) => ({ value: one, label: label('unitStatus', one) }))} />
      </Form.Item>
    </>
  );
}

function PeopleFields() {
  const { t } = useTexts();
  return (
    <>
      <Form.Item name="role" label={t('unitChange.role')}>
        <Radio.Group>
          <Radio value="owner">{t('unitChange.owner')}</Radio>
          <Radio value="tenant">{t('unitChange.tenant')}</Radio>
        </Radio.Group>
      </Form.Item>
      <Form.Item name="name" label={t('unitChange.name')} rules={[{ required: true, message: t('unitChange.name') }]}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="phone" label={t('unitChange.phone')}>
        <Input maxLength={30} inputMode="tel" />
      </Form.Item>
      <Form.Item name="company" label={t('unitChange.company')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name="how">
        <Radio.Group>
          <Radio value="ends">{t('unitChange.ends')}</Radio>
          <Radio value="beside">{t('unitChange.beside')}</Radio>
        </Radio.Group>
      </Form.Item>
    </>
  );
}

function History({ unitId }: { unitId: string }) {
  const { t, label } = useTexts();
  const list = useQuery({ queryKey: ['unit', 'changes', unitId], queryFn: () => body(api.GET('/api/v1/units/{id}/changes', { params: { path: { id: unitId } } })) });
  const items = list.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <>
      <h3>{t('unitChange.history')}</h3>
      <Table
        size="small"
        rowKey="id"
        pagination={false}
        dataSource={items}
        columns={[
          { title: t('unitChange.from'), key: 'from', render: (_, one) => one.from ?? t('unitChange.always') },
          { title: t('unitChange.builtArea'), key: 'built', className: 'figures', render: (_, one) => one.built_area_m2 ?? '—' },
          { title: t('unitChange.innerArea'), key: 'inner', className: 'figures', render: (_, one) => one.inner_area_m2 ?? '—' },
          { title: t('unitChange.status'), key: 'status', render: (_, one) => label('unitStatus', one.status) },
        ]}
      />
    </>
  );
}

async function changeState(id: string, wishes: Wishes): Promise<readonly Warned[]> {
  const given = (text: string | undefined) => text?.trim() ?? '';
  const changed = await body(
    api.POST('/api/v1/units/{id}/changes', {
      params: { path: { id } },
      body: {
        from: wishes.from ?? '',
        ...(given(wishes.built_area_m2) ? { built_area_m2: given(wishes.built_area_m2) } : {}),
        ...(given(wishes.inner_area_m2) ? { inner_area_m2: given(wishes.inner_area_m2) } : {}),
        ...(wishes.status ? { status: wishes.status } : {}),
      },
    }),
  );
  return changed.warnings ?? [];
}

async function changePeople(id: string, wishes: Wishes): Promise<readonly Warned[]> {
  const changed = await body(
    api.POST('/api/v1/units/{id}/occupancies', {
      params: { path: { id } },
      body: {
        role: wishes.role ?? 'owner',
        name: wishes.name ?? '',
        from: wishes.from ?? '',
        ends_previous: wishes.how === 'ends',
        co_owner: wishes.how === 'beside',
        ...(wishes.phone?.trim() ? { phone: wishes.phone.trim() } : {}),
        ...(wishes.company ? { company: true } : {}),
      },
    }),
  );
  return changed.warnings ?? [];
}
