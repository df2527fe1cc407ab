/** zitadel.webkey.v2.WebKeyService: message in, message out. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Implementation } from '../access/call.ts';
import { ECDSACurve, RSABits, RSAHasher, type WebKeySchema } from '../contract/gen/zitadel/webkey/v2/webkey_pb.js';
import type { CreateWebKeyRequest, WebKeyService } from '../contract/gen/zitadel/webkey/v2/webkey_service_pb.js';
import { timestampFromPg } from '../time/timestamp.ts';
import { activateWebKey, createWebKey, deleteWebKey, listWebKeys, type WebKeyRow } from './commands.ts';
import { type Algorithm, type KeyKind, usualKind } from './key.ts';

export const webKeyService: Implementation<typeof WebKeyService> = {
  async createWebKey({ key }, call) {
    const { keyId, at } = await createWebKey(call, kindOf(key));
    return { id: keyId, creationDate: timestampFromPg(at) };
  },
  activateWebKey: async ({ id }, call) => ({ changeDate: timestampFromPg(await activateWebKey(call, id)) }),
  async deleteWebKey({ id }, call) {
    const at = await deleteWebKey(call, id);
    return at === null ? {} : { deletionDate: timestampFromPg(at) };
  },
  listWebKeys: async (_, call) => ({ webKeys: (await listWebKeys(call)).map(webKeyMessage) }),
};

/** Sizes, hashes and curves as the API counts them; what validation has let through is one of these. */
const BITS = { [RSABits.RSA_BITS_2048]: 2048, [RSABits.RSA_BITS_3072]: 3072, [RSABits.RSA_BITS_4096]: 4096 } as const;
const RSA = {
  [RSAHasher.RSA_HASHER_SHA256]: 'RS256',
  [RSAHasher.RSA_HASHER_SHA384]: 'RS384',
  [RSAHasher.RSA_HASHER_SHA512]: 'RS512',
} as const;
const EC = {
  [ECDSACurve.ECDSA_CURVE_P256]: 'ES256',
  [ECDSACurve.ECDSA_CURVE_P384]: 'ES384',
  [ECDSACurve.ECDSA_CURVE_P512]: 'ES512',
} as const;

function kindOf(key: CreateWebKeyRequest['key']): KeyKind {
  switch (key.case) {
    case 'rsa':
      return { algorithm: RSA[key.value.hasher as keyof typeof RSA], bits: BITS[key.value.bits as keyof typeof BITS] };
    case 'ecdsa':
      return { algorithm: EC[key.value.curve as keyof typeof EC] };
    case 'ed25519':
      return { algorithm: 'EdDSA' };
    case undefined:
      return usualKind;
  }
}

function webKeyMessage(row: WebKeyRow): MessageInitShape<typeof WebKeySchema> {
  return {
    id: row.key_id,
    creationDate: timestampFromPg(row.created_at),
    changeDate: timestampFromPg(row.changed_at),
    state: row.state, // the numbers of the API are those that are stored
    key: keyMessage(row),
  };
}

const numberOf = (table: Readonly<Record<number, unknown>>, value: unknown): number =>
  Number(Object.keys(table).find((number) => table[Number(number)] === value) ?? 0);

function keyMessage({ algorithm, public_key: jwk }: WebKeyRow): NonNullable<MessageInitShape<typeof WebKeySchema>['key']> {
  if (isOf(RSA, algorithm)) {
    const bits = Buffer.from(jwk.n ?? '', 'base64url').length * 8;
    return { case: 'rsa', value: { bits: numberOf(BITS, bits), hasher: numberOf(RSA, algorithm) } };
  }
  if (algorithm === 'EdDSA') return { case: 'ed25519', value: {} };
  return { case: 'ecdsa', value: { curve: numberOf(EC, algorithm) } };
}

const isOf = (table: Readonly<Record<number, Algorithm>>, algorithm: Algorithm): boolean => Object.values(table).includes(algorithm);
