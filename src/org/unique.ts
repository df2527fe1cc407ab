/** Names and verified domains are unique in an instance, whatever their case: one that is taken is AlreadyExists. */
import postgres from 'postgres';
import { Failure, type Reason } from '../failure/failure.ts';
import { errors } from './errors.ts';

const UNIQUE_VIOLATION = '23505';
const TAKEN: Readonly<Record<string, Reason>> = {
  orgs_name: errors.nameTaken,
  org_domains_verified: errors.domainTaken,
};

/** Runs a statement that writes a name or a domain. */
export async function uniquely<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const taken =
      error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION ? TAKEN[error.constraint_name ?? ''] : undefined;
    throw taken ? new Failure(taken, { cause: error }) : error;
  }
}
