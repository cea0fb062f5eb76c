-- Tokens that the API itself makes, and what signing in through a frontend or an OpenID provider keeps for a moment.
-- What is stored of a secret is the SHA-256 of 32 random bytes: nothing here lets anybody in.

-- A frontend's token (`session_id`) lives no longer than its session. `grave`: whether a program's token may do what asks
-- a person for a fresh proof. `code_digest` is the authorization code that it was had with: a code that comes twice
-- revokes it.
alter table auth.token
  add column session_id uuid,
  add column client_id text,
  add column code_digest bytea check (length(code_digest) = 32),
  add column grave boolean not null default true,
  add constraint token_of_a_frontend check ((session_id is null) = (client_id is null));
create index token_session on auth.token (session_id) where session_id is not null;
create index token_code on auth.token (code_digest) where code_digest is not null;
create index token_expires_at on auth.token (expires_at);

create table auth.code (
  digest bytea primary key check (length(digest) = 32),
  session_id uuid not null,
  account_id uuid not null,
  client_id text not null,
  redirect_uri text not null,
  challenge text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index code_expires_at on auth.code (expires_at);

-- One attempt to sign in with the OpenID provider: `digest` is of the state, `browser` of the cookie that it began with.
-- Nonce and proof are made of the cookie's secret again when they are needed, and stand nowhere.
create table auth.oidc_state (
  digest bytea primary key check (length(digest) = 32),
  browser bytea not null check (length(browser) = 32),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index oidc_state_expires_at on auth.oidc_state (expires_at);

grant select (session_id, client_id, grave) on auth.token to ledger_gateway;
-- A frontend's token outlives nothing: once it is over there is no reason to keep it. A program's stays, as a record.
grant update (last_used_at), delete on auth.token to ledger_auth;
grant select, insert, update (used_at), delete on auth.code, auth.oidc_state to ledger_auth;
