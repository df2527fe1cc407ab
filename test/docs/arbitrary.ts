/** Values that fit a schema of the OpenAPI documents, and values that do not, for fast-check. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';

/** Deeper than this, a message holds plain fields only. */
const DEEPEST = 4;
/** Of each name, the last ones. */
const KEPT = 12;

export class Arbitraries {
  readonly #components: Readonly<Record<string, JsonObject>>;
  /** Name of a field in lower case → ids of things that are there. */
  readonly #ids = new Map<string, Set<string>>();
  readonly #spared: ReadonlySet<string>;

  /** `spared`: ids that no request names. */
  constructor(components: Readonly<Record<string, JsonObject>>, spared: readonly string[]) {
    this.#components = components;
    this.#spared = new Set(spared);
  }

  /** The ids in an answer are sent later on. */
  learn(value: JsonValue): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner !== 'string' || !/id$/i.test(name) || this.#spared.has(inner)) this.learn(inner);
      else
        for (const key of new Set([name.toLowerCase(), 'id']))
          this.#ids.set(key, new Set([...(this.#ids.get(key) ?? []), inner].slice(-KEPT)));
    }
  }

  /** A value that fits. `name` is that of its field. */
  fitting(schema: JsonObject, name = '', depth = 0): fc.Arbitrary<JsonValue> {
    const { $ref, anyOf, oneOf, allOf, enum: choices, const: only, type } = schema as Schema; // what src/docs/openapi/schema.ts writes
    if ($ref !== undefined) return this.fitting(this.#components[$ref.slice('#/components/schemas/'.length)] ?? {}, name, depth);
    if (only !== undefined) return fc.constant(only);
    if (choices !== undefined) return fc.constantFrom(...choices);
    if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => this.fitting(one, name, depth)));
    switch (type) {
      case 'boolean':
        return fc.boolean();
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'integer':
        return integer(schema as Schema);
      case 'string':
        return this.#text(schema as Schema, name);
      case 'array':
        return this.#list(schema as Schema, name, depth);
      case 'object':
        return this.#message(
          schema as Schema,
          [...(oneOf === undefined ? [] : [oneOf]), ...(allOf ?? []).map((one) => one.oneOf ?? [])],
          depth,
        );
      default:
        return fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<JsonValue>; // of JSON, whatever its type says
    }
  }

  #text({ minLength = 0, maxLength = 200, pattern, format, contentEncoding }: Schema, name: string): fc.Arbitrary<string> {
    if (contentEncoding === 'base64') return fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    if (format === 'date-time')
      return fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }).map((date) => date.toISOString());
    if (format === 'email') return fc.emailAddress().filter((text) => text.length <= maxLength);
    if (format === 'int64') return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
    if (format === 'uint64') return fc.bigInt(0n, 2n ** 64n - 1n).map(String);
    if (format === 'uri-reference') return fc.webUrl();
    if (pattern?.includes('s$')) return fc.integer({ min: 0, max: 1e9 }).map((seconds) => `${seconds}s`);
    if (pattern !== undefined) return fc.webUrl().filter((text) => text.length <= maxLength);
    const known = [...this.#ids].filter(([key]) => name.toLowerCase().endsWith(key)).map(([, ids]) => [...ids]);
    const real = known.toSorted((a, b) => a.length - b.length)[0] ?? []; // the more special name has fewer
    const any = fc.string({ unit: 'binary', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
    const fits = real.filter((id) => id.length >= minLength && id.length <= maxLength);
    return fits.length === 0 ? any : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...fits) }, { weight: 1, arbitrary: any });
  }

  #list({ items = {}, minItems = 0, maxItems = 3, uniqueItems }: Schema, name: string, depth: number): fc.Arbitrary<JsonValue> {
    if (depth >= DEEPEST && minItems === 0) return fc.constant([]);
    const limits = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) };
    const item = this.fitting(items, name.replace(/s$/, ''), depth + 1);
    return uniqueItems ? fc.uniqueArray(item, { ...limits, selector: (one) => JSON.stringify(one) }) : fc.array(item, limits);
  }

  /** `oneofs`: of each, one of the members, or none where the schema allows none. */
  #message(
    { properties = {}, required = [], additionalProperties }: Schema,
    oneofs: readonly (readonly Choice[])[],
    depth: number,
  ): fc.Arbitrary<JsonObject> {
    if (additionalProperties !== undefined)
      return fc.dictionary(fc.string({ maxLength: 10 }), this.fitting(additionalProperties, '', depth + 1), { maxKeys: 3 });
    const members = new Set(oneofs.flatMap((choices) => choices.flatMap((choice) => choice.required ?? [])));
    const chosen = fc.tuple(...oneofs.map((choices) => fc.constantFrom(...choices)));
    return chosen.chain((choices) => {
      const taken = choices.flatMap((choice) => choice.required ?? []);
      const fields = Object.entries(properties).filter(([name]) => !members.has(name) || taken.includes(name));
      const must = new Set([...required, ...taken]);
      const kept = fields.filter(([name, field]) => must.has(name) || depth < DEEPEST || field.$ref === undefined);
      return fc.record(Object.fromEntries(kept.map(([name, field]) => [name, this.fitting(field, name, depth + 1)])), {
        requiredKeys: kept.map(([name]) => name).filter((name) => must.has(name)),
      }) as fc.Arbitrary<JsonObject>; // of values of JSON
    });
  }
}

interface Choice {
  readonly required?: readonly string[];
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: JsonValue;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonObject[];
  readonly oneOf?: readonly Choice[];
  readonly allOf?: readonly { readonly oneOf?: readonly Choice[] }[];
  readonly properties?: Readonly<Record<string, JsonObject>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonObject;
  readonly items?: JsonObject;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly contentEncoding?: string;
}

function integer({ format, minimum, maximum, exclusiveMinimum }: Schema): fc.Arbitrary<number> {
  const [least, most] = format === 'uint32' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  return fc.integer({
    min: Math.max(minimum ?? least, exclusiveMinimum === undefined ? least : exclusiveMinimum + 1),
    max: maximum ?? most,
  });
}

/** The text of a body that was fine, with one thing in it wrong: a value of another kind somewhere, a field that there is not, a text that ends early. */
export function spoiled(body: JsonValue): fc.Arbitrary<string> {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, -1, 1e300, '', '\0', 'x'.repeat(10_000), [], {}, [[]], true, '\ud800', Number.MAX_SAFE_INTEGER),
  );
  return fc.oneof(
    fc.tuple(fc.constantFrom(...placesOf(body)), odd).map(([place, value]) => JSON.stringify(replaced(body, place, value as JsonValue))), // a value of JSON
    fc.tuple(fc.string(), odd).map(([name, value]) => JSON.stringify({ ...(typeof body === 'object' ? body : {}), [name]: value })),
    fc.nat({ max: JSON.stringify(body).length }).map((length) => JSON.stringify(body).slice(0, length)),
    fc.string({ unit: 'binary' }),
  );
}

type Place = readonly (string | number)[];

function placesOf(value: JsonValue, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...at, name]))];
}

function replaced(value: JsonValue, [first, ...rest]: Place, by: JsonValue): JsonValue {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === Number(first) ? replaced(item, rest, by) : item));
  if (typeof value !== 'object' || value === null) return by;
  return { ...value, [first]: replaced(value[first] ?? null, rest, by) };
}
