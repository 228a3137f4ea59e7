import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { MeterReading, NewMeter, ReadingEntry, ReadingRule } from '../api/model';

export const meterKinds = ['water', 'hot_water', 'electricity', 'gas', 'heat', 'other'] as const;
export type MeterKind = (typeof meterKinds)[number];

export interface MeterFilter {
  community_id: string;
  kind?: MeterKind;
  q?: string;
  not_since?: string;
  cursor?: string;
}

const rowsShown = 100;

/** The meters of a community in the order in which a reader walks past. */
export const useMeters = (filter: MeterFilter | undefined) =>
  useQuery({
    queryKey: ['meter', 'list', filter],
    queryFn: () => body(api.GET('/api/v1/meters', { params: { query: { limit: rowsShown, ...filter } } })),
    enabled: filter !== undefined,
    placeholderData: keepPreviousData,
  });

/** The readings that wait for somebody's decision. */
export const useWaiting = (communityId: string | undefined, cursor: string | undefined) =>
  useQuery({
    queryKey: ['meter', 'waiting', communityId, cursor],
    queryFn: () =>
      body(
        api.GET('/api/v1/meter-readings', {
          params: { query: { status: 'review', limit: rowsShown, ...(communityId ? { community_id: communityId } : {}), ...(cursor ? { cursor } : {}) } },
        }),
      ),
  });

/** Saves one reading and gives what became of it. */
export async function enterReading(entry: ReadingEntry): Promise<MeterReading | undefined> {
  const saved = await body(api.POST('/api/v1/meter-readings', { params: {}, body: entry }));
  return saved.items?.[0];
}

export type Decision = {
  decision: 'accept' | 'reject';
  note?: string;
  final_reading?: string;
  digits?: number;
};

export const decideReading = (id: string, decision: Decision) => body(api.POST('/api/v1/meter-readings/{id}/review', { params: { path: { id } }, body: decision }));

/** The business day of the service, as the default of a reading. */
export const useToday = () =>
  useQuery({ queryKey: ['clock', 'today'], queryFn: async () => (await body(api.GET('/api/v1/clock'))).now, staleTime: 30_000 });

export const addMeter = (ask: NewMeter) => body(api.POST('/api/v1/meters', { body: ask }));

/** Which readings wait for review, in a community as a whole and for single fee items. */
export const useReadingRules = (communityId: string) =>
  useQuery({
    queryKey: ['meter', 'rules', communityId],
    queryFn: () => body(api.GET('/api/v1/communities/{id}/reading-rules', { params: { path: { id: communityId } } })),
  });

export const setReadingRule = (communityId: string, rule: ReadingRule) =>
  body(api.PUT('/api/v1/communities/{id}/reading-rules', { params: { path: { id: communityId } }, body: rule }));
