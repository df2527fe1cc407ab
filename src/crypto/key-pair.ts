/** Keys of machines: a new pair, or the public one that somebody brings. */
import { createPublicKey, generateKeyPair as generate } from 'node:crypto';
import { promisify } from 'node:util';

const generateKeyPair = promisify(generate);
/** RFC 7518 section 3.3: a key for RS256 has 2048 bits or more. */
const RSA_BITS = 2048;
/** OpenSSL's names of P-256, P-384 and P-521: those of ES256, ES384 and ES512 (RFC 7518 section 3.4). */
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

export interface PemPair {
  /** PKIX (RFC 5280 section 4.1.2.7). */
  readonly publicKey: string;
  /** PKCS #1, which is what ZITADEL's clients read. */
  readonly privateKey: string;
}

/** An RSA pair, made off the event loop. */
export function newRsaPair(): Promise<PemPair> {
  return generateKeyPair('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

/**
 * A public key in PEM with PKIX content, whatever its label says, in the usual form; undefined where it is none, or of a kind that signs no
 * assertion: RSA from 2048 bits, elliptic of three curves, Ed25519. A private key has no business here.
 */
export function pkixPublicKey(pem: string): string | undefined {
  const [, label, body] = /-----BEGIN ([^-]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(pem) ?? [];
  if (body === undefined || label?.includes('PRIVATE')) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.from(body, 'base64'), format: 'der', type: 'spki' });
    const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
    const fit =
      key.asymmetricKeyType === 'ed25519' ||
      (key.asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS) ||
      (key.asymmetricKeyType === 'ec' && CURVES.has(namedCurve));
    return fit ? key.export({ type: 'spki', format: 'pem' }).toString() : undefined;
  } catch {
    return undefined;
  }
}
