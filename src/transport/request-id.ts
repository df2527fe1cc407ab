/** Request ids: 20 characters of lower-case base32hex over 12 bytes (seconds, process, counter), as reference/transport.md 7.2 shows them. */
import { randomBytes, randomInt } from 'node:crypto';

const digits = '0123456789abcdefghijklmnopqrstuv';
const processPart = BigInt(`0x${randomBytes(5).toString('hex')}`);
let counter = randomInt(2 ** 24);
let second = 0;
let prefix = '';
let tail = 0;

/** A new id, different from every other of this process and, by all odds, of any other. */
export function newRequestId(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) startSecond(now);
  counter = (counter + 1) & 0xffffff;
  // The last two bits of the process part, the counter, and four bits of padding: 30 bits, six digits.
  let rest = tail * 2 ** 28 + counter * 16;
  let text = '';
  for (let i = 0; i < 6; i++) {
    text = digits[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return prefix + text;
}

/** The first 14 digits stay the same for a second. */
function startSecond(now: number): void {
  second = now;
  let bits = ((BigInt(now) << 40n) | processPart) >> 2n;
  tail = Number(processPart & 3n);
  prefix = '';
  for (let i = 0; i < 14; i++) {
    prefix = digits[Number(bits & 31n)] + prefix;
    bits >>= 5n;
  }
}
