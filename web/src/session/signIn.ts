import { api, body } from '../api/client';
import { forgetAll } from '../shell/Providers';
import { closeSession, openSession } from './session';

/** Signs in and keeps the session; a refusal is thrown for the form to show. */
export async function signIn(login: string, password: string): Promise<void> {
  const opened = await body(api.POST('/api/v1/session', { body: { login, password } }));
  forgetAll();
  openSession({ token: opened.token, expiresAt: opened.expires_at, user: opened.user });
}

/** Ends the session here and at the service; a service that can't be reached keeps nobody signed in. */
export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session').catch(() => undefined);
  closeSession();
  forgetAll();
}
