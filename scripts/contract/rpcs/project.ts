/** The services about projects, applications, grants, groups and actions: our words and doors. */
import type { Rpcs } from './row.ts';

export const projectService: Rpcs = {
  text: 'Projects: applications and roles that belong together, and their grants to other organizations.',
  rpcs: {
    CreateProject: ['none', 'Creates a project in an organization.'],
    UpdateProject: ['none', 'Changes what is given of a project.'],
    DeleteProject: ['none', 'Deletes a project with its applications, roles and grants.'],
    GetProject: ['none', 'Reads one project.'],
    ListProjects: ['none', 'Lists the projects that match every filter, as far as the caller may read them.'],
    DeactivateProject: ['none', 'Switches a project off: nobody logs in to its applications from the answer on.'],
    ActivateProject: ['none', 'Switches a project on again.'],
    AddProjectRole: ['none', 'Adds a role to a project.'],
    UpdateProjectRole: ['none', 'Changes the name or group of a role.'],
    RemoveProjectRole: ['none', 'Removes a role from a project and from all who hold it.'],
    ListProjectRoles: ['none', 'Lists the roles of a project.'],
    CreateProjectGrant: ['none', 'Grants roles of a project to another organization, which gives them to its users.'],
    UpdateProjectGrant: ['none', 'Replaces the roles that are granted to an organization.'],
    DeleteProjectGrant: ['none', 'Takes a project grant back.'],
    DeactivateProjectGrant: ['none', 'Switches a project grant off.'],
    ActivateProjectGrant: ['none', 'Switches a project grant on again.'],
    ListProjectGrants: ['none', 'Lists the project grants that match every filter.'],
  },
};

export const applicationService: Rpcs = {
  text: 'Applications of a project: what users log in to, by OpenID Connect or SAML, and the APIs that check their tokens.',
  rpcs: {
    CreateApplication: ['credential', 'Creates an application and shows its secret once, where it has one.'],
    UpdateApplication: ['none', 'Changes what is given of an application.'],
    GetApplication: ['none', 'Reads one application.'],
    DeleteApplication: ['none', 'Deletes an application; its tokens work no more.'],
    DeactivateApplication: ['none', 'Switches an application off: nobody logs in to it from the answer on.'],
    ReactivateApplication: ['none', 'Switches an application on again.'],
    GenerateClientSecret: ['credential', 'Makes a new secret for an application, replacing the former, and shows it once.'],
    ListApplications: ['none', 'Lists the applications that match every filter, as far as the caller may read them.'],
    CreateApplicationKey: ['credential', 'Makes a key for an application and returns the private part once.'],
    DeleteApplicationKey: ['none', 'Deletes a key of an application; it is trusted no more.'],
    GetApplicationKey: ['none', 'Reads a key of an application, without its private part.'],
    ListApplicationKeys: ['none', 'Lists the keys of applications that match every filter.'],
  },
};

export const authorizationService: Rpcs = {
  text: 'Authorizations: which roles of a project a user holds.',
  rpcs: {
    ListAuthorizations: ['none', 'Lists the authorizations that match every filter, as far as the caller may read them.'],
    CreateAuthorization: ['none', 'Gives a user roles of a project.'],
    UpdateAuthorization: ['none', 'Replaces the roles of an authorization.'],
    DeleteAuthorization: ['none', 'Takes an authorization from a user.'],
    ActivateAuthorization: ['none', 'Switches an authorization on again.'],
    DeactivateAuthorization: ['none', 'Switches an authorization off: its roles are in no token from the answer on.'],
  },
};

export const groupService: Rpcs = {
  text: 'Groups of users of an organization.',
  rpcs: {
    CreateGroup: ['none', 'Creates a group in an organization.'],
    GetGroup: ['none', 'Reads one group.'],
    ListGroups: ['none', 'Lists the groups that match every filter, as far as the caller may read them.'],
    UpdateGroup: ['none', 'Changes the name or description of a group.'],
    DeleteGroup: ['none', 'Deletes a group; its users stay.'],
    AddUsersToGroup: ['none', 'Puts users into a group and tells which of them could not be.'],
    RemoveUsersFromGroup: ['none', 'Takes users out of a group and tells which of them could not be.'],
    ListGroupUsers: ['none', 'Lists the users of groups that match every filter.'],
  },
};

export const actionService: Rpcs = {
  text: 'Actions: calls to targets of your own before or after an API call, on an event, or within a function.',
  rpcs: {
    CreateTarget: ['none', 'Creates a target: an address that is called, and how its failure counts.'],
    UpdateTarget: ['none', 'Changes what is given of a target, or makes its signing key anew.'],
    DeleteTarget: ['none', 'Deletes a target and removes it from all executions.'],
    GetTarget: ['none', 'Reads one target.'],
    ListTargets: ['none', 'Lists the targets that match every filter.'],
    AddPublicKey: ['none', 'Adds a public key by which what is sent to a target can be encrypted.'],
    ActivatePublicKey: ['none', 'Makes a public key the one that is used for a target.'],
    DeactivatePublicKey: ['none', 'Ends the use of a public key for a target.'],
    RemovePublicKey: ['none', 'Removes a public key that is not in use.'],
    ListPublicKeys: ['none', 'Lists the public keys of a target.'],
    SetExecution: ['none', 'Sets which targets are called on a condition; none removes the execution.'],
    ListExecutions: ['none', 'Lists the executions that match every filter.'],
    ListExecutionFunctions: ['none', 'Lists the functions on which targets can be called.'],
    ListExecutionMethods: ['none', 'Lists the RPCs on which targets can be called.'],
    ListExecutionServices: ['none', 'Lists the services on which targets can be called.'],
  },
};
