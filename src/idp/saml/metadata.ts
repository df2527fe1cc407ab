/** What a SAML identity provider says of itself (SAML 2.0 Metadata, section 2.4.3): who it is, where it logs in, and with which keys it signs. */
import { X509Certificate } from 'node:crypto';
import type { Element } from '@xmldom/xmldom';
import { children, rootOf } from './xml.ts';

export interface IdpMetadata {
  readonly entityId: string;
  /** Where requests go, by binding. */
  readonly redirectUrl: string | undefined;
  readonly postUrl: string | undefined;
  /** PEM. */
  readonly certificates: readonly string[];
}

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURES = 'http://www.w3.org/2000/09/xmldsig#';
const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';

/** Undefined where it is no metadata of an identity provider. `validUntil` does not count, as on the original. */
export function parseMetadata(xml: string): IdpMetadata | undefined {
  const root = rootOf(xml);
  const entities =
    root?.namespaceURI !== METADATA ? [] : root.localName === 'EntityDescriptor' ? [root] : children(root, METADATA, 'EntityDescriptor');
  for (const entity of entities) {
    const [role] = children(entity, METADATA, 'IDPSSODescriptor');
    const entityId = entity.getAttribute('entityID') ?? '';
    if (!role || entityId === '') continue;
    const services = children(role, METADATA, 'SingleSignOnService');
    const location = (binding: string) =>
      services.find((s) => s.getAttribute('Binding') === BINDING + binding)?.getAttribute('Location') || undefined;
    const redirectUrl = web(location('HTTP-Redirect'));
    const postUrl = web(location('HTTP-POST'));
    if (redirectUrl === undefined && postUrl === undefined) continue;
    return { entityId, redirectUrl, postUrl, certificates: certificatesOf(role) };
  }
  return undefined;
}

/** An address that a browser can be sent to. */
const web = (url: string | undefined): string | undefined => (/^https?:$/.test(URL.parse(url ?? '')?.protocol ?? '') ? url : undefined);

/** Of keys for signing, and of those for every use. */
function certificatesOf(role: Element): string[] {
  const keys = children(role, METADATA, 'KeyDescriptor').filter((key) => (key.getAttribute('use') || 'signing') === 'signing');
  return keys
    .flatMap((key) => Array.from(key.getElementsByTagNameNS(SIGNATURES, 'X509Certificate'), pemOf))
    .filter((pem) => pem !== undefined);
}

function pemOf(element: Element): string | undefined {
  try {
    return new X509Certificate(Buffer.from(element.textContent ?? '', 'base64')).toString();
  } catch {
    return undefined;
  }
}
