/** Measures what is held against each other in turn, a moment each, so that what the machine does meanwhile hits all of it alike. */

/** The median of each over so many rounds (an odd number). */
export async function inTurns(rounds: number, works: readonly (() => Promise<number>)[]): Promise<number[]> {
  const seen = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) for (const [n, work] of works.entries()) seen[n]?.push(await work());
  return seen.map((values) => values.sort((a, b) => a - b)[(rounds - 1) / 2] ?? Number.NaN);
}
