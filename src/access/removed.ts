/** What is not there any more, as the log knows it: a removal that is asked for once more is told with the date of the first. */
import type { Log } from '../store/events.ts';
import type { Call } from './call.ts';

/** The date of the last event of an aggregate; undefined where it never was, or belonged to an organization of which the caller may not know. */
export async function removedAt(
  call: Call,
  aggregateType: Log['aggregateType'],
  aggregateId: string,
  mayKnow: (orgId: string) => boolean,
): Promise<string | undefined> {
  const [row] = await call.db.read<{ owner: string; at: string } | { owner: null }>(
    (sql, caller) => sql`
      with caller as (${caller}),
      last as (
        select e.owner, e.created_at as at from events e
        where e.instance_id = ${call.instance.id} and e.aggregate_type = ${aggregateType} and e.aggregate_id = ${aggregateId}
        order by e.sequence desc limit 1
      )
      select last.* from caller left join last on true`,
  );
  return row.owner !== null && mayKnow(row.owner) ? row.at : undefined;
}
