import { Button, Card, Tabs } from 'antd';
import { useState } from 'react';
import { useCommunities } from '../campaigns/data';
import { day } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { PageHead } from '../shell/PageHead';
import { Failure, PageLoading } from '../shell/states';
import { useToday } from './data';
import { EnterTable } from './EnterTable';
import { MeterDialog } from './MeterDialog';
import { ReviewTable } from './ReviewTable';
import { RulesPanel } from './RulesPanel';

/** Reading meters: typing down the list, and deciding on what is out of the ordinary. */
export default function MeteringPage() {
  const { t } = useTexts();
  const communities = useCommunities();
  const today = useToday();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const known = communities.data?.items ?? [];
  const community = chosen ?? known[0]?.id;
  return (
    <>
      <PageHead
        title={t('metering.title')}
        subtitle={t('metering.intro')}
        actions={may('run-billing') && community && <Button onClick={() => setAdding(true)}>{t('metering.addMeter')}</Button>}
      />
      {community && <MeterDialog key={community} communityId={community} open={adding} close={() => setAdding(false)} />}
      {communities.error ? (
        <Failure cause={communities.error} retry={() => void communities.refetch()} />
      ) : !community || !today.data ? (
        <PageLoading />
      ) : (
        <Card>
          <Tabs
            items={[
              { key: 'enter', label: t('metering.enter'), children: <EnterTable community={community} communities={known} choose={setChosen} today={day(today.data)} /> },
              { key: 'review', label: t('metering.review'), children: <ReviewTable community={community} /> },
              ...(may('run-billing') ? [{ key: 'rules', label: t('metering.rules'), children: <RulesPanel key={community} community={community} /> }] : []),
            ]}
          />
        </Card>
      )}
    </>
  );
}
