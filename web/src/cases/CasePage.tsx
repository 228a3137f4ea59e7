import { Alert, Card } from 'antd';
import { Link, useParams } from 'react-router';
import type { CaseDetail } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, PageLoading } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { CaseCommands } from './CaseCommands';
import { CaseTimeline } from './CaseTimeline';
import { useCase } from './data';
import { MessageList } from './MessageList';

/** One case: what comes next, what is owed, what happened and what was said. */
export default function CasePage() {
  const { id = '' } = useParams();
  const { data, error, isPending, refetch } = useCase(id);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure cause={error} retry={() => void refetch()} />;
  return <CaseView detail={data} />;
}

function CaseView({ detail }: { detail: CaseDetail }) {
  const { t, label } = useTexts();
  const going = detail.status === 'open' || detail.status === 'held' || detail.status === 'needs_attention';
  return (
    <>
      <PageHead
        back={`/campaigns/${detail.campaign_id}`}
        title={[(detail.units ?? []).join('、'), detail.household].filter(Boolean).join(' · ')}
        tag={<StatusTag group="caseStatus" status={detail.status} />}
        subtitle={
          <>
            {t('cases.title')} · <Link to={`/accounts/debtors/${detail.debtor_id}`}>{t('account.open')}</Link>
          </>
        }
        actions={<CaseCommands detail={detail} />}
      />
      {(detail.holds ?? []).map((hold, index) => (
        <Alert
          key={index}
          className="section"
          type="warning"
          showIcon
          message={`${t('cases.holds')}：${hold.why || '—'}${hold.until ? `（${dateTime(hold.until)}）` : ''}`}
        />
      ))}
      <Figures
        items={[
          { name: t('cases.arrears'), value: yuan(detail.arrears_fen), id: 'case-arrears' },
          { name: t('cases.stage'), value: detail.stage ? label('stage', detail.stage) : t('cases.stageNone') },
          { name: t('cases.next'), value: going && detail.next_stage ? label('stage', detail.next_stage) : t('cases.nextNone'), note: going && detail.next_action ? label('action', detail.next_action) : undefined },
          { name: t('cases.nextAt'), value: going ? dateTime(detail.next_at) : '—' },
        ]}
      />
      <div className="two-columns">
        <Card title={t('cases.timeline')}>
          <CaseTimeline entries={detail.timeline ?? []} />
        </Card>
        <Card title={t('cases.messages')}>
          <MessageList caseId={detail.id} />
        </Card>
      </div>
    </>
  );
}
