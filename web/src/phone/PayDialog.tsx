import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Alert, Form, Input, Modal, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { CaseDetail } from '../api/model';
import { fenOf, yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { caseBehind, payOnline } from './data';

const methods = ['wechat', 'alipay'] as const;

/** Pays what the household behind a message owes, through an order with the sandbox provider. */
export function PayDialog({ messageId, close }: { messageId: string; close: () => void }) {
  const { t } = useTexts();
  const { data, error, isPending } = useQuery({
    queryKey: ['case', 'behind', messageId],
    queryFn: () => caseBehind(messageId),
  });
  if (data && (data.arrears_fen ?? 0) > 0) return <Asked owed={data} close={close} />;
  return (
    <Modal open title={t('phone.payTitle')} footer={null} onCancel={close}>
      {isPending && <Skeleton active />}
      {error && <Failure cause={error} />}
      {data && <Alert type="success" showIcon message={t('phone.payNothing')} action={<Link to={`/cases/${data.id}`}>{t('phone.openCase')}</Link>} />}
    </Modal>
  );
}

function Asked({ owed, close }: { owed: CaseDetail; close: () => void }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ amount: string; method: (typeof methods)[number] }>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const submit = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      const amount_fen = fenOf(values.amount) ?? 0;
      const order = await payOnline({ debtor_id: owed.debtor_id, community_id: owed.community_id, amount_fen, method: values.method });
      if (order.status === 'paid') void message.success(t('phone.payDone', { receipt: order.receipt_no ?? '' }));
      else void message.info(order.why ?? t('phone.payPending'));
      void queries.invalidateQueries();
      close();
    } catch (cause) {
      setFailure(cause);
      setSending(false);
    }
  };

  return (
    <Modal
      open
      title={t('phone.payTitle')}
      okText={t('phone.paySubmit')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: sending }}
      onOk={() => void submit()}
      onCancel={close}
    >
      <p>
        {owed.household} · {t('phone.payOwed', { amount: yuan(owed.arrears_fen) })}
      </p>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ amount: yuan(owed.arrears_fen).slice(1), method: 'wechat' }}>
        <Form.Item
          name="amount"
          label={t('phone.payAmount')}
          rules={[{ validator: (_, text: string) => ((fenOf(text) ?? 0) > 0 ? Promise.resolve() : Promise.reject(new Error(t('campaigns.badAmount')))) }]}
        >
          <Input prefix="¥" inputMode="decimal" maxLength={14} />
        </Form.Item>
        <Form.Item name="method" label={t('phone.payMethod')}>
          <Select options={methods.map((method) => ({ value: method, label: label('method', method) }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
