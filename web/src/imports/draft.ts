import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { HeldFile } from './heldFile';
import type { Kind } from './kinds';
import type { Mapping } from './mapping';

/** An import as far as it was sent: its id, and what was asked for. */
export interface Sent {
  id: string;
  ask: string;
}

/** What was entered in the import assistant so far. */
export interface Draft {
  kind: Kind;
  community: string;
  file?: HeldFile;
  /** The choices about columns, apart for every kind. */
  chosen: Partial<Record<Kind, Mapping>>;
  sheet?: string;
  remember: boolean;
  partial: boolean;
  checked?: Sent;
  started?: Sent;
}

export const emptyDraft: Draft = { kind: 'roster', community: '', chosen: {}, remember: true, partial: false };

const draftKey = ['import-draft'];

/**
 * The draft of the assistant. A copy in the data cache outlasts a visit to another page, and is forgotten, file and all, when the user signs
 * out.
 */
export function useDraft(): [Draft, (change: Partial<Draft>) => void] {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => queries.getQueryData<Draft>(draftKey) ?? emptyDraft);
  const change = useCallback((part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), []);
  useEffect(() => {
    queries.setQueryDefaults(draftKey, { gcTime: Infinity, structuralSharing: false });
    queries.setQueryData(draftKey, draft);
  }, [queries, draft]);
  return [draft, change];
}
