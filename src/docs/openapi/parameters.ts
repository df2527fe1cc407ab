/** Path, query and header parameters of a route, as the gateway reads them (transport/rest). */
import type { DescField, DescMessage, JsonObject } from '@bufbuild/protobuf';
import type { Route } from '../../contract/method.ts';
import type { Entry } from '../catalog.ts';
import { isRequired, type Schemas, wellKnown } from './schema.ts';

/** Names of the fields that the path fills, in its order: `user_id`. */
export const variablesOf = ({ path }: Route): readonly string[] => [...path.matchAll(/\{([^=}]+)(?:=\*)?\}/g)].map(([, name = '']) => name);

/** The path with the names of JSON: `/v2/users/{userId}`. */
export function jsonPath(route: Route, input: DescMessage): string {
  return route.path.replace(/\{([^=}]+)(?:=\*)?\}/g, (_, name: string) => `{${jsonNameOf(input, name)}}`);
}

const jsonNameOf = (input: DescMessage, name: string): string => input.fields.find((field) => field.name === name)?.jsonName ?? name;

export function pathParameters(route: Route, input: DescMessage, schemas: Schemas): JsonObject[] {
  return variablesOf(route).map((name) => {
    const field = input.fields.find((one) => one.name === name);
    if (field === undefined) throw new Error(`${input.typeName} has no field ${name}, which a path names`);
    return parameter('path', field.jsonName, field, schemas, true);
  });
}

export interface QueryField {
  /** `query.offset` */
  readonly name: string;
  readonly field: DescField;
}

/** What a query string can fill: fields of messages by names with dots; no list of messages, no map of them. */
export function queryFields(
  input: DescMessage,
  without: readonly string[],
  prefix = '',
  within: readonly DescMessage[] = [],
): readonly QueryField[] {
  return input.fields
    .filter(({ name }) => prefix !== '' || !without.includes(name))
    .flatMap((field): readonly QueryField[] => {
      const name = `${prefix}${field.jsonName}`;
      const { message } = field;
      if (message === undefined) return [{ name, field }];
      if (field.fieldKind !== 'message') return [];
      if (wellKnown[message.typeName] !== undefined) return [{ name, field }];
      return within.includes(message) ? [] : queryFields(message, without, `${name}.`, [...within, input, message]);
    });
}

export function queryParameters(route: Route, input: DescMessage, schemas: Schemas): JsonObject[] {
  return queryFields(input, variablesOf(route)).map(({ name, field }) =>
    parameter('query', name, field, schemas, !name.includes('.') && isRequired(field)),
  );
}

function parameter(place: 'path' | 'query', name: string, field: DescField, schemas: Schemas, required: boolean): JsonObject {
  const { description, ...schema } = schemas.field(field, 'request');
  return {
    name,
    in: place,
    description: description ?? '',
    ...(required && { required }),
    ...(field.fieldKind === 'map' && { style: 'deepObject' }),
    // An empty segment never reaches a route.
    schema: place === 'path' && schema.type === 'string' && schema.enum === undefined ? { minLength: 1, ...schema } : schema,
  };
}

/** Headers that change what the call does. */
export function headersOf({ permission, errors }: Pick<Entry, 'permission' | 'errors'>): readonly JsonObject[] {
  return [
    ...(permission.inContext ? [organizationHeader] : []),
    ...(errors.some(({ id }) => id === 'KEYWARD-lastOwner') ? [lastOwnerHeader] : []),
  ];
}

const organizationHeader: JsonObject = {
  name: 'x-zitadel-orgid',
  in: 'header',
  description: 'Id of the organization in which the call is made; without it, that of the caller.',
  schema: { type: 'string' },
};

const lastOwnerHeader: JsonObject = {
  name: 'x-keyward-allow-last-owner',
  in: 'header',
  description: 'With `true`, the last active owner of the instance may be ended too (for those who may make another one).',
  schema: { type: 'string', enum: ['true'] },
};
