/** Codes that prove an address or open a new password: made here, kept as a hash, bound to the epochs of user, organization and instance. */
import { alphabets, digest, randomText } from '../crypto/secret.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import type { Json, NewEvent } from '../store/events.ts';
import { hex } from '../store/filter.ts';

/** Purpose → event that is written, and the path of the login page that a mail leads to. */
const PURPOSES = {
  email: { event: 'user.human.email.code.added', path: 'verify?code={{.Code}}&organization={{.OrgID}}&userId={{.UserID}}' },
  phone: { event: 'user.human.phone.code.added', path: undefined },
  password: { event: 'user.human.password.code.added', path: 'password/set?code={{.Code}}&organization={{.OrgID}}&userId={{.UserID}}' },
} as const;

export type Purpose = keyof typeof PURPOSES;

/** 6 of upper case and digits, good for one hour (reference/user-credentials-v2.md 0.2). */
const LENGTH = 6;
const LIFETIME_SECONDS = 3600;

export interface NewCode {
  readonly purpose: Purpose;
  readonly code: string;
  readonly event: NewEvent;
}

/** A new code and its event; the code itself stands in neither log nor database. */
export function newCode(
  purpose: Purpose,
  { returned, template, notificationType }: { returned: boolean; template?: string | undefined; notificationType?: number },
): NewCode {
  const { event, path } = PURPOSES[purpose];
  const url = template ?? (path === undefined ? undefined : `/ui/v2/login/${path}`);
  const payload: Record<string, Json> = { expiry: LIFETIME_SECONDS * 1e9 };
  if (notificationType) payload.notificationType = notificationType;
  if (url !== undefined) payload.url_template = url;
  if (returned) payload.code_returned = true;
  return { purpose, code: randomText(LENGTH, alphabets.code), event: { type: event, payload } };
}

/** `, codes as (…)`: writes the codes beside the user that the CTE `source` has just made or changed; a new code replaces the old one. */
export function storeCodes(sql: Sql, source: Fragment, codes: readonly NewCode[]): Fragment {
  if (codes.length === 0) return sql``;
  return sql`,
    codes as (
      insert into user_codes (instance_id, user_id, purpose, hash, expires_at, user_epoch, org_epoch, instance_epoch)
      select c.instance_id, c.aggregate_id, n.purpose, decode(n.hash, 'hex'), c.at + ${LIFETIME_SECONDS} * interval '1 second', c.epoch, o.epoch, i.epoch
      from ${source} c
      join orgs o on o.instance_id = c.instance_id and o.org_id = c.owner
      join instances i on i.instance_id = c.instance_id
      cross join unnest(${codes.map((c) => c.purpose)}::text[], ${hex(codes.map((c) => digest(c.code)))}::text[]) as n(purpose, hash)
      on conflict (instance_id, user_id, purpose) do update
        set hash = excluded.hash, expires_at = excluded.expires_at, user_epoch = excluded.user_epoch, org_epoch = excluded.org_epoch, instance_epoch = excluded.instance_epoch
    )`;
}

/** `, name as (…)`: forgets the codes of these purposes. */
export function dropCodes(sql: Sql, purposes: readonly Purpose[]): Fragment {
  if (purposes.length === 0) return sql``;
  return sql`,
    dropped as (
      delete from user_codes k using changed c where k.instance_id = c.instance_id and k.user_id = c.aggregate_id and k.purpose = any(${purposes}::text[])
    )`;
}
