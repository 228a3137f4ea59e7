import { keepPreviousData, useQuery, type QueryClient } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { HeldFile } from './heldFile';
import type { Kind } from './kinds';
import type { Mapping } from './mapping';

/** What is to be imported, apart from how. */
export interface Subject {
  kind: Kind;
  community: string;
  file: HeldFile;
}

/** How it is imported. */
export interface Manner {
  mapping: Mapping;
  dryRun: boolean;
  partial: boolean;
  saveMapping: boolean;
}

function formOf(file: HeldFile, fields: Record<string, string>): () => FormData {
  return () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (name !== 'file') form.set(name, value);
    form.set('file', file.content, file.name);
    return form;
  };
}

/** Hands a file over; the answer only says that it was taken. */
export function submitImport({ kind, community, file }: Subject, manner: Manner) {
  const fields = {
    kind,
    community: community.trim(),
    file: file.name,
    dry_run: String(manner.dryRun),
    partial: String(manner.partial),
    mapping: Object.keys(manner.mapping).length > 0 ? JSON.stringify(manner.mapping) : '',
    save_mapping: String(manner.saveMapping),
    sha256: file.sha256 ?? '',
  };
  return body(api.POST('/api/v1/imports', { body: fields, bodySerializer: formOf(file, fields) }));
}

function inspect({ kind, community, file }: Subject, mapping: Mapping, signal: AbortSignal) {
  const fields = { kind, community: community.trim(), file: file.name, mapping: Object.keys(mapping).length > 0 ? JSON.stringify(mapping) : '' };
  return body(api.POST('/api/v1/imports/inspect', { body: fields, bodySerializer: formOf(file, fields), signal }));
}

const inspection = (subject: Subject, mapping: Mapping) => ({
  // Not under 'import': what a file holds does not change when another import moves on.
  queryKey: ['inspection', subject.file.id, subject.kind, subject.community.trim(), mapping],
  queryFn: ({ signal }: { signal: AbortSignal }) => inspect(subject, mapping, signal),
  staleTime: Infinity,
  retry: false,
});

/** Looks at a file once; the answer is kept for the pages that ask again. */
export const firstLook = (queries: QueryClient, subject: Subject, mapping: Mapping) => queries.fetchQuery(inspection(subject, mapping));

/** How a file would be read under a mapping; the answer for the same file before stays while the next is on its way. */
export const useInspection = (subject: Subject, mapping: Mapping, enabled = true) => {
  const asked = inspection(subject, mapping);
  return useQuery({
    ...asked,
    enabled,
    placeholderData: (before, query) => (query && asked.queryKey.slice(1, 4).every((part, i) => part === query.queryKey[i + 1]) ? before : undefined),
  });
};

const readAgainMs = 800;
const listed = 20;
const rowsShown = 50;

/** Follows an import until it is over. */
export const useImport = (id: string) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: () => body(api.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.status === 'running' || !query.state.data ? readAgainMs : false),
  });

/** What an import does with the rows that it takes. */
export type Outcome = 'created' | 'updated' | 'doubtful';
export const useEffects = (id: string, outcome: Outcome, cursor?: string) =>
  useQuery({
    queryKey: ['import', id, 'rows', outcome, cursor],
    queryFn: () =>
      body(api.GET('/api/v1/imports/{id}/rows', { params: { path: { id }, query: { outcome, limit: rowsShown, ...(cursor ? { cursor } : {}) } } })),
    placeholderData: keepPreviousData,
  });

/** The imports, newest first. */
export const useImports = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['import', 'list', cursor],
    queryFn: () => body(api.GET('/api/v1/imports', { params: { query: { limit: listed, ...(cursor ? { cursor } : {}) } } })),
    placeholderData: keepPreviousData,
  });

export const rollBack = (id: string) => body(api.POST('/api/v1/imports/{id}/rollback', { params: { path: { id } } }));
