-- compatible
-- Passkeys and security keys (WebAuthn), links to register a passkey, challenges of sessions; failed checks of every kind.

create table authenticators (
  instance_id      text not null,
  user_id          text not null,
  token_id         text not null,
  kind             text not null check (kind in ('passkey', 'u2f')),
  rp_id            text not null,                                         -- the domain that it is good for
  created_at       timestamptz not null,
  -- A registration that was begun: what is to be signed, and the epochs under which it lives.
  challenge        text not null,
  expires_at       timestamptz not null,
  user_epoch       bigint not null,
  org_epoch        bigint not null,
  instance_epoch   bigint not null,
  -- Once it is proven it carries no epochs: it comes back with its user, and opens nothing while he is off.
  verified_at      timestamptz,
  name             text,
  credential_id    text,                                                  -- base64url, as browsers tell it
  public_key       bytea,                                                 -- COSE
  attestation_type text,
  aaguid           text,
  sign_count       bigint not null default 0,                             -- of the newest signature; a lower one is a copy's
  primary key (instance_id, user_id, token_id),
  foreign key (instance_id, user_id) references users on delete cascade,
  check (verified_at is null or (name is not null and credential_id is not null and public_key is not null))
);
-- A newer registration takes the place of one that is pending.
create unique index authenticators_pending on authenticators (instance_id, user_id, kind) where verified_at is null;
-- One credential belongs to one user (WebAuthn 7.1, step 26).
create unique index authenticators_credential on authenticators (instance_id, credential_id) where verified_at is not null;

-- Links with which a user registers a passkey; each has its own code.
create table passkey_links (
  instance_id    text not null,
  user_id        text not null,
  link_id        text not null,
  hash           bytea not null,                                          -- SHA-256 of the code
  expires_at     timestamptz not null,
  failed         smallint not null default 0,                             -- wrong tries so far
  user_epoch     bigint not null,
  org_epoch      bigint not null,
  instance_epoch bigint not null,
  primary key (instance_id, user_id, link_id),
  foreign key (instance_id, user_id) references users on delete cascade
);

-- What a session waits for, by kind: the challenge of a key with its domain, or the hash of a code with its wrong tries; each with its end.
alter table sessions add column challenges jsonb not null default '{}';

alter table failed_checks
  drop constraint failed_checks_kind_check,
  add constraint failed_checks_kind_check check (kind in ('password', 'totp', 'otp_sms', 'otp_email', 'recovery_code'));

-- Used ones stay: whoever has used his last code is told another thing than one who never had any (reference/session-service-v2.md 6.1).
alter table recovery_codes add column used_at timestamptz;
