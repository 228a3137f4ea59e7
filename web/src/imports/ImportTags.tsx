import { Space, Tag } from 'antd';
import type { ImportJob } from '../api/model';
import { useTexts } from '../i18n';
import { StatusTag } from '../shell/StatusTag';

/** The status of an import, whether it was only tried, and whether it was taken back. */
export function ImportTags({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  return (
    <Space size={6} wrap>
      {job.dry_run && <Tag style={{ marginInlineEnd: 0 }}>{t('imports.dryTag')}</Tag>}
      {job.rolled_back_at ? (
        <Tag color="warning" style={{ marginInlineEnd: 0 }}>
          {t('imports.takenBackTag')}
        </Tag>
      ) : (
        <StatusTag group="importStatus" status={job.status} />
      )}
    </Space>
  );
}
