/** What an RPC asks of its caller, as words: from the contract, and from the table that the tests hold the product against (permissions.json). */
import type { Method } from '../contract/method.ts';
import table from './permissions.json' with { type: 'json' };

export interface Permission {
  /** `user.write`, `any token`, `none` */
  readonly short: string;
  /** Whole sentences, with names in backticks. */
  readonly text: string;
  readonly isPublic: boolean;
  /** Whether the organization of the call counts, which the header can name. */
  readonly inContext: boolean;
}

interface Need {
  readonly on: string;
  readonly needs?: string;
  readonly or?: string;
  readonly self?: string;
}

const needs: Readonly<Record<string, readonly Need[]>> = table;

const places: Readonly<Record<string, string>> = {
  user: 'in the organization of the user',
  session: 'in the organization of the session’s user',
  project: 'in the organization of the project, or on the project itself',
  organization: 'in the organization that the request names',
  context: 'in the organization of the call (header `x-zitadel-orgid`, else that of the caller)',
  instance: 'on the instance',
  system: 'in the system, which only system users hold',
};

export function permissionOf({ path, permission }: Method): Permission {
  const isPublic = permission === undefined;
  const stated = permission === 'authenticated' || isPublic ? undefined : permission;
  const rows = needs[path] ?? [{ on: 'context', ...(stated !== undefined && { needs: stated }) }];
  const names = [...new Set(rows.flatMap(({ needs, or }) => [needs, or]).filter((name) => name !== undefined))];
  return {
    short: isPublic ? 'none' : names.join(' or ') || 'any token',
    text: isPublic ? 'None: the call needs no token.' : [...new Set(rows.map(sentence))].join(' '),
    isPublic,
    inContext: rows.some(({ on }) => on === 'context'),
  };
}

function sentence({ on, needs, or, self }: Need): string {
  if (on === 'oneself') return 'Any valid token: the call is about the caller alone.';
  if (on === 'code') return 'Any valid token; the code stands for the permission.';
  if (needs === undefined) return 'Any valid token.';
  const names = [needs, or].filter((name) => name !== undefined).map((name) => `\`${name}\``);
  if (on === 'list')
    return `Any valid token; the answer holds what the caller may see (${names.join(' or ')})${self === undefined ? '' : ', and the own user'}.`;
  const own = self === undefined ? '' : self === 'nothing' ? ' For the own user none is needed.' : ` For the own user: \`${self}\`.`;
  return `${names.join(' or ')} ${places[on] ?? ''}.${own}`;
}
