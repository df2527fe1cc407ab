/** What each format of a stored password hash says of itself: its form, what a comparison costs, and the comparison. */

export interface Format {
  /** Of every hash in this format, and of no other. */
  readonly form: RegExp;
  /** What a hash that has the form holds. */
  read(match: RegExpExecArray): Stored;
}

export interface Stored {
  /** Within the bounds of reference/user-credentials-v2.md 3.4. */
  readonly inBounds: boolean;
  /** About how long a comparison takes, in ms of one core (an x86-64 server of 2023). */
  readonly effort: number;
  /** Compares on the spot, for `effort` long: not for the event loop. Throws where the hash cannot be read after all. */
  fits(password: string): boolean;
}

/** Whether a number, or digits that say one, lies from `low` to `high`, both included. */
export function between(value: number | string | undefined, low: number, high: number): boolean {
  return Number(value) >= low && Number(value) <= high;
}
