/**
 * Calls that succeed only after another one: what an authenticator signs, what a code proves, what an intent brings. The permission table has
 * but their refusals, so these are played over every protocol (flows.test.ts); docs/api-coverage.md counts them.
 */
import assert from 'node:assert/strict';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { UserService as BetaUserService } from '@zitadel/proto/zitadel/user/v2beta/user_service_pb.js';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { decodeBase32, totpCode } from '../../src/crypto/totp.ts';
import { Setting } from '../idp/setting.ts';
import type { Sent } from '../support/ask.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';

export interface World {
  readonly setting: Setting;
  readonly idpId: string;
}

export interface Flow {
  /** Path of the RPC that succeeds at its end. */
  readonly path: string;
  readonly rpc: (typeof UserService.method)[keyof typeof UserService.method] | typeof AuthService.method.verifyMyPasswordless;
  readonly play: (world: World, sent: Sent) => Promise<void>;
}

export async function newWorld(): Promise<World> {
  const setting = await Setting.start();
  return { setting, idpId: await setting.oauthProvider() };
}

const localhost = () => new SoftwareAuthenticator({ rpId: 'localhost' });
const urls = { case: 'urls' as const, value: { successUrl: 'https://a.example', failureUrl: 'https://b.example' } };

/** Of v2, and of v2beta by its own descriptors: the messages of these calls have the same fields in both. */
const ofUsers = (service: typeof UserService): readonly Flow[] => {
  const { method } = service;
  const flow = (rpc: Flow['rpc'], play: Flow['play']): Flow => ({ path: `/${service.typeName}/${rpc.name}`, rpc, play });
  const human = async ({ setting }: World) => (await setting.people.person({ kind: 'human' })).userId;
  return [
    flow(method.verifyPasskeyRegistration, async (world, sent) => {
      const userId = await human(world);
      const begun = await world.setting.here.get(method.registerPasskey, { userId, domain: 'localhost' }, sent);
      const publicKeyCredential = localhost().create(begun.publicKeyCredentialCreationOptions);
      const proof = { userId, passkeyId: begun.passkeyId, passkeyName: 'mine', publicKeyCredential };
      await world.setting.here.get(method.verifyPasskeyRegistration, proof, sent);
    }),
    flow(method.verifyU2FRegistration, async (world, sent) => {
      const userId = await human(world);
      const begun = await world.setting.here.get(method.registerU2F, { userId, domain: 'localhost' }, sent);
      const publicKeyCredential = localhost().create(begun.publicKeyCredentialCreationOptions);
      await world.setting.here.get(
        method.verifyU2FRegistration,
        { userId, u2fId: begun.u2fId, tokenName: 'mine', publicKeyCredential },
        sent,
      );
    }),
    flow(method.verifyTOTPRegistration, async (world, sent) => {
      const userId = await human(world);
      const { secret } = await world.setting.here.get(method.registerTOTP, { userId }, sent);
      const code = totpCode(decodeBase32(secret) ?? assert.fail(), BigInt(Math.floor(Date.now() / 30_000)));
      await world.setting.here.get(method.verifyTOTPRegistration, { userId, code }, sent);
    }),
    flow(method.startIdentityProviderIntent, async ({ setting, idpId }, sent) => {
      const { nextStep } = await setting.here.get(method.startIdentityProviderIntent, { idpId, content: urls }, sent);
      assert.equal(nextStep.case, 'authUrl');
    }),
    flow(method.retrieveIdentityProviderIntent, async ({ setting, idpId }, sent) => {
      const { intent_id: idpIntentId, token: idpIntentToken } = await setting.simulate('oauth', idpId);
      const { idpInformation } = await setting.here.get(method.retrieveIdentityProviderIntent, { idpIntentId, idpIntentToken }, sent);
      assert.equal(idpInformation?.userId, 'id');
    }),
    flow(method.addIDPLink, async (world, sent) => {
      const userId = await human(world);
      const idpLink = { idpId: world.idpId, userId: `at the provider ${userId}`, userName: 'there' };
      await world.setting.here.get(method.addIDPLink, { userId, idpLink }, sent);
    }),
  ];
};

const { addMyPasswordless, verifyMyPasswordless } = AuthService.method;

export const flows: readonly Flow[] = [
  ...ofUsers(UserService),
  ...ofUsers(BetaUserService as unknown as typeof UserService), // see above
  {
    path: `/${AuthService.typeName}/${verifyMyPasswordless.name}`,
    rpc: verifyMyPasswordless,
    async play({ setting }, { protocol }) {
      const owner = await setting.people.person({ kind: 'human' });
      const sent = { token: await setting.people.pat(owner), ...(protocol && { protocol }) };
      const { key } = await setting.here.get(addMyPasswordless, {}, sent);
      const made = localhost().create(JSON.parse(Buffer.from(key?.publicKey ?? []).toString()));
      const verification = { tokenName: 'mine', publicKeyCredential: Buffer.from(JSON.stringify(made)) };
      await setting.here.get(verifyMyPasswordless, { verification }, sent);
    },
  },
];
