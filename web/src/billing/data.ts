import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { BillingOnly } from '../api/model';

export const pageSize = 50;

export const useBillingRuns = (communityId: string | undefined, cursor: string | undefined) =>
  useQuery({
    queryKey: ['billing', 'list', communityId, cursor],
    queryFn: () =>
      body(api.GET('/api/v1/billing-runs', { params: { query: { limit: pageSize, ...(communityId ? { community_id: communityId } : {}), ...(cursor ? { cursor } : {}) } } })),
    placeholderData: (before) => before,
  });

export const useBillingRun = (id: string) =>
  useQuery({ queryKey: ['billing', 'run', id], queryFn: () => body(api.GET('/api/v1/billing-runs/{id}', { params: { path: { id } } })) });

export const useBillingLines = (id: string, only: BillingOnly, cursor: string | undefined) =>
  useQuery({
    queryKey: ['billing', 'lines', id, only, cursor],
    queryFn: () =>
      body(api.GET('/api/v1/billing-runs/{id}/lines', { params: { path: { id }, query: { limit: pageSize, ...(only ? { only } : {}), ...(cursor ? { cursor } : {}) } } })),
    placeholderData: (before) => before,
  });

/** What a run is asked for. */
export interface BillingAsk {
  community_id: string;
  period: string;
}

export const previewBilling = (ask: BillingAsk) => body(api.POST('/api/v1/billing-runs/preview', { body: { ...ask } }));
export const openBilling = (ask: BillingAsk) => body(api.POST('/api/v1/billing-runs', { body: { ...ask } }));

const commands = {
  approve: '/api/v1/billing-runs/{id}/approve',
  cancel: '/api/v1/billing-runs/{id}/cancel',
  retry: '/api/v1/billing-runs/{id}/retry',
} as const;
export type BillingCommand = keyof typeof commands;

export const steerBilling = (id: string, command: BillingCommand, reason: string) => body(api.POST(commands[command], { params: { path: { id } }, body: { reason } }));
export const voidBilling = (id: string, reason: string) => body(api.POST('/api/v1/billing-runs/{id}/void', { params: { path: { id } }, body: { reason } }));
