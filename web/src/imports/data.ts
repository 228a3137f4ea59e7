import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';

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
export function submitImport({ kind, community, file, dryRun, partial }: ImportAsk) {
  const fields = { kind, community, file: file.name, dry_run: String(dryRun), partial: String(partial), mapping: '' };
  const formOf = () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (name !== 'file') form.set(name, value);
    form.set('file', file, file.name);
    return form;
  };
  return body(api.POST('/api/v1/imports', { body: fields, bodySerializer: formOf }));
}

const readAgainMs = 800;
const listed = 12;

/** Follows an import until it is over. */
export const useImport = (id: string) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: () => body(api.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.status === 'running' || !query.state.data ? readAgainMs : false),
  });

/** The latest imports, newest first. */
export const useImports = () =>
  useQuery({ queryKey: ['import', 'list'], queryFn: () => body(api.GET('/api/v1/imports', { params: { query: { limit: listed } } })) });
