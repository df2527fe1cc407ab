/** A call as the request samples show it. */
import type { JsonValue } from '@bufbuild/protobuf';

export interface SampleCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With example ids in it, and the query string. */
  readonly path: string;
  readonly body: JsonValue | undefined;
  /** `https://$CUSTOM-DOMAIN` */
  readonly origin: string;
  /** The same call as RPC; `message` is the request as proto JSON. */
  readonly rpc: { readonly service: string; readonly name: string; readonly message: JsonValue };
}
