import { InboxOutlined } from '@ant-design/icons';
import { App, AutoComplete, Button, Checkbox, Form, Segmented, Upload } from 'antd';
import type { UploadFile } from 'antd';
import { useState } from 'react';
import { useCommunities } from '../campaigns/data';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { kinds, submitImport, type Kind } from './data';

interface Values {
  kind: Kind;
  community: string;
  files: UploadFile[];
  dryRun: boolean;
  partial: boolean;
}

/** The choice of a file, what it holds and how it is taken. */
export function ImportForm({ accepted }: { accepted: (id: string) => void }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const communities = useCommunities();
  const dryRun = Form.useWatch('dryRun', form) ?? true;

  const submit = async (values: Values) => {
    const file = values.files[0]?.originFileObj;
    if (!file) return;
    setSending(true);
    setFailure(undefined);
    try {
      const { id } = await submitImport({ ...values, community: values.community.trim(), file });
      void message.info(t('imports.accepted'));
      accepted(id);
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };

  return (
    <Form<Values>
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ kind: 'roster', community: '', files: [], dryRun: true, partial: false }}
      onFinish={(values) => void submit(values)}
    >
      <Form.Item name="kind" label={t('imports.kind')}>
        <Segmented block options={kinds.map((kind) => ({ value: kind, label: label('importKind', kind) }))} />
      </Form.Item>
      <Form.Item name="community" label={t('imports.community')} rules={[{ required: true, whitespace: true, message: t('imports.needCommunity') }]}>
        <AutoComplete
          placeholder={t('imports.communityHint')}
          maxLength={60}
          options={(communities.data?.items ?? []).map((community) => ({ value: community.name }))}
          filterOption={(typed, option) => option?.value.includes(typed) ?? false}
        />
      </Form.Item>
      <Form.Item
        name="files"
        label={t('imports.file')}
        valuePropName="fileList"
        getValueFromEvent={({ fileList }: { fileList: UploadFile[] }) => fileList.slice(-1)}
        rules={[{ required: true, type: 'array', min: 1, message: t('imports.needFile') }]}
      >
        <Upload.Dragger accept=".xlsx,.csv" beforeUpload={() => false} maxCount={1}>
          <InboxOutlined style={{ fontSize: 28, color: '#1f6f68' }} />
          <div style={{ marginTop: 6 }}>{t('imports.dropFile')}</div>
        </Upload.Dragger>
      </Form.Item>
      <Form.Item name="dryRun" valuePropName="checked" style={{ marginBottom: 4 }}>
        <Checkbox>{t('imports.dryRun')}</Checkbox>
      </Form.Item>
      <Form.Item name="partial" valuePropName="checked">
        <Checkbox>{t('imports.partial')}</Checkbox>
      </Form.Item>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Button type="primary" htmlType="submit" block loading={sending}>
        {t(dryRun ? 'imports.submitDry' : 'imports.submit')}
      </Button>
    </Form>
  );
}
