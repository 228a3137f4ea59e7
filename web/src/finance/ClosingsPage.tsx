import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Drawer, Input, Segmented, Space, Table } from 'antd';
import { useState } from 'react';
import type { Closing, ClosingAsk } from '../api/model';
import { messageOf } from '../api/problem';
import { fenOf, yuan } from '../format/money';
import { dateTime, day as dayOf } from '../format/time';
import { useTexts } from '../i18n';
import { useBusinessClock } from '../live/BusinessClock';
import { useMay } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { ClosingFigures, type Counted } from './ClosingFigures';
import { CommunityChoice, useChosenCommunity } from './CommunityChoice';
import { closePeriod, previewClosing, printClosing, useClosings } from './data';
import { monthBefore } from './months';

/** Closing a day or a month: check what each channel should hold, type what was counted, close. */
export default function ClosingsPage() {
  const { t } = useTexts();
  const may = useMay();
  const community = useChosenCommunity();
  return (
    <>
      <PageHead title={t('nav.closings')} actions={<CommunityChoice community={community} />} />
      {may('close-day') && community.chosen && <CloseCard key={community.chosen} community={community.chosen} />}
      <History community={community.chosen} />
    </>
  );
}

function CloseCard({ community }: { community: string }) {
  const { t } = useTexts();
  const may = useMay();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const today = dayOf(useBusinessClock().data?.now).slice(0, 10);
  const [kind, setKind] = useState<'day' | 'month'>('day');
  const [chosen, setChosen] = useState<string>();
  const [shown, setShown] = useState<Closing>();
  const [counted, setCounted] = useState<Counted>({});
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const period = chosen ?? (kind === 'day' ? today : monthBefore(today));

  const ask = (): ClosingAsk => ({ community_id: community, ...(kind === 'day' ? { day: period } : { month: period }) });
  const run = async (deed: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    await deed().catch(setFailure);
    setBusy(false);
  };
  const show = () =>
    run(async () => {
      setShown(undefined);
      setCounted({});
      setShown((await previewClosing(ask())) as Closing);
    });
  const close = () =>
    run(async () => {
      const typed = Object.entries(counted).flatMap(([channel, text]) => {
        const fen = fenOf(text);
        return fen === undefined ? [] : [{ channel, counted_fen: fen }];
      });
      setShown((await closePeriod({ ...ask(), counted: typed, ...(note.trim() ? { note: note.trim() } : {}) })) as Closing);
      void message.success(t('closing.done', { period }));
      setShown(undefined);
      setNote('');
      await client.invalidateQueries({ queryKey: ['closing'] });
    });
  const unreadable = Object.values(counted).some((text) => text.trim() !== '' && fenOf(text) === undefined);

  return (
    <Card className="section">
      <div className="filters">
        <Segmented
          value={kind}
          onChange={(next) => {
            setKind(next);
            setChosen(undefined);
            setShown(undefined);
          }}
          options={[{ value: 'day' as const, label: t('closing.day') }, ...(may('close-month') ? [{ value: 'month' as const, label: t('closing.month') }] : [])]}
        />
        <Input
          type={kind === 'day' ? 'date' : 'month'}
          aria-label={t(kind === 'day' ? 'closing.which' : 'closing.whichMonth')}
          style={{ width: 170 }}
          value={period}
          onChange={(event) => {
            setChosen(event.target.value);
            setShown(undefined);
          }}
        />
        <Button loading={busy && !shown} onClick={() => void show()}>
          {t('closing.show')}
        </Button>
      </div>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      {shown && (
        <>
          <ClosingFigures closing={shown} counted={counted} count={(channel, typed) => setCounted((before) => ({ ...before, [channel]: typed }))} />
          <Space wrap>
            <Input aria-label={t('finance.note')} placeholder={t('finance.note')} style={{ width: 320 }} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
            <Button
              type="primary"
              disabled={unreadable}
              loading={busy}
              onClick={() =>
                void modal.confirm({
                  title: t('closing.confirm', { period }),
                  content: t('closing.confirmHint', { period: shown.through }),
                  okText: t('closing.close'),
                  cancelText: t('common.cancel'),
                  onOk: close,
                })
              }
            >
              {t('closing.close')}
            </Button>
          </Space>
        </>
      )}
    </Card>
  );
}

function History({ community }: { community: string | undefined }) {
  const { t, label } = useTexts();
  const cursors = useCursors();
  const list = useClosings(community, cursors.cursor);
  const { message } = App.useApp();
  const [open, setOpen] = useState<Closing>();
  if (list.error) return <Failure cause={list.error} retry={() => void list.refetch()} />;
  return (
    <Card title={t('closing.history')}>
      <Table<Closing>
        size="middle"
        rowKey="id"
        loading={list.isLoading}
        dataSource={(list.data?.items ?? []) as Closing[]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: list.isLoading ? ' ' : <Nothing title={t('closing.none')} /> }}
        columns={[
          {
            title: t('closing.period'),
            key: 'period',
            render: (_, row) => (
              <Button type="link" style={{ padding: 0 }} onClick={() => setOpen(row)}>
                {row.month ?? row.day}
              </Button>
            ),
          },
          { title: t('closing.kind'), dataIndex: 'kind', render: (kind: string) => label('closingKind', kind) },
          { title: t('closing.expected'), dataIndex: 'expected_fen', align: 'right', className: 'figures nowrap', render: yuan },
          { title: t('closing.difference'), dataIndex: 'difference_fen', align: 'right', className: 'figures nowrap', render: yuan },
          { title: t('closing.payments'), dataIndex: 'payments', align: 'right', className: 'figures' },
          { title: t('closing.at'), dataIndex: 'closed_at', className: 'figures nowrap', render: dateTime },
        ]}
      />
      <CursorPager cursors={cursors} next={list.data?.next_cursor} />
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} width="min(960px, 100%)" title={open && `${label('closingKind', open.kind)} ${open.month ?? open.day ?? ''}`}
        extra={open && <Button onClick={() => void printClosing(open.id).catch((cause: unknown) => void message.error(messageOf(cause)))}>{t('closing.print')}</Button>}
      >
        {open && <ClosingFigures closing={open} />}
        {open?.note}
      </Drawer>
    </Card>
  );
}
