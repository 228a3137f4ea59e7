import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';

const mostMessages = 200;

export const useCase = (id: string) =>
  useQuery({ queryKey: ['case', id], queryFn: () => body(api.GET('/api/v1/cases/{id}', { params: { path: { id } } })) });

export const useCaseMessages = (id: string) =>
  useQuery({
    queryKey: ['message', 'of-case', id],
    queryFn: () => body(api.GET('/api/v1/messages', { params: { query: { case_id: id, limit: mostMessages } } })),
  });

export type CaseCommand = 'hold' | 'release' | 'exclude';
const commands = {
  hold: '/api/v1/cases/{id}/hold',
  release: '/api/v1/cases/{id}/release',
  exclude: '/api/v1/cases/{id}/exclude',
} as const;
export const steerCase = (id: string, command: CaseCommand, reason: string, until?: string) =>
  body(api.POST(commands[command], { params: { path: { id } }, body: { reason, ...(until ? { until } : {}) } }));
