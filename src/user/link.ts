/**
 * Links of users to accounts at identity providers (reference/user-credentials-v2.md 8.5). No provider can be set up yet, so none can be
 * linked, and there are none to list or remove; who may ask is decided all the same.
 */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { changeUser, type Rule } from './user.ts';

const rule: Rule = { permission: 'user.write', self: true, ranked: true };

export function addLink(call: Call, userId: string): Promise<never> {
  return changeUser<never>(call, userId, rule, errors.linkUserNotFound, () => {
    throw new Failure(errors.idpUnknown);
  });
}

export function removeLink(call: Call, userId: string): Promise<never> {
  return changeUser<never>(call, userId, rule, errors.linkNotFound, () => {
    throw new Failure(errors.linkNotFound);
  });
}
