/** What a handler is given beside the message, and the shape of a service. */
import type { DescMethodUnary, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { External } from '../config/settings.ts';
import type { Method } from '../contract/method.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Outside } from '../outbound/outside.ts';
import type { Store } from '../store/connect.ts';
import type { Caller } from './caller.ts';
import type { Guard } from './guard.ts';
import type { Instance } from './tenant.ts';

/** An authenticated call on one tenant. */
export interface Call {
  readonly method: Method;
  readonly instance: Instance;
  readonly caller: Caller;
  readonly db: Guard;
  /** For secrets that must be read again. */
  readonly masterkey: Masterkey;
  /** The only way to call an address that a client named. */
  readonly outside: Outside;
  /** The host that was asked, with port. In a link it counts only if it is a domain of the instance. */
  readonly host: string;
  /** Port and scheme of links. */
  readonly external: External;
  /** Hosts that logins at identity providers may lead back to; none: any. */
  readonly returnHosts: readonly string[];
  /** The organization context: `x-zitadel-orgid`, else the caller's own organization (reference/authn-authz-oidc.md 1.5). */
  readonly orgId: string;
  /** Moment (ms since epoch) after which nobody waits for the answer. */
  readonly deadline: number | undefined;
  /** `x-keyward-allow-last-owner: true` was sent (DESIGN.md 8). */
  readonly allowLastOwner: boolean;
}

/** A call on one tenant that anyone may make; a token that is sent with it is not looked at. */
export interface OpenCall {
  readonly method: Method;
  readonly instance: Instance;
  readonly deadline: number | undefined;
}

/** A call of a system user on no tenant. There is nothing to guard: he has no row, and the store is the whole database. */
export interface SystemCall {
  readonly method: Method;
  readonly caller: Caller;
  readonly store: Store;
  /** Under which the instances lie that are given no other. */
  readonly externalDomain: string;
  readonly deadline: number | undefined;
}

export type Handler<M, C = Call> =
  M extends DescMethodUnary<infer I, infer O> ? (request: MessageShape<I>, call: C) => Promise<MessageInitShape<O>> : never;

/** The RPCs of a service that are served; the others answer `unimplemented`. */
export type Implementation<S extends DescService, C = Call> = { readonly [N in keyof S['method']]?: Handler<S['method'][N], C> };
