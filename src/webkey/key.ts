/** A signing key of an instance: an RSA pair, made off the event loop, its private half stored under the master key. */
import { createPrivateKey, generateKeyPair as generate, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { Masterkey } from '../crypto/masterkey.ts';
import { newId } from '../id/id.ts';

const generateKeyPair = promisify(generate);
/** RFC 7518 section 3.3: a key for RS256 has 2048 bits or more. */
const RSA_BITS = 2048;

/** As the column `state` holds it. */
export const keyStates = { initial: 1, active: 2, inactive: 3 } as const;

export interface NewWebKey {
  readonly keyId: string;
  readonly algorithm: 'RS256';
  /** JWK without a private part (RFC 7517). */
  readonly publicKey: webcrypto.JsonWebKey;
  readonly sealed: Buffer;
}

export async function newWebKey(masterkey: Masterkey, instanceId: string): Promise<NewWebKey> {
  const { publicKey, privateKey } = await generateKeyPair('rsa', { modulusLength: RSA_BITS });
  const keyId = newId();
  const sealed = masterkey.encrypt(privateKey.export({ type: 'pkcs8', format: 'der' }), place(instanceId, keyId));
  return { keyId, algorithm: 'RS256', publicKey: publicKey.export({ format: 'jwk' }), sealed };
}

/** The private half of a stored key. */
export function openWebKey(masterkey: Masterkey, instanceId: string, keyId: string, sealed: Buffer): KeyObject {
  return createPrivateKey({ key: masterkey.decrypt(sealed, place(instanceId, keyId)), format: 'der', type: 'pkcs8' });
}

const place = (instanceId: string, keyId: string): string => `web_keys/${instanceId}/${keyId}`;
