-- Who may see what. The gateway reads it to know its caller, before there is a scope: it is granted ids and rights only,
-- never the e-mail.

create table {schema}.account (
  account_id uuid primary key,
  person_id uuid not null,
  role text not null,
  email_sealed text not null,
  disabled boolean not null,
  ends_on date,
  terms_version text,
  terms_sha256 text,
  version bigint not null
);
alter table {schema}.account enable row level security, force row level security;
create policy projector on {schema}.account to ledger_projector using (true) with check (true);
create policy staff on {schema}.account for select to ledger_staff using (true);
create policy gateway on {schema}.account for select to ledger_gateway using (true);
grant select, insert, update, delete on {schema}.account to ledger_projector;
create policy auth on {schema}.account for select to ledger_auth using (true);
grant select on {schema}.account to ledger_staff, ledger_auth;
-- `version` proves that the row is not behind the log; `terms_version` is asked of every caller.
grant select (account_id, person_id, role, disabled, ends_on, terms_version, terms_sha256, version)
  on {schema}.account to ledger_gateway;

create table {schema}.membership (
  account_id uuid not null,
  organisation_id uuid not null,
  kind text not null,
  profile text not null,
  establishment_ids uuid[] not null,
  suspended boolean not null,
  menus text[],
  primary key (account_id, organisation_id, kind)
);
alter table {schema}.membership enable row level security, force row level security;
create policy projector on {schema}.membership to ledger_projector using (true) with check (true);
create policy staff on {schema}.membership for select to ledger_staff using (true);
create policy gateway on {schema}.membership for select to ledger_gateway using (true);
grant select, insert, update, delete on {schema}.membership to ledger_projector;
create policy auth on {schema}.membership for select to ledger_auth using (true);
grant select on {schema}.membership to ledger_staff, ledger_gateway, ledger_auth;

-- « Gérer les utilisateurs » (row O20): a team's memberships and open invitations, as its référents see them. `team` is
-- `<organisation_id>:<kind>`; `user_id` is the account's id, or the invitation's while it is open. Nothing here tells
-- whether an invited e-mail is known.
create table {schema}.team_user (
  team text collate "C" not null,
  user_id uuid not null,
  account_id uuid,
  invitation_id uuid,
  person_id uuid not null,
  email_sealed text not null,
  profile text not null,
  establishment_ids uuid[] not null,
  menus text[],
  state text not null,
  invited_at timestamptz,
  version bigint not null,
  primary key (team, user_id)
);
create index team_user_account on {schema}.team_user (account_id) where account_id is not null;
create index team_user_invitation on {schema}.team_user (invitation_id) where invitation_id is not null;
alter table {schema}.team_user enable row level security, force row level security;
create policy projector on {schema}.team_user to ledger_projector using (true) with check (true);
create policy staff on {schema}.team_user for select to ledger_staff using (true);
create policy auth on {schema}.team_user for select to ledger_auth using (true);
create policy managed on {schema}.team_user for select to ledger_gateway
  using (team = any ((select nullif(current_setting('led.managed', true), '')::text[])::text[]));
grant select, insert, update, delete on {schema}.team_user to ledger_projector;
grant select on {schema}.team_user to ledger_staff, ledger_gateway, ledger_auth;

-- Those whom a team may pick as its users (row O21).
create table {schema}.team_employee (
  team text collate "C" not null,
  person_id uuid not null,
  primary key (team, person_id)
);
alter table {schema}.team_employee enable row level security, force row level security;
create policy projector on {schema}.team_employee to ledger_projector using (true) with check (true);
create policy staff on {schema}.team_employee for select to ledger_staff using (true);
create policy managed on {schema}.team_employee for select to ledger_gateway
  using (team = any ((select nullif(current_setting('led.managed', true), '')::text[])::text[]));
grant select, insert, update, delete on {schema}.team_employee to ledger_projector;
grant select on {schema}.team_employee to ledger_staff, ledger_gateway;

-- The contact on file of an organisation (row E1): for staff, and for the mail that it is sent.
create table {schema}.organisation_contact (
  organisation_id uuid primary key,
  email_sealed text not null
);
alter table {schema}.organisation_contact enable row level security, force row level security;
create policy projector on {schema}.organisation_contact to ledger_projector using (true) with check (true);
create policy staff on {schema}.organisation_contact for select to ledger_staff using (true);
create policy auth on {schema}.organisation_contact for select to ledger_auth using (true);
grant select, insert, update, delete on {schema}.organisation_contact to ledger_projector;
grant select on {schema}.organisation_contact to ledger_staff, ledger_auth;
