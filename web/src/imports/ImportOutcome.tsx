import { useQueryClient } from '@tanstack/react-query';
import { Alert, Progress, Skeleton } from 'antd';
import { useEffect } from 'react';
import type { ImportJob } from '../api/model';
import { percent } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Figures } from '../shell/PageHead';
import { Failure } from '../shell/states';
import { useImport } from './data';
import './imports.css';
import { NextSteps } from './NextSteps';
import { NoticeList } from './NoticeList';
import { OutcomeTabs } from './OutcomeTabs';
import { RollBack } from './RollBack';

/** How far an import or a dry run is and what it does, row by row; of an import that is in, also what can follow. */
export function ImportOutcome({ id }: { id: string }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const { data: job, error, isPending, refetch } = useImport(id);
  const over = job !== undefined && job.status !== 'running';

  useEffect(() => {
    if (!over) return;
    void queries.invalidateQueries({ queryKey: ['community'] });
    void queries.invalidateQueries({ queryKey: ['import', 'list'] });
  }, [over, queries]);

  if (isPending) return <Skeleton active />;
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  const number = (n: number) => n.toLocaleString('zh-CN');
  const written = over && !job.dry_run && job.status === 'done';
  return (
    <div data-testid="import-result" data-status={job.status}>
      {over ? <Verdict job={job} /> : <Running job={job} />}
      {over && (
        <Figures
          items={[
            { name: t('imports.rows'), value: number(job.rows) },
            { name: t('imports.created'), value: number(job.created), id: 'import-created' },
            { name: t('imports.updated'), value: number(job.updated), id: 'import-updated' },
            { name: t('imports.unchanged'), value: number(job.unchanged), id: 'import-unchanged' },
            { name: t('imports.rejected'), value: number(job.rejected), id: 'import-rejected' },
          ]}
        />
      )}
      {written && <NextSteps job={job} />}
      {over && <OutcomeTabs job={job} />}
      {over && <NoticeList notices={job.notices ?? []} />}
      {written && !job.rolled_back_at && <RollBack job={job} />}
    </div>
  );
}

function Running({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  const { done, total } = job.progress;
  return (
    <div role="status">
      <Progress percent={percent(done, total)} status="active" />
      <div className="muted figures">
        {total > 0 ? t('imports.progress', { done: done.toLocaleString('zh-CN'), total: total.toLocaleString('zh-CN') }) : t('imports.progressChecking')}
      </div>
    </div>
  );
}

function Verdict({ job }: { job: ImportJob }) {
  const { type, message } = useVerdict(job);
  return <Alert className="section" type={type} showIcon role="status" message={message} />;
}

function useVerdict(job: ImportJob): { type: 'success' | 'info' | 'warning' | 'error'; message: string } {
  const { t } = useTexts();
  const problems = (job.problems ?? []).length > 0;
  if (job.rolled_back_at) return { type: 'info', message: t('imports.takenBack', { at: dateTime(job.rolled_back_at) }) };
  if (!job.dry_run) {
    if (job.status === 'failed') return { type: 'error', message: t('imports.failed') };
    return job.rejected > 0 ? { type: 'warning', message: t('imports.donePartial', { n: job.rejected }) } : { type: 'success', message: t('imports.done') };
  }
  if (job.status === 'failed' || (problems && job.created + job.updated + job.unchanged === 0)) return { type: 'error', message: t('imports.dryUnreadable') };
  return job.rejected > 0 ? { type: 'warning', message: t('imports.dryProblems', { n: job.rejected }) } : { type: 'success', message: t('imports.dryClean') };
}
