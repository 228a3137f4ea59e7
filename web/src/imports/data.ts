import { useQuery } from '@tanstack/react-query';
import { get, post } from '../api/client';
import type { ImportJob } from '../api/model';

/** The kinds of file that this page takes. */
export const kinds = ['roster', 'receivables', 'payments'] as const;
export type Kind = (typeof kinds)[number];

/** What is sent with a file. */
export interface ImportAsk {
  kind: Kind;
  community: string;
  file: File;
  dryRun: boolean;
  partial: boolean;
}

/** Hands a file over; the answer only says that it was taken. */
export function submitImport(ask: ImportAsk): Promise<{ id: string; status: string }> {
  const form = new FormData();
  form.set('kind', ask.kind);
  form.set('community', ask.community);
  form.set('dry_run', String(ask.dryRun));
  form.set('partial', String(ask.partial));
  form.set('file', ask.file, ask.file.name);
  return post('/imports', form);
}

const readAgainMs = 800;

/** Follows an import until it is over. */
export const useImport = (id: string) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: () => get<ImportJob>(`/imports/${id}`),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.status) ? false : readAgainMs),
  });

/** Tells whether nothing more will happen to an import. */
export function isOver(status: string): boolean {
  return status !== 'running' && status !== 'queued' && status !== 'accepted';
}
