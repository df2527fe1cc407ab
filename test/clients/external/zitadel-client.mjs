// npm `@zitadel/client`: gRPC, with the services of v2.
import { createServerTransport } from '@zitadel/client/node';
import { createUserServiceClient } from '@zitadel/client/v2';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';

const { BASE_URL: baseUrl, TOKEN, USER_ID: userId, ORG_ID: organizationId } = process.env;
const say = (step, told) => console.log(JSON.stringify({ step, ...told }));
const users = createUserServiceClient(createServerTransport(TOKEN, { baseUrl }));

const made = await users.addHumanUser({
  userId,
  organization: { org: { case: 'orgId', value: organizationId } },
  profile: { givenName: 'Ada', familyName: 'Lovelace' },
  email: { email: `${userId}@example.com`, verification: { case: 'isVerified', value: true } },
});
say('create', { userId: made.userId });
const { user } = await users.getUserByID({ userId });
say('read', { userId: user.userId, name: user.type.value.profile.givenName });
await users.deactivateUser({ userId });
say('deactivate', {});
try {
  await users.deactivateUser({ userId });
} catch (error) {
  const [detail] = error.findDetails(ErrorDetailSchema);
  say('refused', { code: error.code, id: detail?.id });
}
