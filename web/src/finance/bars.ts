import type { ReportSection } from '../api/model';

/** What a chart shows: amounts in yuan or shares in percent, by name. */
export interface Bars {
  names: string[];
  series: { name: string; values: number[] }[];
}

/** Which column names the bars of a section, and which are drawn. */
const drawn: Record<string, { name: string; columns: readonly string[]; across?: boolean }> = {
  takings: { name: 'day', columns: ['net_fen'] },
  'collection-rate': { name: 'fee_item', columns: ['due_fen', 'collected_fen', 'waived_fen'] },
  'arrears-age': { name: 'fee_item', columns: ['d0_30_fen', 'd31_90_fen', 'd91_180_fen', 'd181_365_fen', 'y1_2_fen', 'y2_3_fen', 'over_3y_fen'], across: true },
  advances: { name: 'purpose', columns: ['amount_fen'] },
  deposits: { name: 'purpose', columns: ['amount_fen'] },
  'online-share': { name: 'month', columns: ['share_by_amount', 'share_by_number'] },
};

const number = (value: unknown): number => (typeof value === 'number' ? value / 100 : Math.round(Number(value ?? 0) * 10_000) / 100);

/** The bars of a report's first section: rows of one name are added up; `across` draws the totals of its columns. */
export function barsOf(report: string, section: ReportSection | undefined): Bars | undefined {
  const plan = drawn[report];
  const rows = section?.rows ?? [];
  if (!plan || !section || rows.length === 0) return undefined;
  const title = (key: string) => (section.columns ?? []).find((column) => column.key === key)?.title ?? key;
  if (plan.across) {
    return { names: plan.columns.map(title), series: [{ name: section.title, values: plan.columns.map((key) => number(section.totals?.[key])) }] };
  }
  const names = [...new Set(rows.map((row) => String(row[plan.name] ?? '—')))];
  const of = (name: string) => rows.filter((row) => String(row[plan.name] ?? '—') === name);
  return {
    names,
    series: plan.columns.map((key) => ({ name: title(key), values: names.map((name) => of(name).reduce((sum, row) => sum + number(row[key]), 0)) })),
  };
}
