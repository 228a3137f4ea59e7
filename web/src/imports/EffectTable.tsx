import { Grid, Table } from 'antd';
import type { Effect } from '../api/model';
import { useTexts, type TextKey } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { Failure, Nothing } from '../shell/states';
import { useEffects, type Outcome } from './data';
import { whereIs, widthOfWhere } from './whereIs';

const nothing: Record<Outcome, TextKey> = { created: 'imports.noneCreated', updated: 'imports.noneUpdated', doubtful: 'imports.noneDoubtful' };
const third: Record<Outcome, TextKey> = { created: 'imports.willCreate', updated: 'imports.changes', doubtful: 'imports.doubts' };

/** The rows that an import creates, changes, or has doubts about, page by page. */
export function EffectTable({ id, outcome }: { id: string; outcome: Outcome }) {
  const { t } = useTexts();
  const wide = Grid.useBreakpoint().md ?? true;
  const cursors = useCursors();
  const { data, error, isPending, refetch } = useEffects(id, outcome, cursors.cursor);
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  const rows = data?.items ?? [];
  const told = rows.some((row) => (row.changes ?? []).length > 0 || (row.doubts ?? []).length > 0);
  const what = (row: Effect) => (outcome === 'doubtful' ? <Doubts effect={row} /> : <Changes effect={row} />);
  if (!isPending && rows.length === 0) return <Nothing title={t(nothing[outcome])} />;
  return (
    <>
      <Table<Effect>
        size="small"
        rowKey={(row) => `${row.sheet ?? ''}!${row.row}!${row.subject}`}
        loading={isPending}
        dataSource={rows}
        pagination={false}
        columns={[
          { title: t('imports.location'), key: 'row', width: widthOfWhere(rows, wide), className: 'figures', render: (_, row) => whereIs(row, t('imports.wholeFile')) },
          { title: t('imports.subject'), key: 'subject', ...(wide && told ? { width: 210 } : {}), render: (_, row) => (wide ? row.subject : <>{row.subject}{what(row)}</>) },
          ...(wide && told ? [{ title: t(third[outcome]), key: 'what', render: (_: unknown, row: Effect) => what(row) }] : []),
        ]}
      />
      <CursorPager cursors={cursors} next={data?.next_cursor} />
    </>
  );
}

/** What a row changes: old and new value of each column; of what is created the values alone. */
export function Changes({ effect }: { effect: Effect }) {
  const { t } = useTexts();
  const created = effect.outcome === 'created';
  return (
    <ul className={created ? 'change-list' : 'change-list rows'}>
      {(effect.changes ?? []).map((change, i) => (
        <li key={i}>
          <b>{change.column}</b>
          {created ? (
            change.new
          ) : (
            <>
              {change.old ? <del>{change.old}</del> : <span className="muted">{t('imports.nothingBefore')}</span>}
              <span className="change-arrow" role="img" aria-label={t('imports.becomes')}>
                →
              </span>
              {change.new ? <ins>{change.new}</ins> : <span className="muted">{t('imports.nothingBefore')}</span>}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function Doubts({ effect }: { effect: Effect }) {
  return (
    <ul className="change-list rows">
      {(effect.doubts ?? []).map((doubt, i) => (
        <li key={i}>
          {doubt.column && <b>{doubt.column}</b>}
          {doubt.message}
        </li>
      ))}
    </ul>
  );
}
