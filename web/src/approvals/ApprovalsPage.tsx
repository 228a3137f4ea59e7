import { Button, Tabs, Tag } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { ViewedList } from '../shell/ViewedList';
import { ApprovalDrawer } from './ApprovalDrawer';
import { useApprovals, type ApprovalStatus } from './data';
import { RefundList } from './RefundList';

const views = ['asked', 'approved', 'rejected', 'timed_out', 'withdrawn'] as const;
const colours: Record<ApprovalStatus, string> = { asked: 'processing', approved: 'success', rejected: 'error', timed_out: 'warning', withdrawn: 'default' };

/** What was asked of a checker, and the refunds that wait to be handed out. The open approval is part of the address. */
export default function ApprovalsPage() {
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t('approvals.title')} subtitle={t('approvals.intro')} />
      <Tabs
        items={[
          { key: 'approvals', label: t('approvals.inbox'), children: <Inbox /> },
          { key: 'refunds', label: t('refunds.title'), children: <RefundList /> },
        ]}
      />
    </>
  );
}

function Inbox() {
  const { t, label } = useTexts();
  const [address, setAddress] = useSearchParams();
  const [view, setView] = useState<ApprovalStatus>('asked');
  const cursors = useCursors();
  const list = useApprovals(view, cursors.cursor);
  const open = (id: string | undefined) => setAddress(id ? { approval: id } : {});
  return (
    <>
      <ViewedList
        name="approvals"
        label={t('approvals.status')}
        views={views.map((of) => ({ value: of, label: label('approvalStatus', of) }))}
        view={view}
        choose={setView}
        cursors={cursors}
        list={list}
        width={980}
        empty={{ title: t('approvals.none'), hint: t('approvals.noneHint') }}
        columns={[
          { title: t('approvals.askedAt'), dataIndex: 'asked_at', width: 150, className: 'figures nowrap', render: (at: string) => dateTime(at) },
          { title: t('approvals.kind'), dataIndex: 'kind', width: 120, render: (kind: string) => label('approvalKind', kind) },
          { title: t('approvals.amount'), dataIndex: 'amount_fen', width: 130, align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
          { title: t('approvals.by'), key: 'by', width: 120, render: (_, one) => one.asked_by_name || '—' },
          { title: t('approvals.reason'), dataIndex: 'reason', className: 'wrap-anywhere' },
          { title: t('approvals.until'), dataIndex: 'expires_at', width: 150, className: 'figures nowrap', render: (at: string) => dateTime(at) },
          { title: t('approvals.status'), dataIndex: 'status', width: 100, render: (status: ApprovalStatus) => <Tag color={colours[status]}>{label('approvalStatus', status)}</Tag> },
          {
            key: 'do',
            width: 90,
            render: (_, one) => (
              <Button type="link" size="small" onClick={() => open(one.id)}>
                {t(one.may_decide ? 'approvals.decide' : 'approvals.look')}
              </Button>
            ),
          },
        ]}
      />
      <ApprovalDrawer id={address.get('approval') ?? undefined} close={() => open(undefined)} />
    </>
  );
}
