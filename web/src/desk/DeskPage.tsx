import { Button, Card, Input, Select, Skeleton, type InputRef } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { DeskHousehold } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { useHouseholds } from './data';
import './desk.css';
import { Household } from './Household';
import { ShiftBar } from './ShiftBar';
import { Today } from './Today';

/** The cash desk: find a household, tick its bills, take the money, print the receipt. Search and choice are part of the address. */
export default function DeskPage() {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const communities = useCommunities();
  const known = communities.data?.items ?? [];
  const community = address.get('community') ?? known[0]?.id;
  const q = address.get('q') ?? '';
  const chosen = address.get('debtor') ?? undefined;
  const found = useHouseholds(community, q);
  const households = found.data?.items ?? [];
  const household = households.length === 1 ? households[0] : households.find((one) => one.debtor_id === chosen);
  const field = useRef<InputRef>(null);
  const [today, setToday] = useState<string>();
  if (household && today !== household.as_of) setToday(household.as_of);

  const go = (parts: Record<string, string | undefined>) =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      for (const [part, value] of Object.entries(parts)) {
        if (value) next.set(part, value);
        else next.delete(part);
      }
      return next;
    });
  const again = () => {
    go({ q: undefined, debtor: undefined });
    field.current?.focus({ cursor: 'all' });
  };

  return (
    <>
      <PageHead
        title={t('desk.title')}
        actions={
          <Select
            aria-label={t('desk.community')}
            style={{ width: 220 }}
            showSearch
            optionFilterProp="label"
            value={community}
            onChange={(value: string) => go({ community: value, q: undefined, debtor: undefined })}
            options={known.map((one) => ({ value: one.id, label: one.name }))}
          />
        }
      />
      {communities.error && <Failure cause={communities.error} retry={() => void communities.refetch()} />}
      {community && <ShiftBar key={community} communityId={community} />}
      <Card className="section desk-search">
        <Finder key={q} field={field} value={q} find={(text) => go({ q: text, debtor: undefined })} />
        {found.error && <Failure cause={found.error} retry={() => void found.refetch()} />}
        {q !== '' && found.isPending && <Skeleton active paragraph={{ rows: 1 }} />}
        {q !== '' && found.data && households.length === 0 && <Nothing title={t('desk.none')} hint={t('desk.noneHint')} />}
        {households.length > 1 && !household && <Choice households={households} choose={(debtor) => go({ debtor })} />}
        {households.length > 1 && household && (
          <Button type="link" className="desk-other" onClick={() => go({ debtor: undefined })}>
            {t('desk.other', { n: households.length })}
          </Button>
        )}
        {q === '' && <div className="muted desk-found">{t('desk.searchHint')}</div>}
      </Card>
      {household && <Household key={`${household.community_id} ${household.debtor_id}`} household={household} next={again} />}
      {community && <Today communityId={community} />}
    </>
  );
}

function Finder({ field, value, find }: { field: React.RefObject<InputRef | null>; value: string; find: (text: string) => void }) {
  const { t } = useTexts();
  useEffect(() => field.current?.focus({ cursor: 'end' }), [field]);
  return (
    <Input.Search
      ref={field}
      size="large"
      allowClear
      autoFocus
      enterButton
      aria-label={t('desk.searchLabel')}
      placeholder={t('desk.search')}
      maxLength={60}
      defaultValue={value}
      onSearch={(text) => find(text.trim())}
    />
  );
}

/** The households that a search has found. The arrow keys move between them, Enter chooses. */
function Choice({ households, choose }: { households: DeskHousehold[]; choose: (debtor: string) => void }) {
  const { t, label } = useTexts();
  const move = (event: React.KeyboardEvent<HTMLButtonElement>) => {
    const way = event.key === 'ArrowDown' ? 'nextElementSibling' : event.key === 'ArrowUp' ? 'previousElementSibling' : undefined;
    if (!way) return;
    event.preventDefault();
    (event.currentTarget[way] as HTMLElement | null)?.focus();
  };
  return (
    <>
      <div className="muted desk-found">{t('desk.found', { n: households.length })}</div>
      <div className="desk-choice" role="listbox" aria-label={t('desk.searchLabel')}>
        {households.map((one, index) => {
          const unit = one.units?.[0];
          return (
            <button key={`${one.community_id} ${one.debtor_id}`} role="option" aria-selected={false} autoFocus={index === 0} onKeyDown={move} onClick={() => choose(one.debtor_id)}>
              <b>{unit?.unit ?? '—'}</b>
              <span>
                {one.name}
                {unit?.role && <span className="muted"> · {label('deskRole', unit.role)}</span>}
              </span>
              <span className="muted">{one.phone}</span>
              <span className="figures owed">{yuan(one.owed_fen)}</span>
            </button>
          );
        })}
      </div>
    </>
  );
}
