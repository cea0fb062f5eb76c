-- Passwords, sessions and factors: rows that change, never events. Secrets are kept as digests of 32 random bytes, as
-- argon2id, or sealed under the key of the account's person: nothing here lets anybody in.

create table auth.credential (
  account_id uuid primary key,
  password_hash text not null,
  set_at timestamptz not null
);

-- `label` is the browser's family and the system's, never the whole User-Agent, never an address. `failures` counts wrong
-- second factors: a session that waits for one ends after ten.
create table auth.session (
  session_id uuid primary key,
  account_id uuid not null,
  digest bytea not null unique check (length(digest) = 32),
  stage text not null check (stage in ('second-factor', 'enrolment', 'full')),
  method text not null check (method in ('password', 'passkey', 'oidc')),
  created_at timestamptz not null,
  seen_at timestamptz not null,
  ends_at timestamptz not null,
  idle_seconds int not null,
  proved_at timestamptz,
  failures int not null default 0,
  ended_at timestamptz,
  ended_why text,
  device_id uuid,
  label text not null
);
create index session_account on auth.session (account_id) where ended_at is null;

-- A browser that an account has signed in from, known by a cookie of its own; one browser may serve several accounts.
create table auth.device (
  device_id uuid primary key,
  account_id uuid not null,
  digest bytea not null check (length(digest) = 32),
  first_at timestamptz not null,
  last_at timestamptz not null,
  unique (account_id, digest)
);

-- `last_step` is the last step of 30 s of which a code was taken: a code works once. A secret that replaces another one
-- waits in `pending_sealed` until a code proves that it was copied.
create table auth.totp (
  account_id uuid primary key,
  secret_sealed text,
  pending_sealed text,
  confirmed_at timestamptz,
  last_step bigint not null default 0,
  check ((secret_sealed is null) = (confirmed_at is null))
);

create table auth.passkey (
  credential_id bytea primary key,
  account_id uuid not null,
  public_key bytea not null,
  sign_count bigint not null,
  label text not null,
  created_at timestamptz not null,
  used_at timestamptz
);
create index passkey_account on auth.passkey (account_id);

create table auth.recovery_code (
  account_id uuid not null,
  digest bytea not null check (length(digest) = 32),
  used_at timestamptz,
  primary key (account_id, digest)
);

create table auth.challenge (
  challenge_id uuid primary key,
  session_id uuid,
  kind text not null check (kind in ('sign-in', 'enrolment')),
  challenge bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- The gateway looks sessions up and notes that they live; it can neither open one, raise one, nor bring one back.
grant select, update (seen_at) on auth.session to ledger_gateway;
grant select, insert, update, delete
  on auth.credential, auth.session, auth.device, auth.totp, auth.passkey, auth.recovery_code, auth.challenge
  to ledger_auth;
