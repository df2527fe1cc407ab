/** The two base64 of password hashes, and the comparison of what they hold in constant time. */
import { timingSafeEqual } from 'node:crypto';

const CRYPT = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** That of crypt(3), phpass and Drupal: three bytes as one number, lowest byte first, told by four characters, lowest six bits first. */
export function cryptBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [low = 0, middle = 0, high = 0] = bytes.subarray(at, at + 3);
    const characters = Math.min(bytes.length - at, 3) + 1;
    for (let n = 0, bits = low | (middle << 8) | (high << 16); n < characters; n++, bits >>= 6) text += CRYPT.charAt(bits & 0x3f);
  }
  return text;
}

/** A number of crypt(3): six bits a character, lowest first. */
export function cryptNumber(text: string): number {
  return [...text].reduceRight((number, character) => number * 64 + CRYPT.indexOf(character), 0);
}

/** Passlib's `ab64` (`.` for `+`, no padding) as well as the standard form, padded or not. */
export function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

export function same(one: Uint8Array | string, other: Uint8Array | string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
