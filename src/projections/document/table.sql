-- Documents: what is shown of them. Their bytes are in the vault, their names sealed.
--
-- `reach` are the establishments that shall see a document, `own` the one that handed it in; `visible` is what row
-- security goes by: all of `reach` once the document is transmitted, `own` alone while it is not analysed or is infected.

create table {schema}.document (
  document_id uuid primary key,
  side text not null,
  category text not null,
  name_sealed text not null,
  digest_sealed text not null,
  media_type text not null,
  size_bytes bigint not null,
  dossier_ids uuid[] not null,
  establishment_id uuid,
  transfer_id uuid,
  deposited_on date not null,
  deposited_by uuid,
  withdrawn_on date,
  reason_sealed text,
  analysis text not null,
  engine text,
  threat text,
  analysed_at timestamptz,
  reach uuid[] not null,
  own uuid[] not null,
  visible uuid[] not null,
  position bigint not null,
  recorded_at timestamptz not null,
  version bigint not null
);
create index document_establishment on {schema}.document (establishment_id, deposited_on, document_id)
  where establishment_id is not null and side = 'fund';
create index document_transfer on {schema}.document (transfer_id) where transfer_id is not null;
create index document_held on {schema}.document (analysis) where analysis in ('awaited', 'infected');
alter table {schema}.document enable row level security, force row level security;
create policy projector on {schema}.document to ledger_projector using (true) with check (true);
create policy staff on {schema}.document for select to ledger_staff using (true);
create policy scope on {schema}.document for select to ledger_gateway
  using (withdrawn_on is null and visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
grant select, insert, update, delete on {schema}.document to ledger_projector;
grant select on {schema}.document to ledger_staff, ledger_gateway;

-- The documents of each dossier. A withdrawn one stays for the staff, who trace it, and is nobody else's any more.
create table {schema}.dossier_document (
  dossier_id uuid not null,
  document_id uuid not null,
  side text not null,
  category text not null,
  deposited_on date not null,
  withdrawn_on date,
  analysis text not null,
  reach uuid[] not null,
  own uuid[] not null,
  visible uuid[] not null,
  primary key (dossier_id, document_id)
);
create index dossier_document_document on {schema}.dossier_document (document_id);
alter table {schema}.dossier_document enable row level security, force row level security;
create policy projector on {schema}.dossier_document to ledger_projector using (true) with check (true);
create policy staff on {schema}.dossier_document for select to ledger_staff using (true);
create policy scope on {schema}.dossier_document for select to ledger_gateway
  using (withdrawn_on is null and visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
grant select, insert, update, delete on {schema}.dossier_document to ledger_projector;
grant select on {schema}.dossier_document to ledger_staff, ledger_gateway;

-- For the fold alone: the establishments of each dossier, which the events about its documents do not repeat.
create table {schema}.document_party (
  dossier_id uuid primary key,
  visible uuid[] not null
);
alter table {schema}.document_party enable row level security, force row level security;
create policy projector on {schema}.document_party to ledger_projector using (true) with check (true);
grant select, insert, update, delete on {schema}.document_party to ledger_projector;
