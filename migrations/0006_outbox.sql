-- compatible
-- The outbox: messages to users, each written in the statement that gives the reason for it, and gone when it is delivered.

create table outbox (
  instance_id     text not null,
  message_id      text not null,                                          -- the receiver knows by it what he has already
  user_id         text not null,
  org_id          text not null,
  sequence        bigint not null,                                        -- of the event: messages to a user go out in this order,
  place           smallint not null,                                      -- and in this within one event
  kind            text not null,
  channel         text not null check (channel in ('mail', 'sms')),
  recipient       text not null,                                          -- as it was then: news of a change go to the address of before the next one
  language        text not null,
  code            bytea,                                                  -- under the master key
  code_hash       bytea,                                                  -- SHA-256, to tell whether it is still the one that counts
  data            jsonb not null,
  user_epoch      bigint not null,
  org_epoch       bigint not null,
  instance_epoch  bigint not null,
  created_at      timestamptz not null,
  next_attempt_at timestamptz not null,                                   -- of a leased one: when the lease ends
  leased          boolean not null default false,                         -- a node is at it
  attempts        integer not null default 0,
  last_error      text,
  dead_at         timestamptz,                                            -- no more attempts; kept for thirty days to be looked at
  primary key (instance_id, message_id),
  foreign key (instance_id, user_id) references users on delete cascade
);
-- What is due.
create index outbox_due on outbox (instance_id, next_attempt_at) where dead_at is null;
-- The order of a user's messages.
create index outbox_user on outbox (instance_id, user_id, sequence, place);
