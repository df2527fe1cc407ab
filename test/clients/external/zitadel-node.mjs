// npm `@zitadel/node`: gRPC by nice-grpc, with the services of v1 and v2beta.
import { readFileSync } from 'node:fs';
import { createAccessTokenInterceptor, createServiceAccountInterceptor, createUserClient } from '@zitadel/node/dist/api/index.js';
import { ServiceAccount } from '@zitadel/node/dist/credentials/index.js';

const { BASE_URL, TOKEN, USER_ID: userId, ORG_ID: orgId, KEY_FILE } = process.env;
const say = (step, told) => console.log(JSON.stringify({ step, ...told }));
const users = createUserClient(BASE_URL, createAccessTokenInterceptor(TOKEN));

const made = await users.addHumanUser({
  userId,
  organization: { orgId },
  profile: { givenName: 'Ada', familyName: 'Lovelace' },
  email: { email: `${userId}@example.com`, isVerified: true },
});
say('create', { userId: made.userId });
const { user } = await users.getUserByID({ userId });
say('read', { userId: user.userId, name: user.human.profile.givenName });
await users.deactivateUser({ userId });
say('deactivate', {});
await users.deactivateUser({ userId }).catch((error) => {
  say('refused', { code: error.code, id: /\((\S+)\)$/.exec(error.details)?.[1] });
});

const account = ServiceAccount.fromJson(JSON.parse(readFileSync(KEY_FILE, 'utf8')));
const byKey = createUserClient(BASE_URL, createServiceAccountInterceptor(BASE_URL, account, { apiAccess: true }));
say('key', { userId: (await byKey.getUserByID({ userId })).user.userId });
