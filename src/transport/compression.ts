/** Compression of messages: gzip in both directions, bounded after decompression as before (brotli only for REST bodies). */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, gzip as gzipAsync, gzipSync } from 'node:zlib';
import { Failure } from '../failure/failure.ts';

const unpackers = { gzip: promisify(gunzip), br: promisify(brotliDecompress) };
export type Encoding = keyof typeof unpackers;

const pack = promisify(gzipAsync);
/** Below this a trip to the thread pool costs more than the work. */
const small = 16 * 1024;

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.length < small ? gzipSync(bytes, { level: 1 }) : pack(bytes, { level: 1 });
}

/** The bytes unpacked; fails where they are no such format, or unpack to more than the limit. */
export async function decompress(encoding: Encoding, bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await unpackers[encoding](bytes, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof RangeError) throw new Failure({ code: 'resource_exhausted', key: `received message larger than max (${limit})` });
    throw new Failure({ code: 'invalid_argument', key: `get decompressor: the body is not ${encoding}` }, { cause: error });
  }
}

/** Whether a message came compressed; fails where the encoding is none of ours. */
export function isGzip(encoding: string | undefined): boolean {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip') return true;
  throw new Failure({ code: 'unimplemented', key: `unknown compression "${encoding}": supported encodings are gzip` });
}

/** Whether a client takes gzip: a list of encodings holds it and does not refuse it (`gzip;q=0`). */
export function takesGzip(list: string | undefined): boolean {
  return list?.split(',').some((item) => /^\s*gzip\s*(;(?!\s*q=0(\.0*)?\s*$).*)?$/i.test(item)) ?? false;
}
