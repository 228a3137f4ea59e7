import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import { openPaper, pdf } from '../api/paper';
import type { AccountView } from '../api/model';

/** Whose account: everybody's of a unit, or a debtor's over all units. */
export type Whose = 'units' | 'debtors';

/** As of which day an account is looked at, and whether only what was known then counts. Without a day it is now. */
export interface AsOf {
  day?: string;
  known: boolean;
}

const queryOf = (at: AsOf) => (at.day ? { as_of: at.day, ...(at.known ? { known_on: at.day } : {}) } : {});

const accountPaths = { units: '/api/v1/units/{id}/account', debtors: '/api/v1/debtors/{id}/account' } as const;

export const useAccount = (whose: Whose, id: string, at: AsOf) =>
  useQuery({
    queryKey: ['payment', 'account', whose, id, at],
    queryFn: (): Promise<AccountView> =>
      body(api.GET(accountPaths[whose], { params: { path: { id }, query: queryOf(at) } })),
    placeholderData: keepPreviousData,
  });

export const useUnit = (id: string | undefined) =>
  useQuery({ queryKey: ['unit', id], queryFn: () => body(api.GET('/api/v1/units/{id}', { params: { path: { id: id ?? '' } } })), enabled: !!id });

export const useBill = (id: string | undefined, at: AsOf) =>
  useQuery({
    queryKey: ['payment', 'bill', id, at],
    queryFn: () => body(api.GET('/api/v1/bills/{id}', { params: { path: { id: id ?? '' }, query: queryOf(at) } })),
    enabled: !!id,
  });

export const useStatement = (debtorId: string | undefined, asOf: string | undefined, both: boolean) =>
  useQuery({
    queryKey: ['payment', 'statement', debtorId, asOf, both],
    queryFn: () =>
      body(
        api.GET('/api/v1/debtors/{id}/statement', {
          params: { path: { id: debtorId ?? '' }, query: { ...(asOf ? { as_of: asOf } : {}), ...(both ? { versions: 'both' as const } : {}) } },
        }),
      ).then((statement) => statement as Exclude<typeof statement, string>), // the PDF is another call's
    enabled: !!debtorId,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** Opens the statement as it is handed over on paper. */
export const printStatement = (debtorId: string, asOf: string | undefined, both: boolean) =>
  openPaper(() =>
    api.GET('/api/v1/debtors/{id}/statement', {
      params: { path: { id: debtorId }, query: { ...(asOf ? { as_of: asOf } : {}), ...(both ? { versions: 'both' as const } : {}) } },
      headers: pdf,
      parseAs: 'blob',
    }),
  );
