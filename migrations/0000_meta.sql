-- breaking
-- What belongs to the whole database and to no instance: the proof of the right master key, and what the first start made.
create table keyward_meta (
  name  text primary key,
  value jsonb not null
);
