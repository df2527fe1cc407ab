/** A public RSA key from PEM text: a bare key, or a certificate, which counts only from its first to its last day. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

export interface RsaKey {
  readonly key: KeyObject;
  /** In ms since the epoch; a bare key has no bounds. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** Throws an Error that says what is wrong with the text; a private key is refused, since it has no business here. */
export function rsaPublicKey(pem: string): RsaKey {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw new Error('it is a private key');
  const certificate = pem.includes('-----BEGIN CERTIFICATE-----') ? new X509Certificate(pem) : undefined;
  const key = certificate?.publicKey ?? createPublicKey(pem);
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`it is a key of type ${key.asymmetricKeyType}`);
  return {
    key,
    validFrom: certificate?.validFromDate.getTime() ?? Number.NEGATIVE_INFINITY,
    validTo: certificate?.validToDate.getTime() ?? Number.POSITIVE_INFINITY,
  };
}
