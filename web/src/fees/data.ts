import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { FeeItemDetail, FeeTerms, SettlementDraft } from '../api/model';

export const useFeeItem = (id: string | undefined) =>
  useQuery({
    queryKey: ['community', 'fee-item', id],
    queryFn: () => body(api.GET('/api/v1/fee-items/{id}', { params: { path: { id: id as string } } })),
    enabled: id !== undefined,
  });

export const createFeeItem = (communityId: string, name: string, terms: FeeTerms) =>
  body(api.POST('/api/v1/fee-items', { body: { community_id: communityId, name, ...terms } }));

export const addVersion = (id: string, terms: FeeTerms): Promise<FeeItemDetail> =>
  body(api.POST('/api/v1/fee-items/{id}/versions', { params: { path: { id } }, body: terms }));

export const withdrawVersion = (id: string, versionId: string): Promise<FeeItemDetail> =>
  body(api.POST('/api/v1/fee-items/{id}/versions/{version_id}/withdraw', { params: { path: { id, version_id: versionId } } }));

/** What a unit would be charged: by an item's versions, or by terms that are only tried. */
export const tryFeeItem = (ask: { unit_id: string; period: string; fee_item_id?: string; name?: string; terms?: FeeTerms }) =>
  body(api.POST('/api/v1/fee-items/preview', { body: ask }));

export const readFigures = (id: string, period: string) =>
  body(api.GET('/api/v1/fee-items/{id}/figures', { params: { path: { id }, query: { period } } }));

export const enterFigures = (id: string, period: string, entries: { unit_id?: string; value: string }[]) =>
  body(api.POST('/api/v1/fee-items/{id}/figures', { params: { path: { id } }, body: { period, entries } }));

/** The units of a community that fit what was typed. */
export const useUnitSearch = (communityId: string | undefined, words: string) =>
  useQuery({
    queryKey: ['community', 'unit-search', communityId, words],
    queryFn: () => body(api.GET('/api/v1/units', { params: { query: { community_id: communityId as string, limit: 20, ...(words ? { q: words } : {}) } } })),
    enabled: communityId !== undefined,
    placeholderData: (before) => before,
  });

export const useSettlements = (communityId: string | undefined) =>
  useQuery({
    queryKey: ['community', 'settlements', communityId],
    queryFn: () => body(api.GET('/api/v1/communities/{id}/settlements', { params: { path: { id: communityId as string } } })),
    enabled: communityId !== undefined,
  });

export const proposeSettlement = (communityId: string, draft: SettlementDraft) =>
  body(api.POST('/api/v1/communities/{id}/settlements', { params: { path: { id: communityId } }, body: draft }));

export const signSettlement = (communityId: string, id: string, names: string, note: string) =>
  body(
    api.POST('/api/v1/communities/{id}/settlements/{settlement_id}/sign', {
      params: { path: { id: communityId, settlement_id: id } },
      body: { signed_names: names, ...(note ? { note } : {}) },
    }),
  );

export const withdrawSettlement = (communityId: string, id: string, reason: string) =>
  body(api.POST('/api/v1/communities/{id}/settlements/{settlement_id}/withdraw', { params: { path: { id: communityId, settlement_id: id } }, body: { reason } }));
