-- Establishments, and the organisations (SIREN) that they belong to.

-- The public side of an establishment, as the SIRENE directory has it: every portal names companies and providers by it.
create table {schema}.establishment_identity (
  establishment_id uuid primary key,
  organisation_id uuid not null,
  siret text not null,
  name text,
  trade_name text,
  postcode text not null,
  town text not null
);
create index establishment_identity_organisation on {schema}.establishment_identity (organisation_id);
alter table {schema}.establishment_identity enable row level security, force row level security;
create policy projector on {schema}.establishment_identity to ledger_projector using (true) with check (true);
create policy staff on {schema}.establishment_identity for select to ledger_staff using (true);
create policy gateway on {schema}.establishment_identity for select to ledger_gateway using (true);
grant select, insert, update, delete on {schema}.establishment_identity to ledger_projector;
grant select on {schema}.establishment_identity to ledger_staff, ledger_gateway;

-- What only those who hold it see. Texts that are searched by their beginning are ordered by code point ("C"), which is
-- what a range of prefixes needs.
create table {schema}.establishment (
  establishment_id uuid primary key,
  organisation_id uuid not null,
  number text collate "C" not null,
  siret text collate "C" not null,
  nda text collate "C",
  street_sealed text,
  iban_sealed text,
  bic text,
  bank_details_on date,
  natural_person boolean not null,
  version bigint not null
);
create index establishment_number on {schema}.establishment (number);
create index establishment_siret on {schema}.establishment (siret);
create index establishment_nda on {schema}.establishment (nda) where nda is not null;
alter table {schema}.establishment enable row level security, force row level security;
create policy projector on {schema}.establishment to ledger_projector using (true) with check (true);
create policy staff on {schema}.establishment for select to ledger_staff using (true);
create policy scope on {schema}.establishment for select to ledger_gateway
  using (establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.establishment to ledger_projector;
create policy auth on {schema}.establishment for select to ledger_auth using (true);
grant select on {schema}.establishment to ledger_staff, ledger_gateway;
grant select (establishment_id, organisation_id) on {schema}.establishment to ledger_auth;

-- Each word of a name (`field` is name or trade_name), to search by its beginning.
create table {schema}.establishment_word (
  field text not null,
  word text collate "C" not null,
  establishment_id uuid not null,
  primary key (field, word, establishment_id)
);
create index establishment_word_establishment on {schema}.establishment_word (establishment_id);
alter table {schema}.establishment_word enable row level security, force row level security;
create policy projector on {schema}.establishment_word to ledger_projector using (true) with check (true);
create policy staff on {schema}.establishment_word for select to ledger_staff using (true);
create policy scope on {schema}.establishment_word for select to ledger_gateway
  using (establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.establishment_word to ledger_projector;
grant select on {schema}.establishment_word to ledger_staff, ledger_gateway;

-- For staff alone.
create table {schema}.organisation (
  organisation_id uuid primary key,
  siren text not null,
  name text,
  is_provider boolean not null,
  is_member boolean not null,
  member_number text,
  legal_category text,
  version bigint not null
);
alter table {schema}.organisation enable row level security, force row level security;
create policy projector on {schema}.organisation to ledger_projector using (true) with check (true);
create policy staff on {schema}.organisation for select to ledger_staff using (true);
grant select, insert, update, delete on {schema}.organisation to ledger_projector;
grant select on {schema}.organisation to ledger_staff;
