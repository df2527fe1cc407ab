/** What a SAML provider may ask us for, without a token: our metadata, and our certificate. */
import type { Place } from '../../access/place.ts';
import type { Masterkey } from '../../crypto/masterkey.ts';
import type { Store } from '../../store/connect.ts';
import { kindConfigOf, type ProviderRow, providerColumns, secretsPlace } from '../provider.ts';
import { ourMetadata } from './service-provider.ts';

interface Parts {
  readonly store: Store;
  readonly masterkey: Masterkey;
}

/** Undefined where there is no such provider, here and below. */
export async function metadataOf(parts: Parts, { instance, issuer }: Place, idpId: string): Promise<string | undefined> {
  const found = await samlProvider(parts.store, instance.id, idpId);
  if (!found) return undefined;
  const secrets = JSON.parse(parts.masterkey.decrypt(found.secrets, secretsPlace(instance.id, idpId)).toString()); // as addProvider wrote it
  return ourMetadata({ origin: issuer, idpId, secrets }, found.config);
}

export async function certificateOf({ store }: Parts, { instance }: Place, idpId: string): Promise<string | undefined> {
  return (await samlProvider(store, instance.id, idpId))?.config.certificate;
}

async function samlProvider(store: Store, instanceId: string, idpId: string) {
  const [row] = await store.read(
    (sql) => sql<ProviderRow[]>`
      select ${providerColumns(sql)}
      from idps p left join orgs o on o.instance_id = p.instance_id and o.org_id = p.org_id
      where p.instance_id = ${instanceId} and p.idp_id = ${idpId} and (p.org_id is null or o.state = 1)`,
  );
  const of = row && kindConfigOf(row);
  return row && of?.kind === 'saml' ? { config: of.config, secrets: row.secrets } : undefined;
}
