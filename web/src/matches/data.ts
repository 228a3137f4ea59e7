import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { PersonMatch } from '../api/model';

export const matchStatuses = ['open', 'same', 'different'] as const;
export type MatchStatus = (typeof matchStatuses)[number];

const pairsShown = 20;

/** Pairs of records that may be one person. */
export const useMatches = (status: MatchStatus, cursor: string | undefined) =>
  useQuery({
    queryKey: ['import', 'matches', status, cursor],
    queryFn: () => body(api.GET('/api/v1/person-matches', { params: { query: { status, limit: pairsShown, ...(cursor ? { cursor } : {}) } } })),
    placeholderData: keepPreviousData,
  });

export const decideMatch = (match: PersonMatch, same: boolean) =>
  body(api.POST('/api/v1/person-matches/{id}/decide', { params: { path: { id: match.id } }, body: { same, version: match.version } }));
