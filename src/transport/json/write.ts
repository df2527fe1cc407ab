/** Message → JSON text: lowerCamelCase, enums by name, 64-bit integers as text; what is unset or nought stays out (reference/transport.md 6). */
import { type DescMessage, type Message, toJson } from '@bufbuild/protobuf';

export const writeMessage = (desc: DescMessage, message: Message): string => JSON.stringify(toJson(desc, message));
