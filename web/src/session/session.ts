import { useSyncExternalStore } from 'react';
import type { SessionUser } from '../api/model';

/** A signed-in session as this browser keeps it. The token is for commands; reads and the event stream also go by cookie. */
export interface Session {
  token: string;
  expiresAt: string;
  user: SessionUser;
}

const storageKey = 'steward.session';
const listeners = new Set<() => void>();
let current: Session | undefined = stored();
let ended = false;

function stored(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Session | null;
    return session && new Date(session.expiresAt).getTime() > Date.now() ? session : undefined;
  } catch {
    return undefined;
  }
}

function publish(next: Session | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}

/** The session in force, if any. */
export function session(): Session | undefined {
  return current;
}

/** Keeps a new session. */
export function openSession(next: Session): void {
  ended = false;
  localStorage.setItem(storageKey, JSON.stringify(next));
  publish(next);
}

/** Forgets the session; `byService` says that the service ended it, which the sign-in page then tells the user. */
export function closeSession(byService = false): void {
  ended = byService && current !== undefined;
  localStorage.removeItem(storageKey);
  publish(undefined);
}

/** Tells whether the last session was ended by the service. */
export function sessionEnded(): boolean {
  return ended;
}

/** Follows the session, also when another tab signs in or out. */
export function useSession(): Session | undefined {
  return useSyncExternalStore(subscribe, session);
}

function subscribe(listener: () => void): () => void {
  const otherTab = (event: StorageEvent) => {
    if (event.key === storageKey) publish(stored());
  };
  listeners.add(listener);
  window.addEventListener('storage', otherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', otherTab);
  };
}
