/** ListSessions: every query at once, creation date, page, and what the caller may see, as one statement (reference/session-service-v2.md 10). */
import type { Call } from '../access/call.ts';
import { epochOf } from '../access/caller.ts';
import { reach } from '../access/permission.ts';
import { alive, sessionSource } from '../access/session-door.ts';
import type { SearchQuery } from '../contract/gen/zitadel/session/v2/session_pb.js';
import { SessionFieldName } from '../contract/gen/zitadel/session/v2/session_pb.js';
import type { ListSessionsRequest } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { Failure } from '../failure/failure.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { every, timestampFilter } from '../store/filter.ts';
import { errors } from './errors.ts';
import { type Session, sessionColumns } from './session.ts';

/** No list gives more rows than this at once (DESIGN.md 8). */
const MOST_ROWS = 1000;

export interface SessionPage {
  readonly total: number;
  readonly at: string;
  readonly rows: readonly Session[];
}

/** Those that the caller made, those that are his, and those of whatever he holds `session.read` on; none that is over, but those that ran out. */
export async function listSessions(call: Call, request: ListSessionsRequest): Promise<SessionPage> {
  for (const query of request.queries) checkQuery(query);
  const where = reach(call.caller, 'session.read');
  const { userId } = call.caller;
  const rows = await call.db.list<(Session | { session_id: null }) & { total: bigint; at: string }>((sql, caller) => {
    const direction = request.query?.asc ? sql`asc` : sql`desc`;
    // Ids follow the time, so that the order is a natural one also where none is asked for.
    const sorted = request.sortingColumn === SessionFieldName.CREATION_DATE ? sql`s.created_at` : sql`s.session_id`;
    const found = sql`
      from ${sessionSource(sql)}
      where s.instance_id = ${call.instance.id} and ${alive(sql)}
        ${where.instance ? sql`` : sql`and ((s.creator = ${userId} and s.creator_epoch is not distinct from ${epochOf(call.caller)}) or s.user_id = ${userId} or s.org_id = any(${where.orgs}::text[]))`}
        and ${every(sql, request.queries, (query) => condition(sql, call, query))}`;
    return sql`
      with caller as (${caller}),
      page as (
        select ${sessionColumns(sql)}, ${sorted} as sort_key
        ${found}
        order by sort_key ${direction}, s.session_id ${direction}
        limit ${Math.min(request.query?.limit || MOST_ROWS, MOST_ROWS)} offset ${request.query?.offset ?? 0n}
      ),
      counted as (select count(*) as total ${found})
      select page.*, counted.total, now() as at from caller cross join counted left join page on true
      order by page.sort_key ${direction}, page.session_id ${direction}`;
  });
  const sessions = rows.flatMap((row) => (row.session_id === null ? [] : [row]));
  // A page beyond the end tells no total, as on the original.
  return { total: sessions.length === 0 ? 0 : Number(rows[0].total), at: rows[0].at, rows: sessions };
}

/** What validation leaves open. A caller has no user agent of his own here: only tokens of OpenID Connect carry one. */
function checkQuery({ query }: SearchQuery): void {
  if (query.case === 'creatorQuery' && query.value.id === '') throw new Failure(errors.noCreator);
  if (query.case === 'userAgentQuery' && !query.value.fingerprintId) throw new Failure(errors.noUserAgent);
}

const EPOCH = { seconds: 0n, nanos: 0 };
/** GREATER and GREATER_OR_EQUALS of TimestampQueryMethod: a session without an end ends after every moment. */
const LATER: readonly number[] = [1, 2];

function condition(sql: Sql, call: Call, { query }: SearchQuery): Fragment {
  switch (query.case) {
    case 'idsQuery':
      return sql`s.session_id = any(${query.value.ids}::text[])`;
    case 'userIdQuery':
      return sql`s.user_id = ${query.value.id}`;
    case 'creationDateQuery':
      return timestampFilter(sql, sql`s.created_at`, query.value.method, query.value.creationDate ?? EPOCH);
    case 'creatorQuery':
      return sql`s.creator = ${query.value.id ?? call.caller.userId}`;
    case 'userAgentQuery':
      return sql`s.fingerprint = ${query.value.fingerprintId ?? ''}`;
    case 'expirationDateQuery': {
      const { method, expirationDate = EPOCH } = query.value;
      const matching = timestampFilter(sql, sql`s.expires_at`, method, expirationDate);
      return LATER.includes(method) ? sql`(s.expires_at is null or ${matching})` : matching;
    }
    case undefined:
      return sql`false`;
  }
}
