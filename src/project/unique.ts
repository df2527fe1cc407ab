/** What is unique about projects and what they hold; a second one is AlreadyExists. */
import postgres from 'postgres';
import { Failure, type Reason } from '../failure/failure.ts';

const UNIQUE_VIOLATION = '23505';

/** Runs a statement that writes under unique constraints; `taken` says by their names what a client is told. */
export async function uniquely<T>(taken: Readonly<Record<string, Reason>>, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const reason =
      error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION ? taken[error.constraint_name ?? ''] : undefined;
    throw reason ? new Failure(reason, { cause: error }) : error;
  }
}
