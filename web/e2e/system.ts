import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What dev.json says about a running system. */
export interface DevFile {
  base_url: string;
  speed: number;
  logins: Record<string, { login: string; password: string; token: string }>;
}

const startLimitMs = 240_000;
const stopLimitMs = 60_000;

/** Starts a system of its own for the tests, unless STEWARD_DEV_JSON names one that runs. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.STEWARD_DEV_JSON) {
    readDevFile();
    return undefined;
  }
  const program = resolve(process.env.STEWARD_BIN ?? '../.steward/bin/steward');
  if (!existsSync(program)) throw new Error(`${program} is not built: run "make setup", or name a running system by STEWARD_DEV_JSON`);
  const data = mkdtempSync(join(tmpdir(), 'steward-page-'));
  const log = openSync(join(data, 'dev.log'), 'a');
  const system = spawn(program, ['dev', '--data', data, '--listen', `127.0.0.1:${await freePort()}`], { stdio: ['ignore', log, log] });
  process.env.STEWARD_DEV_JSON = join(data, 'dev.json');
  try {
    await untilReady(system, data);
  } catch (cause) {
    await stop(system);
    throw cause;
  }
  return async () => {
    await stop(system);
    rmSync(data, { recursive: true, force: true });
  };
}

/** Reads dev.json of the system under test. */
export function readDevFile(): DevFile {
  return JSON.parse(readFileSync(process.env.STEWARD_DEV_JSON as string, 'utf8')) as DevFile;
}

async function untilReady(system: ChildProcess, data: string): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    if (system.exitCode !== null || Date.now() > deadline) {
      throw new Error(`the system did not start:\n${readFileSync(join(data, 'dev.log'), 'utf8').slice(-4000)}`);
    }
    if (existsSync(join(data, 'dev.json')) && Object.keys(readDevFile().logins).length > 0 && (await answers(readDevFile().base_url))) return;
    await new Promise((next) => setTimeout(next, 250));
  }
}

async function answers(base: string): Promise<boolean> {
  // eslint-disable-next-line no-restricted-globals -- the tests look at the system from outside
  return fetch(`${base}/readyz`).then((answer) => answer.ok, () => false);
}

function stop(system: ChildProcess): Promise<void> {
  if (system.exitCode !== null) return Promise.resolve();
  return new Promise((done) => {
    const force = setTimeout(() => system.kill('SIGKILL'), stopLimitMs);
    system.once('exit', () => {
      clearTimeout(force);
      done();
    });
    system.kill('SIGINT');
  });
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? found(address.port) : failed(new Error('no free port'))));
    });
  });
}
