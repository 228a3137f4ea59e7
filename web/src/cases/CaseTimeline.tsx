import { Timeline } from 'antd';
import type { TimelineEntry } from '../api/model';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Nothing } from '../shell/states';

const colours: Record<string, string> = {
  paid: 'green',
  payment: 'green',
  held: 'orange',
  promise: 'orange',
  disputed: 'orange',
  'needs-approval': 'orange',
  'promise-broken': 'red',
  reversal: 'red',
  failed: 'red',
  excluded: 'gray',
  skipped: 'gray',
  'campaign-cancelled': 'gray',
  finished: 'gray',
};

/** What happened to a case, newest first. */
export function CaseTimeline({ entries }: { entries: TimelineEntry[] }) {
  const { t } = useTexts();
  if (entries.length === 0) return <Nothing title={t('cases.timelineEmpty')} />;
  const newestFirst = [...entries].reverse().sort((a, b) => new Date(b.at).getTime() - new Date(a.at).getTime());
  return (
    <div data-testid="timeline">
      <Timeline
        items={newestFirst.map((entry) => ({
          color: colours[entry.kind] ?? '#1f6f68',
          children: <Entry entry={entry} />,
        }))}
      />
    </div>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const { label } = useTexts();
  // The service quotes a stage by its key; people know it by name.
  const what = entry.stage ? entry.what.replaceAll(`“${entry.stage}”`, `“${label('stage', entry.stage)}”`) : entry.what;
  return (
    <div data-kind={entry.kind}>
      <div className="timeline-what">{what}</div>
      {entry.why && <div className="muted timeline-what">{entry.why}</div>}
      <small className="muted figures">
        <time dateTime={entry.at}>{dateTime(entry.at)}</time>
        {entry.who ? ` · ${entry.who}` : ''}
      </small>
    </div>
  );
}
