-- breaking
-- What a user proves himself with beyond the password: keys of machines, TOTP, one-time codes, recovery codes; codes that count wrong tries; invites.

alter table user_codes
  drop constraint user_codes_purpose_check,
  add constraint user_codes_purpose_check check (purpose in ('email', 'phone', 'password', 'invite')),
  add column failed           smallint not null default 0,                -- wrong tries so far
  add column returned         boolean not null default false,             -- was told to whoever asked for it, not sent
  -- Of an invite: how its mail was to look, for the next one.
  add column url_template     text,
  add column application_name text;

-- One-time codes by message and by mail, as second factors.
alter table profiles
  add column otp_sms   boolean not null default false,
  add column otp_email boolean not null default false;

-- The one TOTP of a user. Until it is proven it is a pending step, alive under the epochs that it was made under; a proven one has none.
create table totps (
  instance_id    text not null,
  user_id        text not null,
  seed           bytea not null,                                          -- under the master key
  verified_at    timestamptz,
  last_step      bigint,                                                  -- half minute of the newest code that was taken: each is good once
  user_epoch     bigint not null,
  org_epoch      bigint not null,
  instance_epoch bigint not null,
  primary key (instance_id, user_id),
  foreign key (instance_id, user_id) references users on delete cascade
);

-- Those that are left: using one removes its row.
create table recovery_codes (
  instance_id text not null,
  user_id     text not null,
  hash        bytea not null,                                             -- SHA-256
  created_at  timestamptz not null,
  primary key (instance_id, user_id, hash),
  foreign key (instance_id, user_id) references users on delete cascade
);

-- Public keys of machines. They carry no epochs: they come back with their machine, and open nothing while it is off.
create table machine_keys (
  instance_id text not null,
  key_id      text not null,
  user_id     text not null,
  public_key  text not null,                                              -- PEM
  expires_at  timestamptz not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (instance_id, key_id),
  foreign key (instance_id, user_id) references users on delete cascade
);
-- ListKeys of a user, and of the instance.
create index machine_keys_user on machine_keys (instance_id, user_id, created_at);
create index machine_keys_created on machine_keys (instance_id, created_at);
