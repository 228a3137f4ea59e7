import { PlusOutlined } from '@ant-design/icons';
import { Button, Card, Table } from 'antd';
import { Link, useNavigate } from 'react-router';
import type { ImportJob } from '../api/model';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { useImports } from './data';
import { ImportTags } from './ImportTags';

/** All imports, newest first, and the way to bring a file in. */
export default function ImportsPage() {
  const { t, label } = useTexts();
  const navigate = useNavigate();
  const cursors = useCursors();
  const { data, error, isPending, refetch } = useImports(cursors.cursor);
  if (error) {
    return (
      <>
        <PageHead title={t('imports.title')} />
        <Failure cause={error} retry={() => void refetch()} />
      </>
    );
  }
  const start = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate('/imports/new')}>
      {t('imports.start')}
    </Button>
  );
  return (
    <>
      <PageHead title={t('imports.title')} subtitle={t('imports.intro')} actions={start} />
      <Card title={t('imports.recent')} styles={{ body: { padding: 0 } }}>
        <Table<ImportJob>
          rowKey="id"
          size="middle"
          loading={isPending}
          dataSource={data?.items ?? []}
          pagination={false}
          scroll={{ x: 860 }}
          locale={{ emptyText: isPending ? ' ' : <Nothing title={t('imports.recentEmpty')} hint={t('imports.recentEmptyHint')} /> }}
          columns={[
            { title: t('imports.kindShort'), key: 'kind', width: 150, render: (_, job) => <Link to={`/imports/${job.id}`}>{label('importKind', job.kind)}</Link> },
            { title: t('imports.community'), dataIndex: 'community', width: 150 },
            { title: t('imports.file'), dataIndex: 'file_name', width: 190, className: 'wrap-anywhere' },
            { title: t('imports.counts'), key: 'counts', className: 'figures', render: (_, job) => <Counts job={job} /> },
            { title: t('imports.status'), key: 'status', width: 150, render: (_, job) => <ImportTags job={job} /> },
            { title: t('imports.at'), key: 'at', width: 150, className: 'figures nowrap', render: (_, job) => dateTime(job.requested_at) },
          ]}
        />
        <div style={{ padding: data?.next_cursor || cursors.page > 1 ? '0 16px 12px' : 0 }}>
          <CursorPager cursors={cursors} next={data?.next_cursor} />
        </div>
      </Card>
    </>
  );
}

function Counts({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  if (job.status === 'running') return <span className="muted">…</span>;
  return (
    <>
      {t('imports.countsLine', { created: job.created, updated: job.updated, unchanged: job.unchanged })}
      {job.rejected > 0 && <span className="nowrap" style={{ color: '#c0392b' }}> · {t('imports.countsBad', { n: job.rejected })}</span>}
    </>
  );
}
