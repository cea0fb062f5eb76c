-- Invoices, as their beneficiary and the fund follow them.

create table {schema}.invoice (
  invoice_id uuid primary key,
  dossier_id uuid not null,
  beneficiary_establishment_id uuid not null,
  reference text not null,
  status text not null,
  issued_on date not null,
  starts_on date not null,
  ends_on date not null,
  received_on date not null,
  net_cents bigint not null,
  vat_rate_basis_points int not null,
  vat_cents bigint not null,
  gross_cents bigint not null,
  vat_exemption text,
  service_attested_on date,
  approved_cents bigint not null,
  approved_on date,
  dispute_reason_sealed text,
  lot_id uuid,
  transfer_id uuid,
  paid_on date,
  version bigint not null
) with (fillfactor = 80);
create index invoice_beneficiary on {schema}.invoice (beneficiary_establishment_id, received_on, invoice_id);
create index invoice_received on {schema}.invoice (received_on, invoice_id);
create index invoice_status on {schema}.invoice (status, received_on, invoice_id);
create index invoice_dossier on {schema}.invoice (dossier_id, received_on, invoice_id);
alter table {schema}.invoice enable row level security, force row level security;
create policy projector on {schema}.invoice to ledger_projector using (true) with check (true);
create policy staff on {schema}.invoice for select to ledger_staff using (true);
create policy scope on {schema}.invoice for select to ledger_gateway
  using (beneficiary_establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[]));
grant select, insert, update, delete on {schema}.invoice to ledger_projector;
grant select on {schema}.invoice to ledger_staff, ledger_gateway;
