/** What the operator on the machine itself may do with instances: the first one, further ones, their list, and a way back in. */
import type { Config } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { Failure } from '../failure/failure.ts';
import type { Sql, Store } from '../store/connect.ts';
import { claimNode } from '../store/node.ts';
import { createInstance, type InstancePlan, listInstances, planInstance, restoreOwner } from './create.ts';

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
const ANY_DOMAIN = 'localhost';

export async function exists(sql: Sql): Promise<boolean> {
  const found = await sql`select 1 from instances limit 1`;
  return found.length > 0;
}

/** Reached by the external domain; where none is configured by every host, while it is the only one. */
export async function createFirst(sql: Sql, config: Config): Promise<FirstInstance> {
  await claimNode(sql);
  const plan = planInstance({ name: FIRST_NAME, domain: config.externalDomain ?? ANY_DOMAIN, withDemo: true });
  await createInstance(sql, plan);
  if (!plan.demo) throw new Error('the first instance was planned without a demo user');
  return { ...newInstance(plan), demoUserId: plan.demo.userId };
}

export async function add(store: Store, wanted: { readonly name: string; readonly domain: string }): Promise<NewInstance> {
  return asOperator(async () => {
    await claimNode(store.sql);
    const plan = planInstance({ ...wanted, withDemo: false });
    await store.transaction((sql) => createInstance(sql, plan));
    return newInstance(plan);
  });
}

const STATES: Readonly<Record<number, string>> = { 1: 'running' };

export async function list(store: Store): Promise<readonly ListedInstance[]> {
  const rows = await listInstances(store.sql);
  return rows.map(({ id, name, domains, state }) => ({ instanceId: id, name, state: STATES[state] ?? 'off', domains }));
}

export async function ownerPat(store: Store, instanceId: string | undefined): Promise<OwnerPat> {
  return asOperator(async () => {
    await claimNode(store.sql);
    const rows = await listInstances(store.sql);
    if (instanceId === undefined && rows.length !== 1) {
      throw new CannotStart(`There are ${rows.length} instances: say which by --id (keyward instance list shows them).`);
    }
    const id = instanceId ?? rows[0]!.id;
    const { token, userId } = await store.transaction((sql) => restoreOwner(sql, id));
    return { pat: token, userId, loginName: 'admin' };
  });
}

function newInstance({ instanceId, admin, machine }: InstancePlan): NewInstance {
  return { instanceId, adminLoginName: admin.username, adminPassword: admin.password, adminPat: machine.token };
}

/** A Failure is told to the operator as one line. */
async function asOperator<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? new CannotStart(error.message, 1, error) : error;
  }
}
