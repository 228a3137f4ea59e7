import { Alert, Input, Table } from 'antd';
import type { ColumnsType } from 'antd/es/table';
import type { ChannelTakings, Closing } from '../api/model';
import { fenOf, yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Figures } from '../shell/PageHead';
import { Nothing } from '../shell/states';

/** What was typed as counted, by channel. */
export type Counted = Record<string, string>;

/** The difference between what was typed and what should be there; undefined while nothing readable is typed. */
export function differenceOf(typed: string | undefined, expectedFen: number): number | undefined {
  const counted = typed === undefined ? undefined : fenOf(typed);
  return counted === undefined ? undefined : counted - expectedFen;
}

/** The figures of a closing: by channel with what was counted, and for a month how what is owed moved. */
export function ClosingFigures({ closing, counted, count }: { closing: Closing; counted?: Counted; count?: (channel: string, typed: string) => void }) {
  const { t, label } = useTexts();
  const channels = closing.channels ?? [];
  const amount = { align: 'right', className: 'figures nowrap', render: yuan } as const;
  const columns: ColumnsType<ChannelTakings> = [
    { title: t('closing.channel'), dataIndex: 'channel', render: (channel: string) => label('moneyChannel', channel) },
    { title: t('closing.received'), dataIndex: 'received_fen', ...amount },
    { title: t('closing.reversed'), dataIndex: 'reversed_fen', ...amount },
    { title: t('closing.refunded'), dataIndex: 'refunded_fen', ...amount },
    { title: t('closing.suspense'), dataIndex: 'suspense_fen', ...amount },
    { title: t('closing.expected'), dataIndex: 'expected_fen', ...amount },
    {
      title: t('closing.counted'),
      key: 'counted',
      align: 'right',
      className: 'figures nowrap',
      render: (_, row) =>
        count ? (
          <Input
            aria-label={`${label('moneyChannel', row.channel)} ${t('closing.counted')}`}
            style={{ width: 130, textAlign: 'right' }}
            inputMode="decimal"
            maxLength={16}
            status={counted?.[row.channel] && fenOf(counted[row.channel] ?? '') === undefined ? 'error' : ''}
            value={counted?.[row.channel] ?? ''}
            onChange={(event) => count(row.channel, event.target.value)}
          />
        ) : (
          yuan(row.counted_fen)
        ),
    },
    {
      title: t('closing.difference'),
      key: 'difference',
      align: 'right',
      className: 'figures nowrap',
      render: (_, row) => <Difference fen={count ? differenceOf(counted?.[row.channel], row.expected_fen) : row.difference_fen} />,
    },
  ];

  return (
    <>
      {(closing.warnings ?? []).map((warning) => (
        <Alert key={warning.code} className="section" type="warning" showIcon message={warning.message} />
      ))}
      <Figures
        items={[
          { name: t('closing.expected'), value: yuan(closing.expected_fen), id: 'expected' },
          { name: t('closing.cash'), value: yuan(closing.cash.expected_fen), id: 'cash-expected' },
          { name: t('closing.payments'), value: closing.payments },
          { name: t('closing.reversals'), value: closing.reversals },
          { name: t('closing.receipts'), value: closing.receipts_issued, note: t('closing.receiptsVoid', { n: closing.receipts_void }) },
        ]}
      />
      <Table<ChannelTakings>
        className="section"
        size="middle"
        rowKey="channel"
        dataSource={channels}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Nothing title={t('closing.nothing')} /> }}
        columns={columns}
      />
      <Rolled closing={closing} />
    </>
  );
}

function Difference({ fen }: { fen: number | undefined }) {
  if (fen === undefined) return '—';
  return <span style={fen === 0 ? {} : { color: '#b42318', fontWeight: 600 }}>{yuan(fen)}</span>;
}

function Rolled({ closing }: { closing: Closing }) {
  const { t } = useTexts();
  const rolls = closing.receivables ?? [];
  const days = closing.also_closed ?? [];
  const amount = { align: 'right', className: 'figures nowrap', render: yuan } as const;
  return (
    <>
      {rolls.length > 0 && (
        <Table
          className="section"
          size="middle"
          rowKey="fee_item_id"
          title={() => t('closing.roll')}
          dataSource={rolls}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('closing.feeItem'), dataIndex: 'fee_item' },
            { title: t('closing.opening'), dataIndex: 'opening_fen', ...amount },
            { title: t('closing.issued'), dataIndex: 'issued_fen', ...amount },
            { title: t('closing.adjusted'), dataIndex: 'adjusted_fen', ...amount },
            { title: t('closing.waived'), dataIndex: 'waived_fen', ...amount },
            { title: t('closing.paid'), dataIndex: 'paid_fen', ...amount },
            { title: t('closing.closing'), dataIndex: 'closing_fen', ...amount },
          ]}
        />
      )}
      {days.length > 0 && (
        <Table
          className="section"
          size="small"
          rowKey="day"
          title={() => t('closing.also')}
          dataSource={days}
          pagination={{ pageSize: 10, hideOnSinglePage: true }}
          columns={[
            { title: t('closing.period'), dataIndex: 'day' },
            { title: t('closing.payments'), dataIndex: 'payments', align: 'right', className: 'figures' },
            { title: t('closing.expected'), dataIndex: 'expected_fen', ...amount },
          ]}
        />
      )}
    </>
  );
}
