/**
 * Many tenants: a thousand of them and ten thousand organizations, made through the API one after the other. What a call costs then against
 * what it costs a server that has just begun, and how long the two take to start.
 *
 * Tenants are made by SystemService.CreateInstance, each with a machine owner and his token. Half of the organizations are made by these
 * owners, five in a row in each tenant, so that every hundred holds as many calls whose host and caller the node does not know yet; the other
 * half by one owner, in the first tenant. The last hundreds of each are then held against the first hundreds of another server: call by call in
 * turns, so that whatever else the machine does meets both alike.
 */
import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { SignJWT } from 'jose';
import { type Keyward, newDataDir, startKeyward } from './keyward.ts';
import { atMost, figure, type LifeRow } from './life.ts';
import { median, OneByOne, type RestCall } from './one-by-one.ts';
import type { Options } from './run.ts';

/** Most that a call, and a start, may cost at the end, against the beginning. */
const GROWTH = 1.5;
const START_GROWTH = 1.2;
/** Calls of each kind that are measured, behind those in which a program gets warm. */
const MEASURED = 200;
const WARM = 100;
const STARTS = 5;
const IN_A_ROW = 5;

const EXTERNAL = { domain: 'localhost', port: '8082' } as const;
const SYSTEM_USER = 'bench';
type Environment = Readonly<Record<string, string>>;

export async function measureTenants({ quick }: Options): Promise<LifeRow[]> {
  const [tenants, organizations] = quick ? [400, 2000] : [1000, 10_000];
  const [fullDir, newDir] = [newDataDir(), newDataDir()];
  const { environment, token } = await systemUser();
  try {
    const full = new Landscape(await startKeyward(fullDir, 1, environment), token);
    await full.fill(tenants - WARM - MEASURED, organizations - 2 * (WARM + MEASURED));
    const begun = new Landscape(await startKeyward(newDir, 1, environment), token);
    const rows = await compared(begun, full);
    for (const one of [begun, full]) await one.stop();
    return [...rows, ...(await starts(newDir, fullDir, environment))];
  } finally {
    for (const folder of [fullDir, newDir]) rmSync(folder, { recursive: true, force: true });
  }
}

interface Tenant {
  readonly host: string;
  readonly token: string;
}

/** One server with its tenants. */
class Landscape {
  readonly #keyward: Keyward;
  readonly #client: OneByOne;
  readonly #systemToken: string;
  readonly #first: Tenant;
  readonly #tenants: Tenant[] = [];
  #organizations = 0;
  #spread = 0;
  #ownerId: string | undefined;

  constructor(keyward: Keyward, systemToken: string) {
    this.#keyward = keyward;
    this.#client = new OneByOne(keyward);
    this.#systemToken = systemToken;
    this.#first = { host: EXTERNAL.domain, token: keyward.token };
  }

  async fill(tenants: number, organizations: number): Promise<void> {
    for (let n = 0; n < tenants; n++) await this.createInstance();
    for (let n = 0; n < organizations / 2; n++) await this.addToEach();
    for (let n = 0; n < organizations / 2; n++) await this.addToFirst();
  }

  /** This and the other calls give their milliseconds. */
  async createInstance(): Promise<number> {
    const number = this.#tenants.length + 1;
    const customDomain = `tenant-${number}.example`;
    const machine = { userName: 'owner', name: 'Owner', personalAccessToken: {} };
    const { ms, body } = await this.#client.ask({
      host: EXTERNAL.domain,
      token: this.#systemToken,
      verb: 'POST',
      path: '/system/v1/instances/_create',
      body: { instanceName: `Tenant ${number}`, customDomain, machine },
    });
    this.#tenants.push({ host: customDomain, token: (body as { pat: string }).pat }); // what is answered for a machine with a token
    return ms;
  }

  /** Five in one tenant, five in the next, and round again. */
  addToEach(): Promise<number> {
    return this.#add(this.#tenants[Math.floor(this.#spread++ / IN_A_ROW) % this.#tenants.length]!);
  }

  addToFirst(): Promise<number> {
    return this.#add(this.#first);
  }

  /** The first owner himself. */
  async getUser(): Promise<number> {
    if (this.#ownerId === undefined) {
      const { body } = await this.#client.ask({ ...this.#first, verb: 'GET', path: '/auth/v1/users/me' });
      this.#ownerId = (body as { user: { id: string } }).user.id; // what GetMyUser answers
    }
    return this.#ask({ ...this.#first, verb: 'GET', path: `/v2/users/${this.#ownerId}` });
  }

  listInSmall(): Promise<number> {
    return this.#list(this.#tenants[0]!, {});
  }

  listInFirst(): Promise<number> {
    return this.#list(this.#first, {});
  }

  listInFirstByName(): Promise<number> {
    return this.#list(this.#first, { sortingColumn: 'ORGANIZATION_FIELD_NAME_NAME' });
  }

  async counts(): Promise<readonly [tenants: number, organizations: number]> {
    const [row] = await this.#keyward.sql<{ tenants: number; organizations: number }[]>`
      select (select count(*) from instances)::int as tenants, (select count(*) from orgs)::int as organizations`;
    return [row!.tenants, row!.organizations];
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#keyward.stop();
  }

  #add(at: Tenant): Promise<number> {
    return this.#ask({ ...at, verb: 'POST', path: '/v2/organizations', body: { name: `Organization ${++this.#organizations}` } });
  }

  #list(at: Tenant, more: object): Promise<number> {
    return this.#ask({ ...at, verb: 'POST', path: '/v2/organizations/_search', body: { query: { limit: 100, asc: true }, ...more } });
  }

  async #ask(call: RestCall): Promise<number> {
    return (await this.#client.ask(call)).ms;
  }
}

/** What must cost as much at the end; and what may cost more there, since it counts the organizations of a tenant. */
const measured = {
  CreateInstance: 'createInstance',
  'AddOrganization, five a tenant': 'addToEach',
  'AddOrganization, thousands in one tenant': 'addToFirst',
  GetUserByID: 'getUser',
  'ListOrganizations, small tenant': 'listInSmall',
} as const satisfies Record<string, keyof Landscape>;
const told = {
  'ListOrganizations, large tenant': 'listInFirst',
  'ListOrganizations, large tenant, by name': 'listInFirstByName',
} as const satisfies Record<string, keyof Landscape>;

async function compared(begun: Landscape, full: Landscape): Promise<LifeRow[]> {
  const rows: LifeRow[] = [];
  const inTurns = async (call: (typeof measured & typeof told)[keyof (typeof measured & typeof told)]) => {
    const ms: [number, number][] = [];
    for (let n = 0; n < WARM + MEASURED; n++) ms.push([await begun[call](), await full[call]()]);
    const behind = ms.slice(WARM);
    return [median(behind.map(([of]) => of)), median(behind.map(([, of]) => of))] as const;
  };
  for (const [title, call] of Object.entries(measured)) {
    const [before, after] = await inTurns(call);
    rows.push(figure(`${title}, at the beginning`, before, 'ms'), atMost(`${title}, at the end`, after, 'ms', before * GROWTH));
  }
  for (const [title, call] of Object.entries(told)) {
    const [before, after] = await inTurns(call);
    rows.push(figure(`${title}, at the beginning`, before, 'ms'), figure(`${title}, at the end`, after, 'ms'));
  }
  const [tenants, organizations] = await full.counts();
  return [figure('tenants at the end', tenants, ''), figure('organizations at the end', organizations, ''), ...rows];
}

/** Of both, in turns. */
async function starts(newDir: string, fullDir: string, environment: Environment): Promise<LifeRow[]> {
  const once = async (dataDir: string): Promise<number> => {
    const keyward = await startKeyward(dataDir, 1, environment);
    await keyward.stop();
    return keyward.startSeconds;
  };
  const seconds: [number, number][] = [];
  for (let n = 0; n < STARTS; n++) seconds.push([await once(newDir), await once(fullDir)]);
  const [before, after] = [median(seconds.map(([of]) => of)), median(seconds.map(([, of]) => of))];
  return [figure('second start, few tenants', before, 's'), atMost('second start, all tenants', after, 's', before * START_GROWTH)];
}

/** Of the configuration, as whoever makes tenants is one. */
async function systemUser(): Promise<{ readonly environment: Environment; readonly token: string }> {
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
