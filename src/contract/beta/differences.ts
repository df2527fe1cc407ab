/** Where messages of v2beta differ from those of v2 in name or shape (held against the descriptors by test/v2beta): small tables, by hand. */

/** Message of v2beta → its field → the field of v2, or the way to it. */
export const otherNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'instance.v2beta.Instance': { domains: 'custom_domains' },
  'instance.v2beta.ListInstancesRequest': { queries: 'filters' },
  'instance.v2beta.Query': { id_query: 'in_ids_filter', domain_query: 'custom_domains_filter' },
  'instance.v2beta.AddCustomDomainRequest': { domain: 'custom_domain' },
  'instance.v2beta.RemoveCustomDomainRequest': { domain: 'custom_domain' },
  'instance.v2beta.AddTrustedDomainRequest': { domain: 'trusted_domain' },
  'instance.v2beta.RemoveTrustedDomainRequest': { domain: 'trusted_domain' },
  'instance.v2beta.ListCustomDomainsRequest': { queries: 'filters' },
  'instance.v2beta.ListTrustedDomainsRequest': { queries: 'filters' },
  'instance.v2beta.DomainSearchQuery': {
    domain_query: 'domain_filter',
    generated_query: 'generated_filter',
    primary_query: 'primary_filter',
  },
  'instance.v2beta.TrustedDomainSearchQuery': { domain_query: 'domain_filter' },

  'org.v2beta.CreateOrganizationRequest': { id: 'organization_id' },
  'org.v2beta.CreateOrganizationResponse': { id: 'organization_id', creation_date: 'details.creation_date' },
  'org.v2beta.UpdateOrganizationRequest': { id: 'organization_id' },
  'org.v2beta.DeleteOrganizationRequest': { id: 'organization_id' },
  'org.v2beta.DeactivateOrganizationRequest': { id: 'organization_id' },
  'org.v2beta.ActivateOrganizationRequest': { id: 'organization_id' },
  'org.v2beta.ListOrganizationsRequest': { pagination: 'query', filter: 'queries' },
  'org.v2beta.ListOrganizationsResponse': { pagination: 'details', organizations: 'result' },
  'org.v2beta.OrganizationSearchFilter': {
    name_filter: 'name_query',
    domain_filter: 'domain_query',
    state_filter: 'state_query',
    id_filter: 'id_query',
  },
  'org.v2beta.Organization': { creation_date: 'details.creation_date', changed_date: 'details.change_date' },
  'org.v2beta.ListOrganizationMetadataRequest': { filter: 'filters' },
  'metadata.v2beta.MetadataQuery': { key_query: 'key_filter' },
  'org.v2beta.DomainSearchFilter': { domain_name_filter: 'domain_filter' },
  'org.v2beta.DomainNameFilter': { name: 'domain' },
  'org.v2beta.Domain': { domain_name: 'domain' },

  'project.v2beta.CreateProjectRequest': { id: 'project_id' },
  'project.v2beta.CreateProjectResponse': { id: 'project_id' },
  'project.v2beta.UpdateProjectRequest': {
    id: 'project_id',
    project_role_check: 'authorization_required',
    has_project_check: 'project_access_required',
  },
  'project.v2beta.DeleteProjectRequest': { id: 'project_id' },
  'project.v2beta.GetProjectRequest': { id: 'project_id' },
  'project.v2beta.DeactivateProjectRequest': { id: 'project_id' },
  'project.v2beta.ActivateProjectRequest': { id: 'project_id' },
  'project.v2beta.Project': { id: 'project_id' },
  'project.v2beta.ProjectGrantSearchFilter': {
    project_resource_owner_filter: 'organization_id_filter',
    project_grant_resource_owner_filter: 'granted_organization_id_filter',
  },

  'app.v2beta.CreateApplicationRequest': {
    id: 'application_id',
    oidc_request: 'oidc_configuration',
    saml_request: 'saml_configuration',
    api_request: 'api_configuration',
  },
  'app.v2beta.CreateOIDCApplicationRequest': { app_type: 'application_type', dev_mode: 'development_mode' },
  'app.v2beta.CreateOIDCApplicationResponse': { none_compliant: 'non_compliant' },
  'app.v2beta.UpdateOIDCApplicationConfigurationRequest': { app_type: 'application_type', dev_mode: 'development_mode' },
  'app.v2beta.OIDCConfig': { app_type: 'application_type', none_compliant: 'non_compliant', dev_mode: 'development_mode' },
  'app.v2beta.CreateApplicationResponse': {
    app_id: 'application_id',
    oidc_response: 'oidc_configuration',
    saml_response: 'saml_configuration',
    api_response: 'api_configuration',
  },
  'app.v2beta.GetApplicationRequest': { id: 'application_id' },
  'app.v2beta.GetApplicationResponse': { app: 'application' },
  'app.v2beta.UpdateApplicationRequest': {
    id: 'application_id',
    saml_configuration_request: 'saml_configuration',
    oidc_configuration_request: 'oidc_configuration',
    api_configuration_request: 'api_configuration',
  },
  'app.v2beta.DeleteApplicationRequest': { id: 'application_id' },
  'app.v2beta.DeactivateApplicationRequest': { id: 'application_id' },
  'app.v2beta.ReactivateApplicationRequest': { id: 'application_id' },
  'app.v2beta.Application': {
    id: 'application_id',
    oidc_config: 'oidc_configuration',
    api_config: 'api_configuration',
    saml_config: 'saml_configuration',
  },
  'app.v2beta.CreateApplicationKeyRequest': { app_id: 'application_id' },
  'app.v2beta.CreateApplicationKeyResponse': { id: 'key_id' },
  'app.v2beta.DeleteApplicationKeyRequest': { id: 'key_id' },
  'app.v2beta.GetApplicationKeyRequest': { id: 'key_id' },
  'app.v2beta.GetApplicationKeyResponse': { id: 'key_id' },
  'app.v2beta.ApplicationKey': { id: 'key_id' },
};

/** Fields of v2beta alone: in requests not looked at, in answers filled by hand (`finish`) or left empty. */
export const alone: Readonly<Record<string, readonly string[]>> = {
  // Given up for the organization, which v2 demands.
  'internal_permission.v2beta.ResourceType.ProjectGrant': ['project_grant_id'],
  // Filled by hand: v2 tells who was created, not who was assigned, and no limit.
  'org.v2beta.CreateOrganizationResponse': ['organization_admins'],
  'filter.v2beta.PaginationResponse': ['applied_limit'],
  // The key's own id is enough to find it.
  'app.v2beta.DeleteApplicationKeyRequest': ['organization_id'],
  'app.v2beta.GetApplicationKeyRequest': ['project_id', 'application_id', 'organization_id'],
};

/** Enum values of v2beta that v2 has given up: in requests as if they were not sent. */
export const forgotten: readonly string[] = ['IMPROVED_PERFORMANCE_ORG_BY_ID'];

interface Admins {
  readonly admins: readonly { readonly userType: { readonly case: string | undefined; readonly value?: unknown } }[];
}
interface Created {
  readonly createdAdmins?: readonly object[];
}
interface Page {
  readonly pagination?: { readonly limit: number };
}
interface Paged {
  pagination?: { appliedLimit?: bigint };
}

/** The most rows of a list, and what is given without a limit (DESIGN.md 8). */
const MOST_ROWS = 1000;

/** What is put into an answer of v2beta that was derived from v2's, by the path of v2beta. The messages are those of these RPCs. */
export const finish: Readonly<Record<string, (request: object, v2: object, answer: object) => void>> = {
  // In the order of the request, where v2 lists those that were created.
  '/zitadel.org.v2beta.OrganizationService/CreateOrganization': (request, v2, answer) => {
    const created = [...((v2 as Created).createdAdmins ?? [])];
    const organizationAdmins = (request as Admins).admins.map(({ userType }) => ({
      OrganizationAdmin:
        userType.case === 'userId'
          ? { case: 'assignedAdmin', value: { userId: userType.value } }
          : { case: 'createdAdmin', value: created.shift() ?? {} },
    }));
    Object.assign(answer, { organizationAdmins });
  },
  '/zitadel.org.v2beta.OrganizationService/ListOrganizations': (request, _, answer) => {
    const appliedLimit = BigInt(Math.min((request as Page).pagination?.limit || MOST_ROWS, MOST_ROWS));
    (answer as Paged).pagination = { ...(answer as Paged).pagination, appliedLimit };
  },
};
