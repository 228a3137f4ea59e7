import { useQueryClient } from '@tanstack/react-query';
import { App, Form, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import type { NewMeter } from '../api/model';
import { useFeeItems } from '../desk/data';
import { useUnitSearch } from '../fees/data';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { addMeter, meterKinds } from './data';

type Values = Omit<NewMeter, 'community_id'>;

/** Registers a meter of a unit or of the common parts. */
export function MeterDialog({ communityId, open, close }: { communityId: string; open: boolean; close: () => void }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [words, setWords] = useState('');
  const units = useUnitSearch(communityId, words);
  const items = useFeeItems(communityId);
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')) as Values;
      await addMeter({ ...given, community_id: communityId });
      await queries.invalidateQueries({ queryKey: ['meter'] });
      void message.success(t('metering.meterAdded'));
      close();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <Modal open={open} title={t('metering.addMeter')} okText={t('metering.save')} cancelText={t('metering.cancel')} okButtonProps={{ loading: sending }} onOk={() => void send()} onCancel={close} maskClosable={false} destroyOnHidden>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark="optional" preserve={false} initialValues={{ kind: 'water' }}>
        <Form.Item name="unit_id" label={t('metering.unit')} extra={t('metering.unitHint')}>
          <Select
            showSearch
            allowClear
            filterOption={false}
            onSearch={setWords}
            loading={units.isFetching}
            options={(units.data?.items ?? []).map((unit) => ({ value: unit.id, label: unit.display }))}
          />
        </Form.Item>
        <div className="form-columns">
          <Form.Item name="kind" label={t('metering.kind')} rules={[{ required: true }]}>
            <Select options={meterKinds.map((kind) => ({ value: kind, label: label('meterKind', kind) }))} />
          </Form.Item>
          <Form.Item name="fee_item_id" label={t('metering.feeItem')}>
            <Select allowClear options={(items.data?.items ?? []).map((item) => ({ value: item.id, label: item.name }))} />
          </Form.Item>
          <Form.Item name="name" label={t('metering.meterName')} dependencies={['unit_id']} rules={[({ getFieldValue }) => ({ required: !getFieldValue('unit_id'), whitespace: true, message: t('metering.needName') })]}>
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="serial" label={t('metering.meterSerial')}>
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item name="digits" label={t('metering.digits')}>
            <InputNumber min={1} max={10} precision={0} style={{ width: '100%' }} />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
