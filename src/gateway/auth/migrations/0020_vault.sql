-- What is on its way into the store: all that the sweep has to look at. The row is written before the bytes are stored,
-- and goes once the event is recorded. A sweep that gives a deposit up says so before it takes the bytes away: from then
-- on nothing is recorded of it.
create table auth.deposit (
  document_id uuid primary key,
  begun_at timestamptz not null default now(),
  condemned_at timestamptz
);
create index deposit_begun_at on auth.deposit (begun_at);

-- What is to be analysed, and when it last was; `due_at` is null where there is nothing to do. Codes only: no name of a
-- file, nothing of its content.
create table auth.scan (
  document_id uuid primary key,
  position bigint not null,
  asked_at timestamptz not null default now(),
  due_at timestamptz default now(),
  taken_until timestamptz,
  attempts int not null default 0,
  failure text,
  scanned_at timestamptz,
  engine text,
  verdict text,
  constraint scan_codes check (failure is null or failure ~ '^[a-z-]{1,40}$')
);
create index scan_due on auth.scan (due_at) where due_at is not null;
-- What was never analysed goes before what is analysed again, however much of that there is.
create index scan_due_first on auth.scan (due_at) where due_at is not null and verdict is null;
create index scan_done on auth.scan (scanned_at) where due_at is null;

grant select, insert, update, delete on auth.deposit, auth.scan to ledger_auth;
