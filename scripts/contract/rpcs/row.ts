/** The shape of the tables in this folder. */
import type { Door } from '../../../src/contract/method.ts';

/**
 * Which door the RPC is, and one sentence: what it does, what it needs.
 * `none`: beyond the bearer token, which the transport checks for every authenticated RPC, it hands out nothing that opens anything.
 * Creating a user is `none` too, although it may return a code: nobody is there yet who could be switched off.
 */
export type Row = readonly [door: Exclude<Door, 'bearer'>, text: string];

export interface Rpcs {
  /** What the service is for. */
  readonly text: string;
  /** Every RPC of the service; one that is missing here stops the generator. */
  readonly rpcs: Readonly<Record<string, Row>>;
}
