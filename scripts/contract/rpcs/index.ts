/** Our words and doors for every service of the contract, by full name; and words for the types that several services share. */
import { oidcService, samlService, sessionService } from './login.ts';
import { actionService, applicationService, authorizationService, groupService, projectService } from './project.ts';
import type { Rpcs } from './row.ts';
import {
  featureService,
  identityProviderService,
  instanceService,
  internalPermissionService,
  organizationService,
  settingsService,
  webKeyService,
} from './tenant.ts';
import { userService } from './user.ts';

export type { Rpcs } from './row.ts';

export const rpcTables: Readonly<Record<string, Rpcs>> = {
  'zitadel.action.v2.ActionService': actionService,
  'zitadel.application.v2.ApplicationService': applicationService,
  'zitadel.authorization.v2.AuthorizationService': authorizationService,
  'zitadel.feature.v2.FeatureService': featureService,
  'zitadel.group.v2.GroupService': groupService,
  'zitadel.idp.v2.IdentityProviderService': identityProviderService,
  'zitadel.instance.v2.InstanceService': instanceService,
  'zitadel.internal_permission.v2.InternalPermissionService': internalPermissionService,
  'zitadel.oidc.v2.OIDCService': oidcService,
  'zitadel.org.v2.OrganizationService': organizationService,
  'zitadel.project.v2.ProjectService': projectService,
  'zitadel.saml.v2.SAMLService': samlService,
  'zitadel.session.v2.SessionService': sessionService,
  'zitadel.settings.v2.SettingsService': settingsService,
  'zitadel.user.v2.UserService': userService,
  'zitadel.webkey.v2.WebKeyService': webKeyService,
};

export const typeWords: Readonly<Record<string, string>> = {
  'zitadel.error.v2.ErrorDetail': 'Detail of a failure whose id is a slug (it contains a dot).',
  'zitadel.v1.ErrorDetail': 'Detail of a failure: its id, and its text without the id.',
  'zitadel.v1.CredentialsCheckError': 'Detail of a failed password check, with the number of failures so far.',
  'zitadel.v1.LocalizedMessage': 'A message key and its text in the language of the reader.',
  'zitadel.v1.ObjectDetails': 'When and where an object was made and last changed.',
  'zitadel.object.v2.Details':
    'The last change of an object: its sequence, its moment, and the organization (or instance) that owns the object.',
  'zitadel.object.v2.ListDetails': 'How many entries a list has in all, and the moment that it shows.',
  'zitadel.object.v2.ListQuery': 'Which page of a list is wanted, and in which direction.',
  'zitadel.object.v2.Organization': 'An organization, by id or by domain.',
  'zitadel.object.v2.Organisation': 'The older spelling of Organization.',
  'zitadel.object.v2.RequestContext': 'Whose settings are meant: those of one organization, or those of the instance.',
  'zitadel.object.v2.TextQueryMethod': 'How a text of a query is compared.',
  'zitadel.object.v2.ListQueryMethod': 'How a list of a query is compared.',
  'zitadel.object.v2.TimestampQueryMethod': 'How a moment of a query is compared.',
  'zitadel.filter.v2.PaginationRequest': 'Which page of a list is wanted, and in which direction.',
  'zitadel.filter.v2.PaginationResponse': 'How many entries a list has in all, and the limit that was applied.',
  'zitadel.filter.v2.IDFilter': 'Entries that belong to one id.',
  'zitadel.filter.v2.InIDsFilter': 'Entries whose id is one of these.',
  'zitadel.filter.v2.TimestampFilter': 'Entries whose moment stands in this relation to the given one.',
  'zitadel.filter.v2.TextFilterMethod': 'How a text of a filter is compared.',
  'zitadel.filter.v2.ListFilterMethod': 'How a list of a filter is compared.',
  'zitadel.filter.v2.TimestampFilterMethod': 'How a moment of a filter is compared.',
  'zitadel.filter.v2.ByteFilterMethod': 'How a value of bytes of a filter is compared.',
  'zitadel.metadata.v2.Metadata': 'A key with a value of arbitrary bytes, attached to a user or an organization.',
  'zitadel.user.v2.User': 'A user: a human with a profile, or a machine.',
  'zitadel.user.v2.UserState': 'Whether a user may log in; only an active one may.',
  'zitadel.user.v2.SearchQuery': 'One condition on users; `and`, `or` and `not` combine several.',
  'zitadel.user.v2.IDPIntent': 'A login at an external identity provider, from its start to its use.',
  'zitadel.session.v2.Session': 'Who was checked, by which factors, on which device, and until when that counts.',
  'zitadel.session.v2.Checks': 'The factors that the caller presents.',
  'zitadel.session.v2.Challenges': 'What the caller wants to be sent or to sign, to present it in a later check.',
  'zitadel.session.v2.Factors': 'The factors that were checked, each with its moment.',
  'zitadel.org.v2.Organization': 'An organization: the owner of users, projects and settings.',
};
