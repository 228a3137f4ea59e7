import { Alert, Card, Table } from 'antd';
import type { Preview } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Figures } from '../shell/PageHead';

/** What a campaign would do: whom it reaches, when, by which channel, and who is left out and why. */
export function PreviewPanel({ preview }: { preview: Preview }) {
  const { t, label } = useTexts();
  const excluded = preview.excluded ?? [];
  const left = excluded.reduce((sum, row) => sum + row.households, 0);
  return (
    <Card className="section" size="small" title={t('campaigns.previewTitle')} data-testid="preview">
      <Figures
        items={[
          { name: t('campaigns.households'), value: preview.households.toLocaleString('zh-CN'), id: 'preview-households' },
          { name: t('campaigns.amount'), value: yuan(preview.amount_fen) },
          { name: t('campaigns.excluded'), value: left.toLocaleString('zh-CN') },
        ]}
      />
      {(preview.warnings ?? []).map((warning) => (
        <Alert key={warning.code + warning.message} className="section" type="warning" showIcon message={warning.message} />
      ))}
      {preview.households === 0 && <Alert className="section" type="info" showIcon message={t('campaigns.previewEmpty')} />}
      {(preview.schedule ?? []).length > 0 && (
        <Table
          className="section"
          size="small"
          rowKey={(row) => row.stage + row.date}
          caption={t('campaigns.schedule')}
          pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
          scroll={{ x: 520 }}
          dataSource={preview.schedule ?? []}
          columns={[
            { title: t('campaigns.stage'), dataIndex: 'stage', render: (stage: string) => label('stage', stage) },
            { title: t('campaigns.date'), dataIndex: 'date', className: 'figures nowrap' },
            { title: t('campaigns.touches'), dataIndex: 'touches', align: 'right', className: 'figures' },
            { title: t('campaigns.tasks'), dataIndex: 'tasks', align: 'right', className: 'figures' },
            {
              title: t('campaigns.channels'),
              dataIndex: 'by_channel',
              render: (by: Record<string, number> | null) =>
                Object.entries(by ?? {})
                  .map(([channel, n]) => `${label('channel', channel)} ${n}`)
                  .join('，') || '—',
            },
            { title: t('campaigns.cost'), dataIndex: 'cost_fen', align: 'right', className: 'figures nowrap', render: yuan },
          ]}
        />
      )}
      {excluded.length > 0 && (
        <Table
          size="small"
          rowKey="reason"
          caption={t('campaigns.excluded')}
          pagination={false}
          dataSource={excluded}
          columns={[
            { title: t('common.reason'), dataIndex: 'reason', render: (reason: string) => label('excluded', reason) },
            { title: t('campaigns.households'), dataIndex: 'households', align: 'right', className: 'figures' },
          ]}
        />
      )}
    </Card>
  );
}
