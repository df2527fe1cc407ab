/** Appending events: the part of a statement that writes the log in the same breath as the state. */
import type { Fragment, Sql } from './connect.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** An event without what the statement adds (aggregate, sequence, editor, owner, time). */
export interface NewEvent {
  readonly type: string;
  readonly payload?: Json;
}

export interface Log {
  readonly aggregateType:
    | 'user'
    | 'org'
    | 'instance'
    | 'session'
    | 'oidc_session'
    | 'web_key'
    | 'project'
    | 'usergrant'
    | 'idpintent'
    | 'feature';
  /** Who: the user id of the caller. */
  readonly editor: string;
  /** Through which door: the path of the RPC, or the command of the operator. */
  readonly via: string;
}

/**
 * `insert into events …` for all events of one aggregate. `source` is a CTE with the columns instance_id, aggregate_id, owner, sequence
 * (of the last of these events) and at.
 */
export function append(sql: Sql, source: Fragment, { aggregateType, editor, via }: Log, events: readonly NewEvent[]): Fragment {
  const rows = JSON.stringify(events.map(({ type, payload }) => ({ type, payload: payload ?? null })));
  return sql`
    insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
    select c.instance_id, ${aggregateType}, c.aggregate_id, c.sequence - ${events.length}::int + e.n, e.event->>'type',
      nullif(e.event->'payload', 'null'), ${editor}, c.owner, ${via}, c.at
    from ${source} c, jsonb_array_elements(${rows}::text::jsonb) with ordinality as e(event, n)`;
}

/**
 * `insert into events …` for events that the statement itself counts. `source` is a CTE with a row for each: instance_id, aggregate_id,
 * owner, sequence (its own), at, type and payload.
 */
export function appendEach(sql: Sql, source: Fragment, { aggregateType, editor, via }: Log): Fragment {
  return sql`
    insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, payload, editor, owner, via, created_at)
    select e.instance_id, ${aggregateType}, e.aggregate_id, e.sequence, e.type, e.payload, ${editor}, e.owner, ${via}, e.at from ${source} e`;
}
