-- compatible
-- Projects of organizations, what they hold (roles, applications with their keys), to whom they are granted, and the roles of users on them.
--
-- epoch: raised when a project, a grant of one or an application is switched off; what is issued for one is bound to it, as it is to its user's.

create table projects (
  instance_id      text not null,
  project_id       text not null,
  org_id           text not null,
  name             text not null,
  state            smallint not null default 1 check (state in (1, 2)),   -- active, inactive
  role_assertion   boolean not null,                                      -- roles into tokens without being asked for
  role_check       boolean not null,                                      -- logins need a user grant
  project_check    boolean not null,                                      -- logins need the project, or a grant of it, in the user's organization
  private_labeling smallint not null,
  epoch            bigint not null default nextval('epochs'),
  sequence         bigint not null,                                       -- of the aggregate's last event
  changed_sequence bigint not null,                                       -- of the last event of the project itself
  created_at       timestamptz not null default now(),
  changed_at       timestamptz not null default now(),
  primary key (instance_id, project_id),
  foreign key (instance_id, org_id) references orgs on delete cascade
);
-- Names are unique in an organization, whatever their case; and the projects of an organization, when it is removed.
create unique index projects_name on projects (instance_id, org_id, lower(name));
-- ListProjects, newest first.
create index projects_created on projects (instance_id, created_at, project_id);

create table project_roles (
  instance_id  text not null,
  project_id   text not null,
  key          text not null,
  display_name text not null,
  group_name   text not null,
  created_at   timestamptz not null default now(),
  changed_at   timestamptz not null default now(),
  primary key (instance_id, project_id, key),
  foreign key (instance_id, project_id) references projects on delete cascade
);

create table project_grants (
  instance_id    text not null,
  grant_id       text not null,
  project_id     text not null,
  granted_org_id text not null,
  role_keys      text[] not null,
  state          smallint not null default 1 check (state in (1, 2)),     -- active, inactive
  epoch          bigint not null default nextval('epochs'),
  sequence       bigint not null,
  created_at     timestamptz not null default now(),
  changed_at     timestamptz not null default now(),
  primary key (instance_id, grant_id),
  foreign key (instance_id, project_id) references projects on delete cascade,
  foreign key (instance_id, granted_org_id) references orgs on delete cascade
);
-- One grant to an organization; a user grant by the organization's id.
create unique index project_grants_org on project_grants (instance_id, project_id, granted_org_id);
-- Grants to an organization, when it is removed.
create index project_grants_granted on project_grants (instance_id, granted_org_id);
-- ListProjectGrants, by creation.
create index project_grants_created on project_grants (instance_id, created_at, grant_id);

create table apps (
  instance_id text not null,
  app_id      text not null,
  project_id  text not null,
  name        text not null,
  kind        smallint not null check (kind in (1, 2, 3)),                -- OIDC, API, SAML
  state       smallint not null default 1 check (state in (1, 2)),        -- active, inactive
  client_id   text,
  secret_hash text,
  config      jsonb not null,                                             -- as src/app/config.ts says, by kind
  epoch       bigint not null default nextval('epochs'),
  sequence    bigint not null,
  created_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),
  primary key (instance_id, app_id),
  foreign key (instance_id, project_id) references projects on delete cascade
);
-- Names are unique in a project, whatever their case.
create unique index apps_name on apps (instance_id, project_id, lower(name));
-- The client of a token request.
create unique index apps_client on apps (instance_id, client_id);

create table app_keys (
  instance_id text not null,
  key_id      text not null,
  app_id      text not null,
  public_key  text not null,                                              -- PEM
  expires_at  timestamptz not null,
  sequence    bigint not null,
  created_at  timestamptz not null default now(),
  primary key (instance_id, key_id),
  foreign key (instance_id, app_id) references apps on delete cascade
);
create index app_keys_app on app_keys (instance_id, app_id, created_at);

-- Which roles of a project a user holds, as an organization has given them: the owner of the project, or one that it is granted to.
create table user_grants (
  instance_id      text not null,
  grant_id         text not null,
  user_id          text not null,
  project_id       text not null,
  project_grant_id text,
  org_id           text not null,                                         -- that gives it
  role_keys        text[] not null,
  state            smallint not null default 1 check (state in (1, 2)),   -- active, inactive
  sequence         bigint not null,
  created_at       timestamptz not null default now(),
  changed_at       timestamptz not null default now(),
  primary key (instance_id, grant_id),
  foreign key (instance_id, user_id) references users on delete cascade,
  foreign key (instance_id, project_id) references projects on delete cascade,
  foreign key (instance_id, project_grant_id) references project_grants on delete cascade,
  foreign key (instance_id, org_id) references orgs on delete cascade
);
-- One grant of a project to a user by an organization; the roles of a user.
create unique index user_grants_user on user_grants (instance_id, user_id, project_id, org_id);
-- Those of a project, of a grant and of an organization, when these are removed.
create index user_grants_project on user_grants (instance_id, project_id);
create index user_grants_grant on user_grants (instance_id, project_grant_id) where project_grant_id is not null;
create index user_grants_org on user_grants (instance_id, org_id);
-- ListAuthorizations, newest first.
create index user_grants_created on user_grants (instance_id, created_at, grant_id);

-- Reads of a key tell the sequence of its event; of keys made before this, none.
alter table machine_keys add column sequence bigint;
