/** Field rules, compiled once into functions that give the text of the first violation, as the original words it (reference/transport.md 14). */
import type { DescField, DescMessage, DescOneof, Message } from '@bufbuild/protobuf';
import { type Check, checkItems, checkMapValues, checkValue } from './check.ts';
import { goMessageName, goName } from './go-name.ts';
import { property } from './property.ts';
import { ownRules, type RuleSource } from './rules.ts';

export type Validate = (message: Message) => string | undefined;

const passes: Validate = () => undefined;

/** What a message without any rule, however deep, gets: the caller may compare, to skip the call. */
export const noRules: Validate = passes;

/** Gives the validator of a message type; the same one each time. */
export function compiler(source: RuleSource = ownRules): (message: DescMessage) => Validate {
  const compiled = new Map<DescMessage, Validate>();
  const reaching = new Map<DescMessage, boolean>();

  function validatorOf(message: DescMessage): Validate {
    const known = compiled.get(message);
    if (known !== undefined) return known;
    if (!reachesRules(message, source, reaching)) {
      compiled.set(message, passes);
      return passes;
    }
    // Types may contain themselves (AndQuery holds SearchQuery holds AndQuery): the entry stands before its parts are compiled.
    let steps: readonly Validate[] = [];
    const validate: Validate = (value) => {
      for (const step of steps) {
        const violation = step(value);
        if (violation !== undefined) return violation;
      }
      return undefined;
    };
    compiled.set(message, validate);
    steps = stepsOf(message, source, embedded);
    return validate;
  }

  function embedded(message: DescMessage): Validate | undefined {
    const validate = validatorOf(message);
    return validate === passes ? undefined : validate;
  }

  return validatorOf;
}

/** Fields outside of oneofs, then oneofs, then `optional` fields; each in the order of declaration. */
function stepsOf(message: DescMessage, source: RuleSource, embedded: (message: DescMessage) => Validate | undefined): readonly Validate[] {
  const owner = goMessageName(message);
  const optional = new Set(message.fields.filter((field) => field.proto.proto3Optional));
  const alone = message.fields.filter((field) => field.oneof === undefined && !optional.has(field));
  return [
    ...alone.map((field) => fieldStep(owner, field, source, embedded)),
    ...message.oneofs.map((oneof) => oneofStep(owner, oneof, source, embedded)),
    ...[...optional].map((field) => presentStep(owner, field, source, embedded)),
  ].filter((step) => step !== undefined);
}

type Embedded = (message: DescMessage) => Validate | undefined;

function fieldStep(owner: string, field: DescField, source: RuleSource, embedded: Embedded): Validate | undefined {
  const at = `invalid ${owner}.${goName(field.name)}`;
  const name = field.localName;
  const rules = source.field(field);
  if (field.fieldKind === 'list') {
    const check = checkItems(field, rules, embedded);
    return check && ((message) => place(at, check(property(message, name))));
  }
  if (field.fieldKind === 'map') {
    const check = checkMapValues(field, embedded);
    return check && ((message) => place(at, check(property(message, name))));
  }
  const check = checkValue(field, rules, embedded);
  return check && ((message) => place(at, check(property(message, name))));
}

/** Where the reason begins with an index (`[2]: …`), it stands directly behind the field. */
function place(at: string, reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  return reason.startsWith('[') ? at + reason : `${at}: ${reason}`;
}

function presentStep(owner: string, field: DescField, source: RuleSource, embedded: Embedded): Validate | undefined {
  const step = fieldStep(owner, field, source, embedded);
  return step && ((message) => (property(message, field.localName) === undefined ? undefined : step(message)));
}

function oneofStep(owner: string, oneof: DescOneof, source: RuleSource, embedded: Embedded): Validate | undefined {
  const isRequired = source.isRequired(oneof);
  const checks = new Map<string, { readonly at: string; readonly check: Check }>();
  for (const field of oneof.fields) {
    if (field.fieldKind === 'list' || field.fieldKind === 'map') continue;
    const check = checkValue(field, source.field(field), embedded);
    if (check !== undefined) checks.set(field.localName, { at: `invalid ${owner}.${goName(field.name)}`, check });
  }
  if (!isRequired && checks.size === 0) return undefined;
  const missing = `invalid ${owner}.${goName(oneof.name)}: value is required`;
  return (message) => {
    // The shape that protobuf-es gives to every oneof.
    const member = property(message, oneof.localName) as { readonly case: string | undefined; readonly value?: unknown };
    if (member.case === undefined) return isRequired ? missing : undefined;
    const found = checks.get(member.case);
    return found && place(found.at, found.check(member.value));
  };
}

/** Whether the type, or one that it contains, has a rule; looked up for cycles too, so decided on the whole graph. */
function reachesRules(message: DescMessage, source: RuleSource, known: Map<DescMessage, boolean>): boolean {
  const seen = new Set<DescMessage>([message]);
  for (const type of seen) {
    const before = known.get(type);
    if (before === true || (before === undefined && hasOwnRules(type, source))) {
      known.set(message, true);
      return true;
    }
    if (before === false) continue;
    for (const field of type.fields) if (field.message !== undefined) seen.add(field.message);
  }
  for (const type of seen) known.set(type, false);
  return false;
}

function hasOwnRules(message: DescMessage, source: RuleSource): boolean {
  return message.oneofs.some((oneof) => source.isRequired(oneof)) || message.fields.some(source.hasRules);
}
