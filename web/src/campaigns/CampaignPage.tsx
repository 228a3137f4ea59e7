import { Alert, Card } from 'antd';
import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import type { CampaignDetail } from '../api/model';
import { percent, yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, PageLoading } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { CampaignCommands } from './CampaignCommands';
import { CasesTable } from './CasesTable';
import { useCampaign } from './data';
import { StageTable } from './StageTable';

const FunnelChart = lazy(() => import('./FunnelChart'));

/** One campaign: its figures, its stages and its cases. */
export default function CampaignPage() {
  const { id = '' } = useParams();
  const { data, error, isPending, refetch } = useCampaign(id);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure cause={error} retry={() => void refetch()} />;
  return <CampaignView campaign={data} />;
}

function CampaignView({ campaign }: { campaign: CampaignDetail }) {
  const { t } = useTexts();
  const stages = campaign.stages ?? [];
  return (
    <>
      <PageHead
        back="/campaigns"
        title={campaign.name}
        tag={<StatusTag group="campaignStatus" status={campaign.status} />}
        subtitle={`${t('campaigns.createdAt')} ${dateTime(campaign.start_at ?? campaign.created_at)}`}
        actions={<CampaignCommands campaign={campaign} />}
      />
      {campaign.why && campaign.status !== 'running' && campaign.status !== 'finished' && (
        <Alert className="section" showIcon type={campaign.status === 'needs_attention' ? 'error' : 'info'} message={campaign.why} />
      )}
      <Figures
        items={[
          { name: t('campaigns.households'), value: campaign.households.toLocaleString('zh-CN'), id: 'kpi-households' },
          { name: t('campaigns.open'), value: campaign.open.toLocaleString('zh-CN'), id: 'kpi-open' },
          { name: t('campaigns.held'), value: campaign.held.toLocaleString('zh-CN'), id: 'kpi-held' },
          ...(campaign.needs_attention > 0 ? [{ name: t('campaigns.needsAttention'), value: campaign.needs_attention.toLocaleString('zh-CN') }] : []),
          { name: t('campaigns.paid'), value: campaign.paid.toLocaleString('zh-CN'), id: 'kpi-paid' },
          { name: t('campaigns.amount'), value: yuan(campaign.amount_fen) },
          { name: t('campaigns.collected'), value: yuan(campaign.collected_fen), note: `${percent(campaign.collected_fen, campaign.amount_fen)}%`, id: 'kpi-collected' },
        ]}
      />
      <Card className="section" title={t('campaigns.funnel')}>
        {stages.length > 0 && (
          <Suspense fallback={<div className="funnel-chart" />}>
            <FunnelChart stages={stages} />
          </Suspense>
        )}
        <StageTable stages={stages} />
      </Card>
      <CasesTable campaignId={campaign.id} stages={stages.map((stage) => stage.key)} />
    </>
  );
}
