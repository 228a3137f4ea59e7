import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import type { CaseDetail } from '../api/model';
import { endOfDay } from '../format/time';
import { useTexts } from '../i18n';
import { PayLinkButton } from '../payments/PayLinkButton';
import { useMay } from '../session/may';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { steerCase, type CaseCommand } from './data';

/** Hold, release and exclude, as far as the case's status allows them. */
export function CaseCommands({ detail }: { detail: CaseDetail }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useMay();
  const [ask, setAsk] = useState<ReasonAsk>();

  const open = (command: CaseCommand) =>
    setAsk({
      title: t(`cases.${command}`),
      text: t(`cases.${command}Text`),
      danger: command === 'exclude',
      withUntil: command === 'hold',
      send: async (reason, until) => {
        await steerCase(detail.id, command, reason, until && endOfDay(until));
        await Promise.all(['case', 'message', 'campaign'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
        void message.success(t(`cases.${command}.done`));
      },
    });

  const held = detail.status === 'held';
  if (!may('handle-cases')) return null;
  if (!held && detail.status !== 'open' && detail.status !== 'needs_attention') return null;
  return (
    <>
      <PayLinkButton debtorId={detail.debtor_id} communityId={detail.community_id} />
      {held ? (
        <Button type="primary" onClick={() => open('release')}>
          {t('cases.release')}
        </Button>
      ) : (
        <Button onClick={() => open('hold')}>{t('cases.hold')}</Button>
      )}
      <Button danger onClick={() => open('exclude')}>
        {t('cases.exclude')}
      </Button>
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </>
  );
}
