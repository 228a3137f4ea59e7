import { Card, Segmented, Table } from 'antd';
import type { ColumnsType } from 'antd/es/table';
import { CursorPager, type useCursors } from './CursorPager';
import { Failure, Nothing } from './states';

interface Listed<Row> {
  data: { items: Row[] | null; next_cursor: string | null } | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** A list that is cut by cursors, of which one view at a time is shown, such as all rows of one status. */
export function ViewedList<Row extends { id: string }, View extends string>({
  name,
  label,
  views,
  view,
  choose,
  cursors,
  list,
  columns,
  width,
  empty,
}: {
  name: string;
  label: string;
  views: { value: View; label: string }[];
  view: View;
  choose: (view: View) => void;
  cursors: ReturnType<typeof useCursors>;
  list: Listed<Row>;
  columns: ColumnsType<Row>;
  width: number;
  empty: { title: string; hint: string };
}) {
  const { data, error, isPending, refetch } = list;
  return (
    <>
      <div className="filters">
        <Segmented
          aria-label={label}
          value={view}
          options={views}
          onChange={(next) => {
            cursors.restart();
            choose(next);
          }}
        />
      </div>
      {Boolean(error) && <Failure cause={error} retry={() => void refetch()} />}
      <Card styles={{ body: { padding: 0 } }}>
        <Table<Row>
          rowKey="id"
          size="middle"
          data-testid={name}
          loading={isPending}
          dataSource={data?.items ?? []}
          pagination={false}
          scroll={{ x: width }}
          locale={{ emptyText: isPending ? ' ' : <Nothing {...empty} /> }}
          columns={columns}
        />
        <div style={{ padding: data?.next_cursor || cursors.page > 1 ? '0 16px 12px' : 0 }}>
          <CursorPager cursors={cursors} next={data?.next_cursor} />
        </div>
      </Card>
    </>
  );
}
