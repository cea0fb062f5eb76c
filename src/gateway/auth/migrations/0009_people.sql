-- What waits for a mailbox to confirm it: a member company's first account, and a change of address at both ends.
-- `facts_sealed` is sealed under a key of the registration's own, destroyed with the row.

create table auth.registration (
  registration_id uuid primary key,
  organisation_id uuid not null,
  facts_sealed text not null,
  made_at timestamptz not null default now(),
  confirmed_at timestamptz
);
create index registration_organisation on auth.registration (organisation_id, made_at);

-- `taken`: the new address is somebody's already. The change then never comes about, and nobody is told so but the
-- mailbox itself.
create table auth.email_change (
  change_id uuid primary key,
  account_id uuid not null,
  email_sealed text not null,
  taken boolean not null,
  made_at timestamptz not null default now(),
  old_ok_at timestamptz,
  new_ok_at timestamptz,
  done_at timestamptz
);
create index email_change_account on auth.email_change (account_id) where done_at is null;

grant select, insert, update (confirmed_at), delete on auth.registration to ledger_auth;
grant select, insert, update (old_ok_at, new_ok_at, done_at), delete on auth.email_change to ledger_auth;
