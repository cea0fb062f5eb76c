-- Dossiers, the lists that show them, and the counters above the lists.

create table {schema}.dossier (
  dossier_id uuid primary key,
  number text collate "C" not null,
  request_number text,
  scheme text not null,
  title text not null,
  company_establishment_id uuid not null,
  provider_establishment_ids uuid[] not null,
  visible uuid[] not null,
  starts_on date not null,
  ends_on date not null,
  opened_on date not null,
  instruction text not null,
  execution text not null,
  financial text not null,
  closing text not null,
  status text not null,
  trainee_count int not null,
  agreement_cents bigint not null,
  reserved_cents bigint not null,
  paid_cents bigint not null,
  released_cents bigint not null,
  settled_on date,
  closed_on date,
  version bigint not null
) with (fillfactor = 80);  -- it changes some ten times in its life, and no index but the key has to follow
alter table {schema}.dossier enable row level security, force row level security;
create policy projector on {schema}.dossier to ledger_projector using (true) with check (true);
create policy staff on {schema}.dossier for select to ledger_staff using (true);
create policy scope on {schema}.dossier for select to ledger_gateway
  using (visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
grant select, insert, update, delete on {schema}.dossier to ledger_projector;
grant select on {schema}.dossier to ledger_staff, ledger_gateway;

-- One row for each establishment that sees the dossier, on its side, and one for the fund (nil UUID, side `fund`), in the
-- order of the lists: a page is one index scan for each establishment, merged.
create table {schema}.dossier_entry (
  establishment_id uuid not null,
  side text not null,
  starts_on date not null,
  dossier_id uuid not null,
  ends_on date not null,
  scheme text not null,
  number text collate "C" not null,
  primary key (establishment_id, side, starts_on, dossier_id) include (ends_on)
);
create index dossier_entry_scheme on {schema}.dossier_entry
  (establishment_id, side, scheme, starts_on, dossier_id) include (ends_on);
create index dossier_entry_number on {schema}.dossier_entry (establishment_id, side, number);
alter table {schema}.dossier_entry enable row level security, force row level security;
create policy projector on {schema}.dossier_entry to ledger_projector using (true) with check (true);
create policy staff on {schema}.dossier_entry for select to ledger_staff using (true);
create policy scope on {schema}.dossier_entry for select to ledger_gateway
  using (establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.dossier_entry to ledger_projector;
grant select on {schema}.dossier_entry to ledger_staff, ledger_gateway;

-- How many dossiers of each status one set of establishments shares on one side. There is a row for each establishment of
-- the set, all equal: a reader's sum takes each set once, so that a dossier seen through two establishments counts once.
create table {schema}.dossier_counter (
  establishment_id uuid not null,
  side text not null,
  parties text not null,
  ongoing int not null,
  settled int not null,
  cancelled int not null,
  refused int not null,
  primary key (establishment_id, side, parties)
) with (fillfactor = 50);
alter table {schema}.dossier_counter enable row level security, force row level security;
create policy projector on {schema}.dossier_counter to ledger_projector using (true) with check (true);
create policy staff on {schema}.dossier_counter for select to ledger_staff using (true);
create policy scope on {schema}.dossier_counter for select to ledger_gateway
  using (establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.dossier_counter to ledger_projector;
grant select on {schema}.dossier_counter to ledger_staff, ledger_gateway;
