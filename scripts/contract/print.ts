/** One .proto file as text: from the facts of its package, the sentences and doors of scripts/contract/rpcs. */
import type { EnumFacts, FieldFacts, MessageFacts, RpcFacts, RuleFacts } from './facts.ts';
import type { ProtoFile } from './layout.ts';
import { type Rpcs, rpcTables, typeWords } from './rpcs/index.ts';

/** `home` gives the file in which a full type name is declared. */
export function print(file: ProtoFile, home: (type: string) => string): string {
  const body = [
    ...file.services.map((name) => printService(file, name)),
    ...file.messages.map((name) => printMessage(file, name, '')),
    ...file.enums.map((name) => printEnum(file, name, '')),
  ].join('\n');
  const imports = importsOf(file, body, home).map((path) => `import "${path}";\n`);
  return [
    '// Written by scripts/generate.ts from proto/facts; change those or scripts/contract, then `npm run generate`.\n',
    'syntax = "proto3";\n\n',
    `package ${file.facts.package};\n`,
    ...(imports.length > 0 ? ['\n', ...imports] : []),
    '\n',
    body,
  ].join('');
}

function printService(file: ProtoFile, name: string): string {
  const full = `${file.facts.package}.${name}`;
  const table: Rpcs | undefined = rpcTables[full];
  if (table === undefined) throw new Error(`scripts/contract/rpcs has no table for ${full}`);
  const rpcs = file.facts.services[name] ?? [];
  const unknown = Object.keys(table.rpcs).filter((row) => !rpcs.some((rpc) => rpc.name === row));
  if (unknown.length > 0) throw new Error(`scripts/contract/rpcs: ${full} has no RPC ${unknown.join(', ')}`);
  return [`// ${table.text}`, `service ${name} {`, rpcs.map((rpc) => printRpc(file, full, rpc, table)).join('\n'), '}', ''].join('\n');
}

function printRpc(file: ProtoFile, service: string, rpc: RpcFacts, table: Rpcs): string {
  const row = table.rpcs[rpc.name];
  if (row === undefined) throw new Error(`scripts/contract/rpcs: ${service}/${rpc.name} has no row; say what it does and which door it is`);
  const [door, text] = row;
  const access = [
    ...(rpc.permission === undefined ? [] : [`permission: ${quote(rpc.permission)}`]),
    ...(rpc.orgField === undefined ? [] : [`org_field: ${quote(rpc.orgField)}`]),
    ...(rpc.successCode === undefined ? [] : [`success_code: ${rpc.successCode}`]),
    `door: DOOR_${door.toUpperCase()}`,
  ];
  return [
    `  // ${text}`,
    `  rpc ${rpc.name}(${relative(file, rpc.request, '')}) returns (${relative(file, rpc.response, '')}) {`,
    ...(rpc.deprecated ? ['    option deprecated = true;'] : []),
    ...printRoutes(rpc),
    `    option (keyward.v1.access) = {`,
    ...access.map((line) => `      ${line}`),
    '    };',
    '  }',
  ].join('\n');
}

function printRoutes(rpc: RpcFacts): readonly string[] {
  const [route, more] = rpc.http ?? [];
  if (route === undefined) return [];
  if (more !== undefined) throw new Error(`${rpc.name} has several routes`);
  const { body, ...verbs } = route;
  const lines = Object.entries(verbs).map(([verb, path]) => `${verb.toLowerCase()}: ${quote(path)}`);
  if (body !== undefined) lines.push(`body: ${quote(body)}`);
  return ['    option (google.api.http) = {', ...lines.map((line) => `      ${line}`), '    };'];
}

function printMessage(file: ProtoFile, name: string, indent: string): string {
  const message = file.facts.messages[name];
  if (message === undefined) throw new Error(`no message ${name}`);
  const text = typeWords[`${file.facts.package}.${name}`];
  const inner = `${indent}  `;
  const isNested = (other: string): boolean => other.startsWith(`${name}.`) && !other.slice(name.length + 1).includes('.');
  const parts = [
    ...reserved(message, inner),
    ...Object.keys(file.facts.enums)
      .filter(isNested)
      .map((nested) => printEnum(file, nested, inner).trimEnd()),
    ...Object.keys(file.facts.messages)
      .filter(isNested)
      .map((nested) => printMessage(file, nested, inner).trimEnd()),
    ...printFields(file, name, message, inner),
  ];
  const head = `${indent}message ${name.split('.').at(-1)} {`;
  return [
    ...(text === undefined ? [] : [`${indent}// ${text}`]),
    ...(parts.length === 0 ? [`${head}}`] : [head, ...parts, `${indent}}`]),
    '',
  ].join('\n');
}

function reserved(message: MessageFacts, indent: string): readonly string[] {
  const ranges = (message.reserved ?? []).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const names = (message.reservedNames ?? []).map(quote);
  return [ranges, names].filter((list) => list.length > 0).map((list) => `${indent}reserved ${list.join(', ')};`);
}

function printFields(file: ProtoFile, name: string, message: MessageFacts, indent: string): readonly string[] {
  const lines: string[] = [];
  let open: string | undefined;
  const closed = new Set<string>();
  for (const field of message.fields) {
    if (open !== undefined && field.oneof !== open) {
      lines.push(`${indent}}`);
      closed.add(open);
      open = undefined;
    }
    if (field.oneof !== undefined && open === undefined) {
      if (closed.has(field.oneof)) throw new Error(`${name}: the members of ${field.oneof} are apart`);
      open = field.oneof;
      lines.push(`${indent}oneof ${open} {`);
      if (message.requiredOneofs?.includes(open)) lines.push(`${indent}  option (keyward.v1.required) = true;`);
    }
    lines.push(printField(file, name, field, open === undefined ? indent : `${indent}  `));
  }
  if (open !== undefined) lines.push(`${indent}}`);
  return lines;
}

function printField(file: ProtoFile, owner: string, field: FieldFacts, indent: string): string {
  const label = field.repeated ? 'repeated ' : field.optional ? 'optional ' : '';
  const map = /^map<(\w+), (.+)>$/.exec(field.type);
  const type = map?.[2] !== undefined ? `map<${map[1]}, ${relative(file, map[2], owner)}>` : relative(file, field.type, owner);
  const options = [
    ...(field.deprecated ? ['deprecated = true'] : []),
    ...(field.required ? ['(google.api.field_behavior) = REQUIRED'] : []),
    ...(field.rules === undefined ? [] : [`(keyward.v1.rules) = {${printRules(field.rules)}}`]),
  ];
  return `${indent}${label}${type} ${field.name} = ${field.number}${options.length > 0 ? ` [${options.join(', ')}]` : ''};`;
}

/** `{"string":{"minLen":"1"}}` → `string: {min_len: 1}`. */
function printRules(rules: RuleFacts): string {
  return Object.entries(rules)
    .map(
      ([kind, of]) =>
        `${kind}: {${Object.entries(of)
          .map(([name, value]) => printRule(kind, name, value))
          .join(', ')}}`,
    )
    .join(', ');
}

function printRule(kind: string, name: string, value: unknown): string {
  const key = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  // Nested rules are the only objects in the facts of rules.
  if (name === 'items') return `${key}: {${printRules(value as RuleFacts)}}`;
  if (Array.isArray(value)) return `${key}: [${value.join(', ')}]`;
  const isText = kind === 'duration' || name === 'prefix' || name === 'pattern';
  return `${key}: ${typeof value === 'string' && isText ? quote(value) : value}`;
}

function printEnum(file: ProtoFile, name: string, indent: string): string {
  const facts: EnumFacts | undefined = file.facts.enums[name];
  if (facts === undefined) throw new Error(`no enum ${name}`);
  const text = typeWords[`${file.facts.package}.${name}`];
  return [
    ...(text === undefined ? [] : [`${indent}// ${text}`]),
    `${indent}enum ${name.split('.').at(-1)} {`,
    ...(facts.alias ? [`${indent}  option allow_alias = true;`] : []),
    ...Object.entries(facts.values).map(([value, number]) => `${indent}  ${value} = ${number};`),
    `${indent}}`,
    '',
  ].join('\n');
}

/** The shortest name that still finds the type from within `owner`: protobuf looks from the innermost scope outwards. */
function relative(file: ProtoFile, type: string, owner: string): string {
  const prefix = `${file.facts.package}.`;
  if (!type.startsWith(prefix)) return type;
  const name = type.slice(prefix.length);
  const first = name.split('.')[0];
  for (let scope = owner; scope !== ''; scope = scope.split('.').slice(0, -1).join('.')) {
    const inner = `${scope}.${first}`;
    if (inner in file.facts.messages || inner in file.facts.enums) {
      return type.startsWith(`${prefix}${scope}.`) ? type.slice(prefix.length + scope.length + 1) : `.${type}`;
    }
  }
  return name;
}

function importsOf(file: ProtoFile, body: string, home: (type: string) => string): readonly string[] {
  const types = new Set<string>();
  for (const name of file.services) for (const rpc of file.facts.services[name] ?? []) types.add(rpc.request).add(rpc.response);
  for (const [name, message] of Object.entries(file.facts.messages)) {
    if (!file.messages.includes(name.split('.')[0] ?? '')) continue;
    for (const field of message.fields) types.add(/^map<\w+, (.+)>$/.exec(field.type)?.[1] ?? field.type);
  }
  const paths = new Set([...types].filter((type) => type.includes('.')).map(home));
  if (body.includes('(google.api.http)')) paths.add('google/api/annotations.proto');
  if (body.includes('(google.api.field_behavior)')) paths.add('google/api/field_behavior.proto');
  if (body.includes('(keyward.v1.')) paths.add('keyward/v1/options.proto');
  paths.delete(file.path);
  return [...paths].sort();
}

const quote = (text: string): string => JSON.stringify(text);
