/** The facts of the wire (proto/facts, one JSON file a package): their shape, and loading them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface RuleFacts {
  readonly [kind: string]: { readonly [name: string]: unknown };
}

export interface FieldFacts {
  readonly number: number;
  readonly name: string;
  /** A scalar, a full type name, or `map<key, value>`. */
  readonly type: string;
  readonly repeated?: boolean;
  readonly optional?: boolean;
  readonly oneof?: string;
  readonly rules?: RuleFacts;
  readonly required?: boolean;
  readonly deprecated?: boolean;
}

export interface MessageFacts {
  readonly fields: readonly FieldFacts[];
  readonly requiredOneofs?: readonly string[];
  readonly reserved?: readonly (readonly [number, number])[];
  readonly reservedNames?: readonly string[];
}

export interface EnumFacts {
  readonly values: Readonly<Record<string, number>>;
  readonly alias?: boolean;
}

export interface RpcFacts {
  readonly name: string;
  readonly request: string;
  readonly response: string;
  /** Verb → path, and `body`. */
  readonly http?: readonly Readonly<Record<string, string>>[];
  readonly permission?: string;
  readonly orgField?: string;
  readonly successCode?: number;
  readonly deprecated?: boolean;
}

export interface PackageFacts {
  readonly package: string;
  readonly services: Readonly<Record<string, readonly RpcFacts[]>>;
  /** By name within the package, nested ones as `Outer.Inner`, in the order of declaration. */
  readonly messages: Readonly<Record<string, MessageFacts>>;
  readonly enums: Readonly<Record<string, EnumFacts>>;
}

/** All packages of proto/facts, by file name. */
export function loadFacts(): readonly PackageFacts[] {
  const folder = new URL('../../proto/facts/', import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): PackageFacts => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
}
