-- The security journal: who signed in, what was refused, whose rights changed. Ids, codes and figures; a retention of its
-- own (JOURNAL_MONTHS). Nobody updates it, and what is younger than a month nobody deletes.
create table auth.journal (
  entry_id uuid primary key,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  outcome text not null,
  account_id uuid,
  actor_id uuid,
  target_id uuid,
  address inet,
  correlation_id uuid,
  facts jsonb not null default '{}',
  -- A name, an e-mail or a free text is no code: whoever would write one here is refused.
  constraint journal_codes check (
    kind ~ '^[a-z0-9-]{1,40}$' and outcome ~ '^[a-z0-9-]{1,40}$' and jsonb_typeof(facts) = 'object'
    and not jsonb_path_exists(facts, 'strict $.* ? (@.type() == "object" || @.type() == "array")')
    and not jsonb_path_exists(facts, '$.* ? (@.type() == "string" && !(@ like_regex "^[a-z0-9_.:-]{1,64}$"))'))
);
create index journal_at on auth.journal (at desc, entry_id desc);
create index journal_account on auth.journal (account_id, at desc, entry_id desc);
create index journal_kind on auth.journal (kind, at desc, entry_id desc);

alter table auth.journal enable row level security;
create policy written on auth.journal for insert to ledger_auth with check (true);
create policy read on auth.journal for select to ledger_auth using (true);
create policy swept on auth.journal for delete to ledger_auth using (at < now() - interval '1 month');
grant select, insert, delete on auth.journal to ledger_auth;
