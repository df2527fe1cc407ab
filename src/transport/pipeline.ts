/**
 * A call, from its decoded message to its answer: instance by host → caller by token → organization context → permission of the method →
 * validation → handler. Calls of the system belong to no instance, open ones ask for no token. What a node remembers may be late: a statement that finds it stale, and a refusal decided on it, run once more
 * on what is true now (access/guard.ts).
 */
import { create, type DescService, type Message } from '@bufbuild/protobuf';
import type { Call, Implementation, OpenCall, SystemCall } from '../access/call.ts';
import { type Caller, type Callers, inContext } from '../access/caller.ts';
import { Guard, Stale } from '../access/guard.ts';
import { demandMethod, reach } from '../access/permission.ts';
import type { Instance, Tenants } from '../access/tenant.ts';
import type { External } from '../config/settings.ts';
import { twinOf } from '../contract/beta/twin.ts';
import { itemsIn, MOST_ITEMS, tooManyItems } from '../contract/bounds.ts';
import type { Method } from '../contract/method.ts';
import { property } from '../contract/property.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import { type Code, Failure } from '../failure/failure.ts';
import type { Outside } from '../outbound/outside.ts';
import type { Store } from '../store/connect.ts';
import type { Incoming, Invoke } from './invoke.ts';

export interface PipelineParts {
  readonly store: Store;
  readonly tenants: Tenants;
  readonly callers: Callers;
  readonly masterkey: Masterkey;
  readonly outside: Outside;
  readonly external: External;
  /** `localhost`, where none is configured. */
  readonly externalDomain: string;
  readonly services: readonly Served[];
}

/** Path of an RPC → its handler. */
export type Served = ReadonlyMap<string, Serving>;

/** Whose calls a handler takes: of a caller on a tenant, of anyone on a tenant, of a system user. */
interface Calls {
  readonly tenant: Call;
  readonly open: OpenCall;
  readonly system: SystemCall;
}

type Serving = { [K in keyof Calls]: { readonly kind: K; readonly handler: AnyHandler<Calls[K]> } }[keyof Calls];

// The handlers of different methods take different messages; `serve` has checked each against its own.
type AnyHandler<C> = (request: never, call: C) => Promise<object>;

/** What is served of a service, by path; typed against its descriptor, without loading it (v1 descriptors are large). */
export function serve<S extends DescService>(service: S['typeName'], handlers: Implementation<S>): Served {
  return byPath<Call>(service, handlers, (handler) => ({ kind: 'tenant', handler }));
}

/** As `serve`, for RPCs that state no permission. */
export function serveOpen<S extends DescService>(service: S['typeName'], handlers: Implementation<S, OpenCall>): Served {
  return byPath<OpenCall>(service, handlers, (handler) => ({ kind: 'open', handler }));
}

/** As `serve`, for RPCs that are for system users alone. */
export function serveSystem<S extends DescService>(
  service: S['typeName'] & (typeof SYSTEM | typeof INSTANCES),
  handlers: Implementation<S, SystemCall>,
): Served {
  return byPath<SystemCall>(service, handlers, (handler) => ({ kind: 'system', handler }));
}

function byPath<C>(service: string, handlers: object, serving: (handler: AnyHandler<C>) => Serving): Served {
  const named = Object.entries(handlers) as [string, AnyHandler<C>][]; // as the type of each `serve…` says
  return new Map(named.map(([name, handler]) => [`/${service}/${name.charAt(0).toUpperCase()}${name.slice(1)}`, serving(handler)]));
}

/** The service that belongs to no instance, whatever the host (reference/instance-and-setup.md 2.4). */
const SYSTEM = 'zitadel.system.v1.SystemService';
/** The service whose calls name their instance, whatever the host; the host's, where they name none (reference/org-and-settings.md 4). */
const INSTANCES = 'zitadel.instance.v2.InstanceService';
const namesInstance = ({ service }: Method): boolean => service === INSTANCES || service === 'zitadel.instance.v2beta.InstanceService';

/** How often a call is begun: a caller whose rights change all the time is told to come back, not held for ever. */
const ATTEMPTS = 5;
const REFUSALS: ReadonlySet<Code> = new Set(['unauthenticated', 'permission_denied']);
const NO_INSTANCE = { code: 'not_found', key: 'Errors.Instance.NotFound', id: 'QUERY-n0wng' } as const;
const NO_ORGANIZATION = { code: 'permission_denied', key: "Organisation doesn't exist", id: 'AUTH-Bs7Ds' } as const;

export function createPipeline({ store, tenants, callers, masterkey, outside, external, externalDomain, services }: PipelineParts): Invoke {
  const served = new Map(services.flatMap((part) => [...part]));

  const servingOf = (method: Method): Serving | undefined => served.get(method.path) ?? servingOfBeta(method, served);

  /** Which kind of call a method takes is for its contract to say; a handler of another kind is a mistake of ours. */
  function handlerOf<K extends keyof Calls>(method: Method, kind: K): AnyHandler<Calls[K]> {
    const serving = servingOf(method);
    if (!serving) throw new Failure({ code: 'unimplemented', key: `method ${method.name} not implemented` });
    if (serving.kind !== kind) throw new Error(`${method.path} is served as ${serving.kind}, but is ${kind}`);
    return serving.handler as AnyHandler<Calls[K]>; // the kind was just compared
  }

  async function attempt(incoming: Incoming, fresh: boolean): Promise<Message> {
    const { method } = incoming;
    if (method.permission === undefined) return attemptOpen(incoming);
    if (namesInstance(method)) return attemptOnNamed(incoming, method.permission, fresh);
    return method.service === SYSTEM ? attemptSystem(incoming, method.permission) : attemptOnTenant(incoming, method.permission, fresh);
  }

  async function attemptOpen({ method, message, host, deadline, seen }: Incoming): Promise<Message> {
    const handler = handlerOf(method, 'open');
    // There is no guarded statement that would re-check what is remembered of the host.
    const instance = await tenants.resolve(host, true);
    seen.instance = instance.id;
    demandValid(method, message);
    return answered(method, await handler(message as never, { method, instance, deadline }));
  }

  async function attemptSystem(incoming: Incoming, permission: string): Promise<Message> {
    const { method, message, header, seen } = incoming;
    const caller = await callers.authenticateSystem(header('authorization'));
    seen.caller = caller.userId;
    if (permission !== 'authenticated') demandMethod(caller, permission, '');
    demandValid(method, message);
    return onSystem(incoming, caller);
  }

  async function attemptOnTenant(incoming: Incoming, permission: string, fresh: boolean): Promise<Message> {
    const instance = await tenants.resolve(incoming.host, fresh);
    const { caller, orgId } = await introduced(incoming, instance, fresh);
    if (permission !== 'authenticated') demandMethod(caller, permission, orgId, checkedOf(incoming.method, incoming.message));
    demandValid(incoming.method, incoming.message);
    return onTenant(incoming, instance, caller, orgId);
  }

  /**
   * A token is good in the instance that the call names, if in any: so the id of another, or of none, is told to nobody but system users. What
   * lists or changes instances from outside, they alone may do.
   */
  async function attemptOnNamed(incoming: Incoming, permission: string, fresh: boolean): Promise<Message> {
    const { method, message, header, seen } = incoming;
    const id = instanceNamed(message);
    const instance = id === '' ? await tenants.resolve(incoming.host, fresh) : id && (await tenants.byId(id, fresh));
    if (instance) {
      const { caller, orgId } = await introduced(incoming, instance, fresh);
      if (permission !== 'authenticated') demandMethod(caller, permission, orgId);
      demandValid(method, message);
      if (servingOf(method)?.kind !== 'system') return onTenant(incoming, instance, caller, orgId);
      // The permission of such a method is one that no user can hold.
      if (caller.standing.kind !== 'system') throw new Error(`${method.path} is for system users, but ${permission} opened it to a user`);
      return onSystem(incoming, caller);
    }
    const caller = await callers.authenticateSystem(header('authorization'));
    seen.caller = caller.userId;
    if (permission !== 'authenticated') demandMethod(caller, permission, '');
    demandValid(method, message);
    if (servingOf(method)?.kind === 'tenant') throw new Failure(NO_INSTANCE);
    return onSystem(incoming, caller);
  }

  /** The caller, as he stands in the organization of the call. */
  async function introduced(incoming: Incoming, instance: Instance, fresh: boolean): Promise<{ caller: Caller; orgId: string }> {
    incoming.seen.instance = instance.id;
    const authenticated = await callers.authenticate(instance, incoming.header('authorization'), fresh);
    incoming.seen.caller = authenticated.userId;
    const orgId = await organization(store, instance, authenticated, incoming);
    return { caller: inContext(authenticated, orgId), orgId };
  }

  async function onTenant(incoming: Incoming, instance: Instance, caller: Caller, orgId: string): Promise<Message> {
    const { method, message, header, deadline } = incoming;
    const handler = handlerOf(method, 'tenant');
    const answer = await handler(message as never, {
      method,
      instance,
      caller,
      db: new Guard(store, instance, caller, deadline),
      masterkey,
      outside,
      host: incoming.host,
      external,
      orgId,
      deadline,
      // Who may not make another owner must not end the last one.
      allowLastOwner: header('x-keyward-allow-last-owner') === 'true' && reach(caller, 'iam.member.write').instance,
    });
    return answered(method, answer);
  }

  async function onSystem({ method, message, deadline }: Incoming, caller: Caller): Promise<Message> {
    const handler = handlerOf(method, 'system');
    return answered(method, await handler(message as never, { method, caller, store, externalDomain, deadline }));
  }

  return async (incoming) => {
    for (let n = 1; ; n++) {
      try {
        return await attempt(incoming, n > 1);
      } catch (error) {
        if (error instanceof Stale) {
          if (n < ATTEMPTS) continue;
          throw new Failure({ code: 'unavailable', key: 'The rights of the caller are changing; try again' }, { retryAfter: 1 });
        }
        if (!(error instanceof Failure)) throw error;
        if (n === 1 && REFUSALS.has(error.code)) continue;
        throw inVersion(error, incoming.method);
      }
    }
  };
}

/** The id in a request about an instance; undefined where the request has no such field. */
function instanceNamed(message: Message): string | undefined {
  return (message as Message & { readonly instanceId?: string }).instanceId;
}

/** An RPC of v2beta does what its twin in v2 does, once the permission that v2beta asks for is held; its path is that of the events. */
function servingOfBeta(method: Method, served: Served): Serving | undefined {
  if (!method.service.includes('.v2beta.')) return undefined;
  const twin = twinOf(method);
  const serving = typeof twin === 'string' ? undefined : served.get(twin.method.path);
  if (serving === undefined || typeof twin === 'string') return undefined;
  const handler = serving.handler as (request: Message, call: unknown) => Promise<object>; // the kind of the call stays what it is
  return {
    kind: serving.kind,
    handler: async (request: Message, call: unknown) => {
      const asked = twin.request(request);
      demandValid(twin.method, asked);
      return twin.answer(request, await handler(asked, call));
    },
  } as Serving; // of the same kind
}

function demandValid(method: Method, message: Message): void {
  if (itemsIn(method.rpc.input, message) > MOST_ITEMS) throw new Failure(tooManyItems);
  const violation = method.validate(message);
  if (violation !== undefined) throw new Failure({ code: 'invalid_argument', key: violation });
}

function checkedOf({ checkField }: Method, message: Message): { readonly id: string } | undefined {
  if (checkField === undefined) return undefined;
  return { id: String(property(message, checkField)) };
}

function answered(method: Method, answer: object): Message {
  return create(method.rpc.output, answer as never); // `serve` has checked it against this output
}

/** In v1 a missing membership stays NotFound (DESIGN.md 8). */
function inVersion(failure: Failure, { service }: Method): Failure {
  if (failure.id !== 'AUTHZ-cdgFk' || !/\.v1\.\w+$/.test(service)) return failure;
  return new Failure({ code: 'not_found', key: failure.text, id: failure.id });
}

/** The organization context (reference/authn-authz-oidc.md 1.5): the request's own field, the header, or the caller's organization. */
async function organization(store: Store, instance: Instance, caller: Caller, { method, message, header }: Incoming): Promise<string> {
  const named = method.orgField === undefined ? undefined : selector(message, method.orgField);
  const id = named?.case === 'orgDomain' ? undefined : named?.value || header('x-zitadel-orgid') || caller.orgId;
  if (id === caller.orgId) return id;
  const [found] = await store.read((sql) =>
    id === undefined
      ? sql<
          { org_id: string }[]
        >`select org_id from org_domains where instance_id = ${instance.id} and lower(domain) = lower(${named?.value ?? ''}) and is_verified`
      : sql<{ org_id: string }[]>`select org_id from orgs where instance_id = ${instance.id} and org_id = ${id}`,
  );
  if (!found) throw new Failure(NO_ORGANIZATION);
  return found.org_id;
}

interface Selector {
  readonly case: 'orgId' | 'orgDomain' | undefined;
  readonly value?: string;
}

/** The oneof `org` of an organization field; unset where the field is. */
function selector(message: Message, field: string): Selector | undefined {
  const value = property(message, field) as { org?: Selector } | undefined; // `orgField` is a field of this type
  return value?.org?.case === undefined ? undefined : value.org;
}
