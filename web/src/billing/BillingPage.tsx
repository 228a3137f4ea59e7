import { PlusOutlined } from '@ant-design/icons';
import { Button, Card, Select, Table } from 'antd';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type { BillingRun } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { CursorPager, useCursors } from '../shell/CursorPager';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { useBillingRuns } from './data';
import { RunStatus } from './RunStatus';
import { StartDrawer } from './StartDrawer';

/** All billing runs, newest first, and the way to open one. */
export default function BillingPage() {
  const { t, label } = useTexts();
  const may = useMay();
  const navigate = useNavigate();
  const cursors = useCursors();
  const [address, setAddress] = useSearchParams();
  const community = address.get('community') ?? undefined;
  const communities = useCommunities();
  const known = communities.data?.items ?? [];
  const { data, error, isPending, refetch } = useBillingRuns(community, cursors.cursor);
  const [starting, setStarting] = useState(false);

  return (
    <>
      <PageHead
        title={t('billing.title')}
        actions={
          may('run-billing') && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setStarting(true)}>
              {t('billing.new')}
            </Button>
          )
        }
      />
      {error ? (
        <Failure cause={error} retry={() => void refetch()} />
      ) : (
        <Card>
          <div className="filters">
            <Select
              aria-label={t('billing.community')}
              style={{ width: 220 }}
              allowClear
              showSearch
              optionFilterProp="label"
              placeholder={t('ledger.allCommunities')}
              value={community}
              onChange={(id?: string) => {
                cursors.restart();
                setAddress(id ? { community: id } : {});
              }}
              options={known.map((one) => ({ value: one.id, label: one.name }))}
            />
          </div>
          <Table<BillingRun>
            size="middle"
            rowKey="id"
            loading={isPending}
            dataSource={data?.items ?? []}
            pagination={false}
            scroll={{ x: 1000 }}
            locale={{ emptyText: isPending ? ' ' : <Nothing title={t('billing.empty')} hint={t('billing.emptyHint')} /> }}
            columns={[
              { title: t('billing.period'), key: 'period', width: 110, render: (_, row) => <Link to={`/billing/${row.id}`}>{row.period}</Link> },
              { title: t('billing.community'), key: 'community', width: 150, render: (_, row) => known.find((one) => one.id === row.community_id)?.name ?? '—' },
              { title: t('billing.feeItem'), dataIndex: 'timing', width: 110, render: (timing: string) => label('billingTiming', timing) },
              { title: t('billing.status'), key: 'status', width: 120, render: (_, row) => <RunStatus status={row.status} /> },
              { title: t('billing.lines'), dataIndex: 'lines', width: 90, align: 'right', className: 'figures' },
              { title: t('billing.amount'), dataIndex: 'amount_fen', width: 140, align: 'right', className: 'figures nowrap', render: yuan },
              { title: t('billing.problems'), dataIndex: 'problems', width: 80, align: 'right', className: 'figures' },
              { title: t('billing.openedBy'), key: 'by', width: 140, render: (_, row) => (row.by_calendar ? t('billing.calendar') : (row.opened_by_name ?? '—')) },
              { title: t('billing.openedAt'), dataIndex: 'opened_at', width: 160, className: 'figures nowrap', render: dateTime },
            ]}
          />
          <CursorPager cursors={cursors} next={data?.next_cursor} />
        </Card>
      )}
      <StartDrawer open={starting} close={() => setStarting(false)} started={(run) => void navigate(`/billing/${run.id}`)} />
    </>
  );
}
