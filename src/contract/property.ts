/** In protobuf-es a message is a plain object with one property a field (its local name), or a oneof (`{ case, value }`). */
import type { Message } from '@bufbuild/protobuf';

/** Of a field or oneof that the descriptor of this very message names. */
export function property(message: Message, name: string): unknown {
  return (message as unknown as Readonly<Record<string, unknown>>)[name]; // as the descriptor says
}
