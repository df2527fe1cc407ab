-- compatible
-- Organizations: metadata, and validations of their domains. Instances: domains that their links may name.

create table org_metadata (
  instance_id text not null,
  org_id      text not null,
  key         text not null,
  value       bytea not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (instance_id, org_id, key),
  foreign key (instance_id, org_id) references orgs on delete cascade
);

-- A validation that was begun: by a file under the domain, or by a record of its DNS.
alter table org_domains
  add column validation_type  smallint check (validation_type in (1, 2)), -- HTTP, DNS
  add column validation_token bytea;                                      -- under the master key

create table instance_trusted_domains (
  instance_id text not null references instances on delete cascade,
  domain      text not null,
  created_at  timestamptz not null default now(),
  primary key (instance_id, domain)
);
-- AddTrustedDomain: one that differs in its case alone is taken.
create unique index instance_trusted_domains_key on instance_trusted_domains (instance_id, lower(domain));

-- ListOrganizations, by creation.
create index orgs_created on orgs (instance_id, created_at, org_id);
