-- A log that may have lost its end takes nothing more until an operator decides: what was acknowledged and is gone must
-- not be written over by other events at the same positions.

alter table log.deployment
  add column read_only text,
  add column read_only_since timestamptz,
  add constraint deployment_read_only check ((read_only is null) = (read_only_since is null));

-- SQLSTATE LK004: the log is read-only. A trigger, so that no way of inserting goes around it. It comes after the keys
-- and guards of log.append: a repeat of what was accepted before still gets its first answer.
create function log.refuse_when_read_only() returns trigger language plpgsql as $$
begin
  if exists (select from log.deployment where read_only is not null) then
    raise exception 'the log is read-only' using errcode = 'LK004';
  end if;
  return null;
end
$$;
create trigger events_read_only before insert on log.events
  for each statement execute function log.refuse_when_read_only();

-- Any process may close the log; only its owner, at an operator's word, opens it again. The append's lock is waited for:
-- when this returns, no append is under way.
create function log.close_for_writing(p_reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1818585191, 1);
  update log.deployment set read_only = p_reason, read_only_since = clock_timestamp() where read_only is null;
  return found;
end
$$;
create function log.open_for_writing() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1818585191, 1);
  update log.deployment set read_only = null, read_only_since = null where read_only is not null;
  return found;
end
$$;
revoke all on function log.refuse_when_read_only(), log.close_for_writing(text), log.open_for_writing() from public;
grant execute on function log.close_for_writing(text) to ledger_writer;
