import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { Approval } from '../api/model';

export type ApprovalStatus = Approval['status'];

/** What was asked of a checker, newest first; without a status all of it. */
export const useApprovals = (status: ApprovalStatus | undefined, cursor: string | undefined) =>
  useQuery({
    queryKey: ['approval', 'list', status, cursor],
    queryFn: () => body(api.GET('/api/v1/approvals', { params: { query: { ...(status ? { status } : {}), ...(cursor ? { cursor } : {}), limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

export const useApproval = (id: string | undefined) =>
  useQuery({ queryKey: ['approval', id], queryFn: () => body(api.GET('/api/v1/approvals/{id}', { params: { path: { id: id ?? '' } } })), enabled: !!id });

export const approve = (id: string, reason: string): Promise<Approval> => body(api.POST('/api/v1/approvals/{id}/approve', { params: { path: { id } }, body: { reason } }));
export const reject = (id: string, reason: string): Promise<Approval> => body(api.POST('/api/v1/approvals/{id}/reject', { params: { path: { id } }, body: { reason } }));
export const withdraw = (id: string): Promise<Approval> => body(api.POST('/api/v1/approvals/{id}/withdraw', { params: { path: { id } }, body: {} }));
