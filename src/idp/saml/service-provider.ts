/**
 * Our side of SAML 2.0 (Web Browser SSO profile): requests that are sent, answers that are understood, and our metadata. Signatures and
 * decryption are node-saml's; what it leaves open is demanded here: the answer is one to this request, for this address, by this provider.
 */
import {
  generateServiceProviderMetadata,
  type SamlConfig as Options,
  type Profile,
  SAML,
  ValidateInResponseTo,
} from '@node-saml/node-saml';
import { decryptXml } from '@node-saml/node-saml/lib/xml.js';
import type { Element } from '@xmldom/xmldom';
import type { SamlConfig } from '../config.ts';
import { type Context, type NextStep, refused } from '../kind/context.ts';
import { externalUser, type Login } from '../login.ts';
import { type IdpMetadata, parseMetadata } from './metadata.ts';
import { children, rootOf } from './xml.ts';

export interface SamlPending {
  readonly requestId: string;
  /** When the request was made, in ISO 8601. */
  readonly at: string;
}

/** Numbers of SAMLBinding, SAMLNameIDFormat and SAMLSignatureAlgorithm. */
const POST_BINDING = 1;
const NAME_ID_FORMATS = [
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
] as const;
const TRANSIENT = 3;
/** SHA-1 proves nothing any more; whoever asks for it is signed for by SHA-256. */
const SHA512 = 3;

/** How far clocks may differ. */
const SKEW_MS = 30_000;
/** Of a response as it is sent, in base64: an assertion with hundreds of groups is a tenth of it. */
const MOST_CHARACTERS = 256 * 1024;
/** An answer may come as long as the intent waits for it. */
const ANSWER_MS = 3_600_000;

export const entityId = (origin: string, idpId: string): string => `${origin}/idps/${idpId}/saml/metadata`;
export const acsUrl = (origin: string, idpId: string): string => `${origin}/idps/${idpId}/saml/acs`;

export async function samlRequest(
  context: Context,
  config: SamlConfig,
  relayState: string,
): Promise<{ readonly next: NextStep; readonly pending: SamlPending }> {
  const metadata = metadataOf(config);
  const { redirectUrl, postUrl } = metadata;
  const posts = postUrl !== undefined && (config.binding === POST_BINDING || redirectUrl === undefined);
  const url = posts ? postUrl : redirectUrl;
  if (url === undefined) throw refused('the metadata have no address for this binding');
  const pending = { requestId: `_${crypto.randomUUID()}`, at: new Date().toISOString() };
  const saml = new SAML({
    ...ours(context, config, metadata, pending),
    entryPoint: url,
    ...(config.withSignedRequest && { privateKey: context.secrets.privateKey ?? '' }),
    ...(posts && { authnRequestBinding: 'HTTP-POST', skipRequestCompression: true }),
  });
  if (!posts) return { next: { case: 'authUrl', url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}) }, pending };
  const message = await saml.getAuthorizeMessageAsync(relayState);
  const fields = Object.fromEntries(Object.entries(message).map(([name, value]) => [name, String(value)]));
  return { next: { case: 'formData', url, fields }, pending };
}

export async function samlLogin(context: Context, config: SamlConfig, response: string, pending: SamlPending): Promise<Login> {
  if (response.length > MOST_CHARACTERS) throw refused('the SAML response is too long');
  const metadata = metadataOf(config);
  await demandStrong(demandSuccess(response, acsUrl(context.origin, context.idpId)), context.secrets.privateKey ?? '');
  const saml = new SAML({ ...ours(context, config, metadata, pending), decryptionPvk: context.secrets.privateKey ?? '' });
  const profile = await validated(saml, response);
  const assertion = profile.getAssertion?.()?.Assertion as ParsedAssertion | undefined; // xml2js of a verified assertion
  if (!assertion || profile.issuer !== metadata.entityId) throw refused(`the assertion is by ${profile.issuer}`);
  // SAML 2.0 Profiles 4.1.4.3: for this request, at this address, and not for ever.
  const isForUs = (assertion.Subject?.[0]?.SubjectConfirmation ?? []).some(
    ({ $: { Method = '' } = {}, SubjectConfirmationData: [data] = [] }) => {
      const { InResponseTo, Recipient, NotOnOrAfter } = data?.$ ?? {};
      const inTime = Date.parse(NotOnOrAfter ?? '') > Date.now() - SKEW_MS;
      return Method === BEARER && InResponseTo === pending.requestId && Recipient === acsUrl(context.origin, context.idpId) && inTime;
    },
  );
  if (!isForUs) throw refused('the assertion is for another request or address');
  const attributes = attributesOf(profile);
  const id =
    config.nameIdFormat === TRANSIENT && config.transientMappingAttributeName !== ''
      ? attributes[config.transientMappingAttributeName]?.[0]
      : profile.nameID;
  if (!id) throw refused('the assertion does not say who it is');
  const end = Date.parse(assertion.Conditions?.[0]?.$?.NotOnOrAfter ?? '');
  return {
    user: externalUser({ id, raw: { id, attributes } }),
    access: { case: 'saml', assertion: profile.getAssertionXml?.() ?? '' },
    expiresAt: Number.isNaN(end) ? undefined : end,
  };
}

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** node-saml looks at the status only where there is no assertion. What the envelope says may be unsigned, so that it can only refuse. */
function demandSuccess(response: string, destination: string): Element {
  const root = rootOf(Buffer.from(response, 'base64').toString());
  if (!root) throw refused('the SAML response is no XML');
  const [code] = children(root, PROTOCOL, 'Status').flatMap((status) => children(status, PROTOCOL, 'StatusCode'));
  if (code?.getAttribute('Value') !== SUCCESS) throw refused(`the provider answered ${code?.getAttribute('Value') ?? 'no SAML response'}`);
  const sentTo = root.getAttribute('Destination') || destination;
  if (sentTo !== destination) throw refused(`the answer was sent to ${sentTo}`);
  return root;
}

const STRONG: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
]);

/**
 * No signature by SHA-1, whose collisions can be made, nor by anything else that is not known: wherever it stands, also in what is encrypted,
 * and in whatever namespace. What node-saml gives of an assertion has lost its signature by then.
 */
async function demandStrong(root: Element, privateKey: string): Promise<void> {
  demandStrongIn(root);
  const encrypted = Array.from(root.getElementsByTagNameNS('*', 'EncryptedAssertion'));
  if (encrypted.length > 1) throw refused('the SAML response holds several assertions');
  for (const element of encrypted) {
    const opened = await decryptXml(element.toString(), privateKey).catch((error: unknown) => {
      throw refused('the assertion cannot be decrypted', error);
    });
    const assertion = rootOf(opened);
    if (!assertion) throw refused('what was encrypted is no XML');
    demandStrongIn(assertion);
  }
}

function demandStrongIn(root: Element): void {
  const methods = Array.from(root.getElementsByTagNameNS('*', 'SignatureMethod'));
  // Within an encryption, SHA-1 is only what pads a key (XML Encryption 1.0, 5.4.2).
  const digests = Array.from(root.getElementsByTagNameNS('*', 'DigestMethod')).filter(
    ({ parentNode }) => (parentNode as Element | null)?.localName === 'Reference', // what has a child is an element
  );
  for (const method of [...methods, ...digests]) {
    const algorithm = method.getAttribute('Algorithm') ?? '';
    if (!STRONG.has(algorithm)) throw refused(`a signature by ${algorithm}`);
  }
}

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** As far as it is looked at here; xml2js makes lists of elements, and `$` of attributes. */
interface ParsedAssertion {
  readonly Subject?: readonly {
    readonly SubjectConfirmation?: readonly {
      readonly $?: { readonly Method?: string };
      readonly SubjectConfirmationData?: readonly {
        readonly $?: { readonly InResponseTo?: string; readonly Recipient?: string; readonly NotOnOrAfter?: string };
      }[];
    }[];
  }[];
  readonly Conditions?: readonly { readonly $?: { readonly NotOnOrAfter?: string } }[];
}

async function validated(saml: SAML, response: string): Promise<Profile> {
  try {
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: response });
    if (profile) return profile;
  } catch (error) {
    throw refused('the SAML response does not hold', error);
  }
  throw refused('the SAML response holds no assertion');
}

/** Name → texts. */
function attributesOf({ attributes }: Profile): Record<string, string[]> {
  const found = typeof attributes === 'object' && attributes !== null ? Object.entries(attributes) : [];
  return Object.fromEntries(
    found.map(([name, value]: [string, unknown]) => [
      name,
      (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string'),
    ]),
  );
}

/** An answer counts if the whole of it or its assertion is signed, by a key of the metadata; else it is refused. */
function ours({ origin, idpId }: Context, config: SamlConfig, { certificates }: IdpMetadata, { requestId, at }: SamlPending): Options {
  return {
    issuer: entityId(origin, idpId),
    audience: entityId(origin, idpId),
    callbackUrl: acsUrl(origin, idpId),
    idpCert: [...certificates], // without any, no signature holds
    identifierFormat: NAME_ID_FORMATS[config.nameIdFormat] ?? null,
    signatureAlgorithm: config.signatureAlgorithm === SHA512 ? 'sha512' : 'sha256',
    digestAlgorithm: config.signatureAlgorithm === SHA512 ? 'sha512' : 'sha256',
    disableRequestedAuthnContext: true,
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: SKEW_MS,
    generateUniqueId: () => requestId,
    validateInResponseTo: ValidateInResponseTo.always,
    requestIdExpirationPeriodMs: ANSWER_MS,
    // The one request that this answer may be to.
    cacheProvider: {
      saveAsync: async (_, value) => ({ value, createdAt: Date.now() }),
      getAsync: async (key) => (key === requestId ? at : null),
      removeAsync: async (key) => key,
    },
  };
}

function metadataOf({ metadataXml }: SamlConfig): IdpMetadata {
  const metadata = parseMetadata(metadataXml);
  if (!metadata) throw refused('the metadata cannot be read');
  return metadata;
}

/** What is given to the provider, so that it knows us. */
export function ourMetadata({ origin, idpId, secrets }: Omit<Context, 'outside'>, config: SamlConfig): string {
  const privateKey = secrets.privateKey ?? '';
  return generateServiceProviderMetadata({
    issuer: entityId(origin, idpId),
    callbackUrl: acsUrl(origin, idpId),
    identifierFormat: NAME_ID_FORMATS[config.nameIdFormat] ?? null,
    decryptionPvk: privateKey,
    decryptionCert: config.certificate,
    ...(config.withSignedRequest && { privateKey, publicCerts: config.certificate }),
    wantAssertionsSigned: true,
  });
}
