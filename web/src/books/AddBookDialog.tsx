import { useQueryClient } from '@tanstack/react-query';
import { App, Form, Input, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { addBook } from './data';

interface Values {
  code: string;
  first_no: number;
  last_no: number;
}

const mostSheets = 100_000;

/** Takes a paper book into use. */
export function AddBookDialog({ communityId, open, close }: { communityId: string; open: boolean; close: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await addBook({ community_id: communityId, ...values, code: values.code.trim() });
      await Promise.all(['book', 'desk'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      void message.success(t('books.added'));
      close();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <Modal open={open} title={t('books.add')} okText={t('books.add')} cancelText={t('common.cancel')} okButtonProps={{ loading: sending }} onOk={() => void send()} onCancel={close} maskClosable={false} destroyOnHidden>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark={false} preserve={false}>
        <Form.Item name="code" label={t('books.code')} extra={t('books.codeHint')} rules={[{ required: true, whitespace: true, message: t('books.codeHint') }]}>
          <Input maxLength={40} autoFocus />
        </Form.Item>
        <div className="form-columns">
          <Form.Item name="first_no" label={t('books.first')} rules={[{ required: true, message: t('books.first') }]}>
            <InputNumber min={1} precision={0} style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item
            name="last_no"
            label={t('books.last')}
            dependencies={['first_no']}
            rules={[
              ({ getFieldValue }) => ({
                validator: (_, last?: number) => {
                  const first = getFieldValue('first_no') as number | undefined;
                  const good = last !== undefined && last !== null && last >= (first ?? 1) && last - (first ?? 1) < mostSheets;
                  return good ? Promise.resolve() : Promise.reject(new Error(t('books.badRange')));
                },
              }),
            ]}
          >
            <InputNumber min={1} precision={0} style={{ width: '100%' }} />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
