/** Frames of gRPC and gRPC-Web: a flag, the length in four bytes, the message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
import { Failure } from '../../failure/failure.ts';
import { decompress } from '../compression.ts';

export const headLength = 5;
const compressed = 1;
/** gRPC-Web: the frame holds trailers. */
const trailers = 0x80;

/** The one message of a unary request, unpacked. */
export function unframe(body: Uint8Array, gzipped: boolean, limit: number): Uint8Array | Promise<Uint8Array> {
  if (body.length === 0) throw new Failure({ code: 'unimplemented', key: 'unary request has zero messages' });
  if (body.length < headLength) throw cut(headLength, body.length);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const flag = view.getUint8(0);
  const length = view.getUint32(1);
  const got = body.length - headLength;
  if ((flag & ~compressed) !== 0) throw new Failure({ code: 'internal', key: `protocol error: invalid envelope flags ${flag}` });
  if (length > limit) throw new Failure({ code: 'resource_exhausted', key: `received message larger than max (${length} vs. ${limit})` });
  if (got < length) throw cut(length, got);
  if (got > length) throw new Failure({ code: 'unimplemented', key: 'unary request has multiple messages' });
  const message = body.subarray(headLength);
  if ((flag & compressed) === 0) return message;
  if (!gzipped) throw new Failure({ code: 'internal', key: 'protocol error: sent compressed message without compression support' });
  return length === 0 ? message : decompress('gzip', message, limit);
}

const cut = (promised: number, got: number): Failure =>
  new Failure({ code: 'invalid_argument', key: `protocol error: promised ${promised} bytes in enveloped message, got ${got} bytes` });

export const frame = (message: Uint8Array): Buffer => framed(0, message);
export const compressedFrame = (message: Uint8Array): Buffer => framed(compressed, message);
export const trailerFrame = (text: string): Buffer => framed(trailers, Buffer.from(text));

function framed(flag: number, message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(headLength + message.length);
  out[0] = flag;
  out.writeUInt32BE(message.length, 1);
  out.set(message, headLength);
  return out;
}
