/** How many rounds of a fault: a few in `npm test`, 50 with KEYWARD_TEST_FULL=true (`npm test -- --full`) or KEYWARD_LONG=1. */
import { full } from '../support/batches.ts';

export const long = full || process.env.KEYWARD_LONG === '1';

export const roundsOf = (short: number): number => (long ? 50 : short);
