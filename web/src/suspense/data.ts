import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';

const rowsShown = 50;
const fewUnits = 8;

export interface SuspenseFilter {
  status: 'open' | 'matched';
  keeper?: 'me';
  cursor?: string;
}

/** Money that matches nobody yet, or that was matched. */
export const useSuspense = (filter: SuspenseFilter) =>
  useQuery({
    queryKey: ['suspense', 'list', filter],
    queryFn: () => body(api.GET('/api/v1/suspense', { params: { query: { limit: rowsShown, ...filter } } })),
    placeholderData: keepPreviousData,
  });

/** Whose money it may be, the likeliest first. */
export const useCandidates = (id: string | undefined) =>
  useQuery({
    queryKey: ['suspense', 'candidates', id],
    queryFn: () => body(api.GET('/api/v1/suspense/{id}/candidates', { params: { path: { id: id ?? '' } } })),
    enabled: id !== undefined,
  });

/** Units that a person looks for by hand. */
export const useUnitsFound = (communityId: string | undefined, q: string) =>
  useQuery({
    queryKey: ['unit', 'found', communityId, q],
    queryFn: () => body(api.GET('/api/v1/units', { params: { query: { limit: fewUnits, q, ...(communityId ? { community_id: communityId } : {}) } } })),
    enabled: q !== '',
  });

export const keepSuspense = (id: string, userId: string) => body(api.POST('/api/v1/suspense/{id}/keeper', { params: { path: { id } }, body: { user_id: userId } }));

export type Whose = {
  unit_id?: string;
  debtor_id?: string;
  community_id?: string;
};

export const matchSuspense = (id: string, whose: Whose) => body(api.POST('/api/v1/suspense/{id}/match', { params: { path: { id } }, body: whose }));
