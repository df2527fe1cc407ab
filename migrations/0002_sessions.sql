-- breaking
-- Sessions: their end, the key that tells an old token from a forged one, every factor, and what lists filter by; failed checks of users.

-- Tokens of before have another form: whoever was logged in logs in anew.
delete from sessions;

alter table sessions
  add column token_key                bytea not null,                     -- signs the tokens of this session, so that a replaced one is known
  add column creator_epoch            bigint,                             -- under which he made it (access/caller.ts); null: a system user, who has none
  add column ended_at                 timestamptz,
  add column intent_checked_at        timestamptz,
  add column web_auth_n_checked_at    timestamptz,
  add column web_auth_n_user_verified boolean not null default false,
  add column totp_checked_at          timestamptz,
  add column otp_sms_checked_at       timestamptz,
  add column otp_email_checked_at     timestamptz,
  add column recovery_code_checked_at timestamptz,
  add column fingerprint              text generated always as (user_agent->>'fingerprint_id') stored,
  add constraint sessions_bound check (user_id is null or (org_id is not null and user_epoch is not null and org_epoch is not null));
-- Every SetSession writes its row anew: room for that in the same page.
alter table sessions set (fillfactor = 80);

-- ListSessions: by creation over the instance, and for those who see some users, creators, organizations or devices.
create index sessions_created on sessions (instance_id, created_at, session_id) where ended_at is null;
create index sessions_user on sessions (instance_id, user_id, created_at) where ended_at is null and user_id is not null;
create index sessions_creator on sessions (instance_id, creator, created_at) where ended_at is null;
create index sessions_org on sessions (instance_id, org_id, created_at) where ended_at is null and org_id is not null;
create index sessions_fingerprint on sessions (instance_id, fingerprint) where ended_at is null and fingerprint is not null;
create index sessions_expires on sessions (instance_id, expires_at) where ended_at is null;

-- Failed checks of a user since the last success, one row for each kind. They count while the epoch stands under which they failed, and
-- only if the password is no newer. A row of its own and not a column of profiles, which are wide; it stays, with 0, after a success.
create table failed_checks (
  instance_id text not null,
  user_id     text not null,
  kind        text not null check (kind in ('password')),
  failed      integer not null,
  user_epoch  bigint not null,
  last_at     timestamptz not null,
  primary key (instance_id, user_id, kind),
  foreign key (instance_id, user_id) references users on delete cascade
);
