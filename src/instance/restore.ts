/** A way back into an instance whose owners are all off or gone, for the operator on the machine itself. */
import { newToken } from '../access/token.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { expiryOf, patAdded } from '../user/pat.ts';
import { kinds } from '../user/user.ts';
import { bindToken, createMachine, type NewToken } from './create.ts';
import { errors } from './errors.ts';
import { instanceStates } from './states.ts';

const LOG = { editor: 'operator', via: 'keyward instance pat --owner' };

/**
 * Restores access from the machine itself: a new token for the machine `admin` of an instance (switched on where it is off), or for a new one
 * where there is none that is an owner: a machine of that name may be anybody's, and its keys and secrets with it. Gives the token, which is
 * shown once.
 */
export async function restoreOwner(sql: Sql, instanceId: string): Promise<{ token: string; userId: string }> {
  const [instance] = await sql<
    { default_org_id: string }[]
  >`select default_org_id from instances where instance_id = ${instanceId} and state <> ${instanceStates.removed} for no key update`;
  if (!instance) throw new Failure(errors.notFound);
  const [named] = await sql<{ user_id: string; is_owner: boolean }[]>`
    select u.user_id, u.is_owner and u.org_id = ${instance.default_org_id} and u.kind = ${kinds.machine} as is_owner from users u join profiles p using (instance_id, user_id) join usernames n using (instance_id, user_id)
    where u.instance_id = ${instanceId} and (
      n.key in ('admin', 'admin' || chr(31) || ${instance.default_org_id}) or p.username = 'admin-' || u.user_id)
    order by is_owner desc limit 1`;
  const known = named?.is_owner ? named : undefined;
  const tokenId = newId();
  const token = { tokenId, token: newToken(tokenId), expiresAt: expiryOf(undefined) };
  const machine = { userId: known?.user_id ?? newId(), token: token.token };
  if (known) await switchOn(sql, instanceId, machine.userId, token);
  else {
    const username = named ? `admin-${machine.userId}` : 'admin';
    const fresh = { userId: machine.userId, username, name: 'admin', token };
    await createMachine(sql, { instanceId, orgId: instance.default_org_id, log: LOG }, fresh);
  }
  await sql`
    insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
    values (${instanceId}, ${machine.userId}, 3, ${instanceId}, ${['IAM_OWNER']}, now(), now())
    on conflict (instance_id, user_id, level, object_id) do update
      set roles = (select array_agg(distinct r) from unnest(memberships.roles || 'IAM_OWNER'::text) r), changed_at = now()`;
  await sql`update users set rank = 3, is_owner = true where instance_id = ${instanceId} and user_id = ${machine.userId}`;
  await sql`
    with changed as (
      update instances set sequence = sequence + 1, access_version = nextval('epochs') where instance_id = ${instanceId}
      returning instance_id, instance_id as aggregate_id, instance_id as owner, sequence, now() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'instance', ...LOG }, [
      { type: 'instance.member.changed', payload: { userId: machine.userId, roles: ['IAM_OWNER'] } },
    ])})
    select 1`;
  return machine;
}

async function switchOn(sql: Sql, instanceId: string, userId: string, token: NewToken): Promise<void> {
  const [user] = await sql<
    { state: number }[]
  >`select state from users where instance_id = ${instanceId} and user_id = ${userId} for no key update`;
  const back: NewEvent[] = user?.state === 2 ? [{ type: 'user.reactivated' }] : user?.state === 4 ? [{ type: 'user.unlocked' }] : [];
  const events: NewEvent[] = [...back, patAdded(token)];
  await sql`
    with changed as (
      update users set state = 1, access_version = nextval('epochs'), sequence = sequence + ${events.length},
        changed_sequence = case when ${back.length > 0} then sequence + 1 else changed_sequence end,
        changed_at = case when ${back.length > 0} then now() else changed_at end
      where instance_id = ${instanceId} and user_id = ${userId}
      returning instance_id, user_id as aggregate_id, org_id as owner, sequence, now() as at
    ),
    logged as (${append(sql, sql`changed`, { aggregateType: 'user', ...LOG }, events)})
    select 1`;
  await bindToken(sql, instanceId, userId, token);
}
