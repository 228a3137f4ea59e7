import { App, Button, Form, Input, InputNumber, Modal, Result, Select } from 'antd';
import { useState } from 'react';
import { messageOf } from '../api/problem';
import type { Shift } from '../api/model';
import { fenOf, yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { counted, faces } from './cash';
import { closeShift, openShift, printSlip, useBooks, useRefresh } from './data';

/** Begins a shift with what lies in the drawer and the receipts to be used. */
export function OpenShiftDialog({ communityId, close }: { communityId: string; close: () => void }) {
  const { t } = useTexts();
  const refresh = useRefresh();
  const books = useBooks(communityId).data ?? [];
  const [form] = Form.useForm<{ float: string; book: string }>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await openShift({ community_id: communityId, float_fen: fenOf(values.float) ?? 0, ...(values.book ? { receipt_book_id: values.book } : {}) });
      refresh();
      close();
    } catch (cause) {
      setFailure(cause);
      setSending(false);
    }
  };
  return (
    <Modal open title={t('desk.openShift')} okText={t('desk.openShift')} cancelText={t('common.cancel')} okButtonProps={{ loading: sending }} onOk={() => void send()} onCancel={close}>
      {failure !== undefined && <Failure cause={failure} />}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ float: '0.00', book: '' }} onFinish={() => void send()}>
        <Form.Item
          name="float"
          label={t('desk.float')}
          rules={[{ validator: (_, text: string) => (fenOf(text ?? '') === undefined ? Promise.reject(new Error(t('desk.badAmount'))) : Promise.resolve()) }]}
        >
          <Input autoFocus prefix="¥" inputMode="decimal" maxLength={14} />
        </Form.Item>
        <Form.Item name="book" label={t('desk.book')}>
          <Select options={[{ value: '', label: t('desk.electronic') }, ...books.map((book) => ({ value: book.id, label: t('desk.paperBook', { code: book.code, n: book.left_nos ?? 0 }) }))]} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Counts the drawer and ends the shift: by notes and coins, or as one sum. */
export function CloseShiftDialog({ shift, close }: { shift: Shift; close: () => void }) {
  const { t } = useTexts();
  const refresh = useRefresh();
  const [pieces, setPieces] = useState<Record<number, number>>({});
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [closed, setClosed] = useState<Shift>();
  const byPieces = counted(pieces);
  const sum = typed === '' ? byPieces : fenOf(typed);

  const send = async () => {
    if (sum === undefined) return;
    setSending(true);
    setFailure(undefined);
    const denominations = faces.filter((face) => (pieces[face] ?? 0) > 0).map((face) => ({ face_fen: face, pieces: pieces[face] ?? 0 }));
    try {
      setClosed(
        (await closeShift({ community_id: shift.community_id, counted_fen: sum, ...(denominations.length > 0 ? { denominations } : {}), ...(note.trim() ? { note: note.trim() } : {}) })) as Shift,
      );
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  const leave = () => {
    close();
    refresh();
  };

  if (closed) return <Closed shift={closed} close={leave} />;
  return (
    <Modal open width={640} title={t('desk.closeShift')} okText={t('desk.closeShift')} cancelText={t('common.cancel')} okButtonProps={{ loading: sending, disabled: sum === undefined }} onOk={() => void send()} onCancel={close} maskClosable={false}>
      {failure !== undefined && <Failure cause={failure} />}
      <div className="desk-sum small">
        <span>{t('desk.expected')}</span>
        <b className="figures">{yuan(shift.expected_fen)}</b>
      </div>
      <p className="muted">{t('desk.byPieces')}</p>
      <div className="desk-faces">
        {faces.map((face) => (
          <InputNumber<number>
            key={face}
            aria-label={yuan(face)}
            addonBefore={yuan(face)}
            min={0}
            max={1_000_000}
            precision={0}
            value={pieces[face] ?? null}
            onChange={(n) => {
              setPieces((before) => ({ ...before, [face]: n ?? 0 }));
              setTyped('');
            }}
          />
        ))}
      </div>
      <Form layout="vertical">
        <Form.Item label={t('desk.counted')} htmlFor="counted">
          <Input id="counted" prefix="¥" inputMode="decimal" maxLength={14} value={typed === '' ? yuan(byPieces).slice(1) : typed} onChange={(event) => { setTyped(event.target.value); setPieces({}); }} />
        </Form.Item>
        <Form.Item label={t('desk.note')} htmlFor="note">
          <Input id="note" maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
        </Form.Item>
      </Form>
      <div className={`desk-sum small${sum !== shift.expected_fen ? ' short' : ''}`}>
        <span>{t('desk.difference')}</span>
        <b className="figures" data-testid="desk-difference">
          {sum === undefined ? '—' : <Difference fen={sum - shift.expected_fen} />}
        </b>
      </div>
    </Modal>
  );
}

function Difference({ fen }: { fen: number }) {
  const { t } = useTexts();
  if (fen === 0) return t('desk.even');
  return t(fen > 0 ? 'desk.surplus' : 'desk.shortage', { amount: yuan(Math.abs(fen)) });
}

function Closed({ shift, close }: { shift: Shift; close: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  return (
    <Modal open footer={null} onCancel={close}>
      <Result
        status="success"
        title={t('desk.closed', { amount: yuan(shift.pay_in_fen) })}
        subTitle={<Difference fen={shift.difference_fen ?? 0} />}
        extra={[
          <Button key="slip" type="primary" autoFocus onClick={() => void printSlip(shift.id).catch((cause: unknown) => void message.error(messageOf(cause)))}>
            {t('desk.slip')}
          </Button>,
          <Button key="close" onClick={close}>
            {t('common.close')}
          </Button>,
        ]}
      />
    </Modal>
  );
}
