import { useQuery } from '@tanstack/react-query';
import { get, post } from '../api/client';
import type { BatchResult, Campaign, CampaignAsk, CampaignDetail, CampaignStart, CaseRow, Community, CommunityDetail, Page, Policy, Preview } from '../api/model';

/** How many rows a list shows at a time. */
export const pageSize = 50;

export const useCampaigns = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['campaign', 'list', cursor],
    queryFn: () => get<Page<Campaign>>('/campaigns', { limit: pageSize, cursor }),
    placeholderData: (before) => before,
  });

export const useCampaign = (id: string) => useQuery({ queryKey: ['campaign', id], queryFn: () => get<CampaignDetail>(`/campaigns/${id}`) });

export const useCampaignCases = (id: string, filter: { status?: string; stage?: string; cursor?: string }) =>
  useQuery({
    queryKey: ['case', 'of', id, filter],
    queryFn: () => get<Page<CaseRow>>(`/campaigns/${id}/cases`, { limit: pageSize, ...filter }),
    placeholderData: (before) => before,
  });

/** Communities by name; a list in a choice box, so all of them up to the most that one call gives. */
export const useCommunities = () => useQuery({ queryKey: ['community', 'list'], queryFn: () => get<Page<Community>>('/communities', { limit: 500 }) });

export const useBuildings = (communityIds: string[]) =>
  useQuery({
    queryKey: ['community', 'buildings', communityIds],
    queryFn: () => Promise.all(communityIds.map((id) => get<CommunityDetail>(`/communities/${id}`))),
    enabled: communityIds.length > 0,
  });

export const usePolicies = () => useQuery({ queryKey: ['policy', 'list'], queryFn: () => get<Page<Policy>>('/dunning-policies', { limit: 500 }) });

export const previewCampaign = (ask: CampaignAsk) => post<Preview>('/campaigns/preview', ask);
export const startCampaign = (start: CampaignStart) => post<CampaignDetail>('/campaigns', start);

export type CampaignCommand = 'pause' | 'resume' | 'cancel';
export const steerCampaign = (id: string, command: CampaignCommand, reason: string) => post<CampaignDetail>(`/campaigns/${id}/${command}`, { reason });

export type BatchCommand = 'hold' | 'release' | 'exclude';
export const steerCases = (id: string, command: BatchCommand, caseIds: string[], reason: string) =>
  post<BatchResult>(`/campaigns/${id}/cases/${command}`, { case_ids: caseIds, reason });
