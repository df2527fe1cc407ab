/** Invites: a code that proves the address of somebody who has no way to log in yet (reference/user-credentials-v2.md 10). */
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import { isLinked } from '../idp/link.ts';
import { authenticators } from './authenticator.ts';
import { dropCodes, endedWith, fits, newCode, refuseCode, spent, storedCode } from './code.ts';
import { byCode } from './contact-code.ts';
import { errors } from './errors.ts';
import { checkTemplate } from './template.ts';
import { type Changed, changeUser, type Decision, isOff, kinds, type User } from './user.ts';

export interface InviteMedium {
  readonly returned: boolean;
  readonly template: string | undefined;
  readonly applicationName: string | undefined;
}

export interface Invited {
  readonly done: Changed;
  readonly code: string | undefined;
}

/**
 * CreateInviteCode. What is not said of the mail is as in the invite before. A returned code goes to those who may write the user, never to
 * himself, since it proves his address.
 */
export function createInvite(call: Call, userId: string, { returned, template, applicationName }: InviteMedium): Promise<Invited> {
  checkTemplate(template);
  return invite(call, userId, { self: !returned }, async () => {
    const before = await storedCode(call, userId, 'invite');
    return { returned, template: template ?? before?.template, applicationName: applicationName ?? before?.applicationName };
  });
}

/** ResendInviteCode: where one was sent, and not used up. */
export function resendInvite(call: Call, userId: string): Promise<Invited> {
  return invite(call, userId, { self: true }, async () => {
    const before = await storedCode(call, userId, 'invite');
    if (!before || before.returned || spent(before)) throw new Failure(errors.inviteNone);
    return { returned: false, template: before.template, applicationName: before.applicationName };
  });
}

function invite(call: Call, userId: string, { self }: { readonly self: boolean }, medium: () => Promise<InviteMedium>): Promise<Invited> {
  if (userId.trim() === '') throw new Failure(errors.inviteIdMissing);
  return changeUser(call, userId, { permission: 'user.write', self, ranked: true }, errors.inviteUserNotFound, async (user) => {
    if (user.kind !== kinds.human) throw new Failure(errors.inviteUserNotFound);
    if (isOff(user)) throw new Failure(errors.notActive);
    if (await canLogIn(call, user)) throw new Failure(errors.alreadyInitialised);
    const code = newCode('invite', await medium());
    return {
      change: { events: [code.event], quiet: true, codes: [code] },
      answer: (done) => ({ done, code: code.returned ? code.code : undefined }),
    };
  });
}

/** He has a first factor; second factors do not count. */
async function canLogIn(call: Call, { password_hash, user_id }: User): Promise<boolean> {
  if (password_hash !== null || (await isLinked(call, user_id))) return true;
  return (await authenticators(call, user_id)).some(({ kind, ready }) => kind === 'passkey' && ready);
}

/** VerifyInviteCode: the code is the proof; it proves the address that it went to. */
export function verifyInvite(call: Call, userId: string, given: string): Promise<Changed> {
  return changeUser(call, userId, byCode(errors.inviteCodeWrong), errors.invitedNotFound, async (user): Promise<Decision<Changed>> => {
    if (user.kind !== kinds.human) throw new Failure(errors.invitedNotFound);
    if (!fits(await storedCode(call, userId, 'invite'), given)) return refuseCode('invite', errors.inviteCodeWrong);
    return {
      change: {
        events: [{ type: 'user.human.invite.check.succeeded' }, { type: 'user.human.email.verified' }],
        profile: { email_verified: true },
        also: (sql) => dropCodes(sql, endedWith.email),
      },
      answer: (done) => done,
    };
  });
}
