/** Identity providers of an instance or an organization: adding, reading, removing. A change is written to the log of its owner. */
import type { Call } from '../access/call.ts';
import { covers, demandInstance, denied, nowhere, reach } from '../access/permission.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import type { Fragment, Sql } from '../store/connect.ts';
import { append, type NewEvent } from '../store/events.ts';
import { type Configs, type Kind, type KindConfig, kinds, type Options, type Owner } from './config.ts';
import type { Draft } from './draft.ts';
import { errors, ownerErrors } from './errors.ts';
import { cutLinks } from './link.ts';

/** As it is stored. */
export interface ProviderRow {
  idp_id: string;
  org_id: string | null;
  kind: Kind;
  name: string;
  is_linking_allowed: boolean;
  is_creation_allowed: boolean;
  is_auto_creation: boolean;
  is_auto_update: boolean;
  auto_linking: number;
  config: Configs[Kind];
  secrets: Buffer;
  sequence: bigint;
  created_at: string;
  changed_at: string;
}

export interface Done {
  readonly owner: string;
  readonly sequence: bigint;
  readonly at: string;
}

/** Who holds the permission to write nowhere has no context; a system user may name none. */
const noOrganization = { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' } as const satisfies Reason;

/** Columns of a `ProviderRow`, over the alias `p`. */
export function providerColumns(sql: Sql): Fragment {
  return sql`
    p.idp_id, p.org_id, p.kind, p.name, p.is_linking_allowed, p.is_creation_allowed, p.is_auto_creation, p.is_auto_update, p.auto_linking,
    p.config, p.secrets, p.sequence, p.created_at, p.changed_at`;
}

/** The kind and its configuration belong together: the row was written from one of them. */
export const kindConfigOf = ({ kind, config }: Pick<ProviderRow, 'kind' | 'config'>): KindConfig => ({ kind, config }) as KindConfig;

export const optionsOf = (row: ProviderRow): Options => ({
  isLinkingAllowed: row.is_linking_allowed,
  isCreationAllowed: row.is_creation_allowed,
  isAutoCreation: row.is_auto_creation,
  isAutoUpdate: row.is_auto_update,
  autoLinking: row.auto_linking,
});

/** Where the secrets of a provider are, for the master key. */
export const secretsPlace = (instanceId: string, idpId: string): string => `idps/${instanceId}/${idpId}`;

/** The permission (`iam.idp.write`, `org.idp.write`) was checked by the method's option. `idpId`: where the draft needed to know it. */
export async function addProvider(
  call: Call,
  owner: Owner,
  { name, options, of, secrets }: Draft,
  idpId = newId(),
): Promise<Done & { readonly idpId: string }> {
  if (name !== '' && name.trim() === '') throw new Failure(ownerErrors[owner].blank);
  const sealed = call.masterkey.encrypt(JSON.stringify(secrets), secretsPlace(call.instance.id, idpId));
  const payload = { id: idpId, name, ...options, ...of.config };
  const event: NewEvent = { type: `${prefix(owner)}.idp.${kinds[of.kind].event}.added`, payload };
  const [done] = await call.db.change<Done | Record<keyof Done, null>>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      changed as (${raiseOwner(sql, call, owner, sql`caller`)}),
      made as (
        insert into idps (instance_id, idp_id, org_id, kind, name, is_linking_allowed, is_creation_allowed, is_auto_creation, is_auto_update, auto_linking,
          config, secrets, sequence, created_at, changed_at)
        select c.instance_id, ${idpId}, ${orgOf(call, owner)}, ${of.kind}, ${name}, ${options.isLinkingAllowed}, ${options.isCreationAllowed},
          ${options.isAutoCreation}, ${options.isAutoUpdate}, ${options.autoLinking}, ${JSON.stringify(of.config)}::text::jsonb, ${sealed}, c.sequence, c.at, c.at
        from changed c
      ),
      logged as (${append(sql, sql`changed`, logOf(call, owner), [event])})
      select c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (done.owner === null) throw new Failure(noOrganization);
  return { ...done, idpId };
}

/** Whose it is, of the caller's instance or of the organization of the call; another's is unknown here. */
export async function ownProvider(call: Call, owner: Owner, idpId: string): Promise<ProviderRow> {
  const row = await anyProvider(call, idpId);
  if (!row || row.org_id !== orgOf(call, owner)) throw new Failure(errors.notFound);
  return row;
}

/** GetIDPByID: `iam.idp.read` for one of the instance, `org.idp.read` on its organization for another. Who holds neither anywhere learns nothing. */
export async function readProvider(call: Call, idpId: string): Promise<ProviderRow> {
  const onInstance = reach(call.caller, 'iam.idp.read').instance;
  const where = reach(call.caller, 'org.idp.read');
  if (!onInstance && !where.instance && where.orgs.length === 0) throw nowhere(call.caller, 'org.idp.read');
  const row = await anyProvider(call, idpId);
  if (!row) throw new Failure(errors.notFound);
  if (row.org_id === null) demandInstance(call.caller, 'iam.idp.read');
  else if (!covers(where, row.org_id)) throw denied(call.caller, 'org.idp.read', row.org_id);
  return row;
}

async function anyProvider(call: Call, idpId: string): Promise<ProviderRow | undefined> {
  const [row] = await call.db.read<ProviderRow | { idp_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select ${providerColumns(sql)} from caller left join idps p on p.instance_id = ${call.instance.id} and p.idp_id = ${idpId}`,
  );
  return row.idp_id === null ? undefined : row;
}

/** With it go the links to it and its places in login policies, and logins there that are under way count no more. */
export async function removeProvider(call: Call, owner: Owner, idpId: string): Promise<Done> {
  const event: NewEvent = { type: `${prefix(owner)}.idp.removed`, payload: { id: idpId } };
  const log = { editor: call.caller.userId, via: call.method.path };
  const [done] = await call.db.change<Done | Record<keyof Done, null>>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      target as (
        select p.instance_id, p.idp_id from idps p, caller
        where p.instance_id = ${call.instance.id} and p.idp_id = ${idpId} and p.org_id is not distinct from ${orgOf(call, owner)}::text
        for update of p
      ),
      ${cutLinks(sql, sql`target`, log)},
      removed as (delete from idps p using target t where p.instance_id = t.instance_id and p.idp_id = t.idp_id),
      changed as (${raiseOwner(sql, call, owner, sql`target`)}),
      logged as (${append(sql, sql`changed`, logOf(call, owner), [event])})
      select c.owner, c.sequence, c.at from caller left join changed c on true`,
  );
  if (done.owner === null) throw new Failure(ownerErrors[owner].remove);
  return done;
}

/** The organization that a call is about; null: the instance. */
export const orgOf = (call: Call, owner: Owner): string | null => (owner === 'instance' ? null : call.orgId);

const prefix = (owner: Owner) => (owner === 'instance' ? 'instance' : 'org');

export const logOf = (call: Call, owner: Owner) =>
  ({ aggregateType: prefix(owner), editor: call.caller.userId, via: call.method.path }) as const;

/** One more event of the owner, for each row of `source` (one at most); as `append` needs it. */
export function raiseOwner(sql: Sql, call: Call, owner: Owner, source: Fragment): Fragment {
  return owner === 'instance'
    ? sql`
      update instances i set sequence = i.sequence + 1 from ${source} s where i.instance_id = ${call.instance.id}
      returning i.instance_id, i.instance_id as aggregate_id, i.instance_id as owner, i.sequence, clock_timestamp() as at`
    : sql`
      update orgs o set sequence = o.sequence + 1 from ${source} s where o.instance_id = ${call.instance.id} and o.org_id = ${call.orgId}
      returning o.instance_id, o.org_id as aggregate_id, o.org_id as owner, o.sequence, clock_timestamp() as at`;
}
