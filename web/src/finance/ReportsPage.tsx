import { DownloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Input, Select, Table } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { Report, ReportColumn, ReportSection } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { barsOf } from './bars';
import { CommunityChoice, useChosenCommunity } from './CommunityChoice';
import { downloadReport, reportNames, useReport, type ReportAsk, type ReportName } from './data';

const ReportChart = lazy(() => import('./ReportChart'));

/** The figures that lead each report. */
const leading: Record<ReportName, readonly string[]> = {
  takings: ['net_fen', 'received_fen', 'reversed_fen', 'refunded_fen', 'payments'],
  'collection-rate': ['rate', 'household_rate', 'due_fen', 'collected_fen', 'waived_fen', 'recovery_rate'],
  'arrears-age': ['total_fen', 'overdue_fen', 'debtors'],
  advances: ['amount_fen', 'debtors', 'payments'],
  deposits: ['amount_fen', 'debtors', 'payments'],
  'online-share': ['share_by_amount', 'share_by_number', 'target', 'amount_fen', 'payments'],
};

const isReport = (name: string | null): name is ReportName => reportNames.includes(name as ReportName);

/** A value as it is read: amounts in yuan, shares in percent. */
function written(key: string, value: unknown): string {
  if (value === undefined || value === null || value === '') return '—';
  if (key.endsWith('_fen')) return yuan(value as number);
  if (/rate|share|target/.test(key)) return `${(Number(value) * 100).toFixed(2)}%`;
  return typeof value === 'number' ? value.toLocaleString('zh-CN') : String(value);
}

/** Reports: choose one and its days; it is shown as figures, a chart and tables, and can be taken away as a file. */
export default function ReportsPage() {
  const { t, label } = useTexts();
  const community = useChosenCommunity();
  const [address, setAddress] = useSearchParams();
  const named = address.get('report');
  const name: ReportName = isReport(named) ? named : 'takings';
  const days = { from: address.get('from') ?? '', to: address.get('to') ?? '' };
  const ask: ReportAsk | undefined = community.chosen
    ? { community_id: community.chosen, ...(days.from ? { from: days.from } : {}), ...(days.to ? { to: days.to } : {}) }
    : undefined;
  const report = useReport(name, ask);
  const [failure, setFailure] = useState<unknown>();
  const [saving, setSaving] = useState(false);

  const put = (part: string, value: string) =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(part, value);
      else next.delete(part);
      return next;
    });
  const save = async () => {
    if (!ask) return;
    setSaving(true);
    setFailure(undefined);
    await downloadReport(name, ask, `${label('reportName', name)}-${community.name}-${report.data?.to ?? ''}.xlsx`).catch(setFailure);
    setSaving(false);
  };

  return (
    <>
      <PageHead
        title={t('nav.reports')}
        actions={
          <Button icon={<DownloadOutlined />} loading={saving} disabled={!ask} onClick={() => void save()}>
            {t('report.download')}
          </Button>
        }
      />
      <Card className="section">
        <div className="filters">
          <CommunityChoice community={community} />
          <Select
            aria-label={t('report.choose')}
            style={{ width: 170 }}
            value={name}
            onChange={(value: string) => put('report', value)}
            options={reportNames.map((one) => ({ value: one, label: label('reportName', one) }))}
          />
          <Input type="date" aria-label={t('finance.from')} style={{ width: 160 }} value={days.from || (report.data?.from ?? '')} onChange={(event) => put('from', event.target.value)} />
          <Input type="date" aria-label={t('finance.to')} style={{ width: 160 }} value={days.to || (report.data?.to ?? '')} onChange={(event) => put('to', event.target.value)} />
        </div>
        {failure !== undefined && <Failure cause={failure} />}
      </Card>
      {report.error ? <Failure cause={report.error} retry={() => void report.refetch()} /> : report.data && <Shown name={name} report={report.data} />}
    </>
  );
}

function Shown({ name, report }: { name: ReportName; report: Report }) {
  const { t, label } = useTexts();
  const bars = barsOf(name, report.sections?.[0]);
  return (
    <>
      <Figures items={leading[name].map((key) => ({ name: label('reportFigure', key), value: written(key, report.figures[key]), id: key }))} />
      <Alert className="section" type="info" message={[t('report.cutOff', { day: report.cut_off }), ...(report.notes ?? []).map((note) => note.replace(/。$/, ''))].join('。')} />
      {bars && (
        <Card className="section">
          <Suspense fallback={<div style={{ height: 260 }} />}>
            <ReportChart bars={bars} />
          </Suspense>
        </Card>
      )}
      {(report.sections ?? []).map((section) => (
        <SectionTable key={section.key} section={section} />
      ))}
    </>
  );
}

/** The columns that hold a code, each with its group of names. */
const coded: Record<string, string> = { channel: 'moneyChannel', method: 'method' };

function SectionTable({ section }: { section: ReportSection }) {
  const { t, label } = useTexts();
  const columns = section.columns ?? [];
  const rows = (section.rows ?? []).map((row, index) => ({ ...row, index }));
  const numeric = (column: ReportColumn) => column.kind !== 'text' && column.kind !== 'day';
  return (
    <Card className="section" title={section.title}>
      {section.truncated && <Alert className="section" type="warning" message={t('report.truncated', { n: rows.length })} />}
      <Table<Record<string, unknown>>
        size="small"
        rowKey={(row) => String(row['index'])}
        dataSource={rows}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Nothing title={t('report.empty')} /> }}
        columns={columns.map((column) => ({
          title: column.title,
          dataIndex: column.key,
          ...(numeric(column) ? { align: 'right' as const, className: 'figures nowrap' } : {}),
          render: (value: unknown) => (coded[column.key] && typeof value === 'string' ? label(coded[column.key] ?? '', value) : written(column.key, value)),
        }))}
        summary={() =>
          rows.length > 0 && section.totals ? (
            <Table.Summary.Row>
              {columns.map((column, index) => (
                <Table.Summary.Cell key={column.key} index={index} {...(numeric(column) ? { align: 'right' as const } : {})}>
                  <strong className="figures">{column.key in (section.totals ?? {}) ? written(column.key, section.totals?.[column.key]) : ''}</strong>
                </Table.Summary.Cell>
              ))}
            </Table.Summary.Row>
          ) : null
        }
      />
    </Card>
  );
}
