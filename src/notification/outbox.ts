/**
 * The writing end of the outbox: a message to a user is a row that is written in the statement which gives the reason for it. So what
 * happened is told, and nothing is told that did not happen.
 */
import { randomUUID } from 'node:crypto';
import type { Call } from '../access/call.ts';
import { digest } from '../crypto/secret.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { Channel, MessageKind } from './kinds.ts';

/** What a message says about its user, beside the code. */
export interface MessageData {
  readonly name?: string;
  readonly username?: string;
  /** Of the link; a relative one begins at the instance's origin. */
  readonly template?: string;
  readonly codeId?: string;
  readonly sessionId?: string;
  readonly applicationName?: string;
  readonly domain?: string;
}

export interface NewMessage {
  readonly id: string;
  readonly kind: MessageKind;
  readonly channel: Channel;
  readonly recipient: string;
  readonly language: string;
  /** Sealed, since it must be read again to be sent; and its hash, which tells later whether it is still the one that counts. */
  readonly code: { readonly sealed: Buffer; readonly hash: Buffer } | undefined;
  readonly data: MessageData;
}

/** To whom, as far as is known. */
export interface Addressee {
  readonly email?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly display_name?: string | null | undefined;
  readonly preferred_language?: string | null | undefined;
  readonly username: string;
}

interface Content {
  readonly kind: MessageKind;
  readonly channel?: Channel;
  readonly code?: string;
  readonly template?: string | undefined;
  readonly codeId?: string;
  readonly sessionId?: string;
  readonly applicationName?: string | undefined;
}

/** A message to write; none where its user has no address or number. */
export function newMessage(
  call: Call,
  to: Addressee,
  { kind, channel = 'mail', code, template, codeId, sessionId, applicationName }: Content,
): NewMessage | undefined {
  const recipient = channel === 'sms' ? to.phone : to.email;
  if (!recipient) return undefined;
  const id = randomUUID();
  return {
    id,
    kind,
    channel,
    recipient,
    language: to.preferred_language ?? 'und',
    code: code === undefined ? undefined : { sealed: call.masterkey.encrypt(code, codePlace(call.instance.id, id)), hash: digest(code) },
    data: {
      name: to.display_name ?? to.username,
      username: to.username,
      ...(template ? { template } : {}),
      ...(codeId === undefined ? {} : { codeId }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(applicationName ? { applicationName } : {}),
    },
  };
}

/** Where the code of a message is stored, for the master key. */
export const codePlace = (instanceId: string, messageId: string): string => `outbox/${instanceId}/${messageId}`;

/**
 * `, posted as (…)`: writes messages to the user that the CTE `source` has just made or changed (instance_id, aggregate_id, owner, sequence,
 * at, epoch). Sequence 0: it waits for no other, and no other for it. Call `posted()` (signal.ts) after the commit.
 */
export function post(sql: Sql, source: Fragment, messages: readonly NewMessage[]): Fragment {
  if (messages.length === 0) return sql``;
  const rows = JSON.stringify(
    messages.map(({ code, ...message }) => ({ ...message, sealed: code?.sealed.toString('hex'), hash: code?.hash.toString('hex') })),
  );
  return sql`,
    posted as (
      insert into outbox (instance_id, message_id, user_id, org_id, sequence, place, kind, channel, recipient, language, code, code_hash, data,
        user_epoch, org_epoch, instance_epoch, created_at, next_attempt_at)
      select c.instance_id, n.row->>'id', c.aggregate_id, c.owner, c.sequence, n.place, n.row->>'kind', n.row->>'channel', n.row->>'recipient',
        n.row->>'language', decode(n.row->>'sealed', 'hex'), decode(n.row->>'hash', 'hex'), n.row->'data', c.epoch, o.epoch, i.epoch, c.at, c.at
      from ${source} c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      cross join jsonb_array_elements(${rows}::text::jsonb) with ordinality as n(row, place)
    )`;
}

/**
 * `, posted as (…)`: the news to each user whom the CTE `renamed` (instance_id, user_id, org_id, sequence, changed_at, username) has given another
 * name, since his domain belongs to another organization. Those who are off are told nothing.
 */
export function postDomainClaimed(sql: Sql, renamed: Fragment, domain: string): Fragment {
  return sql`,
    posted as (
      insert into outbox (instance_id, message_id, user_id, org_id, sequence, place, kind, channel, recipient, language, data,
        user_epoch, org_epoch, instance_epoch, created_at, next_attempt_at)
      select u.instance_id, gen_random_uuid()::text, u.user_id, u.org_id, r.sequence, 1, 'domain-claimed', 'mail', p.email, coalesce(p.preferred_language, 'und'),
        jsonb_build_object('name', coalesce(p.display_name, r.username), 'username', r.username, 'domain', ${domain}::text),
        u.epoch, o.epoch, i.epoch, r.changed_at, r.changed_at
      from ${renamed} r
      join users u on u.instance_id = r.instance_id and u.user_id = r.user_id
      join profiles p on p.instance_id = u.instance_id and p.user_id = u.user_id
      join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join instances i on i.instance_id = u.instance_id
      where p.email <> '' and u.state in (1, 6)
    )`;
}
