-- Who may see what. The gateway reads it to know its caller, before there is a scope: it is granted ids and rights only,
-- never the e-mail.

create table {schema}.account (
  account_id uuid primary key,
  person_id uuid not null,
  role text not null,
  email_sealed text not null,
  disabled boolean not null,
  ends_on date,
  version bigint not null
);
alter table {schema}.account enable row level security, force row level security;
create policy projector on {schema}.account to ledger_projector using (true) with check (true);
create policy staff on {schema}.account for select to ledger_staff using (true);
create policy gateway on {schema}.account for select to ledger_gateway using (true);
grant select, insert, update, delete on {schema}.account to ledger_projector;
grant select on {schema}.account to ledger_staff;
grant select (account_id, person_id, role, disabled, ends_on) on {schema}.account to ledger_gateway;

create table {schema}.membership (
  account_id uuid not null,
  organisation_id uuid not null,
  kind text not null,
  profile text not null,
  establishment_ids uuid[] not null,
  primary key (account_id, organisation_id, kind)
);
alter table {schema}.membership enable row level security, force row level security;
create policy projector on {schema}.membership to ledger_projector using (true) with check (true);
create policy staff on {schema}.membership for select to ledger_staff using (true);
create policy gateway on {schema}.membership for select to ledger_gateway using (true);
grant select, insert, update, delete on {schema}.membership to ledger_projector;
grant select on {schema}.membership to ledger_staff, ledger_gateway;
