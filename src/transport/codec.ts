/** Bytes ↔ messages in the two codecs of the RPC protocols. */
import { type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { Failure } from '../failure/failure.ts';
import type { Codec } from './content-type.ts';
import { parseJson } from './json/parse.ts';
import { readMessage } from './json/read.ts';
import { writeMessage } from './json/write.ts';

/** Unknown fields are dropped: a message is never sent on as it came. */
const binaryOptions = { readUnknownFields: false };

export function decodeProto(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes, binaryOptions);
  } catch (error) {
    throw new Failure(
      { code: 'invalid_argument', key: `unmarshal message: ${desc.typeName}: proto: cannot parse invalid wire-format data` },
      { cause: error },
    );
  }
}

export function decodeJson(desc: DescMessage, bytes: Uint8Array): Message {
  const json = parseJson(bytes, 'refused');
  // Nothing is an empty message, null is none.
  return readMessage(desc, json === undefined ? {} : json);
}

export const decode = (codec: Codec, desc: DescMessage, bytes: Uint8Array): Message =>
  codec === 'proto' ? decodeProto(desc, bytes) : decodeJson(desc, bytes);

export const encode = (codec: Codec, desc: DescMessage, message: Message): Uint8Array =>
  codec === 'proto' ? toBinary(desc, message) : Buffer.from(writeMessage(desc, message));
