import { Problem } from './problem';

/** What the transport needs from its surroundings. */
export interface Surroundings {
  send: (request: Request) => Promise<Response>;
  token: () => string | undefined;
  signedOut: () => void;
  uuid: () => string;
  wait: (milliseconds: number) => Promise<void>;
}

const longestWaitMs = 8_000;
const tries = 4;

/**
 * Makes the function that sends every request: it adds the token, gives every POST an Idempotency-Key, repeats one with the same key
 * when the network fails or the service answers 503 or `in-progress`, and keeps the key of a command whose outcome stays unknown, so that the
 * same command tried again by the user is still the same command.
 */
export function createTransport(around: Surroundings): (request: Request) => Promise<Response> {
  const unsettled = new Map<string, string>();

  return async function transport(request: Request): Promise<Response> {
    const token = around.token();
    if (token) request.headers.set('Authorization', `Bearer ${token}`);
    if (request.method !== 'POST') return checked(await once(around, request), request, around);

    const intention = await intentionOf(request);
    const key = unsettled.get(intention) ?? around.uuid();
    unsettled.set(intention, key);
    request.headers.set('Idempotency-Key', key);
    const response = await repeated(around, request);
    if (response.status < 500) unsettled.delete(intention);
    return checked(response, request, around);
  };
}

async function once(around: Surroundings, request: Request): Promise<Response> {
  try {
    return await around.send(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new Problem(0);
  }
}

async function repeated(around: Surroundings, request: Request): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === tries;
    try {
      const response = await once(around, request.clone());
      if (last || !(await mayComeTrue(response))) return response;
      await around.wait(pause(attempt, response.headers.get('Retry-After')));
    } catch (cause) {
      if (last || !(cause instanceof Problem)) throw cause;
      await around.wait(pause(attempt, null));
    }
  }
}

async function mayComeTrue(response: Response): Promise<boolean> {
  if (response.status === 503) return true;
  if (response.status !== 409) return false;
  const body = (await response.clone().json().catch(() => ({}))) as { code?: string };
  return body.code === 'in-progress';
}

function pause(attempt: number, retryAfter: string | null): number {
  const seconds = Number(retryAfter);
  const wanted = retryAfter && Number.isFinite(seconds) ? seconds * 1000 : 300 * 2 ** (attempt - 1);
  return Math.min(wanted, longestWaitMs);
}

function checked(response: Response, request: Request, around: Surroundings): Response {
  if (response.status === 401 && !new URL(request.url).pathname.endsWith('/session')) around.signedOut();
  return response;
}

/** Names what the user wants: path and content. The boundary of a multipart body differs from try to try, so its parts are named instead. */
async function intentionOf(request: Request): Promise<string> {
  const copy = request.clone();
  if (!request.headers.get('Content-Type')?.startsWith('multipart/')) return `${request.url}\n${await copy.text()}`;
  const parts: string[] = [];
  for (const [name, value] of await copy.formData()) {
    parts.push(typeof value === 'string' ? `${name}=${value}` : `${name}=${value.name}:${value.size}:${await digest(value)}`);
  }
  return `${request.url}\n${parts.join('\n')}`;
}

async function digest(file: Blob): Promise<string> {
  let sum = 0x811c9dc5;
  for (const byte of new Uint8Array(await file.arrayBuffer())) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum.toString(16);
}
