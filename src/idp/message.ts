/** Providers as idp.v2, v1 and settings.v2 show them; secrets never (reference/org-and-settings.md 5). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProviderSchema } from '@zitadel/proto/zitadel/idp_pb.js';
import { type IDPConfigSchema, type IDPSchema, IDPState } from '../contract/gen/zitadel/idp/v2/idp_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { type Kind, type KindConfig, kinds, type LdapConfig } from './config.ts';
import { kindConfigOf, optionsOf, type ProviderRow } from './provider.ts';

type V2Config = MessageInitShape<typeof IDPConfigSchema>;

export const providerMessage = (row: ProviderRow, instanceId: string): MessageInitShape<typeof IDPSchema> => fieldsOf(row, instanceId);

/** What v1 and v2 both show. */
function fieldsOf(row: ProviderRow, instanceId: string) {
  return {
    id: row.idp_id,
    details: {
      sequence: row.sequence,
      creationDate: timestampFromPg(row.created_at),
      changeDate: timestampFromPg(row.changed_at),
      resourceOwner: row.org_id ?? instanceId,
    },
    state: IDPState.IDP_STATE_ACTIVE,
    name: row.name,
    type: kinds[row.kind].type,
    config: { options: optionsOf(row), config: shown(kindConfigOf(row)) },
  };
}

/** The fields and numbers of v1 are those of v2, as far as it has them; what it has not is left out when the message is made. */
export function providerMessageV1(row: ProviderRow, instanceId: string): MessageInitShape<typeof ProviderSchema> {
  const shown = { ...fieldsOf(row, instanceId), owner: row.org_id === null ? 1 : 2 };
  return shown as MessageInitShape<typeof ProviderSchema>; // the config of the one is a config of the other
}

function shown({ kind, config }: KindConfig): NonNullable<V2Config['config']> {
  switch (kind) {
    case 'ldap':
      return { case: kind, value: shownLdap(config) };
    case 'azureAd':
      return { case: kind, value: { ...config, scopes: [...config.scopes], tenant: { type: config.tenant } } };
    case 'saml': {
      const { certificate: _, metadataXml, ...rest } = config;
      return { case: kind, value: { ...rest, metadataXml: Buffer.from(metadataXml) } };
    }
    default:
      return { case: kind, value: config } as NonNullable<V2Config['config']>; // of the other kinds the names are those of the API
  }
}

function shownLdap({ timeoutMs, rootCa, ...config }: LdapConfig) {
  return {
    ...config,
    servers: [...config.servers],
    userObjectClasses: [...config.userObjectClasses],
    userFilters: [...config.userFilters],
    ...(timeoutMs > 0 && { timeout: { seconds: BigInt(Math.floor(timeoutMs / 1000)), nanos: (timeoutMs % 1000) * 1e6 } }),
    rootCa: Buffer.from(rootCa),
  };
}

/** What stands for a name that was not given. */
const typeNames: Partial<Record<Kind, string>> = {
  github: 'GitHub',
  githubEs: 'GitHub Enterprise',
  gitlab: 'GitLab',
  google: 'Google',
  apple: 'Apple',
};

/** As a login page shows it (GetActiveIdentityProviders). */
export function offeredMessage(row: Omit<ProviderRow, 'secrets'>) {
  return {
    id: row.idp_id,
    name: row.name || (typeNames[row.kind] ?? ''),
    type: kinds[row.kind].type,
    options: {
      isLinkingAllowed: row.is_linking_allowed,
      isCreationAllowed: row.is_creation_allowed,
      isAutoCreation: row.is_auto_creation,
      isAutoUpdate: row.is_auto_update,
      autoLinking: row.auto_linking,
    },
  };
}
