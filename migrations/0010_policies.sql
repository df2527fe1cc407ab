-- compatible
-- What rules a tenant and its organizations, and how the users of an organization are named.

create table policies (
  instance_id text not null references instances on delete cascade,
  org_id      text not null,                                              -- empty: of the instance
  kind        text not null,                                              -- src/access/policy.ts; of translations with the locale behind it
  value       jsonb not null,
  sequence    bigint not null,                                            -- of the event that set it
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  of_org      text generated always as (nullif(org_id, '')) stored,
  primary key (instance_id, kind, org_id),                                -- the policy that counts: of the organization, else of the instance
  foreign key (instance_id, of_org) references orgs on delete cascade
);
-- DeleteOrganization, by the foreign key
create index policies_org on policies (instance_id, of_org) where of_org is not null;

-- Known to the nodes with the host: whether any organization ever put its domain behind names, so that a search by login name looks at domains.
alter table instances
  add column login_with_domain boolean not null default false,            -- of the instance's domain policy
  add column domain_logins     boolean not null default false;

-- Kept beside the policies that say it, since whoever writes a user name decides on it behind a lock of this row.
alter table orgs
  add column login_with_domain boolean not null default false,            -- its users log in as <user name>@<domain>
  add column scoped_names      boolean not null default false;            -- its user names may be used elsewhere, too

-- A new organization begins under the instance's policy as it is when the row comes into being, whoever inserts it; a change of that waits.
create function orgs_follow_instance() returns trigger language plpgsql as $$
begin
  select i.login_with_domain into new.login_with_domain from instances i where i.instance_id = new.instance_id for share;
  return new;
end $$;
create trigger orgs_follow_instance before insert on orgs for each row execute function orgs_follow_instance();

-- A user by his login name: the session's check of the user, client_id of client credentials
create index profiles_login_name on profiles (instance_id, lower(username));

-- How many wrong tries lock a user of an organization; 0: none.
create or replace function lockout_limits(instance_id text, org_id text) returns table (passwords integer, codes integer)
  language sql stable parallel safe as $$
    select least(coalesce((y.value->>'maxPasswordAttempts')::bigint, 0), 2147483647)::integer, least(coalesce((y.value->>'maxOtpAttempts')::bigint, 0), 2147483647)::integer
    from (select) as one
    left join lateral (
      select p.value from policies p where p.instance_id = $1 and p.kind = 'lockout' and p.org_id in ($2, '') order by p.org_id desc limit 1
    ) y on true
  $$;
