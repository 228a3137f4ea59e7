import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Segmented, Space, Switch, Table, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { SuspenseItem } from '../api/model';
import { messageOf } from '../api/problem';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay, useMe } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { keepSuspense, useSuspense } from './data';
import { MatchDrawer } from './MatchDrawer';

/** After so many days money without an owner is shown as old. */
const oldAfterDays = 30;

/** Money that nothing says the owner of: how long it waits, who looks after it, and whose it may be. */
export default function SuspensePage() {
  const { t, label } = useTexts();
  const may = useMay();
  const cursors = useCursors();
  const [status, setStatus] = useState<'open' | 'matched'>('open');
  const [mine, setMine] = useState(false);
  const [matching, setMatching] = useState<SuspenseItem>();
  const list = useSuspense({ status, ...(mine ? { keeper: 'me' as const } : {}), ...(cursors.cursor ? { cursor: cursors.cursor } : {}) });
  return (
    <>
      <PageHead
        title={t('suspense.title')}
        subtitle={t('suspense.intro')}
        actions={may('take-money') && <Link to="/imports/new?kind=bank_statements">{t('suspense.import')}</Link>}
      />
      <div className="filters">
        <Segmented
          value={status}
          options={(['open', 'matched'] as const).map((of) => ({ value: of, label: t(`suspense.${of}`) }))}
          onChange={(next) => {
            cursors.restart();
            setStatus(next);
          }}
        />
        <Space>
          <Switch
            aria-label={t('suspense.mine')}
            checked={mine}
            onChange={(next) => {
              cursors.restart();
              setMine(next);
            }}
          />
          {t('suspense.mine')}
        </Space>
      </div>
      {list.error && <Failure cause={list.error} retry={() => void list.refetch()} />}
      <Card styles={{ body: { padding: 0 } }}>
        <Table<SuspenseItem>
          rowKey="id"
          size="middle"
          data-testid="suspense"
          loading={list.isPending}
          dataSource={list.data?.items ?? []}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: list.isPending ? ' ' : <Nothing title={t('suspense.none')} hint={t('suspense.noneHint')} /> }}
          columns={[
            { title: t('suspense.paidAt'), key: 'at', width: 150, className: 'figures nowrap', render: (_, item) => dateTime(item.paid_at) },
            {
              title: t('suspense.age'),
              key: 'age',
              width: 90,
              className: 'nowrap',
              render: (_, item) => <Tag color={item.age_days > oldAfterDays ? 'error' : 'default'}>{t('suspense.days', { n: item.age_days })}</Tag>,
            },
            { title: t('suspense.amount'), key: 'amount', width: 120, align: 'right', className: 'figures nowrap', render: (_, item) => yuan(item.amount_fen) },
            { title: t('suspense.payer'), key: 'payer', width: 130, render: (_, item) => item.payer ?? '—' },
            { title: t('suspense.note'), key: 'note', width: 240, className: 'wrap-anywhere', render: (_, item) => item.note ?? '—' },
            { title: t('suspense.why'), key: 'why', width: 150, render: (_, item) => label('suspenseWhy', item.why) },
            { title: t('suspense.channel'), key: 'channel', width: 150, className: 'figures wrap-anywhere', render: (_, item) => `${item.channel} ${item.external_no}` },
            { title: t('suspense.keeper'), key: 'keeper', width: 190, render: (_, item) => <Keeper item={item} /> },
            {
              key: 'do',
              width: 90,
              render: (_, item) =>
                item.status === 'open' && (
                  <Button type="link" size="small" onClick={() => setMatching(item)}>
                    {t('suspense.match')}
                  </Button>
                ),
            },
          ]}
        />
        <div style={{ padding: list.data?.next_cursor || cursors.page > 1 ? '0 16px 12px' : 0 }}>
          <CursorPager cursors={cursors} next={list.data?.next_cursor} />
        </div>
      </Card>
      <MatchDrawer item={matching} close={() => setMatching(undefined)} />
    </>
  );
}

function Keeper({ item }: { item: SuspenseItem }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const me = useMe().data?.user.id;
  const keep = useMutation({
    mutationFn: (user: string) => keepSuspense(item.id, user),
    onError: (cause) => void message.error(messageOf(cause)),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['suspense'] }),
  });
  const own = item.keeper_id !== undefined && item.keeper_id === me;
  return (
    <Space size={4}>
      {item.keeper_id && <span>{item.keeper ?? item.keeper_id}</span>}
      {item.status === 'open' && me && (
        <Button type="link" size="small" loading={keep.isPending} onClick={() => keep.mutate(own ? '' : me)}>
          {t(own ? 'suspense.letGo' : 'suspense.keep')}
        </Button>
      )}
    </Space>
  );
}
