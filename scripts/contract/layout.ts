/** Which .proto file each type of the facts is written to: requests, responses and the service in one, what they share in another. */
import type { PackageFacts } from './facts.ts';

export interface ProtoFile {
  /** Path below proto/. */
  readonly path: string;
  readonly facts: PackageFacts;
  readonly services: readonly string[];
  /** Outermost messages, in the order of the facts. */
  readonly messages: readonly string[];
  readonly enums: readonly string[];
}

/**
 * Packages that are written under the names that the published v1 and v2beta files import, so that a client
 * that collects both by reflection meets each symbol in one file only. `only` leaves out what v2 does not use.
 */
const fixed: Readonly<Record<string, readonly { readonly path: string; readonly only: readonly string[] }[]>> = {
  'zitadel.v1': [
    {
      path: 'zitadel/object.proto',
      only: ['ObjectDetails', 'ListQuery', 'ListDetails', 'TextQueryMethod', 'ListQueryMethod', 'TimestampQueryMethod'],
    },
    { path: 'zitadel/message.proto', only: ['ErrorDetail', 'CredentialsCheckError', 'LocalizedMessage'] },
  ],
  // group.v2 shows a user in the form of authorization.v2beta.
  'zitadel.authorization.v2beta': [{ path: 'zitadel/authorization/v2beta/authorization.proto', only: ['User'] }],
};

export function layOut(facts: PackageFacts): readonly ProtoFile[] {
  const messages = Object.keys(facts.messages).filter(isOutermost);
  const enums = Object.keys(facts.enums).filter(isOutermost);
  const parts = fixed[facts.package];
  if (parts !== undefined) {
    return parts.map(({ path, only }) => ({
      path,
      facts,
      services: [],
      messages: messages.filter((name) => only.includes(name)),
      enums: enums.filter((name) => only.includes(name)),
    }));
  }
  const folder = facts.package.replaceAll('.', '/');
  const concept = facts.package.split('.').at(-2);
  const services = Object.keys(facts.services);
  const own = services.length === 0 ? new Set<string>() : ofTheService(facts, messages);
  const shared = { path: `${folder}/${concept}.proto`, facts, services: [], messages: messages.filter((name) => !own.has(name)), enums };
  const service = {
    path: `${folder}/${concept}_service.proto`,
    facts,
    services,
    messages: messages.filter((name) => own.has(name)),
    enums: [],
  };
  return [shared, service].filter((file) => file.services.length + file.messages.length + file.enums.length > 0);
}

const isOutermost = (name: string): boolean => !name.includes('.');

/** Requests, responses, and every message that mentions one of them (imports may not run in a circle). */
function ofTheService(facts: PackageFacts, messages: readonly string[]): ReadonlySet<string> {
  const own = new Set(messages.filter((name) => /(Request|Response)$/.test(name)));
  for (let grew = true; grew; ) {
    grew = false;
    for (const name of messages) {
      if (own.has(name)) continue;
      const mentions = Object.entries(facts.messages)
        .filter(([key]) => key === name || key.startsWith(`${name}.`))
        .flatMap(([, message]) => message.fields.map((field) => outermost(field.type, facts.package)));
      if (mentions.some((type) => type !== undefined && own.has(type))) {
        own.add(name);
        grew = true;
      }
    }
  }
  return own;
}

/** `zitadel.user.v2.A.B` → `A` within its own package. */
function outermost(type: string, ownPackage: string): string | undefined {
  return type.startsWith(`${ownPackage}.`) ? type.slice(ownPackage.length + 1).split('.')[0] : undefined;
}
