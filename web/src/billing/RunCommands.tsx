import { CheckOutlined, DeleteOutlined, RedoOutlined, StopOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Tooltip } from 'antd';
import { useState } from 'react';
import type { BillingRunDetail } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { messageOf } from '../api/problem';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { steerBilling, voidBilling, type BillingCommand } from './data';

/** What can be done with a run, as far as its status allows it. */
export function RunCommands({ run }: { run: BillingRunDetail }) {
  const { t } = useTexts();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const may = useMay();
  const [ask, setAsk] = useState<ReasonAsk>();
  if (!may('run-billing')) return null;

  const steer = async (command: BillingCommand, reason: string, done: string) => {
    queries.setQueryData(['billing', 'run', run.id], await steerBilling(run.id, command, reason));
    await queries.invalidateQueries({ queryKey: ['billing'] });
    void message.success(done);
  };
  const approve = () =>
    modal.confirm({
      title: t('billing.approve'),
      content: t('billing.approveText', { n: run.totals.lines, amount: yuan(run.totals.amount_fen), problems: run.totals.problem.lines }),
      okText: t('billing.approve'),
      cancelText: t('common.cancel'),
      onOk: () => steer('approve', '', t('billing.approved')).catch((cause: unknown) => void message.error(messageOf(cause))),
    });
  const cancel = () =>
    setAsk({ title: t('billing.cancel'), text: t('billing.cancelText'), danger: true, send: (reason) => steer('cancel', reason, t('billing.cancelled')) });
  const voidRun = () =>
    setAsk({
      title: t('billing.void'),
      text: t('billing.voidText', { n: run.issued }),
      danger: true,
      send: async (reason) => {
        await voidBilling(run.id, reason);
        await queries.invalidateQueries({ queryKey: ['billing'] });
        void message.success(t('billing.voidAsked'));
      },
    });
  const nothingIssued = run.issued === 0;

  return (
    <>
      {run.status === 'ready' && (
        <Tooltip title={run.may_approve ? undefined : t('billing.otherApproves')}>
          <Button type="primary" icon={<CheckOutlined />} disabled={!run.may_approve} onClick={approve}>
            {t('billing.approve')}
          </Button>
        </Tooltip>
      )}
      {run.status === 'needs_attention' && (
        <Button
          type="primary"
          icon={<RedoOutlined />}
          onClick={() => void steer('retry', '', t('billing.retried')).catch((cause: unknown) => void message.error(messageOf(cause)))}
        >
          {t('billing.retry')}
        </Button>
      )}
      {(run.status === 'computing' || run.status === 'ready' || run.status === 'needs_attention') && nothingIssued && (
        <Button danger icon={<StopOutlined />} onClick={cancel}>
          {t('billing.cancel')}
        </Button>
      )}
      {run.status === 'issued' && !nothingIssued && !run.void_approval_id && (
        <Button danger icon={<DeleteOutlined />} onClick={voidRun}>
          {t('billing.void')}
        </Button>
      )}
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </>
  );
}
