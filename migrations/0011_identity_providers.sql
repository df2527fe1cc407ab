-- compatible
-- Identity providers, the accounts there that users are linked to, and logins there (intents).

create table idps (
  instance_id         text not null references instances on delete cascade,
  idp_id              text not null,
  org_id              text,                                               -- null: it belongs to the instance
  kind                text not null,
  name                text not null,
  is_linking_allowed  boolean not null,
  is_creation_allowed boolean not null,
  is_auto_creation    boolean not null,
  is_auto_update      boolean not null,
  auto_linking        smallint not null,                                  -- 0 off, 1 by user name, 2 by e-mail
  config              jsonb not null,                                     -- what the kind needs; no secrets
  secrets             bytea not null,                                     -- JSON under the master key
  sequence            bigint not null,                                    -- of the owner's last event about it
  created_at          timestamptz not null,
  changed_at          timestamptz not null,
  primary key (instance_id, idp_id),
  foreign key (instance_id, org_id) references orgs on delete cascade
);
-- Providers of an organization; the removal of one.
create index idps_org on idps (instance_id, org_id, created_at);

-- Providers that a login policy offers: that of the instance (owner = its id), or the own one of an organization.
create table login_policy_idps (
  instance_id text not null references instances on delete cascade,
  owner       text not null,
  org_id      text,                                                       -- null: the instance's policy
  idp_id      text not null,
  created_at  timestamptz not null,
  primary key (instance_id, owner, idp_id),
  foreign key (instance_id, org_id) references orgs on delete cascade,
  foreign key (instance_id, idp_id) references idps on delete cascade
);
-- The removal of a provider, and of an organization.
create index login_policy_idps_idp on login_policy_idps (instance_id, idp_id);
create index login_policy_idps_org on login_policy_idps (instance_id, org_id) where org_id is not null;

-- An account's id as its provider compares it: by the byte, but for LDAP attributes and mail addresses of SAML, whose ASCII letters have no case.
create function account_key(kind text, config jsonb, external_id text) returns text
  language sql immutable parallel safe as $$
    select case when kind = 'ldap' or (kind = 'saml' and config->>'nameIdFormat' = '1')
      then translate(external_id, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
      else external_id
    end
  $$;

-- A link is kept while its user is off, as a password is, and opens nothing then. Its epochs count for a login that succeeded before there
-- was a link (then it is bound to nobody): only while they stand does the link lend it its user.
create table idp_links (
  instance_id    text not null,
  idp_id         text not null,
  external_id    text not null,
  external_key   text not null,                                           -- account_key of it
  user_id        text not null,
  display_name   text not null,
  user_epoch     bigint not null,
  org_epoch      bigint not null,
  instance_epoch bigint not null,
  created_at     timestamptz not null,
  primary key (instance_id, idp_id, external_key),                        -- an account belongs to one user
  foreign key (instance_id, user_id) references users on delete cascade,
  foreign key (instance_id, idp_id) references idps on delete cascade
);
-- ListIDPLinks, methods of a user, the removal of a user.
create index idp_links_user on idp_links (instance_id, user_id, created_at);

create table idp_intents (
  instance_id    text not null references instances on delete cascade,
  intent_id      text not null,
  idp_id         text not null,                                           -- no foreign key: an intent outlives its provider, and is worth nothing then
  creator        text not null,                                           -- who began it
  creator_epoch  bigint,                                                  -- under which he did (access/caller.ts); null: nobody who has one
  told_creator   boolean not null default false,                          -- he came with the token, and was told what the login found
  state          text not null check (state in ('started', 'answered', 'succeeded', 'failed', 'consumed')),
  state_hash     bytea,                                                   -- SHA-256 of what the provider sends back
  success_url    text not null,
  failure_url    text not null,
  pending        bytea,                                                   -- JSON under the master key: what the answer is compared with
  token_hash     bytea,                                                   -- SHA-256; from success on
  result         bytea,                                                   -- JSON under the master key: the account and its tokens
  external_id    text,
  user_id        text,                                                    -- to whom the account was linked when it succeeded
  by_link        boolean not null default false,                          -- by a link, which must still be there when the intent is used
  -- Epochs: of the instance and the provider's organization when it began, of the user and his organization when it succeeded.
  instance_epoch bigint not null,
  idp_org_epoch  bigint,
  user_epoch     bigint,
  org_epoch      bigint,
  expires_at     timestamptz not null,                                    -- of one that was begun: until the answer; then of the token
  sequence       bigint not null,
  created_at     timestamptz not null,
  changed_at     timestamptz not null,
  primary key (instance_id, intent_id)
);
-- What is long over is swept away by those that begin.
create index idp_intents_expires on idp_intents (instance_id, expires_at);
-- What a user may link to himself.
create index idp_intents_creator on idp_intents (instance_id, creator, idp_id, external_id) where state = 'succeeded';

-- Tries of a name at an LDAP server, counted before they are made, and given back with a success; draining away by the minute.
create table idp_tries (
  instance_id text not null references instances on delete cascade,
  idp_id      text not null,
  name_key    bytea not null,                                             -- SHA-256 of the name as servers compare it
  level       double precision not null,                                  -- at `last_at`
  last_at     timestamptz not null,
  primary key (instance_id, idp_id, name_key)
);
-- What has drained away is swept by those that are made.
create index idp_tries_last on idp_tries (instance_id, last_at);
