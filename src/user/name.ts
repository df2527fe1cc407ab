/** User names: unique in the instance whatever their case; a name that is taken is AlreadyExists. */
import postgres from 'postgres';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';

/** What is unique: the name in small letters. */
export function usernameKey(username: string): string {
  return username.toLowerCase();
}

/** The text behind the last `@` of a user name; empty where there is none. */
export function domainOfName(username: string): string {
  return username.includes('@') ? username.slice(username.lastIndexOf('@') + 1) : '';
}

/** Whether the domain of a user name is verified by another organization than this one. */
export async function claimedElsewhere(call: Call, username: string, orgId: string): Promise<boolean> {
  const domain = domainOfName(username);
  if (domain === '') return false;
  const [{ claimed }] = await call.db.read<{ claimed: boolean }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select exists (
        select from org_domains d where d.instance_id = ${call.instance.id} and lower(d.domain) = lower(${domain}) and d.is_verified and d.org_id <> ${orgId}
      ) as claimed from caller`,
  );
  return claimed;
}

const UNIQUE_VIOLATION = '23505';

/** Runs a statement that writes a user name. */
export async function usernameTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === 'profiles_username') {
      throw new Failure(errors.usernameTaken, { cause: error });
    }
    throw error;
  }
}
