import { useState } from 'react';
import type { Kind } from './data';

/** An import that this browser session sent. */
export interface Recent {
  id: string;
  kind: Kind;
  fileName: string;
  dryRun: boolean;
}

const storageKey = 'steward.imports';
const kept = 12;

function read(): Recent[] {
  try {
    const list: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(list) ? (list as Recent[]) : [];
  } catch {
    return [];
  }
}

/** The imports of this browser session, newest first. */
export function useRecentImports() {
  const [recent, setRecent] = useState(read);
  const add = (entry: Recent) =>
    setRecent((before) => {
      const next = [entry, ...before.filter((other) => other.id !== entry.id)].slice(0, kept);
      sessionStorage.setItem(storageKey, JSON.stringify(next));
      return next;
    });
  return { recent, add };
}
