/**
 * Policies of an organization and of the instance: read with where they come from, added, changed, removed, each in one statement with its
 * event. What a policy is called and what refuses it stands in kinds.ts. Those whose change touches user names go through names.ts.
 */
import type { Call } from '../access/call.ts';
import type { Statement } from '../access/guard.ts';
import { defaults, effectivePolicy, type Policies, type PolicyKind } from '../access/policy.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { detachAll } from '../idp/login-policy.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';
import { type Kind, kinds } from './kinds.ts';

/** Whose policy: that of the instance, or of an organization. */
export type Level = 'instance' | { readonly orgId: string };

export interface Shown<K extends PolicyKind> {
  readonly value: Policies[K];
  /** Whether it is an organization's own. */
  readonly own: boolean;
  /** Whether anything was set, at either level. */
  readonly is_set: boolean;
  /** The organization or the instance. */
  readonly owner: string;
  readonly sequence: bigint;
  readonly created_at: string;
  readonly changed_at: string;
}

/** What a change left behind. */
export interface Done {
  readonly sequence: bigint;
  readonly owner: string;
  readonly at: string;
}

/** The policy that counts at a level. Of an organization that is not there, the instance's. */
export async function readPolicy<K extends PolicyKind>(call: Call, kind: K, level: Level): Promise<Shown<K>> {
  type Row = Omit<Shown<K>, 'value' | 'owner' | 'own'> & { value: Policies[K] | null; org_id: string | null };
  const [row] = await call.db.read<Row>(
    (sql, caller) => sql`
      with caller as (${caller})
      select y.value, y.org_id, y.instance_id is not null as is_set, coalesce(y.sequence, 1) as sequence, coalesce(y.created_at, i.created_at) as created_at,
        coalesce(y.changed_at, i.created_at) as changed_at
      from caller
      join instances i on i.instance_id = ${call.instance.id}
      left join lateral (
        select * from policies y where y.instance_id = i.instance_id and y.kind = ${kind} and y.org_id in ('', ${orgOf(level)})
        order by y.org_id desc limit 1
      ) y on true`,
  );
  const { value, org_id: orgId, ...rest } = row;
  // What was written before there was a field takes its default.
  return { ...rest, value: { ...defaults[kind], ...value }, own: Boolean(orgId), owner: orgId || call.instance.id };
}

/** An organization's own policy; fails where it has one. */
export async function addPolicy<K extends PolicyKind>(call: Call, kind: K, orgId: string, value: Policies[K]): Promise<Done> {
  const { stem, exists, check } = kinds[kind];
  check(value);
  const [row] = await changed<{ found: boolean } & (Done | { sequence: null })>(
    call,
    kind,
    { orgId },
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, { orgId }, 1)}),
      made as (
        insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
        select instance_id, org_id, ${kind}, ${json(sql, value)}, sequence, at, at from owner
        on conflict (instance_id, kind, org_id) do nothing
        returning instance_id, value
      ),
      ${written(sql, call, { orgId }, sql`made`, 1, accessTouched(sql, call, kind, { orgId }, sql`m.value`))},
      logged as (${append(sql, sql`changed`, logOf(call, { orgId }), [{ type: `org.${stem}.added`, payload: { ...value } }])})
      select exists (select from owner) as found, c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (row.sequence !== null) return row;
  throw new Failure(row.found ? exists : errors.orgNotFound);
}

/** Changes what is given of a policy; fails where nothing differs, and where the organization has none of its own. */
export async function changePolicy<K extends PolicyKind>(call: Call, kind: K, level: Level, patch: Partial<Policies[K]>): Promise<Done> {
  const { check, missing, unchanged } = kinds[kind];
  check(patch);
  const [row] = await changed<Outcome>(
    call,
    kind,
    level,
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, level, 1)}),
      ${set(sql, kind, level, patch, sql`owner`)},
      ${written(sql, call, level, sql`made`, 1, accessTouched(sql, call, kind, level, sql`m.value`))},
      logged as (${append(sql, sql`changed`, logOf(call, level), [{ type: changedType(kinds[kind], level), payload: { ...patch } as never }])})
      select exists (select from policies y join owner o on y.instance_id = o.instance_id and y.org_id = o.org_id where y.kind = ${kind}) as found,
        c.owner, c.sequence, c.at
      from caller left join changed c on true`,
  );
  return outcome(row, level, missing, unchanged);
}

/** Gives an organization back to the instance's policy; fails where it has none of its own. */
export async function removePolicy(call: Call, kind: PolicyKind, orgId: string): Promise<Done> {
  const { stem, notThere, with: also = [] } = kinds[kind];
  const [row] = await changed<Done | { sequence: null }>(
    call,
    kind,
    { orgId },
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, { orgId }, 1)}),
      made as (
        delete from policies y using owner o
        where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = any(${[kind, ...also]}::text[])
        returning y.instance_id
      ),
      ${written(sql, call, { orgId }, sql`(select distinct instance_id from made)`, 1, accessTouched(sql, call, kind, { orgId }, effectivePolicy(sql, 'login', sql`m.instance_id`, sql`''`)))},
      ${kind === 'login' ? sql`${detachAll(sql, call, orgId, sql`changed`)},` : sql``}
      logged as (${append(sql, sql`changed`, logOf(call, { orgId }), [{ type: `org.${stem}.removed` }])})
      select c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (row.sequence === null) throw new Failure(notThere);
  return row;
}

/** Puts what was prepared (a label) into effect; fails where nothing was. */
export async function activateLabel(call: Call, level: Level): Promise<Done> {
  const prefix = level === 'instance' ? 'instance' : 'org';
  const [row] = await call.db.change<Done | { sequence: null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, level, 1)}),
      prepared as (
        select o.*, y.value from owner o join policies y on y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = 'label_preview'
      ),
      made as (
        insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
        select instance_id, org_id, 'label', value, sequence, at, at from prepared
        on conflict (instance_id, kind, org_id) do update set value = excluded.value, sequence = excluded.sequence, changed_at = excluded.changed_at
        returning instance_id
      ),
      ${written(sql, call, level, sql`made`, 1)},
      logged as (${append(sql, sql`changed`, logOf(call, level), [{ type: `${prefix}.policy.label.activated` }])})
      select c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (row.sequence === null) throw new Failure(kinds.label_preview.missing);
  return row;
}

export type Factors = 'secondFactors' | 'multiFactors';

/** Adds a factor to a login policy, or takes it out; the organization's own, or the instance's. */
export async function changeFactors(call: Call, level: Level, list: Factors, how: 'add' | 'remove', factor: number): Promise<Done> {
  const event = `${prefixOf(level)}.policy.login.${list === 'secondFactors' ? 'secondfactor' : 'multifactor'}.${how === 'add' ? 'added' : 'removed'}`;
  const [row] = await changed<Outcome>(call, 'login', level, (sql, caller) => {
    const path = [list];
    const has = (value: Fragment) => sql`${value}->${list} @> to_jsonb(${factor}::int)`;
    const changedTo = (value: Fragment) =>
      how === 'add'
        ? sql`jsonb_set(${value}, ${path}::text[], ${value}->${list} || to_jsonb(${factor}::int))`
        : sql`jsonb_set(${value}, ${path}::text[], coalesce((select jsonb_agg(f) from jsonb_array_elements(${value}->${list}) f where f <> to_jsonb(${factor}::int)), '[]'))`;
    const fits = (value: Fragment) => (how === 'add' ? sql`not (${has(value)})` : has(value));
    return sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, level, 1)}),
      ${setBy(sql, 'login', level, changedTo, fits, sql`owner`)},
      ${written(sql, call, level, sql`made`, 1, accessTouched(sql, call, 'login', level, sql`m.value`))},
      logged as (${append(sql, sql`changed`, logOf(call, level), [{ type: event, payload: { mfaType: factor } }])})
      select exists (select from policies y join owner o on y.instance_id = o.instance_id and y.org_id = o.org_id where y.kind = 'login') as found,
        c.owner, c.sequence, c.at
      from caller left join changed c on true`;
  });
  return outcome(row, level, errors.factorWithoutPolicy, how === 'add' ? errors.factorExists : errors.factorUnknown);
}

type Outcome = { found: boolean } & (Done | { sequence: null });

function outcome(row: Outcome, level: Level, missing: Reason, unchanged: Kind['unchanged']): Done {
  if (row.sequence !== null) return row;
  if (level === 'instance') throw new Failure(unchanged.instance);
  throw new Failure(row.found ? unchanged.org : missing);
}

const prefixOf = (level: Level): 'instance' | 'org' => (level === 'instance' ? 'instance' : 'org');
export const orgOf = (level: Level): string => (level === 'instance' ? '' : level.orgId);
export const changedType = ({ stem, changed = 'changed' }: Pick<Kind, 'stem' | 'changed'>, level: Level): string =>
  `${prefixOf(level)}.${stem}.${changed}`;

export const logOf = (call: Call, level: Level) =>
  ({ aggregateType: prefixOf(level), editor: call.caller.userId, via: call.method.path }) as const;

export const json = (sql: Sql, value: object): Fragment => sql`${JSON.stringify(value)}::text::jsonb`;

/** The row that the events belong to, locked: instance_id, org_id (empty: the instance), the next sequence after `events` of them, and the time. */
export function owner(sql: Sql, call: Call, level: Level, events: number): Fragment {
  return level === 'instance'
    ? sql`
      select i.instance_id, ''::text as org_id, i.sequence + ${events} as sequence, clock_timestamp() as at from instances i, caller
      where i.instance_id = ${call.instance.id} for no key update of i`
    : sql`
      select o.instance_id, o.org_id, o.sequence + ${events} as sequence, clock_timestamp() as at from orgs o, caller
      where o.instance_id = ${call.instance.id} and o.org_id = ${level.orgId} for no key update of o`;
}

/** One statement; of what decides on access behind a lock of its owner, so that what held before is seen as it is then. */
function changed<Row extends object>(call: Call, kind: PolicyKind, level: Level, statement: Statement<Row>): Promise<[Row, ...Row[]]> {
  if (kind !== 'login') return call.db.change(undefined, statement);
  return call.db.changeBehind(
    (sql) =>
      level === 'instance'
        ? sql`select from instances where instance_id = ${call.instance.id} for no key update`.execute()
        : sql`select from orgs where instance_id = ${call.instance.id} and org_id = ${level.orgId} for no key update`.execute(),
    statement,
  );
}

/** Over the source `m`: whether the rule of second factors (access/session-door.ts) is another one from now on. */
function accessTouched(sql: Sql, call: Call, kind: PolicyKind, level: Level, after: Fragment): Fragment | undefined {
  if (kind !== 'login') return undefined;
  const rule = (policy: Fragment) => sql`(${policy}) - ${NO_RULE}::text[]`;
  const before = effectivePolicy(sql, 'login', sql`${call.instance.id}`, sql`${orgOf(level)}`);
  return sql`(${rule(before)}) <> (${rule(after)})`;
}

/** What of a login policy decides on nobody's access. */
const NO_RULE = Object.keys(defaults.login).filter((name) => !['forceMfa', 'forceMfaLocalOnly', 'secondFactors'].includes(name));

/**
 * `changed as (…)`: the sequence of that row moves on where `source` (`m`) has a row. `access`, a condition: what nodes remember of its users
 * holds no more.
 */
export function written(sql: Sql, call: Call, level: Level, source: Fragment, events: number, access?: Fragment): Fragment {
  const version = (row: Fragment) =>
    access ? sql`, access_version = case when ${access} then nextval('epochs') else ${row}.access_version end` : sql``;
  return level === 'instance'
    ? sql`
      changed as (
        update instances i set sequence = i.sequence + ${events}${version(sql`i`)} from ${source} m where i.instance_id = m.instance_id
        returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at
      )`
    : sql`
      changed as (
        update orgs o set sequence = o.sequence + ${events}${version(sql`o`)} from ${source} m
        where o.instance_id = m.instance_id and o.instance_id = ${call.instance.id} and o.org_id = ${level.orgId}
        returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at
      )`;
}

/** `made as (…)`: what is given of the value takes the place of what is there, where it differs. */
export function set<K extends PolicyKind>(sql: Sql, kind: K, level: Level, patch: Partial<Policies[K]>, source: Fragment): Fragment {
  const changedTo = (value: Fragment) => sql`${value} || ${json(sql, patch)}`;
  return setBy(sql, kind, level, changedTo, (value) => sql`${value} <> ${changedTo(value)}`, source);
}

/** The instance has each policy from the beginning, as its defaults say, without a row. */
function setBy(
  sql: Sql,
  kind: PolicyKind,
  level: Level,
  changedTo: (value: Fragment) => Fragment,
  fits: (value: Fragment) => Fragment,
  source: Fragment,
): Fragment {
  if (level !== 'instance') {
    return sql`
      made as (
        update policies y set value = ${changedTo(sql`y.value`)}, sequence = o.sequence, changed_at = o.at from ${source} o
        where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = ${kind} and ${fits(sql`y.value`)}
        returning y.instance_id, y.value
      )`;
  }
  const first = json(sql, defaults[kind]);
  return sql`
      made as (
        insert into policies as y (instance_id, org_id, kind, value, sequence, created_at, changed_at)
        select o.instance_id, '', ${kind}, ${changedTo(first)}, o.sequence, i.created_at, o.at
        from ${source} o join instances i on i.instance_id = o.instance_id
        where ${fits(first)} or exists (select from policies y where y.instance_id = o.instance_id and y.kind = ${kind} and y.org_id = '')
        on conflict (instance_id, kind, org_id) do update set value = ${changedTo(sql`y.value`)}, sequence = excluded.sequence, changed_at = excluded.changed_at
        where ${fits(sql`y.value`)}
        returning y.instance_id, y.value
      )`;
}

/** What was written, or when it was last, where nothing differs. */
export interface Put {
  readonly at: string;
  readonly etag: string;
}

/** Sets what has no value but as a whole, at either level; writing what is there is no change. Fails for an organization that is not there. */
export async function put(call: Call, kind: string, level: Level, value: object, event: NewEvent): Promise<Put> {
  const [row] = await call.db.change<{ at: string | null; etag: string }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, level, 1)}),
      made as (
        insert into policies as y (instance_id, org_id, kind, value, sequence, created_at, changed_at)
        select instance_id, org_id, ${kind}, ${json(sql, value)}, sequence, at, at from owner
        on conflict (instance_id, kind, org_id) do update set value = excluded.value, sequence = excluded.sequence, changed_at = excluded.changed_at
        where y.value <> excluded.value
        returning y.instance_id
      ),
      ${written(sql, call, level, sql`made`, 1)},
      logged as (${append(sql, sql`changed`, logOf(call, level), [event])})
      select md5(${json(sql, value)}::text) as etag, coalesce(c.at, (
        -- One that was made by another call at this moment cannot be seen yet.
        select coalesce(y.changed_at, o.at) from owner o
        left join policies y on y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = ${kind}
      )) as at
      from caller left join changed c on true`,
  );
  if (row.at === null) throw new Failure(errors.orgNotFound);
  return { at: row.at, etag: row.etag };
}

/** Takes away what was set at a level; null where nothing was. */
export async function unset(call: Call, kind: string, level: Level, event: NewEvent): Promise<string | null> {
  const [{ at }] = await call.db.change<{ at: string | null }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      owner as (${owner(sql, call, level, 1)}),
      made as (
        delete from policies y using owner o where y.instance_id = o.instance_id and y.org_id = o.org_id and y.kind = ${kind} returning y.instance_id
      ),
      ${written(sql, call, level, sql`made`, 1)},
      logged as (${append(sql, sql`changed`, logOf(call, level), [event])})
      select c.at from caller left join changed c on true`,
  );
  return at;
}
