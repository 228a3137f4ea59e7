import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Card, Input, Select, Table } from 'antd';
import type { ColumnsType } from 'antd/es/table';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useCommunities } from '../campaigns/data';
import { useTexts, type TextKey } from '../i18n';
import type { Kind } from '../imports/kinds';
import { useMay } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';

/** What narrows a list; a part that the list does not know is left out. */
export interface LedgerFilter {
  community_id?: string;
  q?: string;
  cursor?: string;
  limit: number;
}

interface Page<Row> {
  items: Row[] | null;
  next_cursor?: string | null;
}

interface Ledger<Row> {
  /** Its name in the cache. */
  name: string;
  title: TextKey;
  /** What fills it, as an import. */
  kind: Kind;
  read: (filter: LedgerFilter) => Promise<Page<Row>>;
  columns: ColumnsType<Row>;
  /** The hint in the search field; a list without one can not be searched. */
  search?: TextKey;
  /** What can be done on this page. */
  actions?: ReactNode;
  /** A list that is read for one community only starts with the first one. */
  oneCommunity?: boolean;
}

const rowsShown = 50;

/** A list of what was imported: filtered by community and words, page by page. The filters are part of the address. */
export function LedgerPage<Row extends { id: string; community_id?: string }>({ name, title, kind, read, columns, search, actions, oneCommunity = false }: Ledger<Row>) {
  const { t } = useTexts();
  const may = useMay();
  const [address, setAddress] = useSearchParams();
  const cursors = useCursors();
  const communities = useCommunities();
  const known = communities.data?.items ?? [];
  const community = address.get('community') ?? (oneCommunity ? known[0]?.id : undefined);
  const words = search ? (address.get('q') ?? undefined) : undefined;
  const filter = { limit: rowsShown, ...(community ? { community_id: community } : {}), ...(words ? { q: words } : {}), ...(cursors.cursor ? { cursor: cursors.cursor } : {}) };
  const ready = !oneCommunity || community !== undefined || communities.isFetched;
  const list = useQuery({
    queryKey: ['community', name, filter],
    queryFn: (): Promise<Page<Row>> => (oneCommunity && !community ? Promise.resolve({ items: [] }) : read(filter)),
    enabled: ready,
    placeholderData: keepPreviousData,
  });

  const narrow = (part: string, value: string | undefined) => {
    cursors.restart();
    setAddress((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(part, value);
      else next.delete(part);
      return next;
    });
  };
  const communityColumn = {
    title: t('ledger.community'),
    key: 'community',
    width: 150,
    render: (_: unknown, row: Row) => known.find((one) => one.id === row.community_id)?.name ?? '—',
  };

  const empty = (
    <Nothing title={t(words ? 'ledger.noneFound' : 'ledger.empty')}>{may('import') && <Link to={`/imports/new?kind=${kind}`}>{t('ledger.toImport')}</Link>}</Nothing>
  );

  return (
    <>
      <PageHead title={t(title)} actions={actions} />
      {list.error ? (
        <Failure cause={list.error} retry={() => void list.refetch()} />
      ) : (
        <Card>
          <div className="filters">
            <Select
              aria-label={t('ledger.community')}
              style={{ width: 200 }}
              allowClear={!oneCommunity}
              showSearch
              optionFilterProp="label"
              placeholder={t('ledger.allCommunities')}
              value={community}
              onChange={(value?: string) => narrow('community', value)}
              options={known.map((one) => ({ value: one.id, label: one.name }))}
            />
            {search && (
              <Input.Search
                style={{ maxWidth: 320 }}
                allowClear
                aria-label={t(search)}
                placeholder={t(search)}
                maxLength={60}
                defaultValue={words}
                onSearch={(value) => narrow('q', value.trim())}
              />
            )}
          </div>
          <Table<Row>
            size="middle"
            rowKey="id"
            loading={list.isPending}
            dataSource={list.data?.items ?? []}
            pagination={false}
            scroll={{ x: 'max-content' }}
            locale={{ emptyText: list.isPending ? ' ' : empty }}
            columns={community || known.length < 2 ? columns : [...columns, communityColumn]}
          />
          <CursorPager cursors={cursors} next={list.data?.next_cursor} />
        </Card>
      )}
    </>
  );
}

/** A cell for what may be absent. */
export const orDash = (value: string | number | null | undefined) => (value === undefined || value === null || value === '' ? '—' : value);
