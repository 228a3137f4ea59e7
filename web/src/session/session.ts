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
let left = false;

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

/** Tells whether somebody has no work here: all that they hold is a resident's own view. */
export function isResident(user: SessionUser): boolean {
  const roles = user.roles ?? [];
  return roles.length > 0 && roles.every((grant) => grant.scope.level === 'own');
}

/** Keeps a new session. */
export function openSession(next: Session): void {
  ended = false;
  left = false;
  localStorage.setItem(storageKey, JSON.stringify(next));
  publish(next);
}

/** Forgets the session; `byService` says that the service ended it, which the sign-in page then tells the user. */
export function closeSession(byService = false): void {
  ended = byService && current !== undefined;
  left = !byService && current !== undefined;
  localStorage.removeItem(storageKey);
  publish(undefined);
}

/** Tells whether the last session was ended by the service. */
export function sessionEnded(): boolean {
  return ended;
}

/** Tells whether the last user signed out: whoever comes next starts anew, not on that user's page. */
export function leftByChoice(): boolean {
  return left;
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
