import { describe, expect, it } from 'vitest';
import { Problem, problemOf } from './problem';
import { createTransport } from './transport';

type Answer = Response | 'network';

function stage(answers: Answer[]) {
  const sent: Request[] = [];
  const waits: number[] = [];
  let keys = 0;
  let signedOut = 0;
  const transport = createTransport({
    send: async (request) => {
      sent.push(request);
      const answer = answers.shift();
      if (!answer || answer === 'network') throw new TypeError('fetch failed');
      return answer;
    },
    token: () => 'secret',
    signedOut: () => void signedOut++,
    uuid: () => `key-${++keys}`,
    wait: async (ms) => void waits.push(ms),
  });
  const keysSent = () => sent.map((request) => request.headers.get('Idempotency-Key'));
  return { transport, sent, waits, keysSent, signedOut: () => signedOut };
}

const json = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const post = (body: unknown = { reason: 'x' }) =>
  new Request('http://steward.test/api/v1/campaigns/1/pause', { method: 'POST', body: JSON.stringify(body) });

describe('transport', () => {
  it('repeats a command with the same key until the outcome is known', async () => {
    const { transport, keysSent, waits, sent } = stage(['network', json(503, {}, { 'Retry-After': '2' }), json(409, { code: 'in-progress' }), json(200)]);
    expect((await transport(post())).status).toBe(200);
    expect(keysSent()).toEqual(['key-1', 'key-1', 'key-1', 'key-1']);
    expect(waits).toEqual([300, 2000, 1200]);
    expect(await sent[3]?.json()).toEqual({ reason: 'x' });
  });

  it('keeps the key when the user tries the same command again after an unknown outcome', async () => {
    const { transport, keysSent } = stage(['network', 'network', 'network', 'network', json(200), json(200)]);
    await expect(transport(post())).rejects.toMatchObject({ code: 'network', status: 0 });
    await transport(post());
    await transport(post());
    expect(keysSent()).toEqual(['key-1', 'key-1', 'key-1', 'key-1', 'key-1', 'key-2']);
  });

  it('gives another command another key', async () => {
    const { transport, keysSent } = stage([json(500), json(200)]);
    await transport(post({ reason: 'x' }));
    await transport(post({ reason: 'y' }));
    expect(keysSent()).toEqual(['key-1', 'key-2']);
  });

  it('takes a refusal as the answer', async () => {
    const { transport, keysSent } = stage([json(409, { code: 'preview-changed' }), json(422)]);
    await transport(post());
    await transport(post());
    expect(keysSent()).toEqual(['key-1', 'key-2']);
  });

  it('knows the same upload again in spite of another boundary', async () => {
    const { transport, keysSent } = stage([json(500), json(500), json(500)]);
    const upload = (text: string) => {
      const form = new FormData();
      form.set('kind', 'roster');
      form.set('file', new File([text], 'roster.csv'));
      return new Request('http://steward.test/api/v1/imports', { method: 'POST', body: form });
    };
    await transport(upload('a,b'));
    await transport(upload('a,b'));
    await transport(upload('a,c'));
    expect(keysSent()).toEqual(['key-1', 'key-1', 'key-2']);
  });

  it('reads once and sends no key with a read', async () => {
    const { transport, sent, keysSent } = stage(['network']);
    await expect(transport(new Request('http://steward.test/api/v1/campaigns'))).rejects.toBeInstanceOf(Problem);
    expect(sent).toHaveLength(1);
    expect(keysSent()).toEqual([null]);
    expect(sent[0]?.headers.get('Authorization')).toBe('Bearer secret');
  });

  it('tells when the session is over, but not for a wrong password', async () => {
    const { transport, signedOut } = stage([json(401), json(401)]);
    await transport(new Request('http://steward.test/api/v1/session', { method: 'POST', body: '{}' }));
    expect(signedOut()).toBe(0);
    await transport(new Request('http://steward.test/api/v1/campaigns'));
    expect(signedOut()).toBe(1);
  });
});

describe('problemOf', () => {
  it('takes the sentence of the service', async () => {
    const problem = await problemOf(json(422, { code: 'reason-missing', detail: '请填写原因。', errors: [{ location: 'body.reason', message: '必填' }] }));
    expect(problem).toMatchObject({ message: '请填写原因。', code: 'reason-missing', status: 422 });
    expect(problem.fields[0]?.location).toBe('body.reason');
  });
  it('has a sentence for an answer that is no JSON', async () => {
    const problem = await problemOf(new Response('<html>', { status: 502 }));
    expect(problem.message).toMatch(/系统/);
    expect(problem.code).toBe('http-502');
  });
});
