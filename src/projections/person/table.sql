-- People as dossiers and teams name them: never a NIR or an address, and neither civility nor birth date in clear (an
-- employees' list alone opens them). `visible` are the establishments of the dossiers that name them, `teams` the
-- organisations (`<organisation_id>:<kind>`) whose référents may pick them.

create table {schema}.person (
  person_id uuid primary key,
  last_name text,
  first_name text,
  civility_sealed text,
  birth_date_sealed text,
  visible uuid[] not null,
  teams text[] not null,
  version bigint not null
);
alter table {schema}.person enable row level security, force row level security;
create policy projector on {schema}.person to ledger_projector using (true) with check (true);
create policy staff on {schema}.person for select to ledger_staff using (true);
create policy scope on {schema}.person for select to ledger_gateway
  using (visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
create policy managed on {schema}.person for select to ledger_gateway
  using (teams && (select nullif(current_setting('led.managed', true), '')::text[]));
create policy auth on {schema}.person for select to ledger_auth using (true);
grant select, insert, update, delete on {schema}.person to ledger_projector;
grant select on {schema}.person to ledger_staff, ledger_gateway;
grant select (person_id, last_name, first_name, civility_sealed) on {schema}.person to ledger_auth;

-- For the fold alone: the establishments of each dossier, which the events about its trainees do not repeat.
create table {schema}.person_party (
  dossier_id uuid primary key,
  visible uuid[] not null
);
alter table {schema}.person_party enable row level security, force row level security;
create policy projector on {schema}.person_party to ledger_projector using (true) with check (true);
grant select, insert, update, delete on {schema}.person_party to ledger_projector;

create table {schema}.dossier_trainee (
  dossier_id uuid not null,
  person_id uuid not null,
  starts_on date not null,
  ends_on date not null,
  visible uuid[] not null,
  primary key (dossier_id, person_id)
);
create index dossier_trainee_person on {schema}.dossier_trainee (person_id);
alter table {schema}.dossier_trainee enable row level security, force row level security;
create policy projector on {schema}.dossier_trainee to ledger_projector using (true) with check (true);
create policy staff on {schema}.dossier_trainee for select to ledger_staff using (true);
create policy scope on {schema}.dossier_trainee for select to ledger_gateway
  using (visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
grant select, insert, update, delete on {schema}.dossier_trainee to ledger_projector;
grant select on {schema}.dossier_trainee to ledger_staff, ledger_gateway;

-- Each word of a trainee's name, once for each establishment of the dossier and once for the fund (nil UUID), to search by
-- its beginning: a range of the primary key, which row security does not keep from being used, as it does ILIKE.
create table {schema}.trainee_word (
  establishment_id uuid not null,
  word text collate "C" not null,
  dossier_id uuid not null,
  person_id uuid not null,
  primary key (establishment_id, word, dossier_id, person_id)
);
alter table {schema}.trainee_word enable row level security, force row level security;
create policy projector on {schema}.trainee_word to ledger_projector using (true) with check (true);
create policy staff on {schema}.trainee_word for select to ledger_staff using (true);
create policy scope on {schema}.trainee_word for select to ledger_gateway
  using (establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.trainee_word to ledger_projector;
grant select on {schema}.trainee_word to ledger_staff, ledger_gateway;
