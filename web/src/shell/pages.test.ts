import { expect, it } from 'vitest';
import { groupsFor } from '../imports/kinds';
import { entriesFor, pagesOf } from './pages';

const with_ = (...actions: string[]) => (action: string) => actions.includes(action);

const paths = (resident: boolean, ...actions: string[]) => pagesOf(entriesFor(with_(...actions), resident)).map((page) => page.path);

it('leads everybody to a page that they may open', () => {
  expect(paths(false, 'see-campaigns', 'import', 'see-estate')[0]).toBe('/campaigns');
  expect(paths(false, 'see-estate', 'take-money')[0]).toBe('/desk');
  expect(paths(false)).toEqual([]);
});

it('offers who takes money the imports of money, and nothing else to import', () => {
  const cashier = with_('take-money');
  expect(paths(false, 'take-money')).toContain('/imports');
  expect(paths(false, 'take-money')).not.toContain('/person-matches');
  expect(groupsFor(cashier)).toEqual([{ key: 'money', kinds: ['payments', 'bank_statements'] }]);
  expect(groupsFor(with_('import')).flatMap((group) => group.kinds)).not.toContain('bank_statements');
  expect(groupsFor(with_())).toEqual([]);
});

it('shows a resident no list of those who work here', () => {
  expect(paths(false, 'see-estate')).toContain('/estate/staff');
  expect(paths(true, 'see-estate')).not.toContain('/estate/staff');
});

it('leaves out a heading under which there is nothing', () => {
  expect(entriesFor(with_('see-estate'), false).map((entry) => entry.path)).toEqual(['charging', 'estate']);
});
