/** Where our contract departs from the facts of the original, by decision; said in docs/differences.md. */
import type { PackageFacts } from './facts.ts';

/**
 * Oneofs that are required here and not on the original, which answers 501 with an internal text when nothing is set
 * (a client's mistake: DESIGN.md 8). Full message name → oneofs.
 */
export const requiredHere: Readonly<Record<string, readonly string[]>> = {
  'zitadel.user.v2.UpdateUserRequest': ['user_type'],
  'zitadel.org.v2.AddOrganizationRequest.Admin': ['user_type'],
};

export function decide(facts: PackageFacts): PackageFacts {
  const messages = Object.entries(facts.messages).map(([name, message]) => {
    const added = requiredHere[`${facts.package}.${name}`];
    return [name, added === undefined ? message : { ...message, requiredOneofs: [...(message.requiredOneofs ?? []), ...added] }] as const;
  });
  return { ...facts, messages: Object.fromEntries(messages) };
}
