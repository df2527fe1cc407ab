/** What a login at a provider has shown: an account there, and what came with it. */
import type { Json } from '../store/events.ts';

export type JsonObject = { readonly [name: string]: Json };

/** Texts are empty where nothing is known. */
export interface ExternalUser {
  readonly id: string;
  readonly userName: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly nickName: string;
  readonly displayName: string;
  readonly preferredLanguage: string;
  readonly email: string;
  readonly isEmailVerified: boolean;
  readonly phone: string;
  readonly isPhoneVerified: boolean;
  /** As the provider told it; `raw_information` of the API. */
  readonly raw: JsonObject;
}

export type Access =
  | { readonly case: 'oauth'; readonly accessToken: string; readonly idToken: string; readonly refreshToken: string }
  | { readonly case: 'ldap'; readonly attributes: Readonly<Record<string, readonly string[]>> }
  /** XML. */
  | { readonly case: 'saml'; readonly assertion: string };

export interface Login {
  readonly user: ExternalUser;
  readonly access: Access;
  /** When what the provider gave ends, in ms since the epoch; undefined where it does not say. */
  readonly expiresAt: number | undefined;
}

/** The login at the provider did not succeed. Told to the client as `error` and `description`; `cause` goes to the log alone. */
export class LoginError extends Error {
  readonly error: string;
  readonly description: string;

  constructor(error: string, description: string, cause?: unknown) {
    super(description === '' ? error : `${error}: ${description}`, { cause });
    this.error = error;
    this.description = description;
  }
}

type Known = Partial<Omit<ExternalUser, 'id' | 'raw'>> & Pick<ExternalUser, 'id' | 'raw'>;

export function externalUser(known: Known): ExternalUser {
  return {
    userName: '',
    firstName: '',
    lastName: '',
    nickName: '',
    displayName: '',
    preferredLanguage: '',
    email: '',
    isEmailVerified: false,
    phone: '',
    isPhoneVerified: false,
    ...known,
  };
}

/** A member of what a provider told, where it is a text or a number. */
export function textOf(raw: JsonObject, name: string): string {
  const value = raw[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Some providers write truth as a text. */
export const isTrue = (raw: JsonObject, name: string): boolean => raw[name] === true || raw[name] === 'true';

/** The user from the claims of OpenID Connect Core 5.1. */
export function userOfClaims(claims: JsonObject): ExternalUser {
  return externalUser({
    id: textOf(claims, 'sub'),
    userName: textOf(claims, 'preferred_username'),
    firstName: textOf(claims, 'given_name'),
    lastName: textOf(claims, 'family_name'),
    nickName: textOf(claims, 'nickname'),
    displayName: textOf(claims, 'name'),
    preferredLanguage: textOf(claims, 'locale'),
    email: textOf(claims, 'email'),
    isEmailVerified: isTrue(claims, 'email_verified'),
    phone: textOf(claims, 'phone_number'),
    isPhoneVerified: isTrue(claims, 'phone_number_verified'),
    raw: claims,
  });
}
