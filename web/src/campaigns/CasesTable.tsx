import { Card, Select, Table } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { CaseRow } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { Failure, Nothing } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { BatchCommands } from './BatchCommands';
import { useCampaignCases } from './data';

const statuses = ['open', 'held', 'needs_attention', 'paid', 'excluded', 'finished'];
/** The filter for cases that no stage has touched yet. */
const noStage = 'none';

/** The cases of a campaign, filtered and paged, with commands over the chosen ones. */
export function CasesTable({ campaignId, stages }: { campaignId: string; stages: string[] }) {
  const { t, label } = useTexts();
  const may = useMay();
  const [status, setStatus] = useState<string>();
  const [stage, setStage] = useState<string>();
  const [chosen, setChosen] = useState<string[]>([]);
  const cursors = useCursors();
  const filter = { ...(status ? { status } : {}), ...(stage ? { stage } : {}), ...(cursors.cursor ? { cursor: cursors.cursor } : {}) };
  const { data, error, isPending, refetch } = useCampaignCases(campaignId, filter);

  const narrow = (change: () => void) => {
    change();
    setChosen([]);
    cursors.restart();
  };

  return (
    <Card title={t('campaigns.cases')}>
      <div className="filters">
        <Select
          aria-label={t('cases.status')}
          style={{ width: 140 }}
          allowClear
          placeholder={t('cases.status')}
          value={status}
          onChange={(next?: string) => narrow(() => setStatus(next))}
          options={statuses.map((code) => ({ value: code, label: label('caseStatus', code) }))}
        />
        <Select
          aria-label={t('cases.stage')}
          style={{ width: 160 }}
          allowClear
          placeholder={t('cases.stage')}
          value={stage}
          onChange={(next?: string) => narrow(() => setStage(next))}
          options={[{ value: noStage, label: t('cases.stageNone') }, ...stages.map((key) => ({ value: key, label: label('stage', key) }))]}
        />
        <span className="spring" />
        <BatchCommands campaignId={campaignId} chosen={chosen} clear={() => setChosen([])} />
      </div>
      {error ? (
        <Failure cause={error} retry={() => void refetch()} />
      ) : (
        <>
          <Table<CaseRow>
            size="middle"
            rowKey="id"
            loading={isPending}
            dataSource={data?.items ?? []}
            pagination={false}
            scroll={{ x: 820 }}
            {...(may('handle-cases') ? { rowSelection: { selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(String)) } } : {})}
            locale={{ emptyText: isPending ? ' ' : <Nothing title={t('campaigns.casesEmpty')} /> }}
            columns={[
              {
                title: t('cases.household'),
                key: 'household',
                width: 210,
                render: (_, row) => (
                  <>
                    <Link to={`/cases/${row.id}`}>{(row.units ?? []).join('、') || row.household}</Link> <span className="muted">{row.household}</span>
                  </>
                ),
              },
              { title: t('cases.status'), key: 'status', width: 110, render: (_, row) => <StatusTag group="caseStatus" status={row.status} /> },
              { title: t('cases.stage'), dataIndex: 'stage', width: 140, render: (key: string) => (key ? label('stage', key) : <span className="muted">{t('cases.stageNone')}</span>) },
              { title: t('cases.nextAt'), dataIndex: 'next_at', width: 160, className: 'figures nowrap', render: (at: string | null) => dateTime(at) },
              { title: t('cases.arrears'), dataIndex: 'arrears_fen', width: 130, align: 'right', className: 'figures nowrap', render: yuan },
            ]}
          />
          <CursorPager cursors={cursors} next={data?.next_cursor} />
        </>
      )}
    </Card>
  );
}
