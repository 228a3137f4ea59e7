import { useQueryClient } from '@tanstack/react-query';
import { AutoComplete, Button, Card, Form } from 'antd';
import { useState } from 'react';
import { useCommunities } from '../campaigns/data';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { firstLook } from './data';
import type { Draft } from './draft';
import { FileChoice } from './FileChoice';
import { KindChoice } from './KindChoice';
import { sheetKey } from './mapping';

/** The first step: what the file holds, for which community, and the file. A file that the service refuses is refused here. */
export function FileStep({ draft, change, next }: { draft: Draft; change: (part: Partial<Draft>) => void; next: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const [looking, setLooking] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const { kind, file, sheet } = draft;
  const noCommunity = draft.community.trim() === '';

  const alter = (part: Partial<Draft>) => {
    setFailure(undefined);
    change(part);
  };
  const look = async () => {
    setAsked(true);
    if (noCommunity || !file) return;
    setLooking(true);
    setFailure(undefined);
    try {
      await firstLook(queries, { kind, community: draft.community, file }, sheet ? { [sheetKey]: sheet } : {});
      next();
    } catch (cause) {
      setFailure(cause);
    }
    setLooking(false);
  };

  return (
    <Card>
      <KindChoice value={kind} choose={(chosen) => alter({ kind: chosen, sheet: undefined })} />
      <Form layout="vertical" requiredMark={false} onFinish={() => void look()}>
        <CommunityField draft={draft} missing={asked && noCommunity} enter={(community) => alter({ community })} />
        <Form.Item label={t('imports.file')} {...(asked && !file ? { validateStatus: 'error', help: t('imports.needFile') } : {})}>
          <FileChoice value={file} choose={(chosen) => alter({ file: chosen, sheet: undefined })} />
        </Form.Item>
        {failure !== undefined && <Failure cause={failure} />}
        <div className="assistant-foot">
          <span className="spring" />
          <Button type="primary" htmlType="submit" loading={looking}>
            {t(looking ? 'imports.inspecting' : 'imports.toColumns')}
          </Button>
        </div>
      </Form>
    </Card>
  );
}

function CommunityField({ draft, missing, enter }: { draft: Draft; missing: boolean; enter: (name: string) => void }) {
  const { t } = useTexts();
  const { data } = useCommunities();
  const names = (data?.items ?? []).map((community) => community.name);
  const name = draft.community.trim();
  const strange = data !== undefined && name !== '' && !names.includes(name);
  const roster = draft.kind === 'roster';
  const help = missing ? t('imports.needCommunity') : strange ? t(roster ? 'imports.communityNew' : 'imports.communityUnknown', { name }) : undefined;
  return (
    <Form.Item
      label={t('imports.community')}
      htmlFor="import-community"
      {...(missing ? { help, validateStatus: 'error' } : help ? { extra: help, validateStatus: roster ? 'success' : 'warning' } : {})}
    >
      <AutoComplete
        id="import-community"
        style={{ maxWidth: 420 }}
        placeholder={t('imports.communityHint')}
        maxLength={60}
        value={draft.community}
        onChange={enter}
        options={names.map((value) => ({ value }))}
        filterOption={(typed, option) => option?.value.includes(typed.trim()) ?? false}
      />
    </Form.Item>
  );
}
