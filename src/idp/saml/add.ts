/** AddSAMLProvider: metadata as they are sent, or from an address; with a key and a certificate of our side. */
import type { AddSAMLProviderRequest } from '@zitadel/proto/zitadel/admin_pb.js';
import type { Call } from '../../access/call.ts';
import { selfSigned } from '../../crypto/certificate.ts';
import { Failure } from '../../failure/failure.ts';
import { newId } from '../../id/id.ts';
import type { Owner } from '../config.ts';
import { optionsOf } from '../draft.ts';
import { ownerErrors } from '../errors.ts';
import { addProvider } from '../provider.ts';
import { parseMetadata } from './metadata.ts';

/** SAML_NAME_ID_FORMAT_PERSISTENT, where none is asked for. */
const PERSISTENT = 2;

/** The algorithm is newer than the published messages (contract/legacy-additions.ts). */
type Asked = Omit<AddSAMLProviderRequest, '$typeName' | '$unknown'> & { readonly signatureAlgorithm?: number };

export async function addSamlProvider(call: Call, owner: Owner, asked: Asked) {
  const { blank, samlEmpty, samlMetadata } = ownerErrors[owner];
  if (asked.name !== '' && asked.name.trim() === '') throw new Failure(blank);
  const xml =
    asked.metadata.case === 'metadataUrl'
      ? await fetched(call, asked.metadata.value, owner)
      : Buffer.from(asked.metadata.value ?? '').toString();
  if (xml === '') throw new Failure(samlEmpty);
  if (!parseMetadata(xml)) throw new Failure(samlMetadata);
  const idpId = newId();
  const { certificate, privateKey } = await selfSigned(`keyward ${idpId}`);
  const config = {
    metadataXml: xml,
    binding: asked.binding,
    withSignedRequest: asked.withSignedRequest,
    nameIdFormat: asked.nameIdFormat || PERSISTENT,
    transientMappingAttributeName: asked.transientMappingAttributeName ?? '',
    federatedLogoutEnabled: asked.federatedLogoutEnabled ?? false,
    signatureAlgorithm: asked.signatureAlgorithm ?? 0,
    certificate,
  };
  return addProvider(
    call,
    owner,
    { name: asked.name, options: optionsOf(asked.providerOptions), of: { kind: 'saml', config }, secrets: { privateKey } },
    idpId,
  );
}

async function fetched(call: Call, url: string, owner: Owner): Promise<string> {
  try {
    const response = await call.outside.fetch(url, { redirects: 3 });
    if (response.ok) return await response.text();
  } catch (cause) {
    throw new Failure(ownerErrors[owner].samlMetadata, { cause });
  }
  throw new Failure(ownerErrors[owner].samlMetadata);
}
