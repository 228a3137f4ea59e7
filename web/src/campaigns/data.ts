import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { CampaignAsk, CampaignStart } from '../api/model';

/** How many rows a list shows at a time. */
export const pageSize = 50;
/** The most that one call gives, for lists in choice boxes. */
const everything = 500;

export const useCampaigns = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['campaign', 'list', cursor],
    queryFn: () => body(api.GET('/api/v1/campaigns', { params: { query: { limit: pageSize, ...(cursor ? { cursor } : {}) } } })),
    placeholderData: (before) => before,
  });

export const useCampaign = (id: string) =>
  useQuery({ queryKey: ['campaign', id], queryFn: () => body(api.GET('/api/v1/campaigns/{id}', { params: { path: { id } } })) });

export const useCampaignCases = (id: string, filter: { status?: string; stage?: string; cursor?: string }) =>
  useQuery({
    queryKey: ['case', 'of', id, filter],
    queryFn: () => body(api.GET('/api/v1/campaigns/{id}/cases', { params: { path: { id }, query: { limit: pageSize, ...filter } } })),
    placeholderData: (before) => before,
  });

export const useCommunities = () =>
  useQuery({ queryKey: ['community', 'list'], queryFn: () => body(api.GET('/api/v1/communities', { params: { query: { limit: everything } } })) });

export const useBuildings = (communityIds: string[]) =>
  useQuery({
    queryKey: ['community', 'buildings', communityIds],
    queryFn: () => Promise.all(communityIds.map((id) => body(api.GET('/api/v1/communities/{id}', { params: { path: { id } } })))),
    enabled: communityIds.length > 0,
  });

export const usePolicies = () =>
  useQuery({ queryKey: ['policy', 'list'], queryFn: () => body(api.GET('/api/v1/dunning-policies', { params: { query: { limit: everything } } })) });

export const previewCampaign = (ask: CampaignAsk) => body(api.POST('/api/v1/campaigns/preview', { body: ask }));

export const startCampaign = (start: CampaignStart) => body(api.POST('/api/v1/campaigns', { body: start }));

export type CampaignCommand = 'pause' | 'resume' | 'cancel';
const campaignCommands = {
  pause: '/api/v1/campaigns/{id}/pause',
  resume: '/api/v1/campaigns/{id}/resume',
  cancel: '/api/v1/campaigns/{id}/cancel',
} as const;
export const steerCampaign = (id: string, command: CampaignCommand, reason: string) =>
  body(api.POST(campaignCommands[command], { params: { path: { id } }, body: { reason } }));

export type BatchCommand = 'hold' | 'release' | 'exclude';
export const steerCases = (id: string, command: BatchCommand, caseIds: string[], reason: string) =>
  body(api.POST('/api/v1/campaigns/{id}/cases/{command}', { params: { path: { id, command } }, body: { case_ids: caseIds, reason } }));
