/** What the operator on the machine itself may do with instances: the first one, further ones, their list, and a way back in. */
import { newToken } from '../access/token.ts';
import { type Config, LOCAL } from '../config/settings.ts';
import { alphabets, randomText } from '../crypto/secret.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Sql, Store } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { claimNode } from '../store/node.ts';
import { expiryOf } from '../user/pat.ts';
import { type BlockStep, blockInstance } from './block.ts';
import { chosenDomain, createInstance, generatedDomain, type InstancePlan, labelOf, listInstances, type NewHuman } from './create.ts';
import { restoreOwner } from './restore.ts';
import { instanceStates } from './states.ts';

export interface NewInstance {
  readonly instanceId: string;
  /** Login name and generated password of the human owner. */
  readonly adminLoginName: string;
  readonly adminPassword: string;
  /** PAT of the machine owner. */
  readonly adminPat: string;
}

export interface FirstInstance extends NewInstance {
  readonly demoUserId: string;
}

export interface ListedInstance {
  readonly instanceId: string;
  readonly name: string;
  readonly state: string;
  readonly domains: readonly string[];
}

export interface OwnerPat {
  readonly pat: string;
  readonly userId: string;
  readonly loginName: string;
}

const FIRST_NAME = 'Keyward';
const VIA = 'keyward instance add';

export async function exists(sql: Sql): Promise<boolean> {
  const found = await sql`select 1 from instances limit 1`;
  return found.length > 0;
}

/** Reached by the external domain; where none is configured by every host, while it is the only one. */
export async function createFirst(sql: Sql, config: Config): Promise<FirstInstance> {
  await claimNode(sql);
  const domain = config.externalDomain ?? LOCAL;
  const demo: NewHuman = {
    userId: newId(),
    username: 'demo',
    firstName: 'Demo',
    lastName: 'User',
    language: 'en',
    email: `demo@${domain === LOCAL ? 'example.com' : domain}`,
    emailVerified: true,
    password: undefined,
  };
  const { plan, made } = planned({ name: FIRST_NAME, domain }, config, [demo]);
  await createInstance(sql, plan);
  return { ...made, demoUserId: demo.userId };
}

/**
 * The configured domain leads to the first instance, also where it was configured later than the first start: else no host would lead there any
 * more. What another instance has stays its own.
 */
export async function adoptDomain(sql: Sql, config: Config): Promise<void> {
  if (config.externalDomain === undefined) return;
  const { domain } = chosenDomain(config.externalDomain);
  await sql`
    with added as (
      insert into instance_domains (instance_id, domain)
      select instance_id, ${domain} from instances where state <> ${instanceStates.removed} order by created_at, instance_id limit 1
      on conflict do nothing
      returning instance_id
    ),
    changed as (
      update instances i set sequence = i.sequence + 1, access_version = nextval('epochs') from added a where i.instance_id = a.instance_id
      returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'instance', editor: 'operator', via: 'keyward start' }, [
      { type: 'instance.domain.added', payload: { domain, generated: false } },
    ])})
    select 1`;
}

export async function add(store: Store, wanted: Wanted, config: Config): Promise<NewInstance> {
  return asOperator(async () => {
    await claimNode(store.sql);
    const { plan, made } = planned(wanted, config, []);
    await store.transaction((sql) => createInstance(sql, plan));
    return made;
  });
}

interface Wanted {
  readonly name: string;
  /** The host that reaches it, and the suffix of generated names. */
  readonly domain: string;
}

/** Two owners: a person with a generated password, and a machine with a token. */
function planned({ name, domain }: Wanted, config: Config, others: readonly NewHuman[]): { plan: InstancePlan; made: NewInstance } {
  const host = chosenDomain(domain);
  const orgDomain = `${labelOf(name)}.${host.domain}`;
  const instanceId = newId();
  // The form of the original's first administrator (reference/instance-and-setup.md 8.2); the password is nobody's default.
  const adminLoginName = `admin@${orgDomain}`;
  const adminPassword = `${randomText(20, alphabets.secret)}-Aa1`;
  const tokenId = newId();
  const adminPat = newToken(tokenId);
  const plan: InstancePlan = {
    instanceId,
    name,
    domains: [host, generatedDomain(name, config.externalDomain ?? LOCAL)],
    orgId: newId(),
    orgName: name,
    orgDomain,
    owners: [
      {
        userId: newId(),
        username: adminLoginName,
        firstName: name,
        lastName: 'Admin',
        language: 'en',
        email: adminLoginName,
        emailVerified: true,
        password: { text: adminPassword, changeRequired: false },
      },
      { userId: newId(), username: 'admin', name: 'admin', token: { tokenId, token: adminPat, expiresAt: expiryOf(undefined) } },
    ],
    others,
    log: { editor: VIA, via: VIA },
  };
  return { plan, made: { instanceId, adminLoginName, adminPassword, adminPat } };
}

const STATES: Readonly<Record<number, string>> = { [instanceStates.running]: 'running', [instanceStates.blocked]: 'blocked' };

export async function list(store: Store): Promise<readonly ListedInstance[]> {
  const rows = await listInstances(store.sql);
  return rows.map(({ id, name, domains, state }) => ({ instanceId: id, name, state: STATES[state] ?? 'off', domains }));
}

export async function ownerPat(store: Store, instanceId: string | undefined): Promise<OwnerPat> {
  return asOperator(async () => {
    await claimNode(store.sql);
    const rows = await listInstances(store.sql);
    if (instanceId === undefined && rows.length !== 1) {
      throw new CannotStart(`There are ${rows.length} instances: say which by --instance (keyward instance list shows them).`);
    }
    const id = instanceId ?? rows[0]!.id;
    const { token, userId } = await store.transaction((sql) => restoreOwner(sql, id));
    return { pat: token, userId, loginName: 'admin' };
  });
}

/** Blocks an instance, or lets it run again. CannotStart if there is none such. */
export async function block(store: Store, instanceId: string, step: BlockStep): Promise<void> {
  return asOperator(async () => {
    await claimNode(store.sql);
    await store.transaction((sql) => blockInstance(sql, instanceId, step));
  });
}

/** A Failure is told to the operator as one line. */
async function asOperator<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? new CannotStart(error.message, 1, error) : error;
  }
}
