/** One RPC as the contract states it: derived from the descriptors at start, read by the transport, the gate and the docs. */
import type { DescMethod, Message } from '@bufbuild/protobuf';

/** Where something (a password, code, link, token, key, session) turns into access or into another such thing (docs/architecture.md, "Doors"). */
export type Door = 'none' | 'bearer' | 'session' | 'credential' | 'link' | 'intent' | 'authorize' | 'saml';

/** A REST route: `path` is a template of plain segments and single-segment variables (`/v2/users/{user_id}/deactivate`). */
export interface Route {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** `*`: the JSON body is the whole message; empty: the query string fills what the path does not; else the name of the field that the body fills. */
  readonly body: string;
}

export interface Method {
  /** `/zitadel.user.v2.UserService/DeactivateUser` */
  readonly path: string;
  /** `zitadel.user.v2.UserService` */
  readonly service: string;
  /** `DeactivateUser` */
  readonly name: string;
  readonly rpc: DescMethod;
  readonly routes: readonly Route[];
  /** `authenticated` (any valid token), a permission of the role table, or undefined: public. */
  readonly permission: string | undefined;
  /** Name of the request field that selects the organization context (AddHumanUser). */
  readonly orgField: string | undefined;
  /** Name of the request field with the id of the project (or grant) on which a role of that level must be held (v1). */
  readonly checkField: string | undefined;
  /** HTTP status of a success over REST. */
  readonly successCode: 200 | 201;
  readonly door: Door;
  /** The first violated field rule as the text of reference/transport.md 14, or undefined. */
  readonly validate: (message: Message) => string | undefined;
}
