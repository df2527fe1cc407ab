/** Many rounds of a test, some at once; and how many there are: few in `npm test`, many in `npm test -- --full`. */

/** Whether the long forms run: `npm test -- --full`, or KEYWARD_TEST_FULL=true for a file that is run alone. */
export const full = process.env.KEYWARD_TEST_FULL === 'true';

/** Runs `round` for 0, 1, … `count - 1`, at most `atOnce` at a time; the first failure ends it. */
export async function rounds(count: number, atOnce: number, round: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await round(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}

/** The n-th of a list that begins anew at its end. */
export function nth<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T; // within the list
}
