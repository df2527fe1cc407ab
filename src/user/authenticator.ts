/**
 * Passkeys and security keys (U2F) of a user, which differ by name: registered in two steps, removed, offered at login
 * (reference/user-credentials-v2.md 4). A registration that is pending dies with its epochs; a proven one stays.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { binding, gate } from '../access/gate.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { NewEvent } from '../store/events.ts';
import { errors } from './errors.ts';
import { preferredLoginName } from './login-name.ts';
import { removesFactors, setsFactors } from './totp.ts';
import { type Changed, changeUser, type Decision, isOff, kinds, type User } from './user.ts';
import { CHALLENGE_SECONDS, type CreationWish, creationOptions, newChallenge, relyingParty, verifyCreation } from './webauthn.ts';

/** The begin of an event's type, and what the original says of an unknown user who would register one. */
const KINDS = {
  passkey: { event: 'user.human.passwordless.token', missing: errors.ownerNotFound },
  u2f: { event: 'user.human.mfa.u2f.token', missing: errors.authenticatorUserNotFound },
} as const;

export type AuthenticatorKind = keyof typeof KINDS;

export interface Begun {
  readonly done: Changed;
  readonly tokenId: string;
  readonly options: JsonObject;
}

export interface Registration {
  readonly domain: string;
  readonly attachment?: CreationWish['attachment'];
  /** What must be shown beside the permission, and is used up with it: a refusal that is written, or what goes into the statement. */
  readonly proof?: (user: User) => Promise<{ refused: Decision<never> } | { events: readonly NewEvent[]; also: (sql: Sql) => Fragment }>;
}

/** RegisterPasskey, RegisterU2F: what was begun before and not finished is replaced. Not for a user who is off, nor for a machine. */
export function begin(call: Call, kind: AuthenticatorKind, userId: string, { domain, attachment, proof }: Registration): Promise<Begun> {
  return changeUser(call, userId, setsFactors, KINDS[kind].missing, async (user): Promise<Decision<Begun>> => {
    demandHuman(user);
    if (isOff(user)) throw new Failure(errors.notActive);
    const shown = await proof?.(user);
    if (shown && 'refused' in shown) return shown.refused;
    const rpId = await relyingParty(call, domain);
    const exclude = await readyAuthenticators(call, userId, kind, rpId);
    const tokenId = newId();
    const challenge = newChallenge();
    const options = creationOptions({
      rpId,
      challenge,
      user: { id: userId, name: preferredLoginName(user) || (user.email ?? ''), displayName: user.display_name || user.username },
      exclude: exclude.map(({ credential_id }) => credential_id),
      attachment,
    });
    const added: NewEvent = { type: `${KINDS[kind].event}.added`, payload: { webAuthNTokenId: tokenId, challenge, rpID: rpId } };
    return {
      change: {
        events: [added, ...(shown?.events ?? [])],
        quiet: true,
        also: (sql) => sql`${insertPending(sql, { kind, tokenId, challenge, rpId })}${shown?.also(sql) ?? sql``}`,
      },
      answer: (done) => ({ done, tokenId, options }),
    };
  });
}

function insertPending(sql: Sql, pending: { kind: AuthenticatorKind; tokenId: string; challenge: string; rpId: string }): Fragment {
  return sql`,
    begun as (
      insert into authenticators (instance_id, user_id, token_id, kind, rp_id, created_at, challenge, expires_at, user_epoch, org_epoch, instance_epoch)
      select c.instance_id, c.aggregate_id, ${pending.tokenId}, ${pending.kind}, ${pending.rpId}, c.at, ${pending.challenge},
        c.at + ${CHALLENGE_SECONDS}::int * interval '1 second', c.epoch, o.epoch, i.epoch
      from changed c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      on conflict (instance_id, user_id, kind) where verified_at is null do update set
        token_id = excluded.token_id, rp_id = excluded.rp_id, created_at = excluded.created_at, challenge = excluded.challenge,
        expires_at = excluded.expires_at, user_epoch = excluded.user_epoch, org_epoch = excluded.org_epoch, instance_epoch = excluded.instance_epoch
    )`;
}

/**
 * VerifyPasskeyRegistration, VerifyU2FRegistration; without an id (v1): whatever was begun last. The original lets anybody finish, whatever id he names. Whoever was switched off
 * meanwhile, or took too long, is answered like one whose authenticator is wrong.
 */
export function finish(
  call: Call,
  kind: AuthenticatorKind,
  userId: string,
  given: { readonly tokenId: string | undefined; readonly name: string; readonly credential: JsonObject | undefined },
): Promise<Changed> {
  return changeUser(call, userId, setsFactors, errors.authenticatorUserNotFound, async (user) => {
    demandHuman(user);
    const pending = await pendingOne(call, userId, kind);
    if (!pending || (given.tokenId !== undefined && given.tokenId !== pending.token_id)) throw new Failure(errors.nothingPending);
    const tokenId = pending.token_id;
    if (!pending.alive) throw new Failure(errors.credentialWrong);
    const made = await verifyCreation(given.credential, { rpId: pending.rp_id, challenge: pending.challenge });
    if (await isRegistered(call, made.credentialId)) throw new Failure(errors.credentialWrong);
    const { credentialId, publicKey, attestationType, aaguid, signCount } = made;
    const verified: NewEvent = {
      type: `${KINDS[kind].event}.verified`,
      payload: {
        webAuthNTokenId: tokenId,
        keyId: Buffer.from(credentialId, 'base64url').toString('base64'),
        publicKey: publicKey.toString('base64'),
        attestationType,
        aaguid: Buffer.from(aaguid.replaceAll('-', ''), 'hex').toString('base64'),
        signCount,
        webAuthNTokenName: given.name,
      },
    };
    return {
      change: {
        events: [verified],
        quiet: true,
        access: true, // a session without it may not be enough any more
        also: (sql) => sql`,
          proven as (
            update authenticators a set verified_at = c.at, name = ${given.name}, credential_id = ${credentialId}, public_key = ${publicKey},
              attestation_type = ${attestationType}, aaguid = ${aaguid}, sign_count = ${signCount}
            from changed c
            where a.instance_id = c.instance_id and a.user_id = c.aggregate_id and a.token_id = ${tokenId}
          )`,
      },
      answer: (done: Changed) => done,
    };
  }).catch(registeredMeanwhile);
}

const UNIQUE_VIOLATION = '23505';

function registeredMeanwhile(error: unknown): never {
  const taken =
    error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === 'authenticators_credential';
  throw taken ? new Failure(errors.credentialWrong, { cause: error }) : error;
}

/** RemovePasskey, RemoveU2F: proven or not. An id of the other kind is an unknown one. */
export function remove(call: Call, kind: AuthenticatorKind, userId: string, tokenId: string): Promise<Changed> {
  return changeUser(call, userId, removesFactors, errors.authenticatorNotFound, async () => {
    const all = await authenticators(call, userId);
    if (!all.some((one) => one.kind === kind && one.token_id === tokenId)) throw new Failure(errors.authenticatorNotFound);
    return {
      change: {
        events: [{ type: `${KINDS[kind].event}.removed`, payload: { webAuthNTokenId: tokenId } }],
        quiet: true,
        access: true,
        also: (sql) => sql`,
          removed as (
            delete from authenticators a using changed c
            where a.instance_id = c.instance_id and a.user_id = c.aggregate_id and a.token_id = ${tokenId}
          )`,
      },
      answer: (done) => done,
    };
  });
}

export function demandHuman(user: User): void {
  if (user.kind !== kinds.human) throw new Failure(errors.authenticatorUserNotFound);
}

/** One of a user's, begun or proven. */
export interface Authenticator {
  token_id: string;
  kind: AuthenticatorKind;
  rp_id: string;
  ready: boolean;
  /** Empty while it is pending. */
  name: string;
}

/** All of a user's, oldest first. */
export async function authenticators(call: Call, userId: string): Promise<Authenticator[]> {
  const rows = await call.db.read<Authenticator | Record<keyof Authenticator, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select a.token_id, a.kind, a.rp_id, a.verified_at is not null as ready, coalesce(a.name, '') as name
      from caller left join authenticators a on a.instance_id = ${call.instance.id} and a.user_id = ${userId}
      order by a.created_at, a.token_id`,
  );
  return rows.flatMap((row) => (row.token_id === null ? [] : [row]));
}

/** What a login needs of one. */
export interface ReadyAuthenticator {
  token_id: string;
  credential_id: string;
  public_key: Buffer;
  sign_count: bigint;
}

/** The proven ones of one kind on one domain. */
export async function readyAuthenticators(
  call: Call,
  userId: string,
  kind: AuthenticatorKind,
  rpId: string,
): Promise<ReadyAuthenticator[]> {
  const rows = await call.db.read<ReadyAuthenticator | Record<keyof ReadyAuthenticator, null>>(
    (sql, caller) => sql`
      with caller as (${caller})
      select a.token_id, a.credential_id, a.public_key, a.sign_count
      from caller left join authenticators a on a.instance_id = ${call.instance.id} and a.user_id = ${userId} and a.kind = ${kind}
        and a.rp_id = ${rpId} and a.verified_at is not null
      order by a.created_at, a.token_id`,
  );
  return rows.flatMap((row) => (row.token_id === null ? [] : [row]));
}

/** Event of a signature that moved the counter. */
export const counted = (kind: AuthenticatorKind, tokenId: string, signCount: number): NewEvent => ({
  type: `${KINDS[kind].event}.signcount.changed`,
  payload: { webAuthNTokenId: tokenId, signCount },
});

interface Pending {
  token_id: string;
  rp_id: string;
  challenge: string;
  /** In time; its user is on, and was not switched off since it was begun. */
  alive: boolean;
}

async function pendingOne(call: Call, userId: string, kind: AuthenticatorKind): Promise<Pending | undefined> {
  const [row] = await call.db.read<Pending | Record<keyof Pending, null>>(
    (sql, caller) => sql`
      with caller as (${caller}),
      pending as (
        select a.token_id, a.rp_id, a.challenge, (a.expires_at > now() and ${gate(sql)} and ${binding(sql, sql`a`)}) as alive
        from authenticators a
        join users u on u.instance_id = a.instance_id and u.user_id = a.user_id
        join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
        join instances i on i.instance_id = u.instance_id
        where a.instance_id = ${call.instance.id} and a.user_id = ${userId} and a.kind = ${kind} and a.verified_at is null
      )
      select pending.* from caller left join pending on true`,
  );
  return row.token_id === null ? undefined : row;
}

async function isRegistered(call: Call, credentialId: string): Promise<boolean> {
  const [{ taken }] = await call.db.read<{ taken: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (
        select from authenticators a where a.instance_id = ${call.instance.id} and a.credential_id = ${credentialId} and a.verified_at is not null
      ) as taken
      from caller`,
  );
  return taken;
}
