-- compatible
-- What introspection tells of a token beside what it opens (reference/authn-authz-oidc.md 5.2); of tokens given before this, nothing.
alter table oidc_sessions
  add column access_token_id text,                                        -- as in its jti, and in events
  add column amr             text[] not null default '{}';                -- how its user proved himself (RFC 8176)

-- The language of texts for whom none other is known of, as CreateInstance was told (reference/org-and-settings.md 3.1).
alter table instances add column default_language text not null default 'en';

-- What is unique of a user name. In a table of its own, since a change of how an organization names its users writes it anew for each of them:
-- in profiles that wrote every index of them as well, minutes for 200,000 users where this takes two seconds. No foreign key: each new user would
-- pay for one; a trigger removes what belongs to nobody any more.
create table usernames (
  instance_id text not null,
  user_id     text not null,
  key         text not null,                                              -- small letters; with the organization behind it where names are its own
  primary key (instance_id, user_id)
);
insert into usernames (instance_id, user_id, key) select instance_id, user_id, username_key from profiles;
drop index profiles_username;
-- AlreadyExists of a user name; called as before, since an older program knows it by that.
create unique index profiles_username on usernames (instance_id, key);
create function profiles_unnamed() returns trigger language plpgsql as $$
begin
  delete from usernames n where n.instance_id = old.instance_id and n.user_id = old.user_id;
  return null;
end $$;
create trigger profiles_unnamed after delete on profiles for each row execute function profiles_unnamed();

-- Written by an older program alone, and followed.
alter table profiles alter column username_key drop not null;
create function profiles_keyed() returns trigger language plpgsql as $$
begin
  insert into usernames (instance_id, user_id, key) values (new.instance_id, new.user_id, new.username_key)
    on conflict (instance_id, user_id) do update set key = excluded.key;
  return null;
end $$;
create trigger profiles_keyed after insert or update of username_key on profiles
  for each row when (new.username_key is not null) execute function profiles_keyed();

-- No user name in a domain that another organization has, or is getting at this moment: who gives it one takes the lock alone, before he renames
-- those who bear such a name (src/org/claim.ts). Each statement of a function sees what was committed before it: so what the lock waited for
-- counts, and the call stays one statement. Temporary names, which that renaming gives, lie in no domain of anybody.
create function profiles_in_domain() returns trigger language plpgsql as $$
declare
  suffix text := lower(substring(new.username from '[^@]*$'));
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(new.instance_id || '@' || suffix, 0));
  if exists (
    select from users u join orgs o on o.instance_id = u.instance_id and o.org_id = u.org_id
      join org_domains d on d.instance_id = u.instance_id and lower(d.domain) = suffix and d.is_verified and d.org_id <> u.org_id
    where u.instance_id = new.instance_id and u.user_id = new.user_id and not o.login_with_domain
  ) then
    raise exception using errcode = 'KW001', message = 'a user name in the domain of another organization';
  end if;
  return null;
end $$;
create trigger profiles_in_domain after insert or update of username on profiles for each row
  when (position('@' in new.username) > 0 and not (starts_with(new.username, new.user_id) and position('@temporary.' in new.username) > 0))
  execute function profiles_in_domain();
