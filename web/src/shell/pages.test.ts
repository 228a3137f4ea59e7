import { expect, it } from 'vitest';
import { groupsFor } from '../imports/kinds';
import { firstPage, pagesFor } from './pages';

const with_ = (...actions: string[]) => (action: string) => actions.includes(action);

it('leads everybody to a page that they may open', () => {
  const first = (resident: boolean, ...actions: string[]) => firstPage(pagesFor(with_(...actions), resident));
  expect(first(false, 'see-campaigns', 'import', 'see-estate')).toBe('/campaigns');
  expect(first(false, 'see-estate', 'take-money')).toBe('/desk');
  expect(first(false)).toBeUndefined();
  expect(first(true, 'see-estate')).toBe('/estate/units');
});

it('offers who takes money the imports of money, and nothing else to import', () => {
  const cashier = with_('take-money');
  expect(pagesFor(cashier, false).map((page) => page.path)).toContain('/imports');
  expect(pagesFor(cashier, false).map((page) => page.path)).not.toContain('/person-matches');
  expect(groupsFor(cashier)).toEqual([{ key: 'money', kinds: ['payments', 'bank_statements'] }]);
  expect(groupsFor(with_('import')).flatMap((group) => group.kinds)).not.toContain('bank_statements');
  expect(groupsFor(with_())).toEqual([]);
});

it('shows a resident no list of those who work here', () => {
  const paths = (resident: boolean) => pagesFor(with_('see-estate'), resident).flatMap((page) => (page.pages ?? []).map((one) => one.path));
  expect(paths(false)).toContain('/estate/staff');
  expect(paths(true)).not.toContain('/estate/staff');
});
