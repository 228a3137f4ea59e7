import { Table } from 'antd';
import type { StageCount } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';

/** The funnel in figures: a row per stage. Sent counts include what was delivered. */
export function StageTable({ stages }: { stages: StageCount[] }) {
  const { t, label } = useTexts();
  const count = (key: 'due' | 'queued' | 'sent' | 'delivered' | 'failed' | 'unknown' | 'skipped' | 'tasks' | 'paid_after', title: string) => ({
    title,
    dataIndex: key,
    align: 'right' as const,
    className: 'figures',
    onCell: (row: StageCount) => ({ 'data-testid': `${row.key}-${key}` }) as object,
    render: (n: number) => n.toLocaleString('zh-CN'),
  });
  return (
    <Table<StageCount>
      size="small"
      rowKey="key"
      pagination={false}
      scroll={{ x: 860 }}
      dataSource={stages}
      locale={{ emptyText: t('common.empty') }}
      columns={[
        { title: t('campaigns.stage'), dataIndex: 'key', className: 'nowrap', render: (key: string) => label('stage', key) },
        count('due', t('campaigns.due')),
        count('queued', t('campaigns.queued')),
        count('sent', t('campaigns.sent')),
        count('delivered', t('campaigns.delivered')),
        count('failed', t('campaigns.failed')),
        count('unknown', t('campaigns.unknown')),
        count('skipped', t('campaigns.skipped')),
        count('tasks', t('campaigns.tasks')),
        count('paid_after', t('campaigns.paidAfter')),
        { title: t('campaigns.collected'), dataIndex: 'collected_fen', align: 'right', className: 'figures nowrap', render: yuan },
      ]}
    />
  );
}
