import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Space } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { steerCases, type BatchCommand } from './data';

/** Commands over the chosen cases. Cases that refuse are counted and stay as they were. */
export function BatchCommands({ campaignId, chosen, clear }: { campaignId: string; chosen: string[]; clear: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [ask, setAsk] = useState<ReasonAsk>();

  const open = (command: BatchCommand) =>
    setAsk({
      title: `${t(`cases.${command}`)} · ${t('cases.selected', { n: chosen.length })}`,
      text: t(`cases.${command}Text`),
      danger: command === 'exclude',
      send: async (reason) => {
        const { done, refused } = await steerCases(campaignId, command, chosen, reason);
        const kept = refused?.length ?? 0;
        if (kept > 0) void message.warning(t('cases.bulkRefused', { done, refused: kept }));
        else void message.success(t('cases.bulkDone', { done }));
        clear();
        await Promise.all([queries.invalidateQueries({ queryKey: ['case'] }), queries.invalidateQueries({ queryKey: ['campaign'] })]);
      },
    });

  if (chosen.length === 0) return null;
  return (
    <Space wrap>
      <span className="muted">{t('cases.selected', { n: chosen.length })}</span>
      <Button onClick={() => open('hold')}>{t('cases.hold')}</Button>
      <Button onClick={() => open('release')}>{t('cases.release')}</Button>
      <Button danger onClick={() => open('exclude')}>
        {t('cases.exclude')}
      </Button>
      <Button type="text" onClick={clear}>
        {t('cases.clear')}
      </Button>
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </Space>
  );
}
