/** The content types of an RPC path: which protocol and codec each one means, and how an answer names it (reference/transport.md 1). */

export type Codec = 'proto' | 'json';

export interface ContentType {
  readonly protocol: 'connect' | 'grpc' | 'grpc-web';
  readonly codec: Codec;
  /** As the answer says it. */
  readonly echo: string;
}

const table: readonly ContentType[] = [
  { protocol: 'grpc', codec: 'proto', echo: 'application/grpc' },
  { protocol: 'grpc', codec: 'json', echo: 'application/grpc+json' },
  { protocol: 'grpc', codec: 'json', echo: 'application/grpc+json; charset=utf-8' },
  { protocol: 'grpc', codec: 'proto', echo: 'application/grpc+proto' },
  { protocol: 'grpc-web', codec: 'proto', echo: 'application/grpc-web' },
  { protocol: 'grpc-web', codec: 'json', echo: 'application/grpc-web+json' },
  { protocol: 'grpc-web', codec: 'json', echo: 'application/grpc-web+json; charset=utf-8' },
  { protocol: 'grpc-web', codec: 'proto', echo: 'application/grpc-web+proto' },
  { protocol: 'connect', codec: 'json', echo: 'application/json' },
  { protocol: 'connect', codec: 'json', echo: 'application/json; charset=utf-8' },
  { protocol: 'connect', codec: 'proto', echo: 'application/proto' },
];

const byText = new Map(table.map((type) => [type.echo, type]));

/** The list that a 415 answers with. */
export const acceptPost = table.map((type) => type.echo).join(', ');

/** What a content type means, compared without case and blanks; undefined where no protocol takes it. */
export function contentType(text: string | undefined): ContentType | undefined {
  if (text === undefined) return undefined;
  return byText.get(text) ?? (text.length > LONGEST ? undefined : byText.get(plain(text)));
}

/** Far beyond any that is known; the blanks of longer ones are not worth the search. */
const LONGEST = 200;

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\s*;\s*/, '; ')
    .trim();
