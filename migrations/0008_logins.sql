-- compatible
-- Logging in: tries that are under way, limits of them, what is left of sessions that are over.

-- Ends of the tries that a user's password or codes are being compared for: counted beside the failures, so that a thousand at once are no
-- more than the limit. One whose node died is free again when its end has passed.
alter table failed_checks add column reserved timestamptz[] not null default '{}';

-- How many wrong tries lock a user of an organization; 0: none. The defaults of a new instance.
create function lockout_limits(instance_id text, org_id text) returns table (passwords integer, codes integer)
  language sql stable parallel safe as 'select 0, 0';

-- Failures from one address (of IPv6 from its network of 64 bits), or by one caller, over all users; draining away by the minute.
create table failed_sources (
  instance_id text not null,
  source      text not null,
  level       double precision not null,                              -- at `last_at`
  last_at     timestamptz not null,
  primary key (instance_id, source)
);
-- The job that forgets those that have drained away.
create index failed_sources_last on failed_sources (instance_id, last_at);

-- Written in place of a failure where there is nobody to count it for, so that such a refusal takes as long as another. Tells nothing.
create table decoy_checks (
  instance_id text not null,
  slot        smallint not null,
  last_at     timestamptz not null,
  primary key (instance_id, slot)
);

-- How far the job that forgets sessions which are over has come through those of an instance; no row: not begun yet.
create table session_walks (
  instance_id text primary key references instances on delete cascade,
  after_id    text not null,                                          -- the last session that was looked at
  due_at      timestamptz not null                                    -- of one that a node is at: when it is another's again
);
