/** A Keyward of its own for a test file: `src/main.ts start` as a process, on its own port, database and data folder. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testDatabase } from '../support/postgres.ts';

export interface Keyward {
  /** `http://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Token of the machine `admin`, an IAM_OWNER. */
  readonly owner: string;
  /** Token of a machine without any role. */
  readonly stranger: string;
  /** A call over REST as the owner; the decoded answer. Fails where that is not 2xx. */
  call(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** An active human with a name that nobody else has. */
  newUser(): Promise<string>;
}

/** Started now, ended with the tests of this file. */
export async function startKeyward(): Promise<Keyward> {
  const database = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'keyward-clients-'));
  const port = await freePort();
  const stop = await run({
    KEYWARD_DATABASE_URL: database.url,
    KEYWARD_DATA_DIR: dataDir,
    KEYWARD_PORT: String(port),
    KEYWARD_LOG_LEVEL: 'warn',
  });
  after(async () => {
    await stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const url = `http://localhost:${port}`;
  const owner = readFileSync(join(dataDir, 'credentials', 'admin.pat'), 'utf8').trim();

  const call: Keyward['call'] = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${owner}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>; // every answer of the API is an object
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  let users = 0;
  const add = (): Promise<Record<string, unknown>> =>
    call('POST', '/v2/users/human', {
      profile: { givenName: 'Ada', familyName: 'Lovelace' },
      email: { email: `ada${++users}@example.com`, isVerified: true },
    });

  const { resourceOwner: organizationId } = (await add()).details as { resourceOwner: string }; // of an answer that is 2xx
  const { id } = await call('POST', '/v2/users/new', { organizationId, machine: { name: 'stranger' } });
  const { token } = await call('POST', `/v2/users/${id}/pats`, { expirationDate: '2099-01-01T00:00:00Z' });
  return { url, port, owner, stranger: String(token), call, newUser: async () => String((await add()).userId) };
}

/** Gives how to stop it. Fails with what it said where it does not become ready. */
async function run(environment: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_') && !name.startsWith('NODE_')),
  );
  const child = spawn(process.execPath, [main, 'start'], { env: { ...clean, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  process.once('exit', () => child.kill('SIGKILL')); // where the tests end before they could stop it
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
        if (said.includes('is ready')) resolve();
      });
  });
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`Keyward did not start: ${said}`)))]);
  return async () => {
    const t = Date.now();
    child.kill('SIGTERM');
    await ended;
    console.log('ended', Date.now() - t);
  };
}

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  await new Promise((resolve) => server.close(resolve));
  return port;
}
