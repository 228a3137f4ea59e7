import { Card, List, Tag } from 'antd';
import { Link, useSearchParams } from 'react-router';
import { Problem } from '../api/problem';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { useImports } from './data';
import { ImportForm } from './ImportForm';
import { ImportResult } from './ImportResult';

/** Brings files in and shows what came of each. The import that is shown is part of the address. */
export default function ImportsPage() {
  const { t } = useTexts();
  const [search, setSearch] = useSearchParams();
  const shown = search.get('id') ?? undefined;
  const list = useImports();
  if (list.error instanceof Problem && list.error.status === 403) {
    return (
      <>
        <PageHead title={t('imports.title')} />
        <Failure cause={list.error} />
      </>
    );
  }
  return (
    <>
      <PageHead title={t('imports.title')} subtitle={t('imports.intro')} />
      <div className="import-columns">
        <Card>
          <ImportForm accepted={(id) => setSearch({ id })} />
        </Card>
        <div>
          <Card className="section" title={t('imports.result')}>
            {shown ? <ImportResult key={shown} id={shown} /> : <Nothing title={t('imports.none')} />}
          </Card>
          <Latest shown={shown} />
        </div>
      </div>
    </>
  );
}

function Latest({ shown }: { shown: string | undefined }) {
  const { t, label } = useTexts();
  const { data, error, refetch } = useImports();
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  const jobs = data?.items ?? [];
  if (jobs.length === 0) return null;
  return (
    <Card size="small" title={t('imports.recent')}>
      <List
        size="small"
        dataSource={jobs}
        rowKey="id"
        renderItem={(job) => (
          <List.Item style={{ paddingInline: 0, flexWrap: 'wrap', gap: 8 }}>
            <Link to={`/imports?id=${job.id}`} aria-current={job.id === shown}>
              {label('importKind', job.kind)} · {job.community} · {job.file_name}
            </Link>
            <span>
              {job.dry_run && <Tag>{t('imports.dryTag')}</Tag>}
              <StatusTag group="importStatus" status={job.status} /> <small className="muted figures">{dateTime(job.requested_at)}</small>
            </span>
          </List.Item>
        )}
      />
    </Card>
  );
}
