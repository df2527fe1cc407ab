/** What the RPCs of v1 do. Many differ by one noun alone (policies, providers, factors): those texts are made from patterns. */
import type { Texts } from './texts.ts';

const own: Texts = {
  'system.v1': {
    CreateInstance:
      'Creates an instance with its first organization and an owner, human or machine. A key or token of a machine is in this answer and nowhere else. For system users alone.',
  },
  'admin.v1': {
    Healthz: 'Answers as long as the process runs. Needs no token.',
    GetSupportedLanguages: 'Lists the languages that the product speaks.',
    GetAllowedLanguages: 'Lists the languages that the instance allows.',
    GetMyInstance: 'Gives the instance of the host, with its domains.',
    GetSecurityPolicy: 'Gives what protects the instance: which pages may embed the login, and whether one user may act as another.',
    SetSecurityPolicy: 'Sets which pages may embed the login, and whether one user may act as another.',
    AddIAMMember: 'Makes a user an administrator of the instance, with the roles named.',
    UpdateIAMMember: 'Sets the roles of an administrator of the instance; those that are left out are taken away.',
    RemoveIAMMember: 'Takes all roles on the instance away from a user. One who had none is no error.',
    SetRestrictions: 'Sets whether visitors may register organizations, and which languages the instance allows.',
    GetRestrictions: 'Gives whether visitors may register organizations, and which languages the instance allows.',
    GetCustomDomainPolicy: 'Gives how the domains of the organization named take part in login names.',
    AddCustomDomainPolicy: 'Sets for the organization named how its domains take part in login names.',
    UpdateCustomDomainPolicy: 'Changes for the organization named how its domains take part in login names.',
    ResetCustomDomainPolicyToDefault: 'Takes the domain policy of the organization named back to that of the instance.',
  },
  'management.v1': {
    Healthz: 'Answers as long as the process runs. Needs no token.',
    GetMyOrg: 'Gives the organization of the call: that of the header `x-zitadel-orgid`, else that of the caller.',
    AddMachineUser: 'Creates a machine user in the organization of the call. The id can be chosen.',
    GenerateMachineSecret: 'Makes a client secret for a machine, in place of the former one. It is shown in this answer and never again.',
    GetMachineKeyByIDs: 'Gives a key of a machine, without its private part.',
    AddMachineKey: 'Adds a key to a machine: its own public key, or a new pair, whose private part is in this answer and nowhere else.',
    AddPersonalAccessToken:
      'Makes a token with which a machine calls the API until the expiration date, or without end. It is shown in this answer and never again.',
    AddOrgMember: 'Makes a user an administrator of the organization, with the roles named.',
    UpdateOrgMember: 'Sets the roles of an administrator of the organization; those that are left out are taken away.',
    RemoveOrgMember: 'Takes all roles on the organization away from a user.',
    GetProjectByID: 'Gives a project of the organization by id.',
    AddProject: 'Creates a project in the organization: what applications and roles belong to.',
    UpdateProject: 'Changes name and rules of a project.',
    DeactivateProject: 'Switches a project off. Nobody logs in with its applications, and tokens that were issued for them are dead.',
    ReactivateProject: 'Switches a deactivated project on again.',
    RemoveProject: 'Deletes a project with its roles, grants and applications.',
    AddProjectRole: 'Adds a role to a project, by a key that it keeps.',
    BulkAddProjectRoles: 'Adds several roles to a project at once: all of them, or none.',
    AddProjectMember: 'Makes a user an administrator of a project, with the roles named.',
    UpdateProjectMember: 'Sets the roles of an administrator of a project; those that are left out are taken away.',
    RemoveProjectMember: 'Takes all roles on a project away from a user.',
    GetAppByID: 'Gives an application with its configuration, without its secret.',
    AddOIDCApp: 'Creates an application that logs users in with OpenID Connect. A client secret is in this answer and nowhere else.',
    AddAPIApp: 'Creates an application that verifies tokens of others. A client secret is in this answer and nowhere else.',
    DeactivateApp: 'Switches an application off. Nobody logs in with it, and tokens that were issued for it are dead.',
    ReactivateApp: 'Switches a deactivated application on again.',
    RemoveApp: 'Deletes an application. Tokens that were issued for it are dead at once.',
    AddAppKey: 'Makes a key pair with which an application authenticates itself. The private key is in this answer and nowhere else.',
    AddProjectGrant: 'Grants a project to another organization, which can give its own users the roles named.',
    GetUserGrantByID: 'Gives which roles a user has in a project, by the id of the grant.',
    AddUserGrant: 'Gives a user roles in a project, or in a project that was granted to the organization.',
  },
  'auth.v1': {
    Healthz: 'Answers as long as the process runs. Needs no token.',
    GetMyUser: 'Gives the user to whom the token belongs.',
    AddMyPasswordless: 'Begins the registration of a passkey of the own user and gives the options for `navigator.credentials.create`.',
    VerifyMyPasswordless: 'Ends the registration of a passkey of the own user with what the authenticator answered.',
  },
};

/** The looks of a login are seen before they count. */
const preview = 'Nothing of it is shown before it is activated; GetPreviewLabelPolicy shows it.';
const labels: Texts = {
  'admin.v1': { UpdateLabelPolicy: `Changes colours and looks of the login for the instance. ${preview}` },
  'management.v1': {
    AddCustomLabelPolicy: `Sets colours and looks of the login for the organization, in place of what the instance has set. ${preview}`,
    UpdateCustomLabelPolicy: `Changes colours and looks of the login for the organization. ${preview}`,
  },
};

const policies: Readonly<Record<string, string>> = {
  DomainPolicy: 'how domains take part in login names',
  LabelPolicy: 'colours and looks of the login',
  LockoutPolicy: 'after how many failed attempts a user is locked',
  LoginPolicy: 'what a login asks for and allows',
  NotificationPolicy: 'of which changes users are told by mail',
  PasswordAgePolicy: 'how old a password may become',
  PasswordComplexityPolicy: 'what a password must hold at least',
  PrivacyPolicy: 'the links to terms, privacy policy, help and support',
};

const providers: Readonly<Record<string, string>> = {
  Apple: 'Apple',
  AzureAD: 'Microsoft Entra ID (Azure AD)',
  GenericOAuth: 'any service that speaks OAuth 2.0',
  GenericOIDC: 'any service that speaks OpenID Connect',
  GitHub: 'GitHub',
  GitHubEnterpriseServer: 'a GitHub Enterprise Server',
  GitLab: 'GitLab',
  GitLabSelfHosted: 'a GitLab of your own',
  Google: 'Google',
  JWT: 'a service that hands over signed tokens (JWT)',
  LDAP: 'a directory that speaks LDAP',
  SAML: 'any service that speaks SAML 2.0',
  Zitadel: 'another ZITADEL or Keyward',
};

const levels: Readonly<Record<string, string>> = { 'admin.v1': 'the instance', 'management.v1': 'the organization' };
const factors: Readonly<Record<string, string>> = { Second: 'second factor', Multi: 'multi factor (passkey)' };

/** `$1` is looked up in `of`; `{level}` is the instance or the organization. The first that fits counts. */
const patterns: readonly (readonly [RegExp, Readonly<Record<string, string>>, string])[] = [
  [/^GetDefault(\w+Policy)$/, policies, 'Gives $1, as the instance has set it.'],
  [/^GetPreview(\w+Policy)$/, policies, 'Gives $1, as they were set last, whether or not they were activated for {level}.'],
  [/^Get(\w+Policy)$/, policies, 'Gives $1, as it counts in {level}.'],
  [/^AddCustom(\w+Policy)$/, policies, 'Sets for {level} $1, in place of what the instance has set.'],
  [/^Update(?:Custom)?(\w+Policy)$/, policies, 'Changes for {level} $1. It counts from the moment that the call returns, on every node.'],
  [/^Activate(?:Custom)?(\w+Policy)$/, policies, 'Makes the previewed values count for {level}: $1.'],
  [/^Reset(\w+Policy)ToDefault$/, policies, 'Takes {level} back to what the instance has set: $1.'],
  [/^Add(\w+)Provider$/, providers, 'Adds an identity provider to {level}: $1. Logins offer it once it stands in the login policy.'],
  [/^Update(\w+)Provider$/, providers, 'Changes an identity provider of {level}: $1. Secrets that are left out stay.'],
  [/^Get(Provider)ByID$/, { Provider: '' }, 'Gives an identity provider that {level} can use, without its secrets.'],
  [/^Delete(Provider)$/, { Provider: '' }, 'Deletes an identity provider of {level}, and the links of users to it.'],
  [/^Add(IDP)ToLoginPolicy$/, { IDP: '' }, 'Lets logins of {level} offer an identity provider.'],
  [/^Remove(IDP)FromLoginPolicy$/, { IDP: '' }, 'Logins of {level} offer the identity provider no more.'],
  [/^ListLoginPolicy(\w+)Factors$/, factors, 'Lists what logins of {level} take as $1.'],
  [/^Add(\w+)FactorToLoginPolicy$/, factors, 'Lets logins of {level} take one more kind of $1.'],
  [/^Remove(\w+)FactorFromLoginPolicy$/, factors, 'Logins of {level} take this kind of $1 no more.'],
];

/** The text of an RPC; undefined where there is none. */
export function v1Text(packageName: string, name: string): string | undefined {
  const text = own[packageName]?.[name] ?? labels[packageName]?.[name];
  if (text !== undefined) return text;
  for (const [pattern, table, made] of patterns) {
    const noun = table[pattern.exec(name)?.[1] ?? ' '];
    if (noun !== undefined) return made.replace('$1', () => noun).replace('{level}', levels[packageName] ?? '');
  }
  return undefined;
}
