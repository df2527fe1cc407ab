/** Keys of machines, by which they sign assertions (reference/user-credentials-v2.md 9.2). */
import type { Call } from '../access/call.ts';
import { newRsaPair, type PemPair, pkixPublicKey } from '../crypto/key-pair.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Moment } from '../time/timestamp.ts';
import { errors } from './errors.ts';
import { expiryOf, isoText } from './pat.ts';
import { type Changed, changeUser, kinds, type Rule } from './user.ts';

const rule: Rule = { permission: 'user.write', self: true, ranked: true };
/** The one type of key that there is, as events name it: its file is JSON. */
const JSON_KEY = 1;

export interface NewKey {
  readonly keyId: string;
  /** The file with the private key, shown once and not kept; empty where the caller brought a public key. */
  readonly content: Uint8Array;
  readonly at: string;
}

/** AddKey: made here, or brought by the caller. Also for a machine that is off: it opens nothing before the machine is back (DESIGN.md 8). */
export function addKey(call: Call, userId: string, publicKey: Uint8Array, expiration: Moment | undefined): Promise<NewKey> {
  const given = publicKey.length === 0 ? undefined : pkixPublicKey(Buffer.from(publicKey).toString());
  if (publicKey.length > 0 && given === undefined) throw new Failure(errors.keyInvalid);
  const expiresAt = expiryOf(expiration);
  let made: PemPair | undefined;
  return changeUser(call, userId, rule, errors.keyUserNotFound, async (user) => {
    if (user.kind !== kinds.machine) throw new Failure(errors.keyUserNotFound);
    if (given === undefined) made ??= await newRsaPair();
    const pem = made?.publicKey ?? given ?? '';
    const keyId = newId();
    const payload = { keyId, type: JSON_KEY, expirationDate: isoText(expiresAt), publicKey: Buffer.from(pem).toString('base64') };
    return {
      change: {
        events: [{ type: 'user.machine.key.added', payload }],
        quiet: true,
        also: (sql) => sql`,
          key as (
            insert into machine_keys (instance_id, key_id, user_id, public_key, expires_at, created_at, changed_at)
            select c.instance_id, ${keyId}, c.aggregate_id, ${pem}, ${sql.typed.timestamp(expiresAt)}, c.at, c.at from changed c
          )`,
      },
      answer: ({ at }) => ({ keyId, content: made ? fileOf(keyId, made.privateKey, expiresAt, userId) : new Uint8Array(), at }),
    };
  });
}

/** What the SDKs read. */
function fileOf(keyId: string, key: string, expiresAt: Moment, userId: string): Uint8Array {
  return Buffer.from(JSON.stringify({ type: 'serviceaccount', keyId, key, expirationDate: isoText(expiresAt), userId }));
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
