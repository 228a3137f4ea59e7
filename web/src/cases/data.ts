import { useQuery } from '@tanstack/react-query';
import { get, post } from '../api/client';
import type { CaseDetail, Message, Page } from '../api/model';

export const useCase = (id: string) => useQuery({ queryKey: ['case', id], queryFn: () => get<CaseDetail>(`/cases/${id}`) });

export const useCaseMessages = (id: string) =>
  useQuery({ queryKey: ['message', 'of-case', id], queryFn: () => get<Page<Message>>('/messages', { case_id: id, limit: 200 }) });

export type CaseCommand = 'hold' | 'release' | 'exclude';
export const steerCase = (id: string, command: CaseCommand, reason: string, until?: string) =>
  post<CaseDetail>(`/cases/${id}/${command}`, { reason, ...(until ? { until } : {}) });
