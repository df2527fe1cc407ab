/** A Method from a descriptor and what its options say. */
import type { DescMethod } from '@bufbuild/protobuf';
import type { Door, Method, Route } from './method.ts';
import type { Validate } from './validate.ts';

/** google.api.HttpRule as far as ZITADEL's services use it; the published package has a type of its own for it. */
export interface HttpBinding {
  readonly pattern: { readonly case: string | undefined; readonly value?: unknown };
  readonly body: string;
  readonly additionalBindings: readonly HttpBinding[];
}

export interface Stated {
  readonly http: HttpBinding | undefined;
  readonly permission: string;
  readonly orgField: string;
  readonly checkField?: string | undefined;
  readonly successCode: number;
  readonly door: Door;
  readonly validate: Validate;
}

export function describe(rpc: DescMethod, stated: Stated): Method {
  return {
    path: `/${rpc.parent.typeName}/${rpc.name}`,
    service: rpc.parent.typeName,
    name: rpc.name,
    rpc,
    routes: stated.http === undefined ? [] : [stated.http, ...stated.http.additionalBindings].map(routeOf),
    permission: stated.permission || undefined,
    orgField: stated.orgField || undefined,
    checkField: stated.checkField,
    successCode: stated.successCode === 201 ? 201 : 200,
    door: stated.door,
    validate: stated.validate,
  };
}

const verbs: Readonly<Record<string, Route['verb']>> = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' };

function routeOf({ pattern, body }: HttpBinding): Route {
  const verb = verbs[pattern.case ?? ''];
  if (verb === undefined || typeof pattern.value !== 'string')
    throw new Error(`an http option without a verb that is served: ${pattern.case}`);
  return { verb, path: pattern.value, body };
}
