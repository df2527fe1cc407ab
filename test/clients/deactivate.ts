/** What every stock client must see of DeactivateUser: the answer with its four details, and each refusal with code, text and detail. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { Keyward } from './keyward.ts';

/** The call as a client makes it; what it throws is turned into a refusal by the test of that client. */
export type Deactivate = (userId: string, token: string | undefined) => Promise<Details | Refusal>;

export interface Details {
  readonly sequence: bigint;
  readonly changeDate: Date;
  readonly creationDate: Date;
  readonly resourceOwner: string;
}

export interface Refusal {
  /** Number of the code in gRPC. */
  readonly code: number;
  readonly text: string;
  /** The decoded detail; undefined where there is none. */
  readonly detail: { readonly id: string; readonly message: string } | undefined;
}

const refused = (code: number, text: string, id?: string): Refusal =>
  id === undefined ? { code, text, detail: undefined } : { code, text: `${text} (${id})`, detail: { id, message: text } };

export const refusals = {
  again: refused(9, 'User already inactive', 'COMMAND-5gunjw0cd7'),
  unknown: refused(5, 'User could not be found', 'COMMAND-5gp2p62iin'),
  noToken: refused(16, 'auth header missing'),
  /** What `authorization: Bearer` without a token gets; some clients cannot send less. */
  emptyToken: refused(16, 'invalid auth header', 'AUTH-toLo1'),
  wrongToken: refused(16, 'Errors.Token.Invalid', 'AUTH-7fs1e'),
  noRole: refused(7, 'membership not found', 'AUTHZ-cdgFk'),
} as const;

interface Particulars {
  /** What a call without a token gets; some clients cannot make one. */
  readonly noToken?: Refusal;
  /** Why this client cannot be had here. */
  readonly skip?: string | undefined;
}

/** One suite for a client: success, its repetition, and each kind of refusal. */
export function deactivatesAsDocumented(
  client: string,
  keyward: Keyward,
  deactivate: Deactivate,
  { noToken = refusals.noToken, skip }: Particulars = {},
): void {
  describe(client, { skip }, () => {
    it('switches a user off and reads the four details', async () => {
      const before = Date.now();
      const answer = await deactivate(await keyward.newUser(), keyward.owner);
      assert.ok('sequence' in answer, `refused: ${inspect(answer)}`);
      assert.ok(answer.sequence > 1n);
      assert.match(answer.resourceOwner, /^\d{15,}$/);
      assert.ok(
        answer.changeDate.getTime() >= before - 1000 && answer.changeDate.getTime() <= Date.now() + 1000,
        String(answer.changeDate),
      );
      assert.ok(answer.creationDate <= answer.changeDate && answer.creationDate.getTime() >= before - 1000, String(answer.creationDate));
    });

    it('reads code, text and detail of the second call', async () => {
      const userId = await keyward.newUser();
      assert.ok('sequence' in (await deactivate(userId, keyward.owner)));
      assert.deepEqual(await deactivate(userId, keyward.owner), refusals.again);
    });

    it('reads that a user is unknown', async () => assert.deepEqual(await deactivate('4711', keyward.owner), refusals.unknown));
    it('is refused without a token', async () => assert.deepEqual(await deactivate('4711', undefined), noToken));
    it('is refused with a wrong token', async () => assert.deepEqual(await deactivate('4711', 'wrong'), refusals.wrongToken));

    it('is refused without a role, alike for a user that exists and one that does not', async () => {
      assert.deepEqual(await deactivate(await keyward.newUser(), keyward.stranger), refusals.noRole);
      assert.deepEqual(await deactivate('4711', keyward.stranger), refusals.noRole);
    });
  });
}
