/** Hundreds of users at once, with what the calls of the permission table need them to have: one statement a table, not one a user. */
import { hash } from '@node-rs/argon2';
import { defaults } from '../../src/access/policy.ts';
import { newToken } from '../../src/access/token.ts';
import { digest } from '../../src/crypto/secret.ts';
import type { Pool } from '../../src/store/connect.ts';
import { commas } from '../../src/store/filter.ts';

/** What a user has beside his profile. Ids of it are derived from his: see `idsOf`. */
export type Possession =
  | 'password'
  | 'phone'
  | 'otpSms'
  | 'otpEmail'
  | 'secret'
  | 'metadata'
  | 'totp'
  | 'recoveryCode'
  /** Checks of his password that failed. */
  | 'failures'
  /** Registrations that were begun. */
  | 'passkey'
  | 'u2f'
  /** With the id `x` and the code that every code is. */
  | 'passkeyLink'
  | 'key'
  | 'pat'
  | 'session'
  | 'emailCode'
  | 'phoneCode'
  | 'inviteCode'
  | 'orgMember'
  | 'instanceMember'
  /** Of his organization, with the role `role`. */
  | 'project'
  | 'projectOff'
  /** Of that project; it proves itself by a key. */
  | 'app'
  | 'appOff'
  /** It proves itself by a secret instead. */
  | 'appSecret'
  | 'projectMember'
  /** Of that project, to him. */
  | 'userGrant'
  /** An organization beside his, and a grant of the project to it. */
  | 'partner'
  | 'projectGrant'
  /** His organization has a domain of his name. */
  | 'domain'
  /** His organization has a domain of his name that is not proven, and metadata under his id. */
  | 'unproven'
  | 'orgMetadata'
  /** Beside the one he lives in there is an organization of his name; one that is off. */
  | 'org'
  | 'orgOff'
  /** A provider of his organization, and one of the instance; the one is in a login policy of its owner. */
  | 'idp'
  | 'instanceIdp'
  | 'offered'
  /** His organization has a login policy of its own. */
  | 'loginPolicy'
  /** To the instance's provider. */
  | 'idpLink'
  /** His instance trusts a domain of his name. */
  | 'trusted'
  | 'inactive'
  | 'locked';

/** Of whoever has one, as a hash that costs as little as one may. */
export const PASSWORD = 'A-g00d-passw0rd';
const passwordHash = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });

/** Of a machine; making a pair takes long. */
export const PUBLIC_KEY = Buffer.from(
  '-----BEGIN PUBLIC KEY-----\n' +
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0/IzW7yWR7QkrmBL7jTKEn5u' +
    '+qKhbwKfBstIs+bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyehkd3qqGElvW/VDL5AaWTg0nLVkjRo9z+40RQzuVaE8AkAFmxZzow3x+VJYKdjykkJ0' +
    'iT9wCS0DRTXu269V264Vf/3jvredZiKRkgwlL9xNAwxXFg0x/XFw005UWVRIkdgcKWTjpBP2dPwVZ4WWC+9aGVd+Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbcmwIDAQAB\n' +
    '-----END PUBLIC KEY-----\n',
);

/** Begins ids that are chosen for new users. */
export const CHOSEN = 'chosen-';
/** A domain that an organization of another tenant may have claimed. */
export const CLAIMED = 'claimed.example';

/** Of every code. */
export const CODE = 'ABCDEF';

export interface Drawn {
  readonly userId: string;
  readonly instanceId: string;
  readonly orgId: string;
  readonly kind: 'human' | 'machine';
  /** What is seen of him: his display name, his metadata; his id where none is given. */
  readonly name?: string;
  readonly has?: readonly Possession[];
  readonly member?: { readonly level: 1 | 2 | 3; readonly objectId: string; readonly role: string };
  /** Of a caller. */
  readonly token?: string;
}

/** All that one user can have at once. */
export const EVERYTHING: readonly Possession[] = [
  'password',
  'phone',
  'otpSms',
  'otpEmail',
  'secret',
  'metadata',
  'totp',
  'recoveryCode',
  'failures',
  'passkey',
  'u2f',
  'passkeyLink',
  'key',
  'pat',
  'session',
  'emailCode',
  'phoneCode',
  'inviteCode',
  'orgMember',
  'instanceMember',
  'project',
  'app',
  'projectMember',
  'userGrant',
  'partner',
  'projectGrant',
  'domain',
  'unproven',
  'orgMetadata',
  'trusted',
];

export const idsOf = ({ userId }: Pick<Drawn, 'userId'>) => ({
  patId: `${userId}-pat`,
  keyId: `${userId}-key`,
  sessionId: `${userId}-session`,
  passkeyId: `${userId}-passkey`,
  u2fId: `${userId}-u2f`,
  projectId: `${userId}-project`,
  appId: `${userId}-app`,
  grantId: `${userId}-grant`,
  partnerId: `${userId}-partner`,
  domain: `${userId}.example`,
  idpId: `${userId}-idp`,
  instanceIdpId: `${userId}-instance-idp`,
  unproven: `${userId}.unproven.example`,
  org: `${userId}-org`,
  trusted: `${userId}.trusted.example`,
});

export const tokenFor = (userId: string): string => newToken(`${userId}-caller`);

export async function draw(sql: Pool, all: readonly Drawn[]): Promise<void> {
  const rows = all.map((each) => ({
    ...each,
    ...idsOf(each),
    name: each.name ?? each.userId,
    has: each.has ?? [],
    hash: each.token && digest(each.token).toString('hex'),
  }));
  const drawn = sql`jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as d(
    "userId" text, "instanceId" text, "orgId" text, kind text, name text, has text[], member jsonb, token text, hash text,
    "patId" text, "keyId" text, "sessionId" text, "projectId" text, "appId" text, "grantId" text, "partnerId" text, domain text)`;
  const bound = sql`${drawn}
    join orgs o on o.instance_id = d."instanceId" and o.org_id = d."orgId"
    join instances i on i.instance_id = d."instanceId"
    join users u on u.instance_id = d."instanceId" and u.user_id = d."userId"`;
  const epochs = sql`u.epoch, o.epoch, i.epoch`;
  await sql.begin(async (sql) => {
    await sql`
      insert into users (instance_id, user_id, org_id, kind, state, rank, sequence, changed_sequence, created_at, changed_at)
      select "instanceId", "userId", "orgId", case kind when 'human' then 1 else 2 end,
        case when 'inactive' = any(has) then 2 when 'locked' = any(has) then 4 else 1 end,
        case when 'instanceMember' = any(has) then 3 when 'orgMember' = any(has) then 2
          else coalesce((member->>'level')::int, case when 'projectMember' = any(has) then 1 else 0 end) end, 1, 1, now(), now()
      from ${drawn}`;
    await sql`
      insert into profiles (instance_id, user_id, username, username_key, first_name, last_name, display_name, preferred_language, gender,
        email, email_verified, phone, phone_verified, machine_name, access_token_type, otp_sms, otp_email, secret_hash, password_hash, password_changed_at)
      select "instanceId", "userId", "userId", lower("userId"), name, 'Test', name, 'en', 0,
        "userId" || '@old.example', true, case when 'phone' = any(has) then '+41791234567' end, 'phone' = any(has),
        name, 0, 'otpSms' = any(has), 'otpEmail' = any(has), case when 'secret' = any(has) then 'x' end,
        case when 'password' = any(has) then ${passwordHash} end, case when 'password' = any(has) then now() end
      from ${drawn}`;
    await sql`
      insert into events (instance_id, aggregate_type, aggregate_id, sequence, type, editor, owner, via, created_at)
      select "instanceId", 'user', "userId", 1, 'user.' || kind || '.added', 'test', "orgId", 'test', now() from ${drawn}`;
    await sql`
      insert into memberships (instance_id, user_id, level, object_id, roles, created_at, changed_at)
      select "instanceId", "userId", m.level, m.object, array[m.role], now(), now()
      from ${drawn} cross join lateral (
        select (member->>'level')::smallint as level, member->>'objectId' as object, member->>'role' as role where member is not null
        union all select 2, "orgId", 'ORG_OWNER_VIEWER' where 'orgMember' = any(has)
        union all select 3, "instanceId", 'IAM_OWNER_VIEWER' where 'instanceMember' = any(has)
        union all select 1, "projectId", 'PROJECT_OWNER_VIEWER' where 'projectMember' = any(has)) m
      on conflict do nothing`; // who calls about himself may have a role there already
    await sql`
      insert into projects (instance_id, project_id, org_id, name, state, role_assertion, role_check, project_check, private_labeling, sequence, changed_sequence)
      select "instanceId", "projectId", "orgId", name || ' of ' || "userId", case when 'projectOff' = any(has) then 2 else 1 end, true, false, false, 0, 0, 0
      from ${drawn} where 'project' = any(has)`;
    await sql`
      insert into project_roles (instance_id, project_id, key, display_name, group_name)
      select "instanceId", "projectId", 'role', name, '' from ${drawn} where 'project' = any(has)`;
    await sql`
      insert into apps (instance_id, app_id, project_id, name, kind, state, client_id, config, sequence)
      select "instanceId", "appId", "projectId", name, 2, case when 'appOff' = any(has) then 2 else 1 end, "appId",
        jsonb_build_object('authMethod', case when 'appSecret' = any(has) then 0 else 3 end), 1
      from ${drawn} where 'app' = any(has)`;
    await sql`
      insert into orgs (instance_id, org_id, name, sequence) select "instanceId", "partnerId", name || ' beside ' || "userId", 0 from ${drawn} where 'partner' = any(has)`;
    await sql`
      insert into project_grants (instance_id, grant_id, project_id, granted_org_id, role_keys, sequence)
      select "instanceId", "grantId", "projectId", "partnerId", array['role'], 1 from ${drawn} where 'projectGrant' = any(has)`;
    await sql`
      insert into user_grants (instance_id, grant_id, user_id, project_id, org_id, role_keys, sequence)
      select "instanceId", "grantId", "userId", "projectId", "orgId", array['role'], 1 from ${drawn} where 'userGrant' = any(has)`;
    await sql`
      insert into pats (instance_id, token_id, user_id, hash, scopes, expires_at, user_epoch, org_epoch, instance_epoch, created_at, changed_at)
      select d."instanceId", t.id, d."userId", t.hash, '{}', now() + interval '1 day', ${epochs}, now(), now()
      from ${bound} cross join lateral (
        select d."userId" || '-caller' as id, decode(d.hash, 'hex') as hash where d.hash is not null
        union all select d."patId", decode('00', 'hex') where 'pat' = any(d.has)) t`;
    await sql`
      insert into user_metadata (instance_id, user_id, key, value, created_at, changed_at)
      select "instanceId", "userId", 'kept', convert_to(name, 'UTF8'), now(), now() from ${drawn} where 'metadata' = any(has)`;
    await sql`
      insert into user_codes (instance_id, user_id, purpose, hash, expires_at, user_epoch, org_epoch, instance_epoch)
      select d."instanceId", d."userId", p.purpose, ${digest(CODE)}, now() + interval '1 hour', ${epochs}
      from ${bound} join unnest(array['email', 'phone', 'invite']) as p(purpose) on p.purpose || 'Code' = any(d.has)`;
    await sql`
      insert into totps (instance_id, user_id, seed, verified_at, user_epoch, org_epoch, instance_epoch)
      select d."instanceId", d."userId", 'x', now(), ${epochs} from ${bound} where 'totp' = any(d.has)`;
    await sql`
      insert into recovery_codes (instance_id, user_id, hash, created_at)
      select "instanceId", "userId", 'x', now() from ${drawn} where 'recoveryCode' = any(has)`;
    await sql`
      insert into failed_checks (instance_id, user_id, kind, failed, user_epoch, last_at)
      select d."instanceId", d."userId", 'password', 3, u.epoch, now() + interval '1 second' from ${bound} where 'failures' = any(d.has)`;
    await sql`
      insert into authenticators (instance_id, user_id, token_id, kind, rp_id, created_at, challenge, expires_at, user_epoch, org_epoch, instance_epoch)
      select d."instanceId", d."userId", d."userId" || '-' || k.kind, k.kind, 'localhost', now(), 'x', now() + interval '1 hour', ${epochs}
      from ${bound} join unnest(array['passkey', 'u2f']) as k(kind) on k.kind = any(d.has)`;
    await sql`
      insert into passkey_links (instance_id, user_id, link_id, hash, expires_at, user_epoch, org_epoch, instance_epoch)
      select d."instanceId", d."userId", 'x', ${digest(CODE)}, now() + interval '1 hour', ${epochs} from ${bound} where 'passkeyLink' = any(d.has)`;
    await sql`
      insert into machine_keys (instance_id, key_id, user_id, public_key, expires_at, created_at, changed_at)
      select "instanceId", "keyId", "userId", 'x', now() + interval '1 day', now(), now() from ${drawn} where 'key' = any(has)`;
    await sql`
      insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, token_key, token_hash, user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
      select d."instanceId", d."sessionId", 'nobody', d."userId", d."orgId", now(), 'x', 'x', ${epochs}, 1, now(), now() from ${bound} where 'session' = any(d.has)`;
    await sql`
      insert into org_domains (instance_id, org_id, domain, is_verified)
      select "instanceId", "orgId", domain, true from ${drawn} where 'domain' = any(has)`;
    await sql`
      insert into idps (instance_id, idp_id, org_id, kind, name, is_linking_allowed, is_creation_allowed, is_auto_creation, is_auto_update, auto_linking,
        config, secrets, sequence, created_at, changed_at)
      select d."instanceId", k.id, k.org, 'google', d.name, true, true, true, true, 0, '{"clientId": "x", "scopes": []}', 'x', 1, now(), now()
      from ${drawn} cross join lateral (
        select d."userId" || '-idp' as id, d."orgId" as org where 'idp' = any(d.has)
        union all select d."userId" || '-instance-idp', null where 'instanceIdp' = any(d.has)) k`;
    await sql`
      insert into login_policy_idps (instance_id, owner, org_id, idp_id, created_at)
      select d."instanceId", coalesce(p.org_id, d."instanceId"), p.org_id, p.idp_id, now()
      from ${drawn} join idps p on p.instance_id = d."instanceId" and p.idp_id in (d."userId" || '-idp', d."userId" || '-instance-idp')
      where 'offered' = any(d.has)`;
    await sql`
      insert into policies (instance_id, org_id, kind, value, sequence, created_at, changed_at)
      select distinct d."instanceId", d."orgId", 'login', ${JSON.stringify(defaults.login)}::text::jsonb, 1, now(), now() from ${drawn} where 'loginPolicy' = any(d.has) on conflict do nothing`;
    await sql`
      insert into idp_links (instance_id, idp_id, external_id, external_key, user_id, display_name, user_epoch, org_epoch, instance_epoch, created_at)
      select d."instanceId", d."userId" || '-instance-idp', 'x', 'x', d."userId", 'x', ${epochs}, now() from ${bound} where 'idpLink' = any(d.has)`;
    await sql`
      insert into org_domains (instance_id, org_id, domain)
      select "instanceId", "orgId", "userId" || '.unproven.example' from ${drawn} where 'unproven' = any(has)`;
    await sql`
      insert into org_metadata (instance_id, org_id, key, value, created_at, changed_at)
      select "instanceId", "orgId", "userId", convert_to(name, 'UTF8'), now(), now() from ${drawn} where 'orgMetadata' = any(has)`;
    await sql`
      insert into instance_trusted_domains (instance_id, domain)
      select "instanceId", "userId" || '.trusted.example' from ${drawn} where 'trusted' = any(has)`;
    await sql`
      insert into orgs (instance_id, org_id, name, state, sequence)
      select "instanceId", "userId" || '-org', name || ' of ' || "userId", case when 'orgOff' = any(has) then 2 else 1 end, 0
      from ${drawn} where has && '{org,orgOff}'`;
  });
}

const TABLES = [
  'users',
  'profiles',
  'memberships',
  'pats',
  'user_metadata',
  'user_codes',
  'totps',
  'recovery_codes',
  'authenticators',
  'passkey_links',
  'failed_checks',
  'machine_keys',
  'user_grants',
  'sessions',
  'idp_links',
];

/** User id → everything that is kept of him, for all users of an instance at once. */
export async function kept(sql: Pool, instanceId: string): Promise<ReadonlyMap<string, string>> {
  const all = TABLES.map((table) => sql`select user_id, t::text as line from ${sql(table)} t where instance_id = ${instanceId}`);
  const lines = all.reduce((one, other) => sql`${one} union all ${other}`);
  const rows = await sql<{ user_id: string; lines: string }[]>`
    select user_id, md5(string_agg(line, ' ' order by line)) as lines from (${lines}) as every group by user_id`;
  return new Map(rows.map((row) => [row.user_id, row.lines]));
}

/** Every row of a tenant, in every table that has tenants. */
export async function tenantRows(sql: Pool, instanceId: string): Promise<object> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = 'instance_id' order by 1`;
  const all = tables.map(({ name }) => sql`(select jsonb_agg(t order by t) from ${sql(name)} t where instance_id = ${instanceId})`);
  const [rows] = await sql<{ kept: object }[]>`select jsonb_build_array(${commas(sql, all)}) as kept`;
  return rows!.kept;
}
