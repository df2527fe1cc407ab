-- compatible
-- ListUsers by e-mail as it is written: equal, one of several, or by its start (0001 has the index that ignores case).
create index profiles_email_bytes on profiles (instance_id, email collate "C", user_id);

-- ListUsers by a part of a text ("contains", "ends with", and what ignores case): trigrams of the columns as they are, which serve like and
-- ilike alike. Parts of fewer than three characters have none and are looked for in all users.
--
-- pg_trgm belongs to PostgreSQL and may be created by whoever owns the database (it is a trusted extension); some installations leave it
-- out, or in a schema that is not searched. Then these lists work as before, only slower the more users there are: that stops no start.
-- Who adds it later makes the index by the statement below.
do $$
begin
  create extension if not exists pg_trgm;
  create index profiles_text on profiles using gin (
    username gin_trgm_ops, email gin_trgm_ops, first_name gin_trgm_ops, last_name gin_trgm_ops, nick_name gin_trgm_ops,
    display_name gin_trgm_ops, phone gin_trgm_ops
  ) with (fastupdate = off); -- else every hundredth new user would wait for the entries of the others, and every search read them twice
exception
  when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
    raise warning 'lists by a part of a text are not indexed: %', sqlerrm;
end $$;
