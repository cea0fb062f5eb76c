-- What somebody looked for, where it names a person: an address then holds the id alone. The filters are sealed under the
-- account's own person, so that erasing it ends them; a row is found by its own account and session only.
create table auth.search (
  search_id uuid primary key default gen_random_uuid(),
  account_id uuid not null,
  session_id uuid not null,
  kind text not null,
  filters_sealed text not null,
  made_at timestamptz not null default now(),
  used_at timestamptz not null default now()
);
create index search_session on auth.search (session_id, made_at);
create index search_used_at on auth.search (used_at);

grant select, insert, update (used_at), delete on auth.search to ledger_auth;
