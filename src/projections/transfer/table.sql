-- Lots, and what each of their transfers pays to whom.

-- For staff alone.
create table {schema}.lot (
  lot_id uuid primary key,
  reference text collate "C" not null,
  scheduled_on date not null,
  transfer_count int not null,
  total_cents bigint not null,
  released_on date,
  version bigint not null
);
create index lot_scheduled on {schema}.lot (scheduled_on, lot_id);
alter table {schema}.lot enable row level security, force row level security;
create policy projector on {schema}.lot to ledger_projector using (true) with check (true);
create policy staff on {schema}.lot for select to ledger_staff using (true);
grant select, insert, update, delete on {schema}.lot to ledger_projector;
grant select on {schema}.lot to ledger_staff;

-- `dated_on` is the day that lists show and sort by: paid, rejected or withdrawn, else scheduled. What is still in
-- preparation is the fund's own business: the portals' role sees a transfer once the bank has answered.
create table {schema}.transfer (
  transfer_id uuid primary key,
  lot_id uuid not null,
  lot_reference text collate "C" not null,
  beneficiary_establishment_id uuid not null,
  status text not null,
  scheduled_on date not null,
  dated_on date not null,
  paid_on date,
  reject_reason text,
  total_cents bigint not null,
  line_count int not null,
  version bigint not null
) with (fillfactor = 80);
create index transfer_beneficiary on {schema}.transfer (beneficiary_establishment_id, dated_on, transfer_id);
create index transfer_dated on {schema}.transfer (dated_on, transfer_id);
create index transfer_lot on {schema}.transfer (lot_reference, beneficiary_establishment_id);
alter table {schema}.transfer enable row level security, force row level security;
create policy projector on {schema}.transfer to ledger_projector using (true) with check (true);
create policy staff on {schema}.transfer for select to ledger_staff using (true);
create policy scope on {schema}.transfer for select to ledger_gateway
  using (
    beneficiary_establishment_id = any ((select nullif(current_setting('led.scope', true), '')::uuid[])::uuid[])
    and status in ('paid', 'rejected')
  );
grant select, insert, update, delete on {schema}.transfer to ledger_projector;
grant select on {schema}.transfer to ledger_staff, ledger_gateway;

-- Who was paid, on what account, frozen: what the parties of a line's dossier see of a transfer, without its total or its
-- other lines. A table of its own, since its readers are more than the transfer's.
create table {schema}.transfer_payee (
  transfer_id uuid primary key,
  lot_id uuid not null,
  lot_reference text not null,
  status text not null,
  paid_on date,
  beneficiary_establishment_id uuid not null,
  beneficiary_siret text not null,
  beneficiary_name_sealed text not null,
  postcode text not null,
  town text not null,
  iban_sealed text not null,
  bic text not null,
  visible uuid[] not null
) with (fillfactor = 80);
alter table {schema}.transfer_payee enable row level security, force row level security;
create policy projector on {schema}.transfer_payee to ledger_projector using (true) with check (true);
create policy staff on {schema}.transfer_payee for select to ledger_staff using (true);
create policy scope on {schema}.transfer_payee for select to ledger_gateway
  using (
    visible && (select nullif(current_setting('led.scope', true), '')::uuid[])
    and status in ('paid', 'rejected')
  );
grant select, insert, update, delete on {schema}.transfer_payee to ledger_projector;
grant select on {schema}.transfer_payee to ledger_staff, ledger_gateway;

-- Written once, with the transfer.
create table {schema}.transfer_line (
  transfer_id uuid not null,
  number int not null,
  invoice_id uuid not null,
  dossier_id uuid not null,
  dossier_number text not null,
  invoice_reference text not null,
  invoice_issued_on date not null,
  starts_on date not null,
  ends_on date not null,
  scheme text not null,
  title text not null,
  amount_cents bigint not null,
  visible uuid[] not null,
  primary key (transfer_id, number)
);
create index transfer_line_dossier on {schema}.transfer_line (dossier_id);
alter table {schema}.transfer_line enable row level security, force row level security;
create policy projector on {schema}.transfer_line to ledger_projector using (true) with check (true);
create policy staff on {schema}.transfer_line for select to ledger_staff using (true);
-- A line is seen with its transfer's payee: once the bank has answered.
create policy scope on {schema}.transfer_line for select to ledger_gateway
  using (
    visible && (select nullif(current_setting('led.scope', true), '')::uuid[])
    and exists (select from {schema}.transfer_payee payee where payee.transfer_id = transfer_line.transfer_id)
  );
grant select, insert, update, delete on {schema}.transfer_line to ledger_projector;
grant select on {schema}.transfer_line to ledger_staff, ledger_gateway;

-- For the fold alone: the establishments of each dossier, which a transfer's lines do not repeat.
create table {schema}.transfer_party (
  dossier_id uuid primary key,
  visible uuid[] not null
);
alter table {schema}.transfer_party enable row level security, force row level security;
create policy projector on {schema}.transfer_party to ledger_projector using (true) with check (true);
grant select, insert, update, delete on {schema}.transfer_party to ledger_projector;
