/** One call with everything filled in, as each language's sample shows it. */
import type { JsonValue } from '@bufbuild/protobuf';

export interface SampleCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Of REST, with example ids in place and the query string. */
  readonly path: string;
  readonly body: JsonValue | undefined;
  /** `https://$CUSTOM-DOMAIN`, or where the page is served. */
  readonly origin: string;
  readonly rpc: {
    /** `zitadel.user.v2.UserService` */
    readonly service: string;
    /** `DeactivateUser` */
    readonly name: string;
    /** The request in the JSON form of protobuf. */
    readonly message: JsonValue;
  };
}

/** What may stand in a URL, less what quotes a string in any of the languages and what curl would take for a pattern. */
const FOREIGN = /[^\w\-.~:/?#@!$&()*+,;=%]/gu;

/** Its characters need no escape between quotes, but for `$`. */
export const urlOf = ({ origin, path }: SampleCall): string =>
  `${origin}${path}`.replace(FOREIGN, (character) =>
    character === "'" ? '%27' : encodeURIComponent(character.isWellFormed() ? character : '\ufffd'),
  );
