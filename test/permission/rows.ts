/**
 * The permission table: every served RPC, how it is called, which permission it needs and where (reference/*.md, "permission" of each RPC;
 * DESIGN.md 8). Written from there, not from the code: what the product is held against.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { AuthService } from '@zitadel/proto/zitadel/auth_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SystemService } from '@zitadel/proto/zitadel/system_pb.js';
import { IdentityProviderService } from '../../src/contract/gen/zitadel/idp/v2/idp_service_pb.js';
import { InstanceService } from '../../src/contract/gen/zitadel/instance/v2/instance_service_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '../../src/contract/gen/zitadel/session/v2/session_service_pb.js';
import { UserService } from '../../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { legacyMethods } from '../../src/contract/legacy.ts';
import type { Code } from '../../src/failure/failure.ts';
import { ofMachines, type UserCall, userRequests } from '../support/requests.ts';
import { CHOSEN, CLAIMED, CODE, idsOf, PASSWORD, type Possession, PUBLIC_KEY } from './crowd.ts';
import { policyRows } from './policy-rows.ts';
import { projectRows } from './project-rows.ts';

/** Whom and where a call is about. `userId` is also good for names that must be new. */
export interface Target {
  readonly userId: string;
  readonly orgId: string;
  /** Of calls that name one; else it is the host's. */
  readonly instanceId?: string;
}

/** On what the permission is held. */
export type On =
  /** The organization of a user, or of a session; an id that is unknown is told to whom holds it anywhere. */
  | 'user'
  | 'session'
  /** The organization of a project, or the project itself; an id that is unknown is told to whom holds it anywhere. */
  | 'project'
  /** An organization that the request names. */
  | 'organization'
  /** The organization context: the header, or a field of the request. One of another tenant is no context for anybody. */
  | 'context'
  | 'instance'
  /** Nobody is refused; each sees what he holds it on. */
  | 'list'
  /** A code stands for the permission. */
  | 'code'
  /** Any user, about himself. */
  | 'oneself'
  /** For anyone with a token. */
  | 'anyone'
  /** The whole system: for system users alone. */
  | 'system'
  /** For anyone, without a token. */
  | 'open';

export interface Row {
  readonly rpc: DescMethodUnary;
  /** Where one RPC stands in several rows. */
  readonly how?: string;
  readonly on: On;
  readonly needs?: string;
  /** Does as well. */
  readonly or?: string | undefined;
  /** What a user needs to do it to himself: nothing, or another permission; else it is as with others. */
  readonly self?: 'nothing' | 'user.self.delete' | undefined;
  readonly changes: boolean;
  /** Of a list: who holds the permission nowhere in the organization context is refused; else he is shown nothing. */
  readonly gated?: true;
  /** Is about nothing that lies somewhere. */
  readonly placeless?: true | undefined;
  readonly kind?: 'human' | 'machine';
  readonly has?: readonly Possession[];
  readonly message: (target: Target) => object;
  readonly headers?: (target: Target) => Readonly<Record<string, string>>;
  /** What is answered to who may, where that is no success: what the call works on cannot be had yet. */
  readonly answer?: Code;
  /** A role on any project of the organization counts there (reference/authn-authz-oidc.md 2.2): it tells what everybody sees who logs in there. */
  readonly byProject?: true;
  /** There is one for all callers, which each would make, change or end: what those are told who come too late; they write no event. */
  readonly once?: readonly Code[];
  /** What is answered to who may, where the id is unknown on his instance. */
  readonly unknown?: readonly (Code | 'ok')[];
}

type Users = Partial<Record<UserCall, Omit<Row, 'rpc' | 'on' | 'kind' | 'message'> & { readonly beside?: (target: Target) => object }>>;

const write = { needs: 'user.write', self: 'nothing', changes: true } as const;
const read = { needs: 'user.read', self: 'nothing', changes: false } as const;
const factor = { needs: 'user.credential.write', self: 'nothing', changes: true } as const;
/** By others only: proven contacts, returned codes, and what the original keeps from users themselves. */
const byOthers = { needs: 'user.write', changes: true } as const;
const nothingYet = { changes: false } as const;
const empty = { unknown: ['ok' as const] };
const returned = { case: 'returnCode', value: {} };

/** Calls on a user by his id; their requests are those of test/support/requests.ts, with what is said here instead. */
const users: Users = {
  getUserByID: read,
  listAuthenticationMethodTypes: { ...read, ...empty, has: ['totp'] },
  listAuthenticationFactors: { ...read, ...empty },
  listPasskeys: { ...read, ...empty },
  listIDPLinks: { ...read, ...empty },
  deactivateUser: byOthers,
  reactivateUser: { ...byOthers, has: ['inactive'] },
  lockUser: byOthers,
  unlockUser: { ...byOthers, has: ['locked'] },
  deleteUser: { needs: 'user.delete', self: 'user.self.delete', changes: true },
  updateUser: write,
  updateHumanUser: write,
  setUserMetadata: byOthers,
  deleteUserMetadata: { ...byOthers, has: ['metadata'], beside: () => ({ keys: ['kept'] }) },
  setEmail: { ...write, beside: ({ userId }) => ({ email: `${userId}@new.example` }) },
  sendEmailCode: byOthers,
  resendEmailCode: { ...byOthers, has: ['emailCode'] },
  setPhone: write,
  resendPhoneCode: { ...byOthers, has: ['phone', 'phoneCode'] },
  removePhone: { ...write, has: ['phone'] },
  setPassword: byOthers,
  passwordReset: byOthers,
  createInviteCode: byOthers,
  resendInviteCode: { ...write, has: ['inviteCode'] },
  registerTOTP: factor,
  verifyTOTPRegistration: { ...factor, ...nothingYet, answer: 'not_found' },
  removeTOTP: { ...write, has: ['totp'] },
  addOTPSMS: { ...factor, has: ['phone'] },
  removeOTPSMS: { ...write, has: ['phone', 'otpSms'] },
  addOTPEmail: factor,
  removeOTPEmail: { ...write, has: ['otpEmail'] },
  generateRecoveryCodes: factor,
  removeRecoveryCodes: { ...factor, has: ['recoveryCode'] },
  registerPasskey: { ...factor, beside: () => ({ domain: '' }) },
  verifyPasskeyRegistration: {
    ...factor,
    ...nothingYet,
    answer: 'invalid_argument',
    beside: (target) => ({ passkeyId: idsOf(target).passkeyId }),
  },
  removePasskey: { ...write, has: ['passkey'], beside: (target) => ({ passkeyId: idsOf(target).passkeyId }) },
  registerU2F: { ...factor, beside: () => ({ domain: '' }) },
  verifyU2FRegistration: { ...factor, ...nothingYet, answer: 'invalid_argument', beside: (target) => ({ u2fId: idsOf(target).u2fId }) },
  removeU2F: { ...write, has: ['u2f'], beside: (target) => ({ u2fId: idsOf(target).u2fId }) },
  humanMFAInitSkipped: write,
  addIDPLink: { ...write, ...nothingYet, answer: 'failed_precondition' },
  removeIDPLink: {
    ...write,
    has: ['instanceIdp', 'idpLink'],
    beside: (target) => ({ idpId: idsOf(target).instanceIdpId, linkedUserId: 'x' }),
  },
  addSecret: write,
  removeSecret: { ...write, has: ['secret'] },
  addKey: { ...write, beside: () => ({ publicKey: PUBLIC_KEY }) },
  removeKey: { ...write, has: ['key'], beside: (target) => ({ keyId: idsOf(target).keyId }) },
  addPersonalAccessToken: write,
  removePersonalAccessToken: { ...write, has: ['pat'], beside: (target) => ({ tokenId: idsOf(target).patId }) },
};

/** The same call once more, where what is asked for decides who may. */
const variants: readonly (readonly [string, UserCall, Users[UserCall]])[] = [
  ['a returned code', 'setEmail', { ...byOthers, beside: ({ userId }) => ({ email: `${userId}@new.example`, verification: returned }) }],
  [
    'a verified address',
    'setEmail',
    { ...byOthers, beside: ({ userId }) => ({ email: `${userId}@new.example`, verification: { case: 'isVerified', value: true } }) },
  ],
  ['a returned code', 'setPhone', { ...byOthers, beside: () => ({ verification: returned }) }],
  ['a mail', 'passwordReset', { ...write, beside: () => ({ medium: { case: 'sendLink', value: {} } }) }],
  ['a mail', 'sendEmailCode', { ...write, beside: () => ({ verification: { case: 'sendCode', value: {} } }) }],
  ['a mail', 'createInviteCode', { ...write, beside: () => ({ verification: { case: 'sendCode', value: {} } }) }],
  [
    'a user name',
    'updateUser',
    { ...write, beside: ({ userId }) => ({ username: `${userId}-renamed@${CLAIMED}`, userType: { case: 'human', value: {} } }) },
  ],
  [
    'the wrong code of a link',
    'registerPasskey',
    { ...factor, answer: 'invalid_argument', beside: () => ({ domain: '', code: { id: 'x', code: CODE } }) },
  ],
  [
    'nothing under a key that is not there',
    'setUserMetadata',
    { ...byOthers, ...nothingYet, beside: () => ({ metadata: [{ key: 'never', value: new Uint8Array() }] }) },
  ],
  ['metadata', 'updateUser', { ...byOthers, beside: () => ({ metadata: [{ key: 'new', value: Buffer.from('x') }] }) }],
];

const codes: Users = {
  verifyEmail: { changes: true, has: ['emailCode'] },
  verifyPhone: { changes: true, has: ['phone', 'phoneCode'] },
  verifyInviteCode: { changes: true, has: ['inviteCode'] },
};

function ofUser(on: On, name: UserCall, { beside, ...row }: NonNullable<Users[UserCall]>, how?: string): Row {
  return {
    ...row,
    ...(how !== undefined && { how }),
    rpc: UserService.method[name],
    on,
    kind: ofMachines.has(name) ? 'machine' : 'human',
    message: (target) => ({ userId: target.userId, ...userRequests[name], ...beside?.(target) }),
  };
}
const entries = (table: Users) => Object.entries(table) as [UserCall, NonNullable<Users[UserCall]>][]; // its keys are those of its type

const org = OrganizationService.method;
const instance = InstanceService.method;
/** In the instance of the host: its members, and system users. */
const inInstance = {
  read: { on: 'instance', needs: 'iam.read', or: 'system.instance.read', changes: false, placeless: true },
  write: { on: 'instance', needs: 'iam.write', or: 'system.instance.write', changes: true, placeless: true },
} as const;
/** From outside; about an instance that there is not, since the ids of those that are there stand in no table. */
const outside = { on: 'system', changes: false, placeless: true } as const;
const named = ({ instanceId = '' }: Target) => ({ instanceId });
const trusted = (target: Target) => ({ ...named(target), trustedDomain: idsOf(target).trusted });
const session = SessionService.method;
const admin = AdminService.method;
const management = ManagementService.method;
const { method: user } = UserService;
const profile = { givenName: 'New', familyName: 'Name' };
const inOrg = ({ orgId }: Target) => ({ 'x-zitadel-orgid': orgId });
const byUserId = ({ userId }: Target) => ({ filters: [{ filter: { case: 'userIdFilter', value: { id: userId } } }] });
const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 86_400) };
const sessionId = (target: Target) => ({ sessionId: idsOf(target).sessionId });
const domain = (target: Target) => ({ organizationId: target.orgId, domain: idsOf(target).domain });
const unproven = (target: Target) => ({ organizationId: target.orgId, domain: idsOf(target).unproven });
const ownOrg = (target: Target) => ({ organizationId: idsOf(target).org });
const ofOrg = { on: 'organization', needs: 'org.write', changes: true } as const;

const client = { clientId: 'c', clientSecret: 's' };
const urls = { authorizationEndpoint: 'https://a.example', tokenEndpoint: 'https://t.example', userEndpoint: 'https://u.example' };
const appleKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const metadataXml =
  '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor protocolSupportEnumeration="x">' +
  '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>';

/** Calls that add a provider, alike for the instance and for an organization. */
const addedProviders = {
  addGenericOAuthProvider: { name: 'x', ...client, ...urls, idAttribute: 'id' },
  addGenericOIDCProvider: { name: 'x', ...client, issuer: 'https://i.example' },
  addJWTProvider: {
    name: 'x',
    issuer: 'https://i.example',
    jwtEndpoint: 'https://j.example',
    keysEndpoint: 'https://k.example',
    headerName: 'x',
  },
  addAzureADProvider: { name: 'x', ...client },
  addGitHubProvider: client,
  addGitHubEnterpriseServerProvider: { name: 'x', ...client, ...urls },
  addGitLabProvider: client,
  addGitLabSelfHostedProvider: { name: 'x', ...client, issuer: 'https://i.example' },
  addGoogleProvider: client,
  addLDAPProvider: {
    name: 'x',
    servers: ['ldaps://l.example'],
    baseDn: 'x',
    bindDn: 'x',
    bindPassword: 'x',
    userBase: 'dn',
    userObjectClasses: ['x'],
    userFilters: ['uid'],
  },
  addAppleProvider: { name: 'x', clientId: 'c', teamId: 'TEAM567890', keyId: 'KEY4567890', privateKey: Buffer.from(appleKey.privateKey) },
  addSAMLProvider: { name: 'x', metadata: { case: 'metadataXml', value: Buffer.from(metadataXml) } },
} as const;

/** Newer than the published services. */
const newer = async (prefix: 'admin' | 'management', service: string): Promise<DescMethodUnary> =>
  (await legacyMethods(prefix)).get(`/zitadel.${prefix}.v1.${service}/AddZitadelProvider`)!.rpc as DescMethodUnary; // as all of v1
const zitadelProvider = { name: 'x', ...client, issuer: 'https://i.example' };

const providerRows: readonly Row[] = [
  {
    rpc: IdentityProviderService.method.getIDPByID,
    how: 'one of the instance',
    on: 'instance',
    needs: 'iam.idp.read',
    changes: false,
    placeless: true,
    has: ['instanceIdp'],
    message: (target) => ({ id: idsOf(target).instanceIdpId }),
  },
  {
    rpc: IdentityProviderService.method.getIDPByID,
    how: 'one of an organization',
    on: 'session',
    needs: 'org.idp.read',
    changes: false,
    has: ['idp'],
    message: (target) => ({ id: idsOf(target).idpId }),
  },
  ...Object.entries({ ...addedProviders }).flatMap(([name, message]): Row[] => {
    const common = { changes: true, message: () => message } as const;
    const call = name as keyof typeof addedProviders; // a key of that object
    return [
      { rpc: admin[call], on: 'instance', needs: 'iam.idp.write', placeless: true, ...common },
      { rpc: management[call], on: 'context', needs: 'org.idp.write', headers: inOrg, ...common },
    ];
  }),
  {
    rpc: await newer('admin', 'AdminService'),
    on: 'instance',
    needs: 'iam.idp.write',
    changes: true,
    placeless: true,
    message: () => zitadelProvider,
  },
  {
    rpc: await newer('management', 'ManagementService'),
    on: 'context',
    needs: 'org.idp.write',
    changes: true,
    headers: inOrg,
    message: () => zitadelProvider,
  },
  ...ofProviders('getProviderByID', ['iam.idp.read', 'org.idp.read'], [], (id) => ({ id })),
  ...ofProviders('deleteProvider', ['iam.idp.write', 'org.idp.write'], [], (id) => ({ id })),
  ...ofProviders('addIDPToLoginPolicy', ['iam.policy.write', 'policy.write'], ['loginPolicy'], (idpId) => ({ idpId, ownerType: 2 })),
  ...ofProviders('removeIDPFromLoginPolicy', ['iam.policy.write', 'policy.write'], ['offered'], (idpId) => ({ idpId })),
];

/** A call on a provider, of the instance and of the organization of the call. */
function ofProviders(
  name: 'getProviderByID' | 'deleteProvider' | 'addIDPToLoginPolicy' | 'removeIDPFromLoginPolicy',
  [ofInstance, ofOrganization]: readonly [string, string],
  also: readonly Possession[],
  message: (id: string) => object,
): Row[] {
  const changes = name !== 'getProviderByID';
  return [
    {
      rpc: admin[name],
      on: 'instance',
      needs: ofInstance,
      changes,
      has: ['instanceIdp', ...also],
      message: (target) => message(idsOf(target).instanceIdpId),
    },
    {
      rpc: management[name],
      how: 'one of an organization',
      on: 'context',
      needs: ofOrganization,
      changes,
      // Others end the policy of the organization, and what it offers with it.
      ...(/Policy$/.test(name) && { once: ['not_found'] as const }),
      has: ['idp', ...also],
      headers: inOrg,
      message: (target) => message(idsOf(target).idpId),
    },
  ];
}

export const rows: readonly Row[] = [
  ...entries(users).map(([name, row]) => ofUser('user', name, row)),
  ...variants.map(([how, name, row]) => ofUser('user', name, row!, how)),
  // Whether an id is unknown is for those to know who may see users; others are told that the code is wrong.
  ...entries(codes).map(([name, row]) =>
    ofUser('code', name, {
      ...row,
      unknown: ['not_found', 'failed_precondition', 'invalid_argument'],
      beside: () => ({ verificationCode: CODE }),
    }),
  ),

  // The current password stands for the permission; a wrong one is counted.
  ...(
    [
      ['the current password', PASSWORD, {}],
      ['a wrong current password', 'wrong', { answer: 'invalid_argument' }],
    ] as const
  ).map(([how, password, answer]) => ({
    ...ofUser(
      'code',
      'setPassword',
      {
        changes: true,
        has: ['password'],
        unknown: ['not_found', 'failed_precondition', 'invalid_argument'],
        beside: () => ({ verification: { case: 'currentPassword', value: password } }),
      },
      how,
    ),
    ...answer,
  })),
  // On the original nobody looks at the organization of the user here (reference/user-credentials-v2.md 4, [bug]).
  {
    rpc: user.createPasskeyRegistrationLink,
    on: 'context',
    needs: 'user.passkey.write',
    changes: true,
    headers: inOrg,
    message: ({ userId }) => ({ userId, medium: returned }),
  },

  // Users: making and listing
  {
    rpc: user.createUser,
    how: 'a human',
    on: 'organization',
    needs: 'user.write',
    changes: true,
    message: ({ userId, orgId }) => ({
      organizationId: orgId,
      userId: `${CHOSEN}${userId}`,
      username: `${userId}@${CLAIMED}`,
      userType: { case: 'human', value: { profile, email: { email: `${userId}@new.example` } } },
    }),
  },
  {
    rpc: user.createUser,
    how: 'a machine',
    on: 'organization',
    needs: 'user.write',
    changes: true,
    message: ({ userId, orgId }) => ({
      organizationId: orgId,
      username: `${userId}-made`,
      userType: { case: 'machine', value: { name: 'New' } },
    }),
  },
  {
    rpc: user.addHumanUser,
    on: 'context',
    needs: 'user.write',
    changes: true,
    message: ({ userId, orgId }) => ({
      organization: { org: { case: 'orgId', value: orgId } },
      profile,
      email: { email: `${userId}@added.example` },
    }),
  },
  {
    rpc: user.addHumanUser,
    how: 'the domain of the organization',
    on: 'context',
    needs: 'user.write',
    changes: true,
    has: ['domain'],
    message: (target) => ({
      organization: { org: { case: 'orgDomain', value: idsOf(target).domain } },
      profile,
      email: { email: `${target.userId}@by-domain.example` },
    }),
  },
  {
    rpc: user.listUsers,
    on: 'list',
    needs: 'user.read',
    self: 'nothing',
    changes: false,
    message: ({ userId }) => ({ queries: [{ query: { case: 'inUserIdsQuery', value: { userIds: [userId] } } }] }),
  },
  {
    rpc: user.listUserMetadata,
    on: 'list',
    needs: 'user.read',
    self: 'nothing',
    changes: false,
    has: ['metadata'],
    message: ({ userId }) => ({ userId }),
  },
  {
    rpc: user.listPersonalAccessTokens,
    on: 'list',
    needs: 'user.read',
    self: 'nothing',
    changes: false,
    kind: 'machine',
    has: ['pat'],
    message: byUserId,
  },
  { rpc: user.listKeys, on: 'list', needs: 'user.read', self: 'nothing', changes: false, kind: 'machine', has: ['key'], message: byUserId },

  // Organizations
  {
    rpc: org.addOrganization,
    on: 'instance',
    needs: 'org.write',
    changes: true,
    placeless: true,
    message: ({ userId }) => ({ name: `Org of ${userId}` }),
  },
  {
    rpc: org.addOrganization,
    how: 'a chosen id',
    on: 'instance',
    needs: 'org.write',
    changes: true,
    placeless: true,
    message: ({ userId }) => ({ name: `Chosen by ${userId}`, organizationId: `${CHOSEN}${userId}` }),
  },
  {
    rpc: org.addOrganization,
    how: 'administrators',
    on: 'instance',
    needs: 'org.write',
    changes: true,
    placeless: true,
    message: ({ userId }) => ({
      name: `Administered by ${userId}`,
      admins: [
        { userType: { case: 'userId', value: userId } },
        { userType: { case: 'human', value: { username: `${userId}-admin`, profile, email: { email: `${userId}@admin.example` } } } },
      ],
    }),
  },
  {
    ...ofOrg,
    rpc: org.updateOrganization,
    has: ['org'],
    message: (target) => ({ ...ownOrg(target), name: `Renamed for ${target.userId}` }),
  },
  { ...ofOrg, rpc: org.deactivateOrganization, has: ['org'], message: ownOrg },
  { ...ofOrg, rpc: org.activateOrganization, has: ['orgOff'], message: ownOrg },
  // What is not there is deleted already, for those who may delete any.
  { ...ofOrg, rpc: org.deleteOrganization, needs: 'org.delete', has: ['org'], unknown: ['ok'], message: ownOrg },
  {
    rpc: org.listOrganizations,
    on: 'list',
    needs: 'org.read',
    changes: false,
    message: ({ orgId }) => ({ queries: [{ query: { case: 'idQuery', value: { id: orgId } } }] }),
  },
  { rpc: org.addOrganizationDomain, on: 'organization', needs: 'org.write', changes: true, message: domain },
  { rpc: org.deleteOrganizationDomain, on: 'organization', needs: 'org.write', changes: true, has: ['domain'], message: domain },
  {
    ...ofOrg,
    rpc: org.generateOrganizationDomainValidation,
    has: ['unproven'],
    message: (target) => ({ ...unproven(target), type: 2 }),
  },
  // Nothing is looked for before a validation has begun.
  { ...ofOrg, rpc: org.verifyOrganizationDomain, ...nothingYet, has: ['unproven'], answer: 'failed_precondition', message: unproven },
  {
    rpc: org.listOrganizationDomains,
    on: 'list',
    needs: 'org.read',
    changes: false,
    has: ['domain'],
    message: ({ orgId }) => ({ organizationId: orgId }),
  },
  {
    ...ofOrg,
    rpc: org.setOrganizationMetadata,
    message: ({ orgId, userId }) => ({ organizationId: orgId, metadata: [{ key: `new ${userId}`, value: Buffer.from('x') }] }),
  },
  {
    ...ofOrg,
    rpc: org.deleteOrganizationMetadata,
    has: ['orgMetadata'],
    message: ({ orgId, userId }) => ({ organizationId: orgId, keys: [userId] }),
  },
  {
    rpc: org.listOrganizationMetadata,
    on: 'list',
    needs: 'org.read',
    changes: false,
    has: ['orgMetadata'],
    message: ({ orgId }) => ({ organizationId: orgId }),
  },

  // Instances
  { ...inInstance.read, rpc: instance.getInstance, message: named },
  { ...inInstance.read, rpc: instance.listCustomDomains, message: named },
  { ...inInstance.read, rpc: instance.listTrustedDomains, message: named },
  {
    ...inInstance.write,
    rpc: instance.updateInstance,
    message: (target) => ({ ...named(target), instanceName: `Instance of ${target.userId}` }),
  },
  { ...inInstance.write, rpc: instance.addTrustedDomain, message: trusted },
  { ...inInstance.write, rpc: instance.removeTrustedDomain, has: ['trusted'], message: trusted },
  { ...outside, rpc: instance.listInstances, needs: 'system.instance.read', message: () => ({}) },
  { ...outside, rpc: instance.deleteInstance, needs: 'system.instance.delete', message: () => ({ instanceId: 'none' }) },
  {
    ...outside,
    rpc: instance.addCustomDomain,
    needs: 'system.domain.write',
    answer: 'not_found',
    message: ({ userId }) => ({ instanceId: 'none', customDomain: `${userId}.custom.example` }),
  },
  {
    ...outside,
    rpc: instance.removeCustomDomain,
    needs: 'system.domain.write',
    message: ({ userId }) => ({ instanceId: 'none', customDomain: `${userId}.custom.example` }),
  },

  // Sessions
  {
    rpc: session.createSession,
    on: 'instance',
    needs: 'session.write',
    changes: true,
    message: ({ userId }) => ({ checks: { user: { search: { case: 'userId', value: userId } } } }),
  },
  ...Object.entries({
    'a password': { password: { password: PASSWORD } },
    'a wrong password': { password: { password: 'wrong' } },
    'a wrong recovery code': { recoveryCode: { code: 'wrong' } },
  }).map(
    ([how, check]): Row => ({
      rpc: session.createSession,
      how,
      on: 'instance',
      needs: 'session.write',
      changes: true,
      has: ['password', 'recoveryCode'],
      message: ({ userId }) => ({ checks: { user: { search: { case: 'userId', value: userId } }, ...check } }),
      ...(how !== 'a password' && { answer: 'invalid_argument' }),
    }),
  ),
  {
    rpc: session.setSession,
    on: 'session',
    needs: 'session.write',
    changes: true,
    has: ['session'],
    message: (target) => ({ ...sessionId(target), metadata: { new: Buffer.from('x') } }),
  },
  { rpc: session.getSession, on: 'session', needs: 'session.read', self: 'nothing', changes: false, has: ['session'], message: sessionId },
  {
    rpc: session.deleteSession,
    on: 'session',
    needs: 'session.delete',
    self: 'nothing',
    changes: true,
    has: ['session'],
    // Of a session that never was, only who may end any is told so.
    unknown: ['ok', 'permission_denied'],
    message: sessionId,
  },
  {
    rpc: session.listSessions,
    on: 'list',
    needs: 'session.read',
    self: 'nothing',
    changes: false,
    has: ['session'],
    message: (target) => ({ queries: [{ query: { case: 'idsQuery', value: { ids: [idsOf(target).sessionId] } } }] }),
  },

  // Anyone may begin a login at a provider; the token of an intent is its own proof.
  {
    rpc: user.startIdentityProviderIntent,
    on: 'anyone',
    changes: false,
    placeless: true,
    answer: 'failed_precondition',
    message: () => ({ idpId: 'x', content: { case: 'urls', value: { successUrl: '/done', failureUrl: '/failed' } } }),
  },
  {
    rpc: user.retrieveIdentityProviderIntent,
    on: 'anyone',
    changes: false,
    placeless: true,
    answer: 'permission_denied',
    message: () => ({ idpIntentId: 'x', idpIntentToken: 'x' }),
  },

  ...providerRows,

  // v1: the instance
  { rpc: admin.healthz, on: 'open', changes: false, placeless: true, message: () => ({}) },
  { rpc: management.healthz, on: 'open', changes: false, placeless: true, message: () => ({}) },
  { rpc: AuthService.method.healthz, on: 'open', changes: false, placeless: true, message: () => ({}) },
  { rpc: admin.getMyInstance, on: 'instance', needs: 'iam.read', changes: false, placeless: true, message: () => ({}) },
  {
    rpc: admin.addIAMMember,
    on: 'instance',
    needs: 'iam.member.write',
    changes: true,
    message: ({ userId }) => ({ userId, roles: ['IAM_OWNER_VIEWER'] }),
  },
  {
    rpc: admin.updateIAMMember,
    on: 'instance',
    needs: 'iam.member.write',
    changes: true,
    has: ['instanceMember'],
    message: ({ userId }) => ({ userId, roles: ['IAM_USER_MANAGER'] }),
  },
  {
    rpc: admin.removeIAMMember,
    on: 'instance',
    needs: 'iam.member.delete',
    changes: true,
    has: ['instanceMember'],
    unknown: ['ok'],
    message: ({ userId }) => ({ userId }),
  },

  // v1: the organization of the call, and oneself
  { rpc: management.getMyOrg, on: 'context', needs: 'org.read', changes: false, headers: inOrg, message: () => ({}) },
  {
    rpc: management.addMachineUser,
    on: 'context',
    needs: 'user.write',
    changes: true,
    headers: inOrg,
    message: ({ userId }) => ({ userName: `${userId}-v1`, name: 'New' }),
  },
  {
    rpc: management.addPersonalAccessToken,
    on: 'context',
    needs: 'user.write',
    changes: true,
    kind: 'machine',
    headers: inOrg,
    message: ({ userId }) => ({ userId, expirationDate: until }),
  },
  {
    rpc: management.addOrgMember,
    on: 'context',
    needs: 'org.member.write',
    changes: true,
    headers: inOrg,
    message: ({ userId }) => ({ userId, roles: ['ORG_OWNER_VIEWER'] }),
  },
  {
    rpc: management.updateOrgMember,
    on: 'context',
    needs: 'org.member.write',
    changes: true,
    has: ['orgMember'],
    headers: inOrg,
    message: ({ userId }) => ({ userId, roles: ['ORG_OWNER'] }),
  },
  {
    rpc: management.removeOrgMember,
    on: 'context',
    needs: 'org.member.delete',
    changes: true,
    has: ['orgMember'],
    headers: inOrg,
    message: ({ userId }) => ({ userId }),
  },
  { rpc: AuthService.method.addMyPasswordless, on: 'oneself', kind: 'human', changes: true, placeless: true, message: () => ({}) },
  {
    rpc: AuthService.method.verifyMyPasswordless,
    on: 'oneself',
    kind: 'human',
    changes: false,
    placeless: true,
    has: ['passkey'],
    answer: 'invalid_argument',
    message: () => ({ verification: { tokenName: 'x', publicKeyCredential: Buffer.from(JSON.stringify({ id: 'x'.repeat(60) })) } }),
  },
  { rpc: AuthService.method.getMyUser, on: 'oneself', changes: false, placeless: true, message: () => ({}) },

  ...projectRows,
  ...policyRows,

  // v1: the system
  {
    rpc: SystemService.method.createInstance,
    on: 'system',
    needs: 'system.instance.write',
    changes: true,
    placeless: true,
    message: ({ userId }) => ({
      instanceName: userId,
      customDomain: `${userId}.instance.example`,
      owner: { case: 'machine', value: { userName: 'owner', name: 'owner' } },
    }),
  },
];

export const pathOf = ({ rpc }: Row): string => `/${rpc.parent.typeName}/${rpc.name}`;
export const nameOf = (row: Row): string => `${row.rpc.name}${versionOf(row)}${row.how === undefined ? '' : ` with ${row.how}`}`;

const versionOf = ({ rpc }: Row): string => {
  const [, version] = /\.(v1|v2beta)\.\w+$/.exec(rpc.parent.typeName) ?? [];
  return version ? ` of ${version}` : '';
};
