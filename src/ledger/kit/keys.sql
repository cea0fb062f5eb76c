-- The keyring's own database: wrapped keys of people, dossiers and documents. It is backed up apart from the log, for a
-- shorter time, so that a destroyed key does not come back with an old copy of the log.

create table keys.epoch (
    number integer primary key check (number > 0),
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    created_at timestamptz not null default now()
);
comment on table keys.epoch is 'Master keys ever used; the fingerprint (a one-way hash) tells a wrong master key at start-up';

create table keys.subject_key (
    subject uuid primary key,
    wrapped bytea check (octet_length(wrapped) = 60),
    epoch integer references keys.epoch (number),
    created_at timestamptz not null default now(),
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null)),
    check ((wrapped is null) = (epoch is null))
);
comment on column keys.subject_key.wrapped is 'nonce (12) || AES-256-GCM of the key (32) and tag (16), under the epoch''s master key';

-- Rotation walks the rows of older epochs; nearly all rows are of one epoch, so this index is read only then.
create index subject_key_epoch on keys.subject_key (epoch, subject);

create table keys.secret (
    name text primary key,
    wrapped bytea not null check (octet_length(wrapped) = 60),
    epoch integer not null references keys.epoch (number)
);

-- Erasure is for ever: the row of a destroyed key stays, so that its subject is never given a key again.
create function keys.refuse_return() returns trigger language plpgsql as $$
begin
    raise exception 'a key of % is neither deleted nor brought back', old.subject using errcode = 'restrict_violation';
end $$;

create trigger subject_key_stays before delete on keys.subject_key
    for each row execute function keys.refuse_return();
create trigger subject_key_stays_destroyed before update on keys.subject_key
    for each row when (old.destroyed_at is not null) execute function keys.refuse_return();
create function keys.refuse_truncate() returns trigger language plpgsql as $$
begin
    raise exception 'keys are destroyed one by one, by name' using errcode = 'restrict_violation';
end $$;
create trigger subject_key_is_not_truncated before truncate on keys.subject_key
    for each statement execute function keys.refuse_truncate();
