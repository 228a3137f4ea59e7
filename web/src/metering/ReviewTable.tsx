import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, InputNumber, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import type { MeterReading } from '../api/model';
import { messageOf } from '../api/problem';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { Failure, Nothing } from '../shell/states';
import { decideReading, useWaiting, type Decision } from './data';

/** The readings that wait for somebody who did not enter them. */
export function ReviewTable({ community }: { community: string }) {
  const { t, label } = useTexts();
  const may = useMay();
  const cursors = useCursors();
  const list = useWaiting(community, cursors.cursor);
  return (
    <>
      {list.error && <Failure cause={list.error} retry={() => void list.refetch()} />}
      <Table<MeterReading>
        rowKey="id"
        size="middle"
        data-testid="readings-to-review"
        loading={list.isPending}
        dataSource={list.data?.items ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: list.isPending ? ' ' : <Nothing title={t('metering.noReview')} hint={t('metering.noReviewHint')} /> }}
        columns={[
          { title: t('metering.unit'), dataIndex: 'unit', width: 150, render: (unit?: string) => unit || t('metering.commonParts') },
          { title: t('metering.meter'), key: 'meter', width: 160, render: (_, row) => [label('meterKind', row.meter_kind), row.meter_name, row.serial].filter(Boolean).join(' ') },
          { title: t('metering.readOn'), dataIndex: 'read_on', width: 120, className: 'figures nowrap' },
          { title: t('metering.last'), key: 'previous', width: 170, className: 'figures nowrap', render: (_, row) => [row.previous, row.previous_on].filter(Boolean).join('  ') || '—' },
          { title: t('metering.now'), dataIndex: 'reading', width: 110, align: 'right', className: 'figures nowrap' },
          { title: t('metering.used'), dataIndex: 'used', width: 100, align: 'right', className: 'figures nowrap', render: (value?: string) => value ?? '—' },
          { title: t('metering.why'), key: 'why', width: 170, render: (_, row) => <Tag color="warning">{label('readingWhy', row.review_why)}</Tag> },
          ...(may('run-billing') ? [{ key: 'do', width: 320, render: (_: unknown, row: MeterReading) => <Decide row={row} /> }] : []),
        ]}
      />
      <CursorPager cursors={cursors} next={list.data?.next_cursor} />
    </>
  );
}

function Decide({ row }: { row: MeterReading }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [missing, setMissing] = useState<Partial<Decision>>({});
  const decide = useMutation({
    mutationFn: (decision: Decision) => decideReading(row.id, { ...missing, ...decision }),
    onSuccess: (_, decision) => void message.success(t(decision.decision === 'accept' ? 'metering.accepted' : 'metering.rejected')),
    onError: (cause) => void message.error(messageOf(cause)),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['meter'] }),
  });
  return (
    <Space wrap>
      {row.review_why === 'no-final' && (
        <Input style={{ width: 150 }} placeholder={t('metering.final')} aria-label={t('metering.final')} onChange={(event) => setMissing({ final_reading: event.target.value.trim() })} />
      )}
      {row.review_why === 'no-digits' && (
        <InputNumber min={1} max={10} placeholder={t('metering.digits')} aria-label={t('metering.digits')} onChange={(value) => setMissing(typeof value === 'number' ? { digits: value } : {})} />
      )}
      <Button size="small" type="primary" loading={decide.isPending} onClick={() => decide.mutate({ decision: 'accept' })}>
        {t('metering.accept')}
      </Button>
      <Button size="small" danger loading={decide.isPending} onClick={() => decide.mutate({ decision: 'reject' })}>
        {t('metering.reject')}
      </Button>
    </Space>
  );
}
