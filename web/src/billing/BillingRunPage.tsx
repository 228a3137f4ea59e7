import { Alert, Card, Progress, Segmented } from 'antd';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { BillingOnly, BillingRunDetail } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { percent, yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, PageLoading } from '../shell/states';
import { useBillingLines, useBillingRun } from './data';
import { LinesTable } from './LinesTable';
import { RunCommands } from './RunCommands';
import { RunStatus } from './RunStatus';
import { TotalsTable } from './TotalsTable';

/** One run: how far it is, what it comes to, every line, and what can be done with it. */
export default function BillingRunPage() {
  const { id = '' } = useParams();
  const { t, label } = useTexts();
  const run = useBillingRun(id);
  const communities = useCommunities();
  if (run.error) return <Failure cause={run.error} retry={() => void run.refetch()} />;
  if (!run.data) return <PageLoading />;
  const r = run.data;
  const community = communities.data?.items?.find((one) => one.id === r.community_id)?.name ?? '';
  return (
    <>
      <PageHead
        back="/billing"
        title={`${community} ${r.period}`}
        tag={<RunStatus status={r.status} />}
        subtitle={`${label('billingTiming', r.timing)} · ${r.by_calendar ? t('billing.calendar') : (r.opened_by_name ?? '')} · ${dateTime(r.opened_at)}`}
        actions={<RunCommands run={r} />}
      />
      {r.why && <Alert className="section" type={r.status === 'needs_attention' ? 'error' : 'info'} showIcon message={r.why} />}
      {r.void_approval_id && <Alert className="section" type="warning" showIcon message={t('billing.voidPending')} />}
      {r.void_why && <Alert className="section" type="warning" showIcon message={r.void_why} />}
      {(r.warnings ?? []).map((warning) => (
        <Alert key={warning.code} className="section" type="warning" showIcon message={warning.message} />
      ))}
      <Working run={r} />
      <Figures
        items={[
          { name: t('billing.lines'), value: r.totals.lines.toLocaleString('zh-CN'), id: 'billing-lines' },
          { name: t('billing.amount'), value: yuan(r.totals.amount_fen), id: 'billing-amount' },
          { name: t('billing.previous'), value: yuan(r.totals.previous_fen) },
          { name: t('billing.problems'), value: r.problems.toLocaleString('zh-CN'), id: 'billing-problems' },
        ]}
      />
      <Card className="section" size="small">
        <TotalsTable items={r.items ?? []} totals={r.totals} />
      </Card>
      <Lines id={id} />
    </>
  );
}

/** How far a run is that goes on by itself. */
function Working({ run }: { run: BillingRunDetail }) {
  const { t } = useTexts();
  if (run.status === 'computing')
    return <Bar part={run.units_done} all={run.units} text={t('billing.computeProgress', { n: run.units_done, all: run.units })} />;
  if (run.status === 'issuing') return <Bar part={run.issued} all={run.totals.lines} text={t('billing.issueProgress', { n: run.issued, all: run.totals.lines })} />;
  if (run.status === 'voiding') return <Bar part={run.voided ?? 0} all={run.issued} text={t('billing.voidProgress', { n: run.voided ?? 0 })} />;
  return null;
}

function Bar({ part, all, text }: { part: number; all: number; text: string }) {
  return (
    <div className="section" role="status">
      <Progress percent={percent(part, all)} status="active" />
      <div className="muted">{text}</div>
    </div>
  );
}

const filters: BillingOnly[] = ['', 'problems', 'changed', 'new', 'gone', 'same', 'nothing'];

function Lines({ id }: { id: string }) {
  const { t, label } = useTexts();
  const [only, setOnly] = useState<BillingOnly>('');
  const cursors = useCursors();
  const lines = useBillingLines(id, only, cursors.cursor);
  return (
    <Card size="small">
      <div className="filters">
        <Segmented<BillingOnly>
          value={only}
          onChange={(next) => {
            cursors.restart();
            setOnly(next);
          }}
          options={filters.map((one) => ({ value: one, label: one === '' ? t('billing.all') : label('verdict', one) }))}
        />
      </div>
      {lines.error ? <Failure cause={lines.error} retry={() => void lines.refetch()} /> : <LinesTable lines={lines.data?.items ?? []} loading={lines.isPending} />}
      <CursorPager cursors={cursors} next={lines.data?.next_cursor} />
    </Card>
  );
}
