/** The request samples are run as they are printed, in every language that this machine has: four calls, each with success and failure. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import type { SampleCall } from '../../src/docs/samples/call.ts';
import { samples } from '../../src/docs/samples/index.ts';
import { startKeyward } from '../clients/keyward.ts';
import { missing, overGrpc, prepared, type Ran } from './runtimes.ts';

const keyward = await startKeyward();
const user = 'zitadel.user.v2.UserService';
const session = 'zitadel.session.v2.SessionService';

/** About one user, a new one for each language; in the names, what means something between the quotes of some language. */
function callsAbout(userId: string) {
  const human = {
    profile: { givenName: 'Ada \'O"', familyName: '$Love #{lace} `x` \\n' },
    email: { email: `${userId}@example.com`, isVerified: true },
  };
  const made = { organizationId: keyward.orgId, userId, username: userId, human };
  const begun = { checks: { user: { loginName: userId } } };
  return {
    CreateUser: call('POST', '/v2/users/new', made, user, 'CreateUser', made),
    GetUserByID: call('GET', `/v2/users/${userId}`, undefined, user, 'GetUserByID', { userId }),
    CreateSession: call('POST', '/v2/sessions', begun, session, 'CreateSession', begun),
    DeactivateUser: call('POST', `/v2/users/${userId}/deactivate`, undefined, user, 'DeactivateUser', { userId }),
  };
}

type Call = keyof ReturnType<typeof callsAbout>;

interface Step {
  readonly it: string;
  readonly call: Call;
  readonly token: string;
  readonly status: number;
  /** In what is printed, however it is laid out. */
  readonly printed: (userId: string) => RegExp;
}

const { owner } = keyward;
/** One after another: the later ones rest on what the earlier ones did. */
const steps: readonly Step[] = [
  { it: 'creates a user', call: 'CreateUser', token: owner, status: 200, printed: (userId) => new RegExp(`"id": ?"${userId}"`) },
  { it: 'is told that there is such a user', call: 'CreateUser', token: owner, status: 400, printed: () => /COMMAND-7yiox1isql/ },
  { it: 'reads the user', call: 'GetUserByID', token: owner, status: 200, printed: () => /"familyName": ?"\$Love #\{lace\} `x` \\\\n"/ },
  { it: 'reads nothing with a wrong token', call: 'GetUserByID', token: 'wrong', status: 401, printed: () => /AUTH-7fs1e/ },
  { it: 'begins a session', call: 'CreateSession', token: owner, status: 201, printed: () => /"sessionToken": ?"/ },
  { it: 'switches the user off', call: 'DeactivateUser', token: owner, status: 200, printed: () => /"changeDate": ?"/ },
  { it: 'is told that the user is off', call: 'DeactivateUser', token: owner, status: 400, printed: () => /COMMAND-5gunjw0cd7/ },
  { it: 'begins no session of a user who is off', call: 'CreateSession', token: owner, status: 400, printed: () => /SESSION-Gj4ko/ },
];

const verdicts = new Map<string, string>();
const reasons = new Map(await Promise.all(samples.map(async ({ id }) => [id, await missing(id)] as const)));

describe('a sample', { concurrency: 2 }, () => {
  for (const { id, label, render } of samples) {
    const skip = reasons.get(id);
    verdicts.set(label, skip === undefined ? 'failed' : `skipped: ${skip}`);
    describe(label, { concurrency: 1, ...(skip === undefined ? {} : { skip }) }, () => {
      const userId = `sample-${id}`;
      let run: (name: Call, token: string) => Promise<Ran>;
      let passed = 0;

      before(async () => {
        const calls = Object.entries(callsAbout(userId)).map(([name, about]) => [name, render(about)]);
        run = await prepared(id, Object.fromEntries(calls) as Record<Call, string>); // of the same names
      });

      for (const { it: does, call: name, token, status, printed } of steps)
        it(`${does} (${name})`, async () => {
          const { exit, out, said } = await run(name, token);
          const shown = `exit ${exit}\n${out}${said}`;
          assert.equal(exit === 0, status < 400, shown);
          assert.match(out + said, printed(userId), shown);
          if (!overGrpc.has(id)) assert.equal(out.trimEnd().split('\n').at(-1), String(status), shown);
          if (++passed === steps.length) verdicts.set(label, 'ok');
        });
    });
  }
});

after(() => {
  const width = Math.max(...samples.map(({ label }) => label.length));
  for (const [label, verdict] of verdicts) console.log(`${label.padEnd(width)}  ${verdict}`);
});

function call(
  method: SampleCall['method'],
  path: string,
  body: JsonValue | undefined,
  service: string,
  name: string,
  message: JsonValue,
): SampleCall {
  return { method, path, body, origin: keyward.url, rpc: { service, name, message } };
}
