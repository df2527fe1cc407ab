/** What each kind of provider is given to begin a login and to understand its answer. */
import type { Outside } from '../../outbound/outside.ts';
import type { Secrets } from '../config.ts';
import { errors } from '../errors.ts';
import { type JsonObject, LoginError } from '../login.ts';

export interface Context {
  readonly outside: Pick<Outside, 'fetch' | 'reachable'>;
  readonly idpId: string;
  readonly secrets: Secrets;
  /** Under which the instance is reached, without a path. */
  readonly origin: string;
}

/** Where the browser goes next. */
export type NextStep =
  | { readonly case: 'authUrl'; readonly url: string }
  | { readonly case: 'formData'; readonly url: string; readonly fields: Readonly<Record<string, string>> };

export const callbackUrl = (origin: string): string => `${origin}/idps/callback`;

/** What was sent is not what a login at this provider looks like, or the provider did not confirm it. Why is for the log alone. */
export const refused = (why: string, cause?: unknown): LoginError =>
  new LoginError(errors.answerInvalid.id, errors.answerInvalid.key, cause ?? new Error(why));

/** A JSON object from a provider; anything else, or another status than a success, is a refusal. */
export async function fetchJson(
  outside: Context['outside'],
  url: string,
  options: Parameters<Outside['fetch']>[1] = {},
): Promise<JsonObject> {
  const response = await fetched(outside, url, { ...options, headers: { accept: 'application/json', ...options.headers } });
  const body = await response.text();
  if (!response.ok) throw refused(`${new URL(url).host} answered ${response.status}`);
  return jsonObject(body) ?? fail(url);
}

const fail = (url: string): never => {
  throw refused(`${new URL(url).host} answered no JSON object`);
};

export async function fetched(outside: Context['outside'], url: string, options: Parameters<Outside['fetch']>[1]): Promise<Response> {
  try {
    return await outside.fetch(url, { timeoutMs: 10_000, maxBytes: 512 * 1024, ...options });
  } catch (error) {
    throw refused('the provider cannot be reached', error);
  }
}

export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined; // what JSON.parse gives is JSON
  } catch {
    return undefined;
  }
}
