-- Limits that all processes share. A bucket is a keyed digest: no e-mail and no address is at rest here.
create table auth.throttle (
  kind text not null,
  bucket bytea not null check (length(bucket) = 32),
  level double precision not null,
  next_at timestamptz not null,
  at timestamptz not null,
  primary key (kind, bucket)
);
create index throttle_at on auth.throttle (at);

-- A leaky bucket, for what is no failure.
create table auth.allowance (
  kind text not null,
  bucket bytea not null check (length(bucket) = 32),
  level double precision not null,
  at timestamptz not null,
  primary key (kind, bucket)
);
create index allowance_at on auth.allowance (at);

-- What is left of a level after some time: half after an hour. A server's clock that was set back takes nothing off.
create function auth.faded(p_level double precision, p_since timestamptz, p_now timestamptz) returns double precision
language sql immutable parallel safe
return p_level * power(0.5, greatest(extract(epoch from p_now - p_since), 0) / 3600);

-- The seconds to wait, or 0: admitted AND counted in all the buckets. It is counted before the password is looked at,
-- in a transaction that is committed by then, so that attempts sent at once, to whichever process, cannot all slip in
-- between a check and its count. Rows are locked in one order. A refused attempt is not counted: waiting ends.
create function auth.admit(
  p_kinds text[], p_buckets bytea[], p_free double precision[], p_base double precision[], p_cap double precision[]
) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz;
  v_wait double precision;
begin
  insert into auth.throttle (kind, bucket, level, next_at, at)
    select u.k, u.b, 0, '-infinity', now() from unnest(p_kinds, p_buckets) u(k, b)
    order by u.k, u.b
    on conflict do nothing;
  perform 1 from auth.throttle t join unnest(p_kinds, p_buckets) u(k, b) on t.kind = u.k and t.bucket = u.b
    order by t.kind, t.bucket for update of t;
  v_now := clock_timestamp();  -- once the rows are ours
  -- A moment that lies beyond the longest wait was written before the server's clock was set back.
  select max(extract(epoch from t.next_at - v_now)) into v_wait
    from auth.throttle t join unnest(p_kinds, p_buckets, p_cap) u(k, b, cap) on t.kind = u.k and t.bucket = u.b
    where t.next_at > v_now and t.next_at <= v_now + make_interval(secs => u.cap);
  if v_wait > 0 then
    return v_wait;
  end if;
  update auth.throttle t
    set level = f.level, at = v_now,
        -- Rounded: the moments between attempts have faded a little of each.
        next_at = case when round(f.level) < u.free then v_now
          else v_now + make_interval(secs => least(u.cap, u.base * power(2, least(round(f.level) - u.free, 30)))) end
    from unnest(p_kinds, p_buckets, p_free, p_base, p_cap) u(k, b, free, base, cap)
      cross join lateral (
        select auth.faded(x.level, x.at, v_now) + 1 as level
        from auth.throttle x where x.kind = u.k and x.bucket = u.b) f
    where t.kind = u.k and t.bucket = u.b;
  return 0;
end $$;

-- What was admitted has succeeded: the buckets of `p_forgotten` begin anew; the others take this one attempt back, no
-- more: nobody wipes out an address's failures with a success of their own, and an office of three hundred is not
-- locked out at nine in the morning.
create function auth.forgive(p_kinds text[], p_buckets bytea[], p_free double precision[], p_forgotten boolean[])
returns void
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz;
begin
  perform 1 from auth.throttle t join unnest(p_kinds, p_buckets) u(k, b) on t.kind = u.k and t.bucket = u.b
    order by t.kind, t.bucket for update of t;
  v_now := clock_timestamp();
  update auth.throttle t
    set level = f.level, at = v_now, next_at = case when round(f.level) < u.free then v_now else t.next_at end
    from unnest(p_kinds, p_buckets, p_free, p_forgotten) u(k, b, free, forgotten)
      cross join lateral (
        select case when u.forgotten then 0 else greatest(auth.faded(x.level, x.at, v_now) - 1, 0) end as level
        from auth.throttle x where x.kind = u.k and x.bucket = u.b) f
    where t.kind = u.k and t.bucket = u.b;
end $$;

-- The seconds to wait, or 0: taken. `p_burst` at once, and `p_per_hour` as time goes.
create function auth.spend(p_kind text, p_bucket bytea, p_per_hour double precision, p_burst double precision)
returns double precision
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz;
  v_level double precision;
begin
  insert into auth.allowance (kind, bucket, level, at) values (p_kind, p_bucket, 0, now()) on conflict do nothing;
  perform 1 from auth.allowance where kind = p_kind and bucket = p_bucket for update;
  v_now := clock_timestamp();
  select greatest(level - greatest(extract(epoch from v_now - at), 0) * p_per_hour / 3600, 0) + 1 into v_level
    from auth.allowance where kind = p_kind and bucket = p_bucket;
  if v_level > p_burst then
    return (v_level - p_burst) * 3600 / p_per_hour;
  end if;
  update auth.allowance set level = v_level, at = v_now where kind = p_kind and bucket = p_bucket;
  return 0;
end $$;

revoke all on function auth.faded, auth.admit, auth.forgive, auth.spend from public;
grant execute on function auth.faded, auth.admit, auth.forgive, auth.spend to ledger_auth;
grant select, insert, update, delete on auth.throttle, auth.allowance to ledger_auth;
