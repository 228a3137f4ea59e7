import { closeSession, session } from '../session/session';
import { uuid } from './keys';
import { problemOf } from './problem';
import { createTransport } from './transport';

/** Where the API lives; the page is served by the same process. */
export const base = '/api/v1';

const transport = createTransport({
  // eslint-disable-next-line no-restricted-globals -- the one place that reaches the network
  send: (request) => fetch(request),
  token: () => session()?.token,
  signedOut: () => closeSession(true),
  uuid: () => uuid(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
});

type Query = Record<string, string | number | boolean | undefined>;

async function call<T>(method: string, path: string, query: Query = {}, body?: unknown): Promise<T> {
  const url = new URL(base + path, location.origin);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  const headers: Record<string, string> = { Accept: 'application/json' };
  const multipart = body instanceof FormData;
  if (body !== undefined && !multipart) headers['Content-Type'] = 'application/json';
  const content = body === undefined ? undefined : multipart ? body : JSON.stringify(body);
  const response = await transport(new Request(url, { method, headers, ...(content === undefined ? {} : { body: content }) }));
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const get = <T>(path: string, query?: Query) => call<T>('GET', path, query);
export const post = <T>(path: string, body?: unknown) => call<T>('POST', path, {}, body);
export const remove = (path: string) => call<void>('DELETE', path);
