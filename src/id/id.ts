/**
 * Ids: decimal text of an unsigned 64-bit number, as the original makes them (reference/instance-and-setup.md 11): 39 bits of time in
 * units of 10 ms since 2019-04-29, 8 bits of sequence, 16 bits of machine. Time-ordered across nodes, 18 digits until 2042.
 */

const EPOCH = Date.UTC(2019, 3, 29);
const UNIT = 10;
const PER_UNIT = 256;

let node: number | undefined;
let unit = 0;
let count = 0;

/** Sets the machine part (0–65535), unique among the processes on one database. Must come before the first id. */
export function setNode(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`node ${value} is not a number from 0 to 65535`);
  node = value;
}

/** A new id. More than 256 within 10 ms run ahead of the clock; a clock that is set back does not repeat an id. */
export function newId(): string {
  if (node === undefined) throw new Error('no id before setNode');
  const now = Math.floor((Date.now() - EPOCH) / UNIT);
  if (now > unit) {
    unit = now;
    count = 0;
  } else if (++count === PER_UNIT) {
    unit++;
    count = 0;
  }
  return ((BigInt(unit) << 24n) | (BigInt(count) << 16n) | BigInt(node)).toString();
}
