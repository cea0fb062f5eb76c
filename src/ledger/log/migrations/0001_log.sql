-- The log: what happened, in one gapless order, for ever.

do $$
declare
  role_name text;
begin
  -- Roles belong to the whole cluster: another database's migration may be making them at this very moment.
  foreach role_name in array
    array['ledger_writer', 'ledger_projector', 'ledger_gateway', 'ledger_staff', 'ledger_auditor']
  loop
    begin
      execute format('create role %I nologin', role_name);
    exception when duplicate_object or unique_violation then null;
    end;
    begin
      -- From PostgreSQL 16 on, whoever makes a role may grant it, but may not act as it without being told so.
      execute format(
        case when current_setting('server_version_num')::int >= 160000
          then 'grant %I to current_user with inherit false, set true' else 'grant %I to current_user' end,
        role_name);
    exception when unique_violation then null;
    end;
  end loop;
end
$$;

create table log.deployment (
  one boolean primary key default true check (one),
  origin text not null,
  created_at timestamptz not null default now()
);

-- Not partitioned, on purpose: stream + version and position must both be unique over the whole log.
create table log.events (
  position bigint not null constraint events_position primary key,
  recorded_at timestamptz not null,
  stream_id uuid not null,
  version integer not null check (version >= 0),
  name text not null,
  actor uuid,
  correlation_id uuid,
  causation_id uuid,
  command_id uuid,
  dossiers uuid[] not null,
  payload bytea not null,
  constraint events_stream_version unique (stream_id, version)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, fillfactor = 100);
alter table log.events alter column payload set storage external;

create index events_recorded_at on log.events using brin (recorded_at);

create table log.event_dossier (
  dossier_id uuid not null,
  position bigint not null,
  primary key (dossier_id, position)
) with (autovacuum_vacuum_insert_scale_factor = 0.02);

-- A unique value is known by its keyed digest alone.
create table log.claims (
  kind text not null,
  digest bytea not null,
  stream_id uuid not null,
  primary key (kind, digest)
);
create index claims_stream on log.claims (stream_id);

-- One row for each command: what a writer that lost its connection looks up. A null position voids the command: it
-- was not recorded, and never will be.
create table log.receipts (
  command_id uuid primary key,
  position bigint,
  settled_at timestamptz not null default now()
);

-- One row for each accepted command that came with a key: never its body, never its answer.
create table log.idempotency (
  digest bytea primary key,
  body bytea not null,
  position bigint not null,
  status smallint not null,
  resource_id uuid not null,
  recorded_at timestamptz not null default now()
);

create function log.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
create trigger events_append_only before update or delete or truncate on log.events
  for each statement execute function log.refuse_change();
create trigger event_dossier_append_only before update or delete or truncate on log.event_dossier
  for each statement execute function log.refuse_change();

-- Appends the events of one or several commands, all or none. The arrays of one group are parallel; `*_of` arrays hold
-- the 1-based ordinal of the event that a row belongs to (0: of none, for a command that recorded nothing).
-- Returns the position before the first event, and the instant of recording.
--
-- It must run in READ COMMITTED: statement 1 waits for the lock, statement 2 then sees what the lock waited for. As one
-- statement, or in REPEATABLE READ, most appends would fail.
--
-- Refusals, by SQLSTATE; DETAIL is the ordinal of the command at fault, or `<ordinal>:<kind>` for a claim:
--   LK001 an idempotency key is used already      LK002 a guard does not hold
--   LK003 a claimed value is another stream's     23505 on events_stream_version: a conflict on a stream
create function log.append(
  p_streams uuid[], p_versions int[], p_names text[], p_payloads bytea[], p_dossiers text[], p_command_of int[],
  p_command_ids uuid[], p_actors uuid[], p_correlations uuid[], p_causations uuid[], p_last_event int[],
  p_claim_command int[], p_claim_kinds text[], p_claim_digests bytea[], p_claim_streams uuid[], p_claim_taken boolean[],
  p_guard_command int[], p_guard_streams uuid[], p_guard_versions int[],
  p_key_command int[], p_key_digests bytea[], p_key_bodies bytea[], p_key_statuses int[], p_key_resources uuid[]
) returns table (base bigint, at timestamptz)
language plpgsql as $$
declare
  found_command int;
  found_kind text;
  i int;
begin
  perform pg_advisory_xact_lock(1818585191, 1);

  select e.position, e.recorded_at into base, at from log.events e order by e.position desc limit 1;
  base := coalesce(base, 0);
  at := greatest(clock_timestamp(), at);

  if cardinality(p_key_command) > 0 then
    select k.command into found_command
      from unnest(p_key_command, p_key_digests) as k (command, digest)
      join log.idempotency used on used.digest = k.digest
      order by k.command limit 1;
    if found then
      raise exception 'idempotency key used' using errcode = 'LK001', detail = found_command::text;
    end if;
  end if;

  if cardinality(p_guard_command) > 0 then
    select g.command into found_command
      from unnest(p_guard_command, p_guard_streams, p_guard_versions) as g (command, stream_id, version)
      where g.version is distinct from
        (select e.version from log.events e where e.stream_id = g.stream_id order by e.version desc limit 1)
      order by g.command limit 1;
    if found then
      raise exception 'guard broken' using errcode = 'LK002', detail = found_command::text;
    end if;
  end if;

  if cardinality(p_claim_command) > 0 then
    if false = any (p_claim_taken) then
      -- What is released and taken in one append is done in its order.
      for i in 1 .. cardinality(p_claim_command) loop
        if p_claim_taken[i] then
          insert into log.claims values (p_claim_kinds[i], p_claim_digests[i], p_claim_streams[i])
            on conflict do nothing;
        else
          delete from log.claims c where c.kind = p_claim_kinds[i] and c.digest = p_claim_digests[i]
            and c.stream_id = p_claim_streams[i];
        end if;
      end loop;
    else
      insert into log.claims select * from unnest(p_claim_kinds, p_claim_digests, p_claim_streams)
        on conflict do nothing;
    end if;
    select t.command, t.kind into found_command, found_kind
      from unnest(p_claim_command, p_claim_kinds, p_claim_digests, p_claim_streams, p_claim_taken)
        as t (command, kind, digest, stream_id, taken)
      join log.claims c on c.kind = t.kind and c.digest = t.digest
      where t.taken and c.stream_id <> t.stream_id
      order by t.command limit 1;
    if found then
      raise exception 'value claimed' using errcode = 'LK003', detail = found_command || ':' || found_kind;
    end if;
  end if;

  if cardinality(p_streams) > 0 then
    insert into log.events (position, recorded_at, stream_id, version, name, actor, correlation_id, causation_id,
                            command_id, dossiers, payload)
      select base + e.n, at, e.stream_id, e.version, e.name, p_actors[e.command], p_correlations[e.command],
             p_causations[e.command], p_command_ids[e.command], e.dossiers::uuid[], e.payload
      from unnest(p_streams, p_versions, p_names, p_payloads, p_dossiers, p_command_of)
        with ordinality as e (stream_id, version, name, payload, dossiers, command, n)
      order by e.n;
    insert into log.event_dossier (dossier_id, position)
      select distinct d.id, base + e.n
      from unnest(p_dossiers) with ordinality as e (dossiers, n), unnest(e.dossiers::uuid[]) as d (id);
    perform pg_notify('ledger', '');
  end if;

  insert into log.receipts (command_id, position)
    select c.id, base + c.last_event from unnest(p_command_ids, p_last_event) as c (id, last_event) where c.id is not null;

  if cardinality(p_key_command) > 0 then
    insert into log.idempotency (digest, body, position, status, resource_id)
      select k.digest, k.body, base + p_last_event[k.command], k.status, k.resource
      from unnest(p_key_command, p_key_digests, p_key_bodies, p_key_statuses, p_key_resources)
        as k (command, digest, body, status, resource);
  end if;

  return next;
end
$$;

-- What became of a command whose answer was lost: its position, or null, and then it is void for ever. The lock waits
-- for an append still under way; the row written here refuses one that has not begun.
create function log.settle(p_command_id uuid) returns bigint
language plpgsql as $$
declare
  settled bigint;
begin
  perform pg_advisory_xact_lock(1818585191, 1);
  insert into log.receipts (command_id, position) values (p_command_id, null) on conflict do nothing;
  select r.position into settled from log.receipts r where r.command_id = p_command_id;
  return settled;
end
$$;

revoke all on schema log from public;
revoke all on all functions in schema log from public;
grant usage on schema log to ledger_writer, ledger_projector, ledger_auditor;
grant select, insert on log.events, log.event_dossier, log.receipts, log.idempotency to ledger_writer;
grant select, insert, delete on log.claims to ledger_writer;
grant select on log.deployment to ledger_writer, ledger_projector, ledger_auditor;
grant execute on function
  log.append(uuid[], int[], text[], bytea[], text[], int[], uuid[], uuid[], uuid[], uuid[], int[],
             int[], text[], bytea[], uuid[], boolean[], int[], uuid[], int[], int[], bytea[], bytea[], int[], uuid[]),
  log.settle(uuid) to ledger_writer;
grant select on log.events, log.event_dossier to ledger_projector, ledger_auditor;
grant select on log.migration to ledger_writer, ledger_projector, ledger_gateway, ledger_staff, ledger_auditor;
grant usage on schema log to ledger_gateway, ledger_staff;
