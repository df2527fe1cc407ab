/** The services about instances, organizations, their settings and administrators: our words and doors. */
import type { Rpcs } from './row.ts';

export const organizationService: Rpcs = {
  text: 'Organizations: the owners of users, projects and settings within an instance.',
  rpcs: {
    AddOrganization: ['none', 'Creates an organization, with administrators where they are given; needs org.create.'],
    UpdateOrganization: ['none', 'Renames an organization; needs org.write.'],
    ListOrganizations: ['none', 'Lists the organizations that match every query, as far as the caller may read them.'],
    DeleteOrganization: ['none', 'Deletes an organization with its users, projects and settings; needs org.delete.'],
    SetOrganizationMetadata: ['none', 'Sets metadata of an organization by key; needs org.write.'],
    ListOrganizationMetadata: ['none', 'Lists the metadata of an organization; needs org.read.'],
    DeleteOrganizationMetadata: ['none', 'Deletes metadata of an organization by key; needs org.write.'],
    AddOrganizationDomain: [
      'none',
      'Adds a domain to an organization; it counts once it is verified, where verification is asked for. Needs org.write.',
    ],
    ListOrganizationDomains: ['none', 'Lists the domains of an organization; needs org.read.'],
    DeleteOrganizationDomain: ['none', 'Removes a domain that is not the primary one; needs org.write.'],
    GenerateOrganizationDomainValidation: ['none', 'Gives the file or DNS entry by which the domain will be verified; needs org.write.'],
    VerifyOrganizationDomain: ['none', 'Looks for the file or DNS entry and marks the domain as verified; needs org.write.'],
    DeactivateOrganization: ['none', 'Switches an organization off: none of its users has access from the answer on. Needs org.write.'],
    ActivateOrganization: ['none', 'Switches an organization on again; its users log in anew. Needs org.write.'],
  },
};

export const instanceService: Rpcs = {
  text: 'Instances: tenants that share nothing, each reached by its own domains.',
  rpcs: {
    DeleteInstance: ['none', 'Deletes an instance with everything in it; for system users.'],
    GetInstance: ['none', 'Reads an instance; needs iam.read.'],
    UpdateInstance: ['none', 'Renames an instance; needs iam.write.'],
    ListInstances: ['none', 'Lists all instances; for system users.'],
    AddCustomDomain: ['none', 'Adds a domain by which an instance is reached; for system users.'],
    RemoveCustomDomain: ['none', 'Removes a domain by which an instance is reached; for system users.'],
    ListCustomDomains: ['none', 'Lists the domains by which an instance is reached; needs iam.read.'],
    AddTrustedDomain: ['none', 'Adds a domain that links and issuers may name; needs iam.write.'],
    RemoveTrustedDomain: ['none', 'Removes a trusted domain; needs iam.write.'],
    ListTrustedDomains: ['none', 'Lists the trusted domains of an instance; needs iam.read.'],
  },
};

export const internalPermissionService: Rpcs = {
  text: 'Administrators: users with roles on the instance, an organization, a project or a project grant.',
  rpcs: {
    ListAdministrators: ['none', 'Lists the administrators that match every filter, as far as the caller may read them.'],
    CreateAdministrator: ['none', 'Gives a user roles on a resource; needs the right to grant them there.'],
    UpdateAdministrator: ['none', 'Replaces the roles of an administrator; needs the right to grant them there.'],
    DeleteAdministrator: ['none', 'Takes all roles on a resource from a user.'],
  },
};

export const settingsService: Rpcs = {
  text: 'Settings of an organization, which inherit from those of the instance.',
  rpcs: {
    GetGeneralSettings: ['none', 'Reads the default organization, language and the languages that are allowed.'],
    GetLoginSettings: ['none', 'Reads how users may log in and for how long checks count.'],
    GetActiveIdentityProviders: ['none', 'Lists the external identity providers that users may log in with.'],
    GetPasswordComplexitySettings: ['none', 'Reads what a password must contain.'],
    GetPasswordExpirySettings: ['none', 'Reads after how many days a password expires, and when the user is warned.'],
    GetBrandingSettings: ['none', 'Reads colours, logo, icon and font.'],
    GetDomainSettings: ['none', 'Reads how domains and login names belong together.'],
    GetLegalAndSupportSettings: ['none', 'Reads the links to terms, privacy policy, help and support.'],
    GetLockoutSettings: ['none', 'Reads after how many failures a user is locked.'],
    GetSecuritySettings: ['none', 'Reads who may embed the login page, and whether impersonation is allowed.'],
    SetSecuritySettings: ['none', 'Sets who may embed the login page, and whether impersonation is allowed.'],
    SetOrganizationSettings: ['none', 'Sets the settings that an organization has of its own.'],
    DeleteOrganizationSettings: ['none', 'Gives settings of an organization back to what it inherits.'],
    ListOrganizationSettings: ['none', 'Lists the settings that organizations have of their own.'],
    GetHostedLoginTranslation: ['none', 'Reads the texts of the hosted login page in one language.'],
    SetHostedLoginTranslation: ['none', 'Sets texts of the hosted login page in one language.'],
    GetLinkSettings: ['none', 'Reads the links that are shown to users.'],
    SetLinkSettings: ['none', 'Sets the links that are shown to users.'],
    ResetLinkSettings: ['none', 'Gives the links back to what is inherited.'],
    GetEffectiveSettings: ['none', 'Reads the settings as they take effect, with the level from which each comes.'],
  },
};

export const featureService: Rpcs = {
  text: 'Features that are switched on or off for the system, an instance, an organization or a user.',
  rpcs: {
    SetSystemFeatures: ['none', 'Switches features for the whole system; for system users.'],
    ResetSystemFeatures: ['none', 'Gives all features of the system back to their defaults; for system users.'],
    GetSystemFeatures: ['none', 'Reads the features of the system.'],
    SetInstanceFeatures: ['none', 'Switches features for the instance.'],
    ResetInstanceFeatures: ['none', 'Gives all features of the instance back to those of the system.'],
    GetInstanceFeatures: ['none', 'Reads the features of the instance, inherited ones where asked for.'],
    SetOrganizationFeatures: ['none', 'Switches features for one organization.'],
    ResetOrganizationFeatures: ['none', 'Gives all features of an organization back to those of the instance.'],
    GetOrganizationFeatures: ['none', 'Reads the features of an organization, inherited ones where asked for.'],
    SetUserFeatures: ['none', 'Switches features for one user.'],
    ResetUserFeatures: ['none', 'Gives all features of a user back to those of the organization.'],
    GetUserFeatures: ['none', 'Reads the features of a user, inherited ones where asked for.'],
  },
};

export const identityProviderService: Rpcs = {
  text: 'External identity providers that users may log in with.',
  rpcs: {
    GetIDPByID: ['none', 'Reads an external identity provider, without its secrets.'],
  },
};

export const webKeyService: Rpcs = {
  text: 'The keys by which the instance signs tokens.',
  rpcs: {
    CreateWebKey: ['none', 'Makes a key pair, which signs once it is activated.'],
    ActivateWebKey: ['none', 'Makes a key the one that signs; the former stays trusted.'],
    DeleteWebKey: ['none', 'Deletes a key that does not sign; what it signed is trusted no more.'],
    ListWebKeys: ['none', 'Lists the keys with their states, without private parts.'],
  },
};
