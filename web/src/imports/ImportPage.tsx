import { Card } from 'antd';
import { useParams } from 'react-router';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { PageHead } from '../shell/PageHead';
import { useImport } from './data';
import { ImportOutcome } from './ImportOutcome';
import { ImportTags } from './ImportTags';

/** One import: what it was and what came of it. */
export default function ImportPage() {
  const { id = '' } = useParams();
  const { t, label } = useTexts();
  const { data: job } = useImport(id);
  return (
    <>
      <PageHead
        back="/imports"
        title={job ? `${label('importKind', job.kind)} · ${job.community}` : t('imports.resultTitle')}
        subtitle={job && `${job.file_name} · ${dateTime(job.requested_at)}`}
        tag={job ? <ImportTags job={job} /> : undefined}
      />
      <Card>
        <ImportOutcome id={id} />
      </Card>
    </>
  );
}
