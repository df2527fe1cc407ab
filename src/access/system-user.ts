/**
 * System users: named in the configuration, members of the whole system, proved by a JWT that their RSA key signed
 * (reference/authn-authz-oidc.md 1.4). They live on no instance and have no row anywhere.
 */
import { decodeJwt, jwtVerify } from 'jose';
import type { SystemUserSetting } from '../config/kinds.ts';
import { systemKeyPem } from '../config/system-key.ts';
import { type RsaKey, rsaPublicKey } from '../crypto/public-key.ts';

/** A system user who has proved himself. */
export interface SystemUser {
  readonly name: string;
  readonly memberships: SystemUserSetting['memberships'];
  /** End of his token, in ms since the epoch. */
  readonly expiresAt: number;
}

/** Age of the oldest token that counts, and how far clocks may differ, in seconds. */
const MOST_AGE = 3600;
const SKEW = 1;

export class SystemUsers {
  readonly #settings: ReadonlyMap<string, SystemUserSetting>;
  readonly #audience: string;
  readonly #keys = new Map<string, RsaKey>();

  /** `audience`: the external origin, whichever instance is called. */
  constructor(settings: Readonly<Record<string, SystemUserSetting>>, audience: string) {
    this.#settings = new Map(Object.entries(settings));
    this.#audience = audience;
  }

  /** Who signed this token; undefined where it is no token of a system user that counts now, whatever the reason. */
  async verify(token: string): Promise<SystemUser | undefined> {
    if (this.#settings.size === 0 || !JWT.test(token)) return undefined;
    try {
      const name = decodeJwt(token).iss ?? '';
      const setting = this.#settings.get(name);
      const key = setting && this.#key(name, setting);
      if (!setting || !key) return undefined;
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: ['RS256'],
        issuer: name,
        subject: name,
        audience: this.#audience,
        requiredClaims: ['exp'],
        maxTokenAge: MOST_AGE,
        clockTolerance: SKEW,
      });
      const { exp = 0, iat = 0 } = payload; // both are there, as jwtVerify demands
      return { name, memberships: setting.memberships, expiresAt: Math.min(exp + SKEW, iat + MOST_AGE + SKEW, key.validTo / 1000) * 1000 };
    } catch {
      return undefined;
    }
  }

  /** The key of a user, while it is valid. A certificate that has ended is read once more: its file may have been renewed. */
  #key(name: string, setting: SystemUserSetting): RsaKey | undefined {
    let key = this.#keys.get(name);
    if (!key || key.validTo <= Date.now()) {
      key = rsaPublicKey(systemKeyPem(setting));
      this.#keys.set(name, key);
    }
    return key.validFrom <= Date.now() && Date.now() < key.validTo ? key : undefined;
  }
}

/** Three parts of base64url, and a header that is an object: no other token of ours looks like that. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;
