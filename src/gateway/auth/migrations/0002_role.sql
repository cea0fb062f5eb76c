-- Who keeps what signing in needs: `ledger_auth`, made by the log's migrations as the other roles are.
grant usage on schema auth to ledger_auth;
grant select on auth.migration to ledger_auth;
grant select, insert, update (revoked_at) on auth.token to ledger_auth;
