-- What is to be sent, and what asked for it. An address stands here as the event sealed it, a link's secret sealed under
-- the same key, until it is sent. `facts` are ids, dates, and sealed texts.
create table auth.mail (
  mail_id uuid primary key,
  cause text not null unique,
  kind text not null,
  recipient_sealed text not null,
  facts jsonb not null default '{}',
  secret_sealed text,
  link_id uuid,
  made_at timestamptz not null default now(),
  attempts int not null default 0,
  next_at timestamptz not null default now(),
  claimed_until timestamptz,
  sent_at timestamptz,
  gave_up_at timestamptz,
  last_code text
);
create index mail_waiting on auth.mail (next_at) where sent_at is null and gave_up_at is null;
create index mail_made_at on auth.mail (made_at);

-- A request whose answer must not tell whether there is anybody: the worker finds out. Emptied once it is done.
create table auth.wish (
  wish_id uuid primary key,
  kind text not null,
  email_digest bytea check (length(email_digest) = 32),
  facts_sealed text,
  made_at timestamptz not null default now(),
  attempts int not null default 0,
  next_at timestamptz not null default now(),
  done_at timestamptz
);
create index wish_waiting on auth.wish (next_at) where done_at is null;

-- How far each policy has followed the log; its writes are in the same transaction. The row without a name is where a
-- policy begins that has none yet: at the head of a log that is older than this table, lest an upgrade mail everybody.
create table auth.policy (
  name text primary key,
  position bigint not null
);
insert into auth.policy select '', coalesce(max(position), 0) from log.events;

grant select, insert, update, delete on auth.mail, auth.wish to ledger_auth;
grant select, insert, update on auth.policy to ledger_auth;
