import { Input, Select, Space, Switch, Table, Tag, type InputRef } from 'antd';
import { useRef, useState } from 'react';
import type { Meter, MeterReading, ReadingEntry } from '../api/model';
import { messageOf } from '../api/problem';
import { useTexts } from '../i18n';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { Failure, Nothing } from '../shell/states';
import { enterReading, meterKinds, useMeters, type MeterKind } from './data';
import { ResetDrawer } from './ResetDrawer';

interface Row {
  text: string;
  saved?: MeterReading;
  problem?: string;
  busy?: boolean;
}

interface Props {
  community: string;
  communities: readonly { id: string; name: string }[];
  choose: (community: string) => void;
  today: string;
}

/** The meters in walking order: a reading is typed, Enter saves it and leads to the next meter. */
export function EnterTable({ community, communities, choose, today }: Props) {
  const { t, label } = useTexts();
  const cursors = useCursors();
  const [kind, setKind] = useState<MeterKind>();
  const [words, setWords] = useState('');
  const [onlyOpen, setOnlyOpen] = useState(false);
  const [readOn, setReadOn] = useState(today);
  const [rows, setRows] = useState<Record<string, Row>>({});
  const [special, setSpecial] = useState<Meter>();
  const fields = useRef<Record<string, InputRef | null>>({});
  const list = useMeters({
    community_id: community,
    ...(kind ? { kind } : {}),
    ...(words ? { q: words } : {}),
    ...(onlyOpen ? { not_since: `${readOn.slice(0, 8)}01` } : {}),
    ...(cursors.cursor ? { cursor: cursors.cursor } : {}),
  });
  const meters = list.data?.items ?? [];
  const put = (id: string, part: Partial<Row>) => setRows((before) => ({ ...before, [id]: { ...(before[id] ?? { text: '' }), ...part } }));

  const save = async (meter: Meter, entry: ReadingEntry): Promise<boolean> => {
    put(meter.id, { busy: true });
    try {
      const saved = await enterReading({ ...entry, meter_id: meter.id, read_on: readOn });
      setRows((before) => ({ ...before, [meter.id]: { text: entry.reading ?? '', ...(saved ? { saved } : {}) } }));
      return true;
    } catch (cause) {
      setRows((before) => ({ ...before, [meter.id]: { text: entry.reading ?? '', problem: messageOf(cause) } }));
      return false;
    }
  };
  const typed = async (meter: Meter, index: number) => {
    const text = rows[meter.id]?.text.trim() ?? '';
    if (text !== '' && rows[meter.id]?.saved?.reading !== text && !(await save(meter, { reading: text }))) return;
    const next = meters[index + 1];
    if (next) fields.current[next.id]?.focus();
  };

  return (
    <>
      <div className="filters">
        <Select
          aria-label={t('metering.community')}
          style={{ width: 200 }}
          value={community}
          onChange={(value) => {
            cursors.restart();
            choose(value);
          }}
          options={communities.map((one) => ({ value: one.id, label: one.name }))}
        />
        <Select
          aria-label={t('metering.kind')}
          style={{ width: 130 }}
          allowClear
          placeholder={t('metering.allKinds')}
          value={kind}
          onChange={(value?: MeterKind) => {
            cursors.restart();
            setKind(value);
          }}
          options={meterKinds.map((one) => ({ value: one, label: label('meterKind', one) }))}
        />
        <Input.Search
          style={{ maxWidth: 240 }}
          allowClear
          aria-label={t('metering.search')}
          placeholder={t('metering.search')}
          onSearch={(value) => {
            cursors.restart();
            setWords(value.trim());
          }}
        />
        <Input
          type="date"
          aria-label={t('metering.day')}
          style={{ width: 160 }}
          value={readOn}
          max={today}
          onChange={(event) => {
            setReadOn(event.target.value || today);
            setRows({});
          }}
        />
        <Space>
          <Switch
            aria-label={t('metering.onlyOpen')}
            checked={onlyOpen}
            onChange={(value) => {
              cursors.restart();
              setOnlyOpen(value);
            }}
          />
          {t('metering.onlyOpen')}
        </Space>
      </div>
      {list.error && <Failure cause={list.error} retry={() => void list.refetch()} />}
      <Table<Meter>
        rowKey="id"
        size="middle"
        data-testid="meters"
        loading={list.isPending}
        dataSource={meters}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: list.isPending ? ' ' : <Nothing title={t('metering.none')} hint={t('metering.noneHint')} /> }}
        columns={[
          { title: t('metering.unit'), dataIndex: 'unit', width: 150, render: (unit?: string) => unit || <span className="muted">{t('metering.commonParts')}</span> },
          { title: t('metering.meter'), key: 'meter', width: 170, render: (_, meter) => [label('meterKind', meter.kind), meter.name, meter.serial].filter(Boolean).join(' ') },
          { title: t('metering.last'), key: 'last', width: 190, className: 'figures nowrap', render: (_, meter) => <Last meter={meter} /> },
          { title: t('metering.usual'), dataIndex: 'per_day', width: 80, align: 'right', className: 'figures', render: (value?: string) => value || '—' },
          {
            title: t('metering.now'),
            key: 'now',
            width: 300,
            render: (_, meter, index) => {
              const row = rows[meter.id];
              return (
                <>
                  <Space>
                    <Input
                      className="figures"
                      style={{ width: 130, textAlign: 'right' }}
                      inputMode="decimal"
                      aria-label={`${t('metering.now')} ${meter.unit ?? meter.name ?? ''}`}
                      ref={(field) => {
                        fields.current[meter.id] = field;
                      }}
                      value={row?.text ?? ''}
                      disabled={row?.busy ?? false}
                      onChange={(event) => setRows((before) => ({ ...before, [meter.id]: { text: event.target.value } }))}
                      onKeyDown={(event) => {
                        if (event.key === 'Enter') void typed(meter, index);
                      }}
                      onBlur={() => {
                        if (row && !row.saved && !row.problem && row.text.trim() !== '' && !row.busy) void save(meter, { reading: row.text.trim() });
                      }}
                    />
                    <a onClick={() => setSpecial(meter)}>{t('metering.more')}</a>
                  </Space>
                  {row?.problem && <div className="error-text">{row.problem}</div>}
                </>
              );
            },
          },
          { title: t('metering.used'), key: 'used', width: 160, className: 'figures nowrap', render: (_, meter) => <Used row={rows[meter.id]} /> },
        ]}
      />
      <CursorPager cursors={cursors} next={list.data?.next_cursor} />
      <ResetDrawer meter={special} reading={special ? (rows[special.id]?.text ?? '') : ''} close={() => setSpecial(undefined)} save={save} />
    </>
  );
}

function Last({ meter }: { meter: Meter }) {
  const { t } = useTexts();
  if (!meter.last_reading) return <span className="muted">—</span>;
  return (
    <>
      {meter.last_reading} <span className="muted">{meter.last_on}</span> {meter.waiting && <Tag color="warning">{t('metering.waits')}</Tag>}
    </>
  );
}

function Used({ row }: { row: Row | undefined }) {
  const { t, label } = useTexts();
  if (!row?.saved) return null;
  return (
    <Space>
      {row.saved.used ?? '—'}
      {row.saved.status === 'review' ? <Tag color="warning">{label('readingWhy', row.saved.review_why)}</Tag> : <Tag color="success">{t('metering.saved')}</Tag>}
    </Space>
  );
}
