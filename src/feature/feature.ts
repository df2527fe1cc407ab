/**
 * Features, which are switched at the system or at an instance (reference/org-and-settings.md 6). They are kept as the original keeps them;
 * those that chose between two ways of its inside work have nothing to choose here.
 */
import type { Call } from '../access/call.ts';
import type { Fragment, Sql } from '../store/connect.ts';

/** By the names of their events. What was never set, or reset, is not in it. */
export interface Features {
  readonly login_default_org?: boolean;
  readonly user_schema?: boolean;
  readonly debug_oidc_parent_error?: boolean;
  readonly oidc_single_v1_session_termination?: boolean;
  readonly permission_check_v2?: boolean;
  readonly console_use_v2_user_api?: boolean;
  readonly enable_relational_tables?: boolean;
  /** Numbers of the API. */
  readonly improved_performance?: readonly number[];
  readonly login_v2?: { readonly required: boolean; readonly base_uri?: string };
}

/** What a new instance begins with (reference/instance-and-setup.md 9.5): as many events as there are features. */
const FIRST: Features = { login_default_org: true, login_v2: { required: true }, console_use_v2_user_api: true };
const FIRST_SEQUENCE = Object.keys(FIRST).length;

export type FeatureLevel = 'instance' | 'system';

/** At one level; dates are null where nothing was ever set. */
export interface Shown {
  readonly value: Features;
  readonly sequence: bigint;
  readonly at: string | null;
}

/** Where the features of the whole system lie, since they belong to no instance. */
const SYSTEM = 'system_features';

export async function readFeatures(call: Call): Promise<{ readonly [L in FeatureLevel]: Shown }> {
  const [row] = await call.db.read<Row<'i_'> & Row<'s_'>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select i.value as i_value, i.sequence as i_sequence, i.at as i_at, s.value as s_value, s.sequence as s_sequence, s.at as s_at
      from caller, (${known(sql, call, 'instance')}) i, (${known(sql, call, 'system')}) s`,
  );
  return {
    instance: { value: row.i_value, sequence: row.i_sequence, at: row.i_at },
    system: { value: row.s_value, sequence: row.s_sequence, at: row.s_at },
  };
}

type Row<P extends string> = Record<`${P}value`, Features> & Record<`${P}sequence`, bigint> & Record<`${P}at`, string | null>;

/** What is set at a level: one row. */
function known(sql: Sql, call: Call, level: FeatureLevel): Fragment {
  return level === 'instance'
    ? sql`
      select coalesce(y.value, ${JSON.stringify(FIRST)}::text::jsonb) as value, coalesce(y.sequence, ${FIRST_SEQUENCE}) as sequence, coalesce(y.changed_at, o.created_at) as at
      from instances o left join policies y on y.instance_id = o.instance_id and y.kind = 'features' and y.org_id = ''
      where o.instance_id = ${call.instance.id}`
    : sql`
      select coalesce(max(m.value::text)::jsonb->'value', '{}') as value, coalesce((max(m.value::text)::jsonb->>'sequence')::bigint, 0) as sequence,
        (max(m.value::text)::jsonb->>'at')::timestamptz as at
      from keyward_meta m where m.name = ${SYSTEM}`;
}

/** Sets what is given, each with its event; what is as it was is not written. */
export async function setFeatures(call: Call, level: FeatureLevel, patch: Features): Promise<Shown> {
  // An empty list cannot be told from none, so that every change without one empties it, as on the original.
  const emptied = patch.improved_performance === undefined;
  return changeFeatures(
    call,
    level,
    (sql) => sql`
      wanted as (
        select ${JSON.stringify(patch)}::text::jsonb || case when ${emptied} and k.value ? 'improved_performance' then '{"improved_performance": []}'::jsonb else '{}' end as patch
        from known k
      ),
      differing as (
        select ${`feature.${level}.`}::text || p.key || '.set' as type, jsonb_build_object('value', p.value) as payload, row_number() over (order by p.key) as n
        from known k, wanted w, jsonb_each(w.patch) p where k.value->p.key is distinct from p.value
      ),
      turned as (select k.value || w.patch as value from known k, wanted w)`,
  );
}

/** Back to nothing set. */
export function resetFeatures(call: Call, level: FeatureLevel): Promise<Shown> {
  return changeFeatures(
    call,
    level,
    (sql) => sql`
      differing as (select ${`feature.${level}.reset`}::text as type, null::jsonb as payload, 1::bigint as n from known k where k.value <> '{}'),
      turned as (select '{}'::jsonb as value)`,
  );
}

/** `change` gives `differing` (type, payload, n: the events) and `turned` (value). Behind a lock, so that each change sees the one before. */
async function changeFeatures(call: Call, level: FeatureLevel, change: (sql: Sql) => Fragment): Promise<Shown> {
  const system = level === 'system';
  const [row] = await call.db.changeBehind<Shown>(
    async (sql) => {
      if (!system) return sql`select from instances where instance_id = ${call.instance.id} for no key update`;
      await sql`insert into keyward_meta (name, value) values (${SYSTEM}, '{}') on conflict (name) do nothing`;
      return sql`select from keyward_meta where name = ${SYSTEM} for update`;
    },
    (sql, caller) => sql`
      with caller as (${caller}),
      known as (select k.* from caller, (${known(sql, call, level)}) k),
      ${change(sql)},
      next as (
        select t.value, k.sequence + (select count(*) from differing) as sequence, clock_timestamp() as at
        from known k, turned t where exists (select from differing)
      ),
      made as (${system ? systemWritten(sql) : instanceWritten(sql, call)}),
      logged as (
        insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
        select ${system ? '' : call.instance.id}, 'feature', ${system ? 'SYSTEM' : call.instance.id}, k.sequence + d.n, d.type, d.payload,
          ${call.caller.userId}, ${system ? 'SYSTEM' : call.instance.id}, ${call.method.path}, x.at
        from differing d, known k, next x
      )
      select coalesce(x.value, k.value) as value, coalesce(x.sequence, k.sequence) as sequence, coalesce(x.at, k.at) as at
      from caller join known k on true left join next x on true`,
  );
  return row;
}

function instanceWritten(sql: Sql, call: Call): Fragment {
  return sql`
    insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
    select ${call.instance.id}, '', 'features', value, sequence, at, at from next
    on conflict (instance_id, kind, org_id) do update set value = excluded.value, sequence = excluded.sequence, changed_at = excluded.changed_at`;
}

const systemWritten = (sql: Sql): Fragment => sql`
    update keyward_meta m set value = jsonb_build_object('value', x.value, 'sequence', x.sequence, 'at', x.at) from next x where m.name = ${SYSTEM}`;
