/** What the RPCs of v2 beside users and sessions do: the first sentence is the summary, all of them the description. */
import type { Texts } from './texts.ts';

const inheriting = 'What the organization has not set for itself is that of the instance, and what that has not set, the default.';

export const v2Texts: Texts = {
  'settings.v2': {
    GetGeneralSettings: 'Gives the languages and the default organization of the instance.',
    GetLoginSettings: `Gives what a login asks for and allows: passwords, registration, identity providers, factors, lifetimes. ${inheriting}`,
    GetActiveIdentityProviders: 'Lists the identity providers that a login may offer, with what each allows.',
    GetPasswordComplexitySettings: `Gives what a password must hold at least. ${inheriting}`,
    GetPasswordExpirySettings: `Gives how old a password may become. ${inheriting}`,
    GetBrandingSettings: `Gives colours, logos and font of the login. ${inheriting}`,
    GetDomainSettings: `Gives how the domains of an organization take part in login names. ${inheriting}`,
    GetLegalAndSupportSettings: `Gives the links to terms, privacy policy, help and support. ${inheriting}`,
    GetLockoutSettings: `Gives after how many failed attempts a user is locked. ${inheriting}`,
    GetSecuritySettings: 'Gives what protects the instance: which pages may embed the login, and whether one user may act as another.',
    SetSecuritySettings: 'Sets which pages may embed the login, and whether one user may act as another.',
    SetOrganizationSettings: 'Sets for an organization whether its user names need be unique in it alone, or in the whole instance.',
    DeleteOrganizationSettings: 'Takes the settings of an organization back to those of the instance.',
    ListOrganizationSettings: 'Lists the settings that organizations have set for themselves.',
    GetHostedLoginTranslation:
      'Gives the texts of the hosted login in a language: those of the system, of the instance or of an organization.',
    SetHostedLoginTranslation: 'Sets texts of the hosted login in a language, for the instance or for an organization.',
    GetLinkSettings: 'Gives the further links that the login shows.',
    SetLinkSettings: 'Sets the further links that the login shows.',
    ResetLinkSettings: 'Removes the further links of the login, so that those of the level above are shown.',
    GetEffectiveSettings: 'Gives several kinds of settings at once, each as it counts for an organization, project or application.',
  },
  'org.v2': {
    AddOrganization: 'Creates an organization, with its first administrators: users who exist, or new ones. The id can be chosen.',
    UpdateOrganization: 'Changes the name of an organization, and with it the domain that is made from the name.',
    ListOrganizations: 'Lists the organizations that the caller may see, sorted and filtered.',
    DeleteOrganization:
      'Deletes an organization with its users, projects and applications. Everything that was issued to its users is dead at once.',
    SetOrganizationMetadata: 'Sets metadata of an organization: each key is made or its value replaced; other keys stay.',
    ListOrganizationMetadata: 'Lists the metadata of an organization, by key.',
    DeleteOrganizationMetadata: 'Deletes metadata of an organization by key.',
    AddOrganizationDomain:
      'Adds a domain to an organization. Where the settings ask for it, the domain counts only after VerifyOrganizationDomain.',
    ListOrganizationDomains: 'Lists the domains of an organization.',
    DeleteOrganizationDomain: 'Removes a domain from an organization. The primary domain cannot be removed.',
    GenerateOrganizationDomainValidation:
      'Makes a new code with which the owner of a domain proves it: as a file on its web server, or as a DNS record.',
    VerifyOrganizationDomain:
      'Looks for the code at the domain. If it is there, the domain is verified, and user names of other organizations that end with it are made anew, so that nobody else speaks for the domain.',
    DeactivateOrganization:
      'Switches an organization off. No user of it has access any more when the call returns, and what was issued never comes back.',
    ActivateOrganization: 'Switches a deactivated organization on again. Its users log in anew.',
  },
  'feature.v2': {
    SetSystemFeatures: 'Sets feature flags for all instances; flags that the request does not name keep their value.',
    ResetSystemFeatures: 'Takes all feature flags of the system back to their defaults.',
    GetSystemFeatures: 'Gives the feature flags of the system.',
    SetInstanceFeatures: 'Sets feature flags of the instance; flags that the request does not name keep their value.',
    ResetInstanceFeatures: 'Takes all feature flags of the instance back to those of the system.',
    GetInstanceFeatures: 'Gives the feature flags of the instance, with `inheritance` also those that come from the system.',
    SetOrganizationFeatures:
      'Sets feature flags of an organization. There is none on this level, so this is always refused as not implemented.',
    ResetOrganizationFeatures:
      'Takes the feature flags of an organization back. There is none on this level, so this is always refused as not implemented.',
    GetOrganizationFeatures:
      'Gives the feature flags of an organization. There is none on this level, so this is always refused as not implemented.',
    SetUserFeatures: 'Sets feature flags of a user. There is none on this level, so this is always refused as not implemented.',
    ResetUserFeatures: 'Takes the feature flags of a user back. There is none on this level, so this is always refused as not implemented.',
    GetUserFeatures: 'Gives the feature flags of a user. There is none on this level, so this is always refused as not implemented.',
  },
  'idp.v2': {
    GetIDPByID: 'Gives an identity provider with its configuration, but without its secrets.',
  },
  'action.v2': {
    CreateTarget: 'Creates a target: an address that is called when something happens. Gives the key that signs the calls.',
    UpdateTarget: 'Changes what the request names of a target; a new signing key can be asked for.',
    DeleteTarget: 'Deletes a target and takes it out of all executions.',
    GetTarget: 'Gives a target with its address and its signing key.',
    ListTargets: 'Lists the targets of the instance.',
    AddPublicKey: 'Adds a public key to a target, with which payloads to it are encrypted once the key is active.',
    ActivatePublicKey: 'Makes a public key of a target the one with which payloads are encrypted.',
    DeactivatePublicKey: 'Takes a public key of a target out of use.',
    RemovePublicKey: 'Removes a public key of a target that is not in use.',
    ListPublicKeys: 'Lists the public keys of a target.',
    SetExecution: 'Sets which targets are called on a condition: a request, a response, a function or an event. An empty list ends it.',
    ListExecutions: 'Lists the conditions for which targets are set.',
    ListExecutionFunctions: 'Lists the functions on which targets can be called.',
    ListExecutionMethods: 'Lists the methods of the API on which targets can be called.',
    ListExecutionServices: 'Lists the services of the API on which targets can be called.',
  },
  'oidc.v2': {
    GetAuthRequest: 'Gives what an application asked for when it sent the browser to the login.',
    CreateCallback:
      'Ends an authorization request: with a session, whose user is logged in at the application, or with an error. Gives the address to which the browser goes back.',
    GetDeviceAuthorizationRequest: 'Gives what a device asked for, by the code that its user typed.',
    AuthorizeOrDenyDeviceAuthorization: 'Lets a device in with a session, or denies it.',
  },
  'saml.v2': {
    GetSAMLRequest: 'Gives what a SAML application asked for when it sent the browser to the login.',
    CreateResponse:
      'Ends a SAML request: with a session, whose user is logged in at the application, or with an error. Gives where and how the browser brings the response.',
  },
  'application.v2': {
    CreateApplication:
      'Creates an application in a project: OpenID Connect, API or SAML. A client secret is in this answer and nowhere else.',
    GetApplication: 'Gives an application with its configuration, without its secret.',
    UpdateApplication: 'Changes what the request names of an application and leaves the rest as it is.',
    DeleteApplication: 'Deletes an application. Tokens that were issued for it are dead at once.',
    DeactivateApplication: 'Switches an application off. Nobody logs in with it, and tokens that were issued for it are dead.',
    ReactivateApplication: 'Switches a deactivated application on again.',
    GenerateClientSecret:
      'Makes a new client secret for an application; the former one is worth nothing any more. It is shown in this answer and never again.',
    ListApplications: 'Lists the applications that the caller may see, sorted and filtered.',
    CreateApplicationKey:
      'Makes a key pair with which an application authenticates itself. The private key is in this answer and nowhere else.',
    DeleteApplicationKey: 'Removes a key of an application. Nothing that it signs is trusted any more.',
    GetApplicationKey: 'Gives a key of an application, without its private part.',
    ListApplicationKeys: 'Lists the keys of applications that the caller may see.',
  },
  'authorization.v2': {
    ListAuthorizations: 'Lists which users have which roles in which projects, as far as the caller may see it.',
    CreateAuthorization: 'Gives a user roles in a project, or in a project that was granted to the organization.',
    UpdateAuthorization: 'Sets the roles of an authorization; those that are left out are taken away.',
    DeleteAuthorization: 'Takes all roles of an authorization away from the user.',
    ActivateAuthorization: 'Makes a deactivated authorization count again.',
    DeactivateAuthorization: 'Makes an authorization count no more until it is activated.',
  },
  'group.v2': {
    CreateGroup: 'Creates a group of users in an organization.',
    GetGroup: 'Gives a group by id.',
    ListGroups: 'Lists the groups that the caller may see, sorted and filtered.',
    UpdateGroup: 'Changes name or description of a group.',
    DeleteGroup: 'Deletes a group. Its users stay.',
    AddUsersToGroup: 'Adds users of the organization to a group. Gives the ids that could not be added.',
    RemoveUsersFromGroup: 'Takes users out of a group. Gives the ids that could not be removed.',
    ListGroupUsers: 'Lists who is in which group, as far as the caller may see it.',
  },
  'instance.v2': {
    DeleteInstance: 'Deletes an instance with everything in it. Its hosts lead nowhere from then on. For system users alone.',
    GetInstance: 'Gives an instance with its domains: that of the host, or the one that is named.',
    UpdateInstance: 'Changes the name of an instance.',
    ListInstances: 'Lists the instances of this installation. For system users alone.',
    AddCustomDomain: 'Adds a domain under which clients reach the instance. For system users alone.',
    RemoveCustomDomain: 'Removes a domain under which clients reached the instance. For system users alone.',
    ListCustomDomains: 'Lists the domains under which clients reach the instance.',
    AddTrustedDomain: 'Adds a domain that may stand in links and serve a login of its own, without leading to the instance.',
    RemoveTrustedDomain: 'Removes a trusted domain.',
    ListTrustedDomains: 'Lists the trusted domains of the instance.',
  },
  'internal_permission.v2': {
    ListAdministrators: 'Lists who administrates what: the instance, organizations, projects, grants, as far as the caller may see it.',
    CreateAdministrator:
      'Makes a user an administrator of the instance, an organization, a project or a project grant, with the roles named. Nobody can give what goes beyond the own roles.',
    UpdateAdministrator: 'Sets the roles of an administrator; those that are left out are taken away.',
    DeleteAdministrator: 'Takes all roles of an administrator on a resource away. One who was none is no error.',
  },
  'project.v2': {
    CreateProject: 'Creates a project in an organization: what applications and roles belong to.',
    UpdateProject: 'Changes what the request names of a project and leaves the rest as it is.',
    DeleteProject: 'Deletes a project with its roles, grants and applications.',
    GetProject: 'Gives a project by id.',
    ListProjects: 'Lists the projects that the caller may see: own ones and granted ones.',
    DeactivateProject: 'Switches a project off. Nobody logs in with its applications, and tokens that were issued for them are dead.',
    ActivateProject: 'Switches a deactivated project on again.',
    AddProjectRole: 'Adds a role to a project.',
    UpdateProjectRole: 'Changes display name or group of a role; its key stays.',
    RemoveProjectRole: 'Removes a role from a project, and from all who had it.',
    ListProjectRoles: 'Lists the roles of a project.',
    CreateProjectGrant: 'Grants a project to another organization, which can give its own users the roles named.',
    UpdateProjectGrant: 'Sets the roles of a project grant; those that are left out are taken away, from users too.',
    DeleteProjectGrant: 'Ends a project grant, and with it the roles that were given out of it.',
    DeactivateProjectGrant: 'Makes a project grant count no more until it is activated.',
    ActivateProjectGrant: 'Makes a deactivated project grant count again.',
    ListProjectGrants: 'Lists the grants of projects that the caller may see.',
  },
  'webkey.v2': {
    CreateWebKey:
      'Makes a key pair with which tokens can be signed: RSA, ECDSA or Ed25519. It is published at once and signs once it is activated.',
    ActivateWebKey: 'Makes a key the one that signs tokens. The former one stays published, so that its tokens can be verified.',
    DeleteWebKey: 'Deletes a key that does not sign. Tokens that it signed cannot be verified any more.',
    ListWebKeys: 'Lists the key pairs of the instance with their states.',
  },
};
