import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Descriptions, Drawer, Space } from 'antd';
import { useState } from 'react';
import type { Approval } from '../api/model';
import { EffectView } from '../corrections/EffectView';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMe } from '../session/may';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { Failure, PageLoading } from '../shell/states';
import { approve, reject, useApproval, withdraw } from './data';

/** One approval: what is asked, what it would have done when it was asked, and the decision. */
export function ApprovalDrawer({ id, close }: { id: string | undefined; close: () => void }) {
  const { t } = useTexts();
  const { data, error, refetch } = useApproval(id);
  return (
    <Drawer title={t('approvals.one')} open={!!id} onClose={close} width={760} destroyOnHidden>
      {error ? <Failure cause={error} retry={() => void refetch()} /> : data ? <Asked approval={data} /> : <PageLoading />}
    </Drawer>
  );
}

function Asked({ approval }: { approval: Approval }) {
  const { t, label } = useTexts();
  return (
    <>
      <Descriptions
        className="section"
        size="small"
        bordered
        column={2}
        items={[
          { key: 'kind', label: t('approvals.kind'), children: label('approvalKind', approval.kind) },
          { key: 'status', label: t('approvals.status'), children: label('approvalStatus', approval.status) },
          { key: 'amount', label: t('approvals.amount'), children: yuan(approval.amount_fen) },
          { key: 'by', label: t('approvals.by'), children: approval.asked_by_name || '—' },
          { key: 'at', label: t('approvals.askedAt'), children: dateTime(approval.asked_at) },
          { key: 'until', label: t('approvals.until'), children: dateTime(approval.expires_at) },
          { key: 'reason', label: t('approvals.reason'), span: 2, children: approval.reason },
          ...(approval.decided_at ? [{ key: 'decided', label: t('approvals.decidedAt'), children: dateTime(approval.decided_at) }] : []),
          ...(approval.decided_why ? [{ key: 'why', label: t('approvals.decidedWhy'), children: approval.decided_why }] : []),
        ]}
      />
      <Decision approval={approval} />
      {approval.effect && (
        <>
          <h3>{t('approvals.effect')}</h3>
          <EffectView effect={{ ...approval.effect, approval_needed: false }} />
        </>
      )}
    </>
  );
}

function Decision({ approval }: { approval: Approval }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const me = useMe().data;
  const [ask, setAsk] = useState<ReasonAsk>();
  const settle = () => Promise.all(['approval', 'payment', 'billing', 'desk', 'case', 'campaign'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  const agree = useMutation({
    mutationFn: () => approve(approval.id, ''),
    onSuccess: () => void message.success(t('approvals.approved')),
    onSettled: settle,
  });
  const take = useMutation({
    mutationFn: () => withdraw(approval.id),
    onSuccess: () => void message.success(t('approvals.withdrawn')),
    onSettled: settle,
  });
  const mine = me !== undefined && me.user.id === approval.asked_by;
  if (approval.status !== 'asked') return null;
  return (
    <div className="section">
      {mine && <Alert className="section" type="info" showIcon message={t('approvals.mine')} />}
      <Space>
        {approval.may_decide && (
          <>
            <Button type="primary" loading={agree.isPending} onClick={() => agree.mutate()} data-testid="approve">
              {t('approvals.approve')}
            </Button>
            <Button
              danger
              onClick={() =>
                setAsk({
                  title: t('approvals.reject'),
                  text: t('approvals.rejectText'),
                  danger: true,
                  send: async (reason) => {
                    await reject(approval.id, reason);
                    await settle();
                    void message.success(t('approvals.rejected'));
                  },
                })
              }
            >
              {t('approvals.reject')}
            </Button>
          </>
        )}
        {mine && (
          <Button loading={take.isPending} onClick={() => take.mutate()}>
            {t('approvals.withdraw')}
          </Button>
        )}
      </Space>
      {(agree.error ?? take.error) && (
        <div className="section">
          <Failure cause={agree.error ?? take.error} />
        </div>
      )}
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </div>
  );
}
