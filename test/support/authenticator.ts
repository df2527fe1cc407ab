/** A software authenticator with one key (EC P-256), whose answers a test can make wrong in any part (https://www.w3.org/TR/webauthn-3/ 6.1 and 6.5). */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { JsonObject } from '@bufbuild/protobuf';

export interface Wrong {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly rpId?: string;
  /** The whole byte: 1 present, 4 verified, 64 key inside. */
  readonly flags?: number;
  readonly counter?: number;
  readonly handle?: string;
  readonly key?: KeyObject;
  readonly credentialId?: Buffer;
}

export interface Settings {
  readonly origin?: string;
  readonly rpId?: string;
  readonly verifies?: boolean;
  /** `packed`: signed by the key itself. */
  readonly attestation?: 'none' | 'packed';
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const KEY_INSIDE = 0x40;

export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #settings: Required<Settings>;
  #handle: string | undefined;
  #counter = 0;

  constructor(settings: Settings = {}) {
    this.#settings = { origin: 'http://localhost', rpId: 'localhost', verifies: true, attestation: 'none', ...settings };
  }

  /** What `navigator.credentials.create` gives. */
  create(options: JsonObject | undefined, wrong: Wrong = {}): JsonObject {
    const { challenge, user } = publicKeyOf(options);
    this.#handle = user?.id;
    const { x = '', y = '' } = this.keys.publicKey.export({ format: 'jwk' });
    const key = cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    const id = wrong.credentialId ?? this.credentialId;
    const data = Buffer.concat([this.#data(KEY_INSIDE, wrong), Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
    const client = this.#client('webauthn.create', challenge, wrong);
    const statement = new Map<string, CborValue>(
      this.#settings.attestation === 'none'
        ? []
        : [
            ['alg', -7],
            ['sig', sign('sha256', Buffer.concat([data, sha256(client)]), wrong.key ?? this.keys.privateKey)],
          ],
    );
    const attestation = cbor(
      new Map<string, CborValue>([
        ['fmt', this.#settings.attestation],
        ['attStmt', statement],
        ['authData', data],
      ]),
    );
    return credential(id, { clientDataJSON: client, attestationObject: attestation });
  }

  /** What `navigator.credentials.get` gives. */
  get(options: JsonObject | undefined, wrong: Wrong = {}): JsonObject {
    const data = this.#data(0, wrong);
    const client = this.#client('webauthn.get', publicKeyOf(options).challenge, wrong);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), wrong.key ?? this.keys.privateKey);
    const made = credential(wrong.credentialId ?? this.credentialId, { clientDataJSON: client, authenticatorData: data, signature });
    const userHandle = wrong.handle ?? this.#handle;
    return userHandle === undefined ? made : { ...made, response: { ...(made.response as JsonObject), userHandle } }; // made above
  }

  #data(flag: number, { rpId = this.#settings.rpId, flags, counter = ++this.#counter }: Wrong): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags ?? PRESENT | (this.#settings.verifies ? VERIFIED : 0) | flag]), count]);
  }

  #client(type: string, challenge: string, wrong: Wrong): Buffer {
    const { origin = this.#settings.origin } = wrong;
    return Buffer.from(JSON.stringify({ type: wrong.type ?? type, challenge: wrong.challenge ?? challenge, origin, crossOrigin: false }));
  }
}

/** The one member of the options that a server gives. */
export function publicKeyOf(options: JsonObject | undefined): { challenge: string; user?: { id: string }; [name: string]: unknown } {
  return options?.publicKey as { challenge: string }; // what the reference says of it; a test fails where it is not so
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();

function credential(id: Buffer, response: Readonly<Record<string, Buffer>>): JsonObject {
  const text = id.toString('base64url');
  const members = Object.entries(response).map(([name, bytes]) => [name, bytes.toString('base64url')]);
  return { id: text, rawId: text, type: 'public-key', clientExtensionResults: {}, response: Object.fromEntries(members) };
}

type CborValue = number | string | Buffer | ReadonlyMap<number | string, CborValue>;

/** RFC 8949: whole numbers, texts, bytes and maps. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)])]);
}

function head(major: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  return n < 256 ? Buffer.from([(major << 5) | 24, n]) : Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
}
