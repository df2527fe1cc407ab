/**
 * The commands and queries without a server: the same SQL through the same driver, pool and guard, called in a loop. What a call would cost
 * if the transport, the codecs and the pipeline cost nothing.
 */
import { create } from '@bufbuild/protobuf';
import type { Call } from '../src/access/call.ts';
import { Callers } from '../src/access/caller.ts';
import { Guard } from '../src/access/guard.ts';
import { SystemUsers } from '../src/access/system-user.ts';
import { Tenants } from '../src/access/tenant.ts';
import type { DatabaseAddress } from '../src/config/database-url.ts';
import { methods } from '../src/contract/contract.ts';
import { CreateSessionRequestSchema } from '../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { SetHumanEmailSchema, SetHumanProfileSchema } from '../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Masterkey } from '../src/crypto/masterkey.ts';
import { Outside } from '../src/outbound/outside.ts';
import { createSession } from '../src/session/create.ts';
import { getSession } from '../src/session/get.ts';
import { connect } from '../src/store/connect.ts';
import { claimNode } from '../src/store/node.ts';
import { createHuman, createMachine } from '../src/user/create.ts';
import { setMetadata } from '../src/user/metadata.ts';
import { changeState } from '../src/user/state.ts';
import { updateMachine } from '../src/user/update.ts';
import { loadUser } from '../src/user/user.ts';
import { type OperationName, type Subject, values } from './operations.ts';
import { serve } from './processes.ts';

export interface DirectPlan {
  readonly address: DatabaseAddress;
  readonly connections: number;
  readonly token: string;
  readonly operation: OperationName;
  /** For each call in flight the subjects that it goes round. */
  readonly slots: readonly (readonly Subject[])[];
  readonly warmSeconds: number;
  readonly seconds: number;
}

let made = 0;
const operations: Readonly<Record<OperationName, (call: Call, subject: Subject, n: number) => Promise<unknown>>> = {
  getUserById: (call, { userId }) => loadUser(call, userId),
  bearer: (call, { userId }) => loadUser(call, userId),
  createSession: (call, { userId }) =>
    createSession(call, create(CreateSessionRequestSchema, { checks: { user: { search: { case: 'userId', value: userId } } } })),
  getSession: (call, { sessionId, token }) => getSession(call, sessionId, token),
  createUser: (call) =>
    createMachine(call, {
      userId: undefined,
      orgId: call.orgId,
      username: undefined,
      name: 'bench',
      description: undefined,
      accessTokenType: 0,
      metadata: [],
    }),
  addHumanUser: (call) =>
    createHuman(call, {
      userId: undefined,
      orgId: call.orgId,
      username: undefined,
      profile: create(SetHumanProfileSchema, { givenName: 'Ada', familyName: 'Bench' }),
      email: create(SetHumanEmailSchema, {
        email: `direct-${process.pid}-${made++}@example.com`,
        verification: { case: 'isVerified', value: true },
      }),
      phone: undefined,
      password: { case: undefined },
      idpLinks: [],
      totpSecret: undefined,
      metadata: [],
    }),
  updateUser: (call, { userId }, n) =>
    updateMachine(call, userId, {
      username: undefined,
      name: values[n % 2],
      description: undefined,
      accessTokenType: undefined,
      metadata: [],
    }),
  setUserMetadata: (call, { userId }, n) => setMetadata(call, userId, [{ key: 'bench', value: Buffer.from(values[n % 2] ?? '') }]),
  cycle: (call, { userId }, n) => changeState(call, userId, n % 2 === 0 ? 'deactivate' : 'reactivate'),
};

/** Gives the calls a second. */
serve(async (plan: DirectPlan): Promise<number> => {
  const store = connect(plan.address, { databaseConnections: plan.connections, databaseListConnections: 1, databasePooled: false });
  await claimNode(store.sql);
  const instance = await new Tenants(store, { anyHost: true }).resolve('localhost', true);
  const caller = await new Callers(store, new SystemUsers({}, 'http://localhost')).authenticate(instance, `Bearer ${plan.token}`, true);
  const method = methods.get('/zitadel.user.v2.UserService/GetUserByID');
  if (!method) throw new Error('the contract has no GetUserByID');
  const masterkey = new Masterkey(Buffer.alloc(32)); // nothing here is encrypted
  const outside = new Outside({ outboundNetworks: [], nameServers: [] }); // nothing here goes there
  const work = operations[plan.operation];
  const begin = performance.now() + plan.warmSeconds * 1000;
  const end = begin + plan.seconds * 1000;
  let counted = 0;
  await Promise.all(
    plan.slots.map(async (subjects) => {
      for (let n = 0; performance.now() < end; n++) {
        // As the pipeline makes one for each call.
        const call: Call = {
          method,
          instance,
          caller,
          db: new Guard(store, instance, caller, undefined),
          masterkey,
          outside,
          host: 'localhost',
          external: { externalPort: 80, externalSecure: false },
          returnHosts: [],
          orgId: caller.orgId,
          deadline: undefined,
          allowLastOwner: false,
        };
        await work(call, subjects[Math.floor(n / 2) % subjects.length]!, n);
        const now = performance.now();
        if (now >= begin && now < end) counted++;
      }
    }),
  );
  await store.close();
  return counted / plan.seconds;
});
