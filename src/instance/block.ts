/** A block: the operator stops an instance without removing anything. No host leads to it, and whatever was issued in it is dead for good. */
import { Failure } from '../failure/failure.ts';
import type { Sql } from '../store/connect.ts';
import { append } from '../store/events.ts';
import { errors } from './errors.ts';
import { instanceStates } from './states.ts';

const STEPS = {
  block: { from: instanceStates.running, to: instanceStates.blocked, event: 'instance.blocked' },
  unblock: { from: instanceStates.blocked, to: instanceStates.running, event: 'instance.unblocked' },
} as const;

export type BlockStep = keyof typeof STEPS;

/** Once more it changes nothing. The epoch is raised both ways: what was made at the moment of a step is dead as well. Fails with `not_found`. */
export async function blockInstance(sql: Sql, instanceId: string, step: BlockStep): Promise<void> {
  const { from, to, event } = STEPS[step];
  const [known] = await sql<{ state: number }[]>`
    select state from instances where instance_id = ${instanceId} and state <> ${instanceStates.removed} for no key update`;
  if (!known) throw new Failure(errors.notFound);
  await sql`
    with changed as (
      update instances set state = ${to}, epoch = nextval('epochs'), access_version = nextval('epochs'), sequence = sequence + 1, changed_at = now()
      where instance_id = ${instanceId} and state = ${from}
      returning instance_id, instance_id as aggregate_id, instance_id as owner, sequence, now() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'instance', editor: 'operator', via: `keyward instance ${step}` }, [{ type: event }])})
    select 1`;
}
