import { Card, Segmented } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing, PageLoading } from '../shell/states';
import { matchStatuses, useMatches, type MatchStatus } from './data';
import { MatchCard } from './MatchCard';

/** Records that may be one person, for a person to decide. */
export default function MatchesPage() {
  const { t, label } = useTexts();
  const [status, setStatus] = useState<MatchStatus>('open');
  const cursors = useCursors();
  const { data, error, isPending, refetch } = useMatches(status, cursors.cursor);
  const matches = data?.items ?? [];
  return (
    <>
      <PageHead title={t('nav.matches')} subtitle={t('matches.intro')} />
      {error ? (
        <Failure cause={error} retry={() => void refetch()} />
      ) : (
        <>
          <Segmented<MatchStatus>
            className="section"
            aria-label={t('matches.status')}
            value={status}
            onChange={(next) => {
              cursors.restart();
              setStatus(next);
            }}
            options={matchStatuses.map((value) => ({ value, label: label('matches', value) }))}
          />
          {isPending && <PageLoading />}
          {!isPending && matches.length === 0 && (
            <Card>
              <Nothing title={t('matches.empty')} hint={t('matches.emptyHint')} />
            </Card>
          )}
          {matches.map((match) => (
            <MatchCard key={match.id} match={match} />
          ))}
          <CursorPager cursors={cursors} next={data?.next_cursor} />
        </>
      )}
    </>
  );
}
