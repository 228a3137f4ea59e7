import { PlusOutlined } from '@ant-design/icons';
import { Button, Card, Progress, Table } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Campaign } from '../api/model';
import { percent, yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { useMay } from '../session/may';
import { Failure, Nothing } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { useCampaigns } from './data';
import { StartDrawer } from './StartDrawer';

/** All campaigns, newest first, and the way to start one. */
export default function CampaignsPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const may = useMay();
  const cursors = useCursors();
  const { data, error, isPending, refetch } = useCampaigns(cursors.cursor);
  const [starting, setStarting] = useState(false);

  return (
    <>
      <PageHead
        title={t('campaigns.title')}
        actions={
          may('run-campaigns') && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setStarting(true)}>
              {t('campaigns.start')}
            </Button>
          )
        }
      />
      {error ? (
        <Failure cause={error} retry={() => void refetch()} />
      ) : (
        <Card styles={{ body: { padding: 0 } }}>
          <Table<Campaign>
            rowKey="id"
            loading={isPending}
            dataSource={data?.items ?? []}
            pagination={false}
            scroll={{ x: 1010 }}
            locale={{
              emptyText: isPending ? (
                ' '
              ) : (
                <Nothing title={t('campaigns.empty')} hint={t('campaigns.emptyHint')}>
                  {may('import') && <Link to="/imports">{t('campaigns.toImports')}</Link>}
                </Nothing>
              ),
            }}
            columns={[
              { title: t('campaigns.name'), key: 'name', width: 180, render: (_, row) => <Link to={`/campaigns/${row.id}`}>{row.name}</Link> },
              { title: t('campaigns.status'), key: 'status', width: 110, render: (_, row) => <StatusTag group="campaignStatus" status={row.status} /> },
              { title: t('campaigns.households'), dataIndex: 'households', width: 90, align: 'right', className: 'figures', render: (n: number) => n.toLocaleString('zh-CN') },
              { title: t('campaigns.amount'), dataIndex: 'amount_fen', width: 150, align: 'right', className: 'figures nowrap', render: yuan },
              { title: t('campaigns.collected'), dataIndex: 'collected_fen', width: 150, align: 'right', className: 'figures nowrap', render: yuan },
              { title: t('campaigns.progress'), key: 'progress', width: 170, render: (_, row) => <Settled campaign={row} /> },
              { title: t('campaigns.createdAt'), key: 'at', width: 160, className: 'figures nowrap', render: (_, row) => dateTime(row.start_at ?? row.created_at) },
            ]}
          />
          <div style={{ padding: data?.next_cursor || cursors.page > 1 ? '0 16px 12px' : 0 }}>
            <CursorPager cursors={cursors} next={data?.next_cursor} />
          </div>
        </Card>
      )}
      <StartDrawer open={starting} close={() => setStarting(false)} started={(campaign) => void navigate(`/campaigns/${campaign.id}`)} />
    </>
  );
}

function Settled({ campaign }: { campaign: Campaign }) {
  return <Progress percent={percent(campaign.paid, campaign.households)} size="small" format={() => `${campaign.paid}/${campaign.households}`} />;
}
