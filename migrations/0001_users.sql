-- breaking
-- Tenants, organisations, users, their memberships and tokens, and the event log.
--
-- epoch:          raised by whatever cuts access (deactivate, lock, delete, block); a credential is alive while the three epochs it was bound to still stand.
-- access_version: raised by every change of state, membership, token or domain; what a node remembers of a caller counts while the three versions still stand.
-- Both take their values from one sequence, so that none ever comes back, whatever is deleted and made anew under the same id.

create sequence epochs;
-- One value a process: the machine part of the ids that it makes (src/id/id.ts).
create sequence nodes minvalue 0 maxvalue 65535 cycle;

create table instances (
  instance_id    text primary key,
  name           text not null,
  state          smallint not null default 1,
  default_org_id text not null,
  epoch          bigint not null default nextval('epochs'),
  access_version bigint not null default nextval('epochs'),
  sequence       bigint not null,
  created_at     timestamptz not null default now(),
  changed_at     timestamptz not null default now()
);

create table instance_domains (
  instance_id  text not null references instances on delete cascade,
  domain       text not null check (domain = lower(domain)),
  is_primary   boolean not null default false,
  is_generated boolean not null default false,
  created_at   timestamptz not null default now(),
  primary key (instance_id, domain)
);
-- Every call: host → instance, before the instance is known.
create unique index instance_domains_domain on instance_domains (domain);

create table orgs (
  instance_id    text not null references instances on delete cascade,
  org_id         text not null,
  name           text not null,
  state          smallint not null default 1,
  epoch          bigint not null default nextval('epochs'),
  access_version bigint not null default nextval('epochs'),
  sequence       bigint not null,
  created_at     timestamptz not null default now(),
  changed_at     timestamptz not null default now(),
  primary key (instance_id, org_id)
);
-- Names are unique in an instance, whatever their case.
create unique index orgs_name on orgs (instance_id, lower(name));

create table org_domains (
  instance_id text not null,
  org_id      text not null,
  domain      text not null,
  is_verified boolean not null default false,
  is_primary  boolean not null default false,
  created_at  timestamptz not null default now(),
  primary key (instance_id, org_id, domain),
  foreign key (instance_id, org_id) references orgs on delete cascade
);
-- AddHumanUser by domain, and the suffix of a user name that another organisation owns.
create unique index org_domains_verified on org_domains (instance_id, lower(domain)) where is_verified;

-- What decides on access, kept narrow: every call reads the caller's row, every state change writes one.
create table users (
  instance_id      text not null,
  user_id          text not null,
  org_id           text not null,
  kind             smallint not null check (kind in (1, 2)),              -- human, machine
  state            smallint not null default 1 check (state in (1, 2, 4, 6)), -- active, inactive, locked, initial
  epoch            bigint not null default nextval('epochs'),
  access_version   bigint not null default nextval('epochs'),
  rank             smallint not null default 0,                           -- highest membership: 0 none, 1 project, 2 organisation, 3 instance
  is_owner         boolean not null default false,                        -- holds IAM_OWNER on the instance
  sequence         bigint not null,                                       -- of the aggregate's last event
  changed_sequence bigint not null,                                       -- of the last event that reads show as a change
  created_at       timestamptz not null,
  changed_at       timestamptz not null,
  primary key (instance_id, user_id),
  foreign key (instance_id, org_id) references orgs on delete cascade
);
-- ListUsers, newest first: over the instance, and for those who see some organisations.
create index users_created on users (instance_id, created_at, user_id);
create index users_org on users (instance_id, org_id, created_at, user_id);
-- ListUsers by state or type.
create index users_state on users (instance_id, state, created_at, user_id);
create index users_kind on users (instance_id, kind, created_at, user_id);
-- "Is there another active owner?"
create index users_owner on users (instance_id) where is_owner;

-- What describes a user, human or machine, and the secrets he logs in with.
create table profiles (
  instance_id              text not null,
  user_id                  text not null,
  username                 text not null,
  username_key             text not null,                                 -- lower case; with the organisation behind it where names are its own
  first_name               text,
  last_name                text,
  nick_name                text,
  display_name             text,
  preferred_language       text,
  gender                   smallint,
  email                    text,
  email_verified           boolean not null default false,
  phone                    text,
  phone_verified           boolean not null default false,
  password_hash            text,
  password_changed_at      timestamptz,
  password_change_required boolean not null default false,
  mfa_init_skipped_at      timestamptz,
  machine_name             text,
  description              text,
  access_token_type        smallint,
  secret_hash              text,
  user_created_at          timestamptz not null default now(),            -- as users.created_at, which never changes
  primary key (instance_id, user_id),
  foreign key (instance_id, user_id) references users on delete cascade
);
create unique index profiles_username on profiles (instance_id, username_key);
-- ListUsers: filters and sorting columns. The collation "C" serves prefixes and sorts by bytes, as the original.
create index profiles_user_name on profiles (instance_id, username collate "C", user_id);
create index profiles_email on profiles (instance_id, lower(email) collate "C", user_id);
create index profiles_first_name on profiles (instance_id, lower(first_name) collate "C", user_id);
create index profiles_last_name on profiles (instance_id, lower(last_name) collate "C", user_id);
create index profiles_nick_name on profiles (instance_id, lower(nick_name) collate "C", user_id);
create index profiles_display_name on profiles (instance_id, lower(display_name) collate "C", user_id);
create index profiles_phone on profiles (instance_id, phone collate "C", user_id);
-- ListUsers by a text, newest first: in this order it is looked for without another table.
create index profiles_created on profiles (instance_id, user_created_at, user_id);

create table memberships (
  instance_id text not null,
  user_id     text not null,
  level       smallint not null check (level in (1, 2, 3)),               -- project, organisation, instance
  object_id   text not null,                                              -- of that project, organisation or instance
  roles       text[] not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (instance_id, user_id, level, object_id),
  foreign key (instance_id, user_id) references users on delete cascade
);
-- Members of an object.
create index memberships_object on memberships (instance_id, level, object_id);

create table pats (
  instance_id    text not null,
  token_id       text not null,
  user_id        text not null,
  hash           bytea not null,                                          -- SHA-256 of the whole token
  scopes         text[] not null,
  expires_at     timestamptz not null,
  user_epoch     bigint not null,
  org_epoch      bigint not null,
  instance_epoch bigint not null,
  created_at     timestamptz not null,
  changed_at     timestamptz not null,
  primary key (instance_id, token_id),
  foreign key (instance_id, user_id) references users on delete cascade
);
-- ListPersonalAccessTokens of a user.
create index pats_user on pats (instance_id, user_id, created_at);
create index pats_created on pats (instance_id, created_at);

create table user_metadata (
  instance_id text not null,
  user_id     text not null,
  key         text not null,
  value       bytea not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (instance_id, user_id, key),
  foreign key (instance_id, user_id) references users on delete cascade
);
-- ListUsers by metadata: the key, and the value by its hash (a value may be longer than an index entry).
create index user_metadata_key on user_metadata (instance_id, key collate "C", user_id);
create index user_metadata_value on user_metadata (instance_id, sha256(value), user_id);

-- Pending codes of a user, one of a purpose: verification of e-mail or phone, a new password.
create table user_codes (
  instance_id    text not null,
  user_id        text not null,
  purpose        text not null check (purpose in ('email', 'phone', 'password')),
  hash           bytea not null,
  expires_at     timestamptz not null,
  user_epoch     bigint not null,
  org_epoch      bigint not null,
  instance_epoch bigint not null,
  primary key (instance_id, user_id, purpose),
  foreign key (instance_id, user_id) references users on delete cascade
);

create table sessions (
  instance_id         text not null,
  session_id          text not null,
  creator             text not null,
  user_id             text,
  org_id              text,
  user_checked_at     timestamptz,
  password_checked_at timestamptz,
  token_hash          bytea not null,
  user_agent          jsonb,
  metadata            jsonb not null default '{}',
  expires_at          timestamptz,
  user_epoch          bigint,
  org_epoch           bigint,
  instance_epoch      bigint not null,
  sequence            bigint not null,
  created_at          timestamptz not null,
  changed_at          timestamptz not null,
  primary key (instance_id, session_id)
);

-- Append-only. The audit trail, and the history that explains every state row.
create table events (
  instance_id    text not null,
  aggregate_type text not null,
  aggregate_id   text not null,
  sequence       bigint not null,
  type           text not null,
  payload        jsonb,
  editor         text not null,                                           -- who: a user id, or the name of a system user
  owner          text not null,                                           -- the organisation (or instance) that the aggregate belongs to
  via            text not null,                                           -- the door: path of the RPC, or the command of the operator
  created_at     timestamptz not null,
  position       bigint generated always as identity,
  primary key (instance_id, aggregate_type, aggregate_id, sequence)
);
-- The log in its order.
create index events_position on events (instance_id, position);
