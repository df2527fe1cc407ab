/** Pages of the newer lists (`pagination`). */
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';

const DEFAULT_ROWS = 100;
const MOST_ROWS = 1000;

/** How many rows a page has: 100 where nothing is said; more than 1,000 are refused. */
export function pageSize(limit: number | undefined): number {
  if ((limit ?? 0) > MOST_ROWS) throw new Failure(errors.limitExceeded);
  return limit || DEFAULT_ROWS;
}
