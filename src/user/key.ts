/** Keys of machines, by which they sign assertions (reference/user-credentials-v2.md 9.2). */
import type { Call } from '../access/call.ts';
import { newRsaPair, type PemPair, pkixPublicKey } from '../crypto/key-pair.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { NewEvent } from '../store/events.ts';
import type { Moment } from '../time/timestamp.ts';
import { errors } from './errors.ts';
import { expiryOf, isoText } from './pat.ts';
import { allow, type Changed, changeUser, kinds, type Rule, within } from './user.ts';

const rule: Rule = { permission: 'user.write', self: true, ranked: true };
const readRule: Rule = { permission: 'user.read', self: true, ranked: false };
/** The one type of key that there is, as events name it: its file is JSON. */
const JSON_KEY = 1;

export interface NewKey {
  readonly keyId: string;
  /** The file with the private key, shown once and not kept; empty where the caller brought a public key. */
  readonly content: Uint8Array;
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
}

/**
 * AddKey: made here, or brought by the caller. Also for a machine that is off: it opens nothing before the machine is back (DESIGN.md 8).
 * `orgId`: in v1 users of other organizations than that of the call do not exist.
 */
export function addKey(call: Call, userId: string, publicKey: Uint8Array, expiration: Moment | undefined, orgId?: string): Promise<NewKey> {
  const given = publicKey.length === 0 ? undefined : pkixPublicKey(Buffer.from(publicKey).toString());
  if (publicKey.length > 0 && given === undefined) throw new Failure(errors.keyInvalid);
  const expiresAt = expiryOf(expiration);
  let made: PemPair | undefined;
  return changeUser(call, userId, { ...rule, orgId }, errors.keyUserNotFound, async (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.keyUserNotFound);
    if (given === undefined) made ??= await newRsaPair();
    const pem = made?.publicKey ?? given ?? '';
    const keyId = newId();
    return {
      change: {
        events: [keyAdded(keyId, pem, expiresAt)],
        quiet: true,
        also: (sql) => sql`,
          key as (
            insert into machine_keys (instance_id, key_id, user_id, public_key, expires_at, sequence, created_at, changed_at)
            select c.instance_id, ${keyId}, c.aggregate_id, ${pem}, ${sql.typed.timestamp(expiresAt)}, c.sequence, c.at, c.at from changed c
          )`,
      },
      answer: ({ owner, sequence, at }) => ({
        keyId,
        content: made ? fileOf(keyId, made.privateKey, expiresAt, userId) : new Uint8Array(),
        owner,
        sequence,
        at,
      }),
    };
  });
}

/** A key that is made before its machine is: with the event of its making, and the file for whoever will be the machine. */
export interface PlannedKey {
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
  readonly expiresAt: Moment;
  readonly content: Uint8Array;
  readonly event: NewEvent;
}

export async function planKey(userId: string, expiration: Moment | undefined): Promise<PlannedKey> {
  const expiresAt = expiryOf(expiration);
  const { publicKey, privateKey } = await newRsaPair();
  const keyId = newId();
  return {
    keyId,
    publicKey,
    expiresAt,
    content: fileOf(keyId, privateKey, expiresAt, userId),
    event: keyAdded(keyId, publicKey, expiresAt),
  };
}

function keyAdded(keyId: string, pem: string, expiresAt: Moment): NewEvent {
  const payload = { keyId, type: JSON_KEY, expirationDate: isoText(expiresAt), publicKey: Buffer.from(pem).toString('base64') };
  return { type: 'user.machine.key.added', payload };
}

/** What the SDKs read. */
function fileOf(keyId: string, key: string, expiresAt: Moment, userId: string): Uint8Array {
  return Buffer.from(JSON.stringify({ type: 'serviceaccount', keyId, key, expirationDate: isoText(expiresAt), userId }));
}

export interface Key {
  readonly key_id: string;
  readonly org_id: string;
  readonly expires_at: string;
  readonly sequence: bigint | null;
  readonly created_at: string;
  readonly changed_at: string;
}

/** GetMachineKeyByIDs of v1, for who may read the machine, in its organization. */
export async function readKey(call: Call, userId: string, keyId: string, orgId: string): Promise<Key> {
  const where = allow(call, userId, readRule);
  const [row] = await call.db.read<Key | { key_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select k.key_id, u.org_id, k.expires_at, k.sequence, k.created_at, k.changed_at
      from caller left join (machine_keys k join users u using (instance_id, user_id))
        on k.instance_id = ${call.instance.id} and k.key_id = ${keyId} and k.user_id = ${userId} and u.org_id = ${orgId}`,
  );
  if (row.key_id === null) throw new Failure(errors.keyUnknown);
  within(call, where, { org_id: row.org_id, rank: 0 }, readRule);
  return row;
}

/** RemoveKey. */
export function removeKey(call: Call, userId: string, keyId: string): Promise<Changed> {
  return changeUser(call, userId, rule, errors.ownerNotFound, async () => {
    const [{ found }] = await call.db.read<{ found: boolean }>(
      (sql, caller) => sql`
        with caller as (${caller})
        select exists (select from machine_keys k where k.instance_id = ${call.instance.id} and k.key_id = ${keyId} and k.user_id = ${userId}) as found from caller`,
    );
    if (!found) throw new Failure(errors.keyNotFound);
    return {
      change: {
        events: [{ type: 'user.machine.key.removed', payload: { keyId } }],
        quiet: true,
        also: (sql) => sql`,
          removed as (
            delete from machine_keys k using changed c where k.instance_id = c.instance_id and k.key_id = ${keyId} and k.user_id = c.aggregate_id
          )`,
      },
      answer: (done) => done,
    };
  });
}
