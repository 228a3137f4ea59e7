import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Form, Input, Space } from 'antd';
import { useState } from 'react';
import { fenOf } from '../format/money';
import { useTexts } from '../i18n';
import { Failure, PageLoading } from '../shell/states';
import { correct, useEffectOf, type CorrectionAsk, type CorrectionKind, type CorrectionSubject } from './data';
import { EffectView } from './EffectView';
import { TargetChoice, type TransferTarget } from './TargetChoice';

const stale = ['payment', 'approval', 'case', 'campaign', 'message', 'unit'] as const;

interface Wishes {
  amount?: string;
  lateFee?: string;
  target?: TransferTarget | undefined;
  reason?: string;
}

/** Reads what was typed; undefined while it is not complete, so that nothing is shown for half an amount. */
function askOf(kind: CorrectionKind, wishes: Wishes): CorrectionAsk | undefined {
  const ask: CorrectionAsk = {};
  const text = wishes.amount?.trim() ?? '';
  const negative = kind === 'adjustments' && text.startsWith('-');
  if (text !== '') {
    const fen = fenOf(negative ? text.slice(1) : text);
    if (fen === undefined) return undefined;
    ask.amount_fen = negative ? -fen : fen;
  }
  if (wishes.lateFee?.trim()) {
    const fen = fenOf(wishes.lateFee);
    if (fen === undefined) return undefined;
    ask.late_fee_fen = fen;
  }
  if (kind === 'transfer') {
    if (!wishes.target) return undefined;
    Object.assign(ask, wishes.target);
  }
  if (kind === 'adjustments' && ask.amount_fen === undefined) return undefined;
  return ask;
}

/** Puts a payment or a bill right: says what, shows what that does, and does it or asks for it. */
export function CorrectionDrawer({ subject, close }: { subject: CorrectionSubject | undefined; close: () => void }) {
  const { t } = useTexts();
  return (
    <Drawer title={subject ? t(`correct.${subject.kind}`) : ''} open={!!subject} onClose={close} width={760} destroyOnHidden>
      {subject && <Correction key={`${subject.kind} ${subject.id}`} subject={subject} close={close} />}
    </Drawer>
  );
}

function Correction({ subject, close }: { subject: CorrectionSubject; close: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [wishes, setWishes] = useState<Wishes>({});
  const ask = askOf(subject.kind, wishes);
  const effect = useEffectOf(subject, ask);
  const reason = wishes.reason?.trim() ?? '';
  const needsChecker = effect.data?.approval_needed ?? false;
  const send = useMutation({
    mutationFn: () => correct(subject, { ...ask, reason }),
    onSuccess: async (done) => {
      await Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      void message.success(t(done.approval_id ? 'correct.asked' : 'correct.done'));
      close();
    },
  });
  const set = (part: Partial<Wishes>) => setWishes((before) => ({ ...before, ...part }));
  const ready = ask !== undefined && reason !== '' && effect.data !== undefined && !effect.error && !effect.isFetching;
  return (
    <>
      <p className="muted">{subject.title}</p>
      <p>{t(`correct.${subject.kind}.text`)}</p>
      <Form layout="vertical" requiredMark={false}>
        {(subject.kind === 'refund' || subject.kind === 'waivers' || subject.kind === 'adjustments') && (
          <Form.Item label={t('correct.amount')} extra={t(`correct.${subject.kind}.amountHint`)}>
            <Input inputMode="decimal" style={{ width: 200 }} prefix="¥" value={wishes.amount ?? ''} onChange={(event) => set({ amount: event.target.value })} data-testid="correction-amount" />
          </Form.Item>
        )}
        {subject.kind === 'waivers' && (
          <Form.Item label={t('correct.lateFee')}>
            <Input inputMode="decimal" style={{ width: 200 }} prefix="¥" value={wishes.lateFee ?? ''} onChange={(event) => set({ lateFee: event.target.value })} />
          </Form.Item>
        )}
        {subject.kind === 'transfer' && (
          <TargetChoice choose={(target) => set({ target })} />
        )}
        <Form.Item label={t('common.reason')} extra={t('common.reasonHint')}>
          <Input.TextArea rows={2} maxLength={200} showCount value={wishes.reason ?? ''} onChange={(event) => set({ reason: event.target.value })} data-testid="correction-reason" />
        </Form.Item>
      </Form>
      <h3>{t('effect.title')}</h3>
      {ask === undefined ? (
        <p className="muted">{t('correct.complete')}</p>
      ) : effect.error ? (
        <Failure cause={effect.error} />
      ) : effect.data ? (
        <EffectView effect={effect.data} />
      ) : (
        <PageLoading />
      )}
      {send.error && <Failure cause={send.error} />}
      <Space style={{ marginBlockStart: 16 }}>
        <Button type="primary" danger={!needsChecker} disabled={!ready} loading={send.isPending} onClick={() => send.mutate()} data-testid="correction-send">
          {t(needsChecker ? 'correct.ask' : 'correct.confirm')}
        </Button>
        <Button onClick={close}>{t('common.cancel')}</Button>
      </Space>
    </>
  );
}
