/**
 * The errors that an RPC can be refused with. Data, not a list by hand: observed-errors.json holds what our own nodes have answered in test runs
 * (scripts/observe.ts); what every call with a token can meet before its handler is added to each; v2beta gives the errors of its twin.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import { twinPath } from '../contract/beta/twin-path.ts';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '../contract/gen/zitadel/message_pb.js';
import type { Method } from '../contract/method.ts';
import { type Code, codes } from '../failure/failure.ts';
import observed from './observed-errors.json' with { type: 'json' };

export interface KnownError {
  readonly code: Code;
  readonly status: number;
  readonly id: string;
  readonly text: string;
  /** A `zitadel.v1.CredentialsCheckError`, which tells the failed attempts. */
  readonly countsAttempts: boolean;
}

type Told = readonly [code: string, id: string, text: string];
const byPath: Readonly<Record<string, readonly (readonly string[])[]>> = observed;
const toldOf = (path: string): readonly Told[] => (byPath[path] ?? []) as readonly Told[]; // as scripts/observe.ts writes them

/** Whoever is refused as unauthenticated is so at the door, which is one for all RPCs. */
const atTheDoor = unique(
  Object.keys(byPath)
    .flatMap(toldOf)
    .filter(([code]) => code === 'unauthenticated'),
);
const noInstance: Told = ['not_found', 'QUERY-n0wng', 'Instance not found'];
const noOrganization: Told = ['permission_denied', 'AUTH-Bs7Ds', "Organisation doesn't exist"];

export function knownErrors({ path, permission, service }: Method): readonly KnownError[] {
  const twin = twinPath(path);
  const withToken = permission === undefined ? [] : atTheDoor;
  const onTenant = service === 'zitadel.system.v1.SystemService' ? [] : [noInstance];
  const inContext = permission === undefined || onTenant.length === 0 ? [] : [noOrganization];
  return unique([...withToken, ...inContext, ...onTenant, ...toldOf(path), ...(twin === path ? [] : toldOf(twin))])
    .map(known)
    .sort((one, other) => one.status - other.status || (one.id < other.id ? -1 : 1));
}

function unique(some: readonly Told[]): readonly Told[] {
  return [...new Map(some.map((told) => [`${told[0]} ${told[1]}`, told])).values()];
}

function known([name, id, text]: Told): KnownError {
  const code = name as Code; // a Failure's
  return { code, status: codes[code].http, id, text, countsAttempts: COUNTS.has(id) };
}

/** Where the detail counts failed attempts (src/user/password.ts and src/session): a wrong password, a locked user. */
const COUNTS: ReadonlySet<string> = new Set(['COMMAND-3M0fs', 'COMMAND-JLK35']);

/** The body of an error over REST, as transport/rest/error.ts writes it. */
export function errorBody({ code, id, text, countsAttempts }: KnownError): JsonObject {
  const type = countsAttempts ? CredentialsCheckErrorSchema.typeName : ErrorDetailSchema.typeName;
  const detail = { '@type': `type.googleapis.com/${type}`, id, message: text, ...(countsAttempts && { failedAttempts: 1 }) };
  return { code: codes[code].grpc, message: `${text} (${id})`, details: [detail] };
}
