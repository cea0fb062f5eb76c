-- The tools of the services portal that an account keeps at hand (row E2), in its own order: codes of the fund's file. An
-- account without a row has never chosen; one with none chose none. It is a preference, and no event: nothing is decided
-- on it, and the last choice alone counts.
create table auth.favourite (
  account_id uuid primary key,
  tools text[] not null check (cardinality(tools) <= 30),
  changed_at timestamptz not null default now()
);

grant select, insert, update on auth.favourite to ledger_auth;
