-- Bearer tokens. What is stored is the SHA-256 of 32 random bytes: nothing here lets anybody in.
create table auth.token (
  token_id uuid primary key,
  account_id uuid not null,
  digest bytea not null unique check (length(digest) = 32),
  label text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index token_account on auth.token (account_id);

grant usage on schema auth to ledger_gateway, ledger_staff;
grant select on auth.migration to ledger_gateway, ledger_staff;
-- The gateway looks tokens up and notes their use; it can neither make one nor bring a revoked one back.
grant select (token_id, account_id, digest, expires_at, revoked_at, last_used_at), update (last_used_at)
  on auth.token to ledger_gateway;
grant select, insert, update (revoked_at) on auth.token to ledger_staff;
