import { Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { Failure } from './states';

/** What a command asks of the user before it is sent. */
export interface ReasonAsk {
  title: string;
  text: string;
  danger?: boolean;
  withUntil?: boolean;
  send: (reason: string, until: string | undefined) => Promise<unknown>;
}

/** Asks for the reason of a command and sends it; a refusal is shown in place and the reason kept. */
export function ReasonDialog({ ask, close }: { ask: ReasonAsk | undefined; close: () => void }) {
  if (!ask) return null;
  return <OpenDialog ask={ask} close={close} />;
}

function OpenDialog({ ask, close }: { ask: ReasonAsk; close: () => void }) {
  const { t } = useTexts();
  const [form] = Form.useForm<{ reason: string; until?: string }>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await ask.send(values.reason.trim(), values.until || undefined);
      close();
    } catch (cause) {
      setFailure(cause);
      setSending(false);
    }
  };

  return (
    <Modal
      open
      title={ask.title}
      okText={t('common.confirm')}
      cancelText={t('common.cancel')}
      okButtonProps={{ danger: ask.danger ?? false, loading: sending }}
      onOk={() => void send()}
      onCancel={close}
      maskClosable={false}
    >
      <p>{ask.text}</p>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark={false}>
        <Form.Item name="reason" label={t('common.reason')} extra={t('common.reasonHint')} rules={[{ required: true, whitespace: true, message: t('common.needReason') }]}>
          <Input.TextArea autoFocus rows={3} maxLength={200} showCount />
        </Form.Item>
        {ask.withUntil && (
          <Form.Item name="until" label={t('common.until')}>
            <Input type="date" />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}
