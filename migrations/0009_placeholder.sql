-- compatible
-- Written on another branch; goes when it is merged.
select 1;
