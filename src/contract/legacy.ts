/** The v1 and v2beta services, loaded on first use from the published @zitadel/proto (11 MB of text that a node which only serves v2 never reads). */
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { twinPath } from './beta/twin-path.ts';
import { methods as ownMethods } from './contract.ts';
import { describe } from './describe.ts';
import type { Door, Method } from './method.ts';

/** The first part of the REST paths of a v1 service; its routes here are relative to `/<prefix>/v1`. */
export type LegacyPrefix = 'system' | 'admin' | 'management' | 'auth';

interface Loader {
  readonly load: () => Promise<DescService>;
  /** Annotated, yet answered 404 by the original (reference/transport.md 3.1). */
  readonly rest?: 'none';
  /** RPCs that the published package is too old for; their messages are those of v2 but for the package's name, which is on no wire. */
  readonly newer?: readonly string[];
}

const added = async (service: DescService): Promise<DescService> => (await import('./legacy-additions.ts')).withAdditions(service);

const v1: Readonly<Record<LegacyPrefix, { readonly name: string } & Loader>> = {
  system: {
    name: 'zitadel.system.v1.SystemService',
    load: async () => (await import('@zitadel/proto/zitadel/system_pb.js')).SystemService,
  },
  admin: {
    name: 'zitadel.admin.v1.AdminService',
    load: async () => added((await import('@zitadel/proto/zitadel/admin_pb.js')).AdminService),
  },
  management: {
    name: 'zitadel.management.v1.ManagementService',
    load: async () => added((await import('@zitadel/proto/zitadel/management_pb.js')).ManagementService),
  },
  auth: { name: 'zitadel.auth.v1.AuthService', load: async () => (await import('@zitadel/proto/zitadel/auth_pb.js')).AuthService },
};

/** In the order in which the original registers their REST routes (reference/transport.md 3.4), then those without. */
const beta: Readonly<Record<string, Loader>> = {
  'zitadel.instance.v2beta.InstanceService': {
    load: async () => (await import('@zitadel/proto/zitadel/instance/v2beta/instance_service_pb.js')).InstanceService,
  },
  'zitadel.user.v2beta.UserService': {
    load: async () => (await import('@zitadel/proto/zitadel/user/v2beta/user_service_pb.js')).UserService,
  },
  'zitadel.session.v2beta.SessionService': {
    load: async () => (await import('@zitadel/proto/zitadel/session/v2beta/session_service_pb.js')).SessionService,
  },
  'zitadel.settings.v2beta.SettingsService': {
    load: async () => (await import('@zitadel/proto/zitadel/settings/v2beta/settings_service_pb.js')).SettingsService,
    newer: ['SetOrganizationSettings', 'DeleteOrganizationSettings', 'ListOrganizationSettings'],
  },
  'zitadel.org.v2beta.OrganizationService': {
    load: async () => (await import('@zitadel/proto/zitadel/org/v2beta/org_service_pb.js')).OrganizationService,
  },
  'zitadel.feature.v2beta.FeatureService': {
    load: async () => (await import('@zitadel/proto/zitadel/feature/v2beta/feature_service_pb.js')).FeatureService,
  },
  'zitadel.action.v2beta.ActionService': {
    load: async () => (await import('@zitadel/proto/zitadel/action/v2beta/action_service_pb.js')).ActionService,
  },
  'zitadel.internal_permission.v2beta.InternalPermissionService': {
    load: async () =>
      (await import('@zitadel/proto/zitadel/internal_permission/v2beta/internal_permission_service_pb.js')).InternalPermissionService,
  },
  'zitadel.webkey.v2beta.WebKeyService': {
    load: async () => (await import('@zitadel/proto/zitadel/webkey/v2beta/webkey_service_pb.js')).WebKeyService,
  },
  'zitadel.authorization.v2beta.AuthorizationService': {
    load: async () => (await import('@zitadel/proto/zitadel/authorization/v2beta/authorization_service_pb.js')).AuthorizationService,
  },
  'zitadel.oidc.v2beta.OIDCService': {
    load: async () => (await import('@zitadel/proto/zitadel/oidc/v2beta/oidc_service_pb.js')).OIDCService,
  },
  'zitadel.app.v2beta.AppService': {
    load: async () => (await import('@zitadel/proto/zitadel/app/v2beta/app_service_pb.js')).AppService,
    rest: 'none',
  },
  'zitadel.project.v2beta.ProjectService': {
    load: async () => (await import('@zitadel/proto/zitadel/project/v2beta/project_service_pb.js')).ProjectService,
    rest: 'none',
  },
};

/** Full names of all services of this file, without loading any: for routing and reflection. */
export const legacyServices: readonly string[] = [...Object.values(v1).map(({ name }) => name), ...Object.keys(beta)];

/** Full name of a v1 service → its prefix. */
export const legacyPrefixOf: ReadonlyMap<string, LegacyPrefix> = new Map(
  // The keys of the table are its prefixes; `Object.entries` forgets that.
  Object.entries(v1).map(([prefix, { name }]) => [name, prefix as LegacyPrefix]),
);

const loaded = new Map<string, Promise<ReadonlyMap<string, Method>>>();

/** Path → RPC of one v1 service; its REST routes are relative to `/<prefix>/v1`. */
export function legacyMethods(prefix: LegacyPrefix): Promise<ReadonlyMap<string, Method>> {
  return once(prefix, () => read([v1[prefix]]));
}

/** Path → RPC of all v2beta services. Where a v2 route matches the same path, the v2 service answers. */
export function betaMethods(): Promise<ReadonlyMap<string, Method>> {
  return once('beta', () => read(Object.values(beta)));
}

function once(key: string, load: () => Promise<ReadonlyMap<string, Method>>): Promise<ReadonlyMap<string, Method>> {
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const loading = load();
  loaded.set(key, loading);
  return loading;
}

async function read(loaders: readonly Loader[]): Promise<ReadonlyMap<string, Method>> {
  const { http, stated, validatorOf } = await import('./legacy-options.ts');
  const found = await Promise.all(
    loaders.map(async ({ load, rest, newer = [] }) => {
      const service = await load();
      const known = service.methods.map((rpc) => {
        const validate = validatorOf(rpc.input);
        return describe(rpc, { ...stated(rpc), http: rest === 'none' ? undefined : http(rpc), door: doorOf(rpc), validate });
      });
      return [...known, ...newerMethods(service, newer)];
    }),
  );
  return new Map(found.flat().map((method) => [method.path, method]));
}

/** As their twins in v2, which also answer their routes (reference/transport.md 3.4). */
function newerMethods(published: DescService, names: readonly string[]): Method[] {
  const path = (name: string): string => `/${published.typeName}/${name}`;
  const twins = names.map((name) => ownMethods.get(twinPath(path(name)))).filter((twin) => twin !== undefined);
  const service = { ...published };
  const methods = twins.map((twin) => {
    const rpc = { ...twin.rpc, parent: service };
    return { ...twin, path: path(twin.name), service: service.typeName, routes: [], rpc };
  });
  const added = methods.map(({ rpc }) => rpc);
  // A service and its RPCs name each other, so that one of them must be completed later.
  Object.assign(service, {
    methods: [...published.methods, ...added],
    method: { ...published.method, ...Object.fromEntries(added.map((rpc) => [rpc.localName, rpc])) },
  });
  return methods;
}

/** What is not declared is not served (`npm run check` sees to it), so it hands out nothing. */
function doorOf(rpc: DescMethod): Door {
  return declaredDoor(`/${rpc.parent.typeName}/${rpc.name}`) ?? 'none';
}

/** The door of a v1 or v2beta RPC by its path; a v2beta RPC is the door that its twin in v2 is. */
export function declaredDoor(path: string): Door | undefined {
  return ownMethods.get(twinPath(path))?.door ?? v1Doors[path.slice(1)];
}

/** A provider opens nothing by itself: what it says reaches an intent (idp/endpoints.ts). */
const providerCalls = [
  'AddGenericOAuthProvider',
  'AddGenericOIDCProvider',
  'AddJWTProvider',
  'AddAzureADProvider',
  'AddGitHubProvider',
  'AddGitHubEnterpriseServerProvider',
  'AddGitLabProvider',
  'AddGitLabSelfHostedProvider',
  'AddGoogleProvider',
  'AddLDAPProvider',
  'AddAppleProvider',
  'AddSAMLProvider',
  'AddZitadelProvider',
  'GetProviderByID',
  'DeleteProvider',
  'AddIDPToLoginPolicy',
  'RemoveIDPFromLoginPolicy',
];

/** Policies rule doors; no call on them is one. */
const policyNames = [
  'PasswordComplexityPolicy',
  'PasswordAgePolicy',
  'LockoutPolicy',
  'PrivacyPolicy',
  'NotificationPolicy',
  'LabelPolicy',
  'LoginPolicy',
];
const factorCalls = ['SecondFactor', 'MultiFactor'].flatMap((factor) => [
  `ListLoginPolicy${factor}s`,
  `Add${factor}ToLoginPolicy`,
  `Remove${factor}FromLoginPolicy`,
]);
const adminPolicies = [
  ...policyNames.flatMap((name) => [`Get${name}`, `Update${name}`]),
  ...factorCalls,
  ...['GetPreviewLabelPolicy', 'ActivateLabelPolicy', 'GetDomainPolicy', 'UpdateDomainPolicy'],
  ...['GetCustomDomainPolicy', 'AddCustomDomainPolicy', 'UpdateCustomDomainPolicy', 'ResetCustomDomainPolicyToDefault'],
  ...['GetSecurityPolicy', 'SetSecurityPolicy', 'GetRestrictions', 'SetRestrictions', 'GetSupportedLanguages', 'GetAllowedLanguages'],
];
const managementPolicies = [
  ...policyNames.flatMap((name) => [`Get${name}`, `GetDefault${name}`, `AddCustom${name}`, `UpdateCustom${name}`, `Reset${name}ToDefault`]),
  ...factorCalls,
  ...['GetPreviewLabelPolicy', 'ActivateCustomLabelPolicy', 'GetDomainPolicy'],
];

const v1Doors: Readonly<Record<string, Door>> = Object.fromEntries(
  Object.entries({
    'zitadel.system.v1.SystemService': { credential: ['CreateInstance'] },
    'zitadel.admin.v1.AdminService': {
      none: ['Healthz', 'GetMyInstance', 'AddIAMMember', 'UpdateIAMMember', 'RemoveIAMMember', ...providerCalls, ...adminPolicies],
    },
    'zitadel.management.v1.ManagementService': {
      none: [
        'Healthz',
        'GetMyOrg',
        'AddMachineUser',
        'AddOrgMember',
        'UpdateOrgMember',
        'RemoveOrgMember',
        'GetMachineKeyByIDs',
        'AddProject',
        'GetProjectByID',
        'UpdateProject',
        'DeactivateProject',
        'ReactivateProject',
        'RemoveProject',
        'AddProjectRole',
        'BulkAddProjectRoles',
        'AddProjectGrant',
        'AddProjectMember',
        'UpdateProjectMember',
        'RemoveProjectMember',
        'GetAppByID',
        'DeactivateApp',
        'ReactivateApp',
        'RemoveApp',
        'AddUserGrant',
        'GetUserGrantByID',
        ...providerCalls,
        ...managementPolicies,
      ],
      credential: [
        'SetHumanInitialPassword',
        'SetHumanPassword',
        'GenerateMachineSecret',
        'AddMachineKey',
        'AddPersonalAccessToken',
        'RegenerateOIDCClientSecret',
        'RegenerateAPIClientSecret',
        'AddAppKey',
        'AddOIDCApp',
        'AddAPIApp',
      ],
      link: [
        'UpdateHumanEmail',
        'UpdateHumanPhone',
        'ResendHumanInitialization',
        'ResendHumanEmailVerification',
        'ResendHumanPhoneVerification',
        'SendHumanResetPasswordNotification',
        'AddPasswordlessRegistration',
        'SendPasswordlessRegistration',
      ],
    },
    'zitadel.auth.v1.AuthService': {
      none: ['Healthz', 'GetMyUser'],
      credential: [
        'UpdateMyPassword',
        'AddMyAuthFactorOTP',
        'VerifyMyAuthFactorOTP',
        'AddMyAuthFactorOTPSMS',
        'AddMyAuthFactorOTPEmail',
        'AddMyAuthFactorU2F',
        'VerifyMyAuthFactorU2F',
        'AddMyPasswordless',
        'VerifyMyPasswordless',
      ],
      link: [
        'SetMyEmail',
        'VerifyMyEmail',
        'ResendMyEmailVerification',
        'SetMyPhone',
        'VerifyMyPhone',
        'ResendMyPhoneVerification',
        'AddMyPasswordlessLink',
        'SendMyPasswordlessLink',
      ],
    },
  } satisfies Record<string, Partial<Record<Door, readonly string[]>>>).flatMap(([service, doors]) =>
    // The keys of each entry are doors; `Object.entries` forgets that.
    (Object.entries(doors) as [Door, readonly string[]][]).flatMap(([door, names]) => names.map((name) => [`${service}/${name}`, door])),
  ),
);
