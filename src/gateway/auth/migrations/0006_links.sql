-- Links of mails. What is stored is the SHA-256 of 32 random bytes: nothing here lets anybody in. A link works once, for
-- a day at most, and only while it is neither used nor void.
create table auth.link (
  link_id uuid primary key,
  digest bytea not null unique check (length(digest) = 32),
  purpose text not null,
  account_id uuid,
  target_id uuid,
  group_id uuid,
  made_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  void_at timestamptz,
  check (expires_at <= made_at + interval '24 hours')
);
create index link_account on auth.link (account_id, purpose) where used_at is null and void_at is null;
create index link_target on auth.link (target_id, purpose) where used_at is null and void_at is null;
create index link_expires_at on auth.link (expires_at);

grant select, insert, update (used_at, void_at), delete on auth.link to ledger_auth;
