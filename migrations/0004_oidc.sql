-- compatible
-- What machine credentials open: signing keys of an instance, and the access tokens that its token endpoint has given out.

-- Keys that sign tokens. One signs at a time; all that are here are published (/oauth/v2/keys).
create table web_keys (
  instance_id text not null references instances on delete cascade,
  key_id      text not null,
  state       smallint not null check (state in (1, 2, 3)),               -- initial, active, inactive
  algorithm   text not null,                                              -- RFC 7518 3.1
  public_key  jsonb not null,                                             -- JWK (RFC 7517)
  private_key bytea not null,                                             -- PKCS #8, encrypted under the master key
  sequence    bigint not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (instance_id, key_id)
);
-- The key that signs; and of several that make the first keys of an instance at once, one does.
create unique index web_keys_active on web_keys (instance_id) where state = 2;

-- What a grant gave: for whom, to which client, for what, with the latest access token. Bound to the epochs, not to the user's row by a
-- foreign key: so that a user with many tokens is removed as fast as one with none.
create table oidc_sessions (
  instance_id             text not null,
  oidc_session_id         text not null,
  user_id                 text not null,
  client_id               text not null,
  audience                text[] not null,
  scopes                  text[] not null,
  access_token_hash       bytea not null,                                 -- SHA-256 of the whole token, opaque or JWT
  access_token_key_id     text,                                           -- of web_keys: what signed a JWT
  access_token_expires_at timestamptz not null,
  user_epoch              bigint not null,
  org_epoch               bigint not null,
  instance_epoch          bigint not null,
  sequence                bigint not null,
  created_at              timestamptz not null,
  changed_at              timestamptz not null,
  primary key (instance_id, oidc_session_id)
);

-- Id of the project that stands for the API of the instance itself: what an access token must name in its audience to open it.
alter table instances
  add column project_id text not null default (300000000000000000 + (random() * 99999999999999999)::bigint)::text;
