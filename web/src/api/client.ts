import createClient from 'openapi-fetch';
import { closeSession, session } from '../session/session';
import { uuid } from './keys';
import { Problem, type ProblemBody } from './problem';
import type { paths } from './schema';
import { createTransport } from './transport';

const transport = createTransport({
  // eslint-disable-next-line no-restricted-globals -- the one place that reaches the network
  send: (request) => fetch(request),
  token: () => session()?.token,
  signedOut: () => closeSession(true),
  uuid: () => uuid(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
});

/** An operation without its headers: the transport sets them, the Idempotency-Key among them. */
type Bare<Operation> = Operation extends { parameters: infer Parameters }
  ? Omit<Operation, 'parameters'> & { parameters: Omit<Parameters, 'header'> }
  : Operation;
type BarePaths = { [Path in keyof paths]: { [Method in keyof paths[Path]]: Bare<paths[Path][Method]> } };

/** The API as its OpenAPI file describes it; the page is served by the same process. */
export const api = createClient<BarePaths>({ baseUrl: location.origin, fetch: transport, headers: { Accept: 'application/json' } });

/** The address of the change feed, which the browser's own event stream reads. */
export const eventsAddress: keyof paths = '/api/v1/events';

/** Waits for an answer and gives its body; anything but success is thrown as a Problem. */
export async function body<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Problem(response.status, error && typeof error === 'object' ? (error as ProblemBody) : {});
  return data as T;
}
