/** A signing key of an instance: a pair of one of the kinds that can be chosen, made off the event loop, its private half stored under the master key. */
import { createPrivateKey, generateKeyPair as generate, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { Masterkey } from '../crypto/masterkey.ts';
import { newId } from '../id/id.ts';

const generateKeyPair = promisify(generate);

/** As the column `state` holds it. */
export const keyStates = { initial: 1, active: 2, inactive: 3 } as const;

/** RFC 7518 3.1, RFC 8037 3.1. */
export type Algorithm = 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** What a key is to be. RFC 7518 section 3.3: one for RS256 has 2048 bits or more. */
export type KeyKind =
  | { readonly algorithm: 'RS256' | 'RS384' | 'RS512'; readonly bits: 2048 | 3072 | 4096 }
  | { readonly algorithm: 'ES256' | 'ES384' | 'ES512' }
  | { readonly algorithm: 'EdDSA' };

/** What an instance is given, and who asks for no kind. */
export const usualKind: KeyKind = { algorithm: 'RS256', bits: 2048 };

export interface NewWebKey {
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** JWK without a private part (RFC 7517). */
  readonly publicKey: webcrypto.JsonWebKey;
  readonly sealed: Buffer;
}

/** The curve of each algorithm (RFC 7518 section 3.4). */
const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

export async function newWebKey(masterkey: Masterkey, instanceId: string, kind: KeyKind): Promise<NewWebKey> {
  const { publicKey, privateKey } = await newPair(kind);
  const keyId = newId();
  const sealed = masterkey.encrypt(privateKey.export({ type: 'pkcs8', format: 'der' }), place(instanceId, keyId));
  return { keyId, algorithm: kind.algorithm, publicKey: publicKey.export({ format: 'jwk' }), sealed };
}

function newPair(kind: KeyKind): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if ('bits' in kind) return generateKeyPair('rsa', { modulusLength: kind.bits });
  return kind.algorithm === 'EdDSA' ? generateKeyPair('ed25519') : generateKeyPair('ec', { namedCurve: CURVES[kind.algorithm] });
}

/** The private half of a stored key. */
export function openWebKey(masterkey: Masterkey, instanceId: string, keyId: string, sealed: Buffer): KeyObject {
  return createPrivateKey({ key: masterkey.decrypt(sealed, place(instanceId, keyId)), format: 'der', type: 'pkcs8' });
}

const place = (instanceId: string, keyId: string): string => `web_keys/${instanceId}/${keyId}`;
