/** CreateInstance: a tenant for somebody else, owned by a person or a machine of his (reference/v1-minimum.md, SystemService). */
import type {
  CreateInstanceRequest,
  CreateInstanceRequest_Human,
  CreateInstanceRequest_Machine,
} from '@zitadel/proto/zitadel/system_pb.js';
import type { SystemCall } from '../access/call.ts';
import { defaults } from '../access/policy.ts';
import { newToken } from '../access/token.ts';
import { Failure } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { chosenDomain, createInstance, generatedDomain, labelOf, type NewHuman, type NewMachine } from '../instance/create.ts';
import { DEFAULT_LANGUAGE, supportedLanguage } from '../settings/language.ts';
import { checkEmail } from '../user/contact.ts';
import { planKey } from '../user/key.ts';
import { checkComplexity } from '../user/password.ts';
import { expiryOf } from '../user/pat.ts';
import { languageTag } from '../user/profile.ts';
import { errors } from './errors.ts';

export interface AddedInstance {
  readonly instanceId: string;
  readonly orgId: string;
  /** Of the machine that owns it; shown once, empty where none was asked for. */
  readonly pat: string;
  /** As above: the file with the private key. */
  readonly machineKey: Uint8Array;
  readonly sequence: bigint;
  readonly at: string;
}

/** Its domain leads to it on every node as soon as this resolves: an unknown host is never answered from memory (access/tenant.ts). */
export async function addInstance(call: SystemCall, request: CreateInstanceRequest): Promise<AddedInstance> {
  const { instanceName, firstOrgName, customDomain, defaultLanguage, owner: wanted } = request;
  const { externalDomain } = call;
  if (wanted.case === undefined) throw new Error('an instance without an owner has passed validation');
  const language = supportedLanguage(defaultLanguage || DEFAULT_LANGUAGE);
  if (language === undefined) throw new Failure(errors.languageUnknown);
  const name = instanceName.trim();
  const orgName = firstOrgName.trim() || name;
  if (name === '') throw new Failure(errors.nameEmpty);
  const orgDomain = `${labelOf(orgName)}.${externalDomain}`;
  const owner = wanted.case === 'human' ? newHuman(wanted.value, orgDomain) : await newMachine(wanted.value);
  const instanceId = newId();
  const orgId = newId();
  const generated = generatedDomain(name, externalDomain);
  const created = await call.store.transaction(
    (sql) =>
      createInstance(sql, {
        instanceId,
        name,
        language,
        domains: customDomain === '' ? [generated] : [chosenDomain(customDomain), generated],
        orgId,
        orgName,
        orgDomain,
        owners: [owner],
        others: [],
        log: { editor: call.caller.userId, via: call.method.path },
      }),
    call.deadline,
  );
  return {
    instanceId,
    orgId,
    pat: ('token' in owner && owner.token?.token) || '',
    machineKey: ('key' in owner && owner.key?.content) || new Uint8Array(),
    ...created,
  };
}

/** A name without a domain gets the organization's behind it (reference/instance-and-setup.md 8.2). */
function newHuman({ userName, email, profile, password }: CreateInstanceRequest_Human, orgDomain: string): NewHuman {
  const username = userName.includes('@') ? userName : `${userName}@${orgDomain}`;
  const address = email?.email.trim() || username;
  checkEmail(address);
  if (password?.password) checkComplexity(password.password, defaults.complexity, 'COMMA');
  return {
    userId: newId(),
    username,
    firstName: profile?.firstName ?? '',
    lastName: profile?.lastName ?? '',
    language: languageTag(profile?.preferredLanguage),
    email: address,
    emailVerified: email?.isEmailVerified ?? false,
    password: password?.password ? { text: password.password, changeRequired: password.passwordChangeRequired } : undefined,
  };
}

async function newMachine({ userName, name, personalAccessToken, machineKey }: CreateInstanceRequest_Machine): Promise<NewMachine> {
  const userId = newId();
  const tokenId = newId();
  const token = personalAccessToken && {
    tokenId,
    token: newToken(tokenId),
    expiresAt: expiryOf(personalAccessToken.expirationDate),
  };
  const key = machineKey && (await planKey(userId, machineKey.expirationDate));
  return { userId, username: userName, name, token, key };
}
