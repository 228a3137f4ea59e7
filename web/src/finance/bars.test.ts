import { describe, expect, it } from 'vitest';
import { barsOf } from './bars';
import { monthBefore } from './months';

const column = (key: string) => ({ key, title: key.toUpperCase(), kind: 'yuan' });

describe('barsOf', () => {
  it('adds up the rows of one day', () => {
    const rows = [
      { day: '2026-03-01', net_fen: 100 },
      { day: '2026-03-01', net_fen: 250 },
      { day: '2026-03-02', net_fen: -50 },
    ];
    const bars = barsOf('takings', { key: 'days', title: '按日', columns: [column('net_fen')], rows, truncated: false });
    expect(bars).toEqual({ names: ['2026-03-01', '2026-03-02'], series: [{ name: 'NET_FEN', values: [3.5, -0.5] }] });
  });

  it('draws shares in percent', () => {
    const rows = [{ month: '2026-03', share_by_amount: '0.8125', share_by_number: '' }];
    const bars = barsOf('online-share', { key: 'months', title: '按月', columns: [], rows, truncated: false });
    expect(bars?.series.map((one) => one.values)).toEqual([[81.25], [0]]);
  });

  it('draws nothing for an empty report', () => {
    expect(barsOf('takings', { key: 'days', title: '按日', columns: [], rows: [], truncated: false })).toBeUndefined();
    expect(barsOf('gossip', undefined)).toBeUndefined();
  });
});

describe('monthBefore', () => {
  it('goes back over the year', () => {
    expect(monthBefore('2026-01-31')).toBe('2025-12');
    expect(monthBefore('2026-11-05')).toBe('2026-10');
  });
});
