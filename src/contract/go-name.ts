/** The names that the original's Go code gives to messages, fields and oneofs: they stand in its validation texts (reference/transport.md 14). */
import type { DescMessage } from '@bufbuild/protobuf';

/** `user_id` → `UserId`: a letter after an underscore or at the start becomes a capital (protoc-gen-go's GoCamelCase). */
export function goName(name: string): string {
  return name
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/(\d)([a-z])/g, (_, digit, letter: string) => digit + letter.toUpperCase());
}

/** `zitadel.org.v2.AddOrganizationRequest.Admin` → `AddOrganizationRequest_Admin`. */
export function goMessageName(message: DescMessage): string {
  return message.parent === undefined ? goName(message.name) : `${goMessageName(message.parent)}_${goName(message.name)}`;
}
