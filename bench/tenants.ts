/**
 * Many tenants: a thousand of them and ten thousand organizations, made through the API one after the other. What a call costs at the end
 * against what it cost at the start, and how long a start takes before and after.
 *
 * Tenants are made by SystemService.CreateInstance, each with a machine owner and his token. Half of the organizations are made by these
 * owners, five in a row in each tenant, so that every window holds as many calls whose host and caller the node does not know yet; the other
 * half by one owner, in the first tenant. The last hundred of each are made when all the others are there.
 */
import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { SignJWT } from 'jose';
import { type Keyward, newDataDir, startKeyward } from './keyward.ts';
import { atMost, figure, type LifeRow } from './life.ts';
import { median, OneByOne, type RestCall } from './one-by-one.ts';
import type { Options } from './run.ts';

/** Most that a call, and a start, may cost at the end, against the start. */
const GROWTH = 1.5;
const START_GROWTH = 1.2;
/** Calls of a window, and those before the first one, in which the program gets warm. */
const WINDOW = 100;
const WARM = 100;
const READS = 400;
const STARTS = 3;
const IN_A_ROW = 5;

const SYSTEM_USER = 'bench';
const EXTERNAL = { domain: 'localhost', port: '8082' } as const;

interface Tenant {
  readonly host: string;
  readonly token: string;
}

export async function measureTenants({ quick }: Options): Promise<LifeRow[]> {
  const [tenants, organizations] = quick ? [400, 2000] : [1000, 10_000];
  const dataDir = newDataDir();
  const { environment, token } = await systemUser();
  try {
    await (await startKeyward(dataDir, 1, environment)).stop();
    const startBefore = await startTime(dataDir, environment);
    const keyward = await startKeyward(dataDir, 1, environment);
    const rows = await made(keyward, token, tenants, organizations).finally(() => keyward.stop());
    const startAfter = await startTime(dataDir, environment);
    return [
      ...rows,
      figure('second start, one tenant', startBefore, 's'),
      atMost('second start, all tenants', startAfter, 's', startBefore * START_GROWTH),
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** The median of some. */
async function startTime(dataDir: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const seconds: number[] = [];
  for (let n = 0; n < STARTS; n++) {
    const keyward = await startKeyward(dataDir, 1, environment);
    seconds.push(keyward.startSeconds);
    await keyward.stop();
  }
  return median(seconds);
}

async function made(keyward: Keyward, systemToken: string, tenants: number, organizations: number): Promise<LifeRow[]> {
  const client = new OneByOne(keyward);
  const first: Tenant = { host: EXTERNAL.domain, token: keyward.token };
  const all: Tenant[] = [];
  const create = async (): Promise<number> => {
    const customDomain = `tenant-${all.length + 1}.example`;
    const machine = { userName: 'owner', name: 'Owner', personalAccessToken: {} };
    const { ms, body } = await client.ask({
      host: EXTERNAL.domain,
      token: systemToken,
      verb: 'POST',
      path: '/system/v1/instances/_create',
      body: { instanceName: `Tenant ${all.length + 1}`, customDomain, machine },
    });
    all.push({ host: customDomain, token: (body as { pat: string }).pat }); // what CreateInstance answers for a machine with a token
    return ms;
  };
  let named = 0;
  const organize = async (at: Tenant): Promise<number> =>
    (await client.ask({ ...at, verb: 'POST', path: '/v2/organizations', body: { name: `Organization ${++named}` } })).ms;
  const inTurn = (n: number): Tenant => all[Math.floor(n / IN_A_ROW)] ?? first;
  const half = organizations / 2;

  try {
    await times(WARM, create);
    const tenantsEarly = await times(WINDOW, create);
    await times(WARM, (n) => organize(inTurn(n)));
    const spreadEarly = await times(WINDOW, (n) => organize(inTurn(WARM + n)));
    await times(WARM, () => organize(first));
    const oneEarly = await times(WINDOW, () => organize(first));
    const early = await reads(client, keyward, first, all[0]!);

    await times(tenants - WARM - 2 * WINDOW, create);
    await times(half - WARM - 2 * WINDOW, (n) => organize(inTurn(WARM + WINDOW + n)));
    await times(half - WARM - 2 * WINDOW, () => organize(first));

    const tenantsLate = await times(WINDOW, create);
    const spreadLate = await times(WINDOW, (n) => organize(inTurn(half - WINDOW + n)));
    const oneLate = await times(WINDOW, () => organize(first));
    const late = await reads(client, keyward, first, all[0]!);

    const [{ there, orgs }] = await keyward.sql<[{ there: number; orgs: number }]>`
      select (select count(*) from instances)::int as there, (select count(*) from orgs)::int as orgs`;
    return [
      figure('tenants', there, ''),
      figure('organizations', orgs, ''),
      ...grown('CreateInstance', tenantsEarly, tenantsLate),
      ...grown('AddOrganization, five a tenant', spreadEarly, spreadLate),
      ...grown('AddOrganization, thousands in one tenant', oneEarly, oneLate),
      ...Object.keys(early).flatMap((title) => grown(title, early[title] ?? [], late[title] ?? [])),
    ];
  } finally {
    client.close();
  }
}

/** What other calls cost: in the tenant that gets thousands of organizations, and in one that gets five. */
async function reads(
  client: OneByOne,
  keyward: Keyward,
  large: Tenant,
  small: Tenant,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const [owner] = await keyward.sql<{ user_id: string }[]>`
    select user_id from pats where instance_id = ${keyward.instanceId} order by created_at limit 1`;
  const list = (at: Tenant): RestCall => ({ ...at, verb: 'POST', path: '/v2/organizations/_search', body: { query: { limit: 100 } } });
  const byName = { ...list(large), body: { query: { limit: 100, asc: true }, sortingColumn: 'ORGANIZATION_FIELD_NAME_NAME' } };
  const calls: Readonly<Record<string, RestCall>> = {
    GetUserByID: { ...large, verb: 'GET', path: `/v2/users/${owner!.user_id}` },
    'ListOrganizations, small tenant': list(small),
    'ListOrganizations, large tenant, newest hundred': list(large),
    'ListOrganizations, large tenant, hundred by name': byName,
  };
  const measured: Record<string, readonly number[]> = {};
  for (const [title, call] of Object.entries(calls)) {
    const ms = await times(READS, async () => (await client.ask(call)).ms);
    measured[title] = ms.slice(READS / 4); // the rest is warm
  }
  return measured;
}

async function times(n: number, call: (n: number) => Promise<number>): Promise<readonly number[]> {
  const ms: number[] = [];
  for (let i = 0; i < n; i++) ms.push(await call(i));
  return ms;
}

function grown(title: string, early: readonly number[], late: readonly number[]): LifeRow[] {
  const before = median(early);
  return [figure(`${title}, at the start`, before, 'ms'), atMost(`${title}, at the end`, median(late), 'ms', before * GROWTH)];
}

/** Of the configuration, as the machine that makes tenants has one. */
async function systemUser(): Promise<{ readonly environment: Readonly<Record<string, string>>; readonly token: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyData = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })).toString('base64');
  const memberships = [{ memberType: 'System', roles: ['SYSTEM_OWNER'] }];
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(SYSTEM_USER)
    .setSubject(SYSTEM_USER)
    .setAudience(`http://${EXTERNAL.domain}:${EXTERNAL.port}`)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  return {
    token,
    environment: {
      KEYWARD_SYSTEM_USERS: JSON.stringify({ [SYSTEM_USER]: { keyData, memberships } }),
      KEYWARD_EXTERNAL_DOMAIN: EXTERNAL.domain,
      KEYWARD_EXTERNAL_PORT: EXTERNAL.port,
    },
  };
}
