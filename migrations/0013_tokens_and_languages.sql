-- compatible
-- What introspection tells of a token beside what it opens (reference/authn-authz-oidc.md 5.2); of tokens given before this, nothing.
alter table oidc_sessions
  add column access_token_id text,                                        -- as in its jti, and in events
  add column amr             text[] not null default '{}';                -- how its user proved himself (RFC 8176)

-- The language of texts for whom none other is known of, as CreateInstance was told (reference/org-and-settings.md 3.1).
alter table instances add column default_language text not null default 'en';
