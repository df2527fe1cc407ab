/** `@zitadel/client` as it comes from npm: its server transport (gRPC) and its web transport (gRPC-Web). */
import { createClientFor } from '@zitadel/client';
import { createServerTransport } from '@zitadel/client/node';
import { createUserServiceClient } from '@zitadel/client/v2';
import { createClientTransport } from '@zitadel/client/web';
import { UserService } from '@zitadel/proto/zitadel/user/v2/user_service_pb.js';
import { seen } from './connect.ts';
import { type Deactivate, deactivatesAsDocumented, refusals } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const transports = { 'server transport': createServerTransport, 'web transport': createClientTransport };
const clients = { createClientFor: createClientFor(UserService), createUserServiceClient };

for (const [transport, create] of Object.entries(transports))
  for (const [client, clientOf] of Object.entries(clients)) {
    const name = `@zitadel/client, ${client} on its ${transport}`;
    const deactivate: Deactivate = (userId, token = '') =>
      seen(() => clientOf(create(token, { baseUrl: keyward.url })).deactivateUser({ userId }));
    deactivatesAsDocumented(name, keyward, deactivate, { noToken: refusals.emptyToken });
  }
