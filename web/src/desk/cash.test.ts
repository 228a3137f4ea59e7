import { describe, expect, it } from 'vitest';
import type { Bill, DeskHousehold } from '../api/model';
import { changeDue, counted, owedBy, preselected, smallChange } from './cash';

const bill = (id: string, due: string, fen: number) => ({ id, due_date: due, payable_fen: fen }) as Bill;

describe('the cashier’s sums', () => {
  it('leaves off what the rule says and never the whole amount', () => {
    expect(smallChange('jiao', 25063)).toBe(3);
    expect(smallChange('yuan', 25063)).toBe(63);
    expect(smallChange('yuan', 63)).toBe(0);
    expect(smallChange('none', 25063)).toBe(0);
    expect(smallChange('jiao', 25060)).toBe(0);
  });
  it('ticks the bills that are due, or all where none is', () => {
    const household = (bills: Bill[]) => ({ as_of: '2026-03-01', bills }) as DeskHousehold;
    expect(preselected(household([bill('a', '2026-02-01', 1), bill('b', '2026-03-01', 1), bill('c', '2026-03-02', 1)]))).toEqual(['a', 'b']);
    expect(preselected(household([bill('c', '2026-03-02', 1)]))).toEqual(['c']);
  });
  it('adds up', () => {
    expect(owedBy([bill('a', '', 100), bill('b', '', 250)])).toBe(350);
    expect(changeDue(10000, 7518)).toBe(2482);
    expect(changeDue(7000, 7518)).toBeUndefined();
    expect(counted({ 10000: 3, 5000: 1, 10: 4 })).toBe(35040);
  });
});
