import { useQueryClient } from '@tanstack/react-query';
import { Alert, Progress, Skeleton, Table } from 'antd';
import { useEffect } from 'react';
import type { ImportJob } from '../api/model';
import { percent } from '../format/money';
import { useTexts } from '../i18n';
import { Figures } from '../shell/PageHead';
import { Failure } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { useImport } from './data';

/** How far an import is, what it wrote, and what it could not take. */
export function ImportResult({ id }: { id: string }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = useImport(id);
  const over = data !== undefined && data.status !== 'running';

  useEffect(() => {
    if (!over) return;
    void queries.invalidateQueries({ queryKey: ['community'] });
    void queries.invalidateQueries({ queryKey: ['import', 'list'] });
  }, [over, queries]);

  if (isPending) return <Skeleton active />;
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  const number = (n: number) => n.toLocaleString('zh-CN');
  return (
    <div data-testid="import-result" data-status={data.status}>
      <div className="filters">
        <StatusTag group="importStatus" status={data.status} />
        <Progress
          style={{ flex: '1 1 160px', margin: 0 }}
          percent={over ? 100 : percent(data.progress.done, data.progress.total)}
          status={data.status === 'failed' ? 'exception' : over ? 'success' : 'active'}
          showInfo={!over}
        />
      </div>
      {over && <Outcome job={data} />}
      <Figures
        items={[
          { name: t('imports.rows'), value: number(data.rows) },
          { name: t('imports.created'), value: number(data.created) },
          { name: t('imports.updated'), value: number(data.updated) },
          { name: t('imports.unchanged'), value: number(data.unchanged) },
          { name: t('imports.rejected'), value: number(data.rejected), id: 'import-rejected' },
        ]}
      />
      <Problems problems={data.problems ?? []} />
    </div>
  );
}

function Outcome({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  const problems = (job.problems ?? []).length > 0;
  if (job.status === 'failed') return <Alert className="section" type="error" showIcon message={t('imports.failed')} />;
  if (job.dry_run) return <Alert className="section" type={problems ? 'warning' : 'success'} showIcon message={t(problems ? 'imports.dryDone' : 'imports.dryClean')} />;
  return <Alert className="section" type={problems ? 'warning' : 'success'} showIcon message={t('imports.done')} />;
}

function Problems({ problems }: { problems: NonNullable<ImportJob['problems']> }) {
  const { t } = useTexts();
  if (problems.length === 0) return null;
  return (
    <Table
      size="small"
      rowKey={(row) => `${row.row}-${row.column}-${row.code}`}
      title={() => `${t('imports.problems')}（${t('imports.problemsMore', { n: problems.length })}）`}
      dataSource={problems}
      pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 480 }}
      columns={[
        { title: t('imports.row'), dataIndex: 'row', width: 80, className: 'figures' },
        { title: t('imports.column'), dataIndex: 'column', width: 130 },
        { title: t('imports.problem'), key: 'message', render: (_, row) => <span title={row.code}>{row.message}</span> },
      ]}
    />
  );
}
