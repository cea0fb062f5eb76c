-- The role of sign-in, links and mail: it reads the log to follow it, and never writes there.
do $$
begin
  -- As in 0001: roles belong to the whole cluster, and another database's migration may be making it at this moment.
  begin
    create role ledger_auth nologin;
  exception when duplicate_object or unique_violation then null;
  end;
  begin
    execute case when current_setting('server_version_num')::int >= 160000
      then 'grant ledger_auth to current_user with inherit false, set true'
      else 'grant ledger_auth to current_user' end;
  exception when unique_violation then null;
  end;
end
$$;
grant usage on schema log to ledger_auth;
grant select on log.events, log.migration to ledger_auth;

-- How far a stream has gone. A reader compares it with the version that a read model has folded: whoever was deactivated
-- a moment ago is not let in by rows that are behind. Whoever reads for portals learns this number and nothing else of
-- the log. `order by … limit 1` is one step backwards on events_stream_version, however long the stream.
create function log.stream_version(p_stream uuid) returns integer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin  -- not SQL: what is not inlined, a function of SQL plans anew in every statement, and this is asked in each request
  return (select version from log.events where stream_id = p_stream order by version desc limit 1);
end
$$;
revoke all on function log.stream_version(uuid) from public;
grant execute on function log.stream_version(uuid) to ledger_gateway, ledger_staff, ledger_auth;
