import { PauseOutlined, PlayCircleOutlined, StopOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import type { Campaign } from '../api/model';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { steerCampaign, type CampaignCommand } from './data';

const doneText = { pause: 'campaigns.paused.done', resume: 'campaigns.resumed.done', cancel: 'campaigns.cancelled.done' } as const;

/** Pause, resume and cancel, as far as the campaign's status allows them. */
export function CampaignCommands({ campaign }: { campaign: Campaign }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useMay();
  const [ask, setAsk] = useState<ReasonAsk>();
  const over = campaign.status === 'finished' || campaign.status === 'cancelled';

  const open = (command: CampaignCommand) =>
    setAsk({
      title: t(`campaigns.${command}`),
      text: t(`campaigns.${command}Text`),
      danger: command === 'cancel',
      send: async (reason) => {
        const after = await steerCampaign(campaign.id, command, reason);
        queries.setQueryData(['campaign', campaign.id], after);
        await queries.invalidateQueries({ queryKey: ['campaign'] });
        void queries.invalidateQueries({ queryKey: ['case'] });
        void message.success(t(doneText[command]));
      },
    });

  if (over || !may('run-campaigns')) return null;
  return (
    <>
      {campaign.status === 'paused' ? (
        <Button type="primary" icon={<PlayCircleOutlined />} onClick={() => open('resume')}>
          {t('campaigns.resume')}
        </Button>
      ) : (
        <Button icon={<PauseOutlined />} onClick={() => open('pause')}>
          {t('campaigns.pause')}
        </Button>
      )}
      <Button danger icon={<StopOutlined />} onClick={() => open('cancel')}>
        {t('campaigns.cancel')}
      </Button>
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </>
  );
}
