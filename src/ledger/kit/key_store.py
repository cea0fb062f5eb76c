"""The keys at rest: wrapped under the master key, in a database of their own that this module alone touches."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.kit.master_key import KeyringFault, MasterKey, MasterKeyFault

_BATCH: Final = 5_000
_CREATE: Final = """
with newest as (select coalesce(max(number), 0) as number from keys.epoch), made as (
    insert into keys.subject_key (subject, wrapped, epoch)
    select new.subject, new.wrapped, %(epoch)s
    from unnest(%(subjects)b::uuid[], %(wrapped)b::bytea[]) as new (subject, wrapped), newest
    where newest.number <= %(newest)s
    on conflict do nothing returning subject
)
select newest.number, array(select subject from made) from newest
"""
_MIGRATION_LOCK: Final = 0x6B657973  # "keys": any constant will do, this database has no other advisory lock
_MIGRATIONS: Final = ("keys.sql",)


def migrate(url: str) -> None:
    """Bring the keys' database to this version, forward only. Processes that start together do it once."""
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        connection.execute("create schema if not exists keys")
        connection.execute(
            "create table if not exists keys.migration (number integer primary key, made_at timestamptz)"
        )
        done = connection.execute("select count(*) from keys.migration").fetchone()
        for number in range(done[0] if done else 0, len(_MIGRATIONS)):
            connection.execute(resources.files("ledger.kit").joinpath(_MIGRATIONS[number]).read_bytes())
            connection.execute("insert into keys.migration values (%s, now())", [number + 1])


class KeyStore:
    """Keys by subject. Each call is committed when it returns; an unreachable database raises.

    `master` wraps what is new; `retired` are master keys of other epochs, which unwrap what a rotation has not reached.
    `others` looks for master keys that were put beside it since: it is asked when the database has an epoch that is not
    known here, so that a rotation needs no restart.
    """

    def __init__(
        self,
        url: str,
        master: MasterKey,
        retired: Sequence[MasterKey] = (),
        others: Callable[[], Iterable[MasterKey]] = tuple,
    ) -> None:
        self._master = master
        self._masters = {known.epoch: known for known in (*retired, master)}
        self._others = others
        self._noticing = threading.Lock()
        # Autocommit: each statement here is whole in itself, and a read costs one round trip.
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=8,
            timeout=10,
            open=True,
            check=ConnectionPool.check_connection,
            name="keys",
        )
        try:
            self._enter_epoch(master)
        except BaseException:
            self._pool.close()
            raise

    def load(self, subjects: Iterable[UUID]) -> dict[UUID, bytes | None]:
        """The keys of those that have a row: 32 bytes each, None for a destroyed one."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select subject, wrapped, epoch from keys.subject_key where subject = any(%b)",
                [list(subjects)],
                binary=True,
            ).fetchall()
        return {
            subject: self._master_of(epoch).unwrap(subject.bytes, wrapped) if wrapped else None
            for subject, wrapped, epoch in rows
        }

    def create(self, subjects: Iterable[UUID]) -> dict[UUID, bytes]:
        """Keys for those that have no row yet; the others, made or destroyed by somebody else, are left out."""
        # Sorted, so that two processes that create the same keys wait for each other in one order.
        ordered = sorted(subjects)
        made: dict[UUID, bytes] = {}
        for start in range(0, len(ordered), _BATCH):
            made |= self._create_batch(ordered[start : start + _BATCH])
        return made

    def _create_batch(self, subjects: list[UUID]) -> dict[UUID, bytes]:
        keys = {subject: os.urandom(32) for subject in subjects}
        known = self._master.epoch  # another thread may notice the rotation meanwhile, and change the master key
        newest, made = self._insert(keys, upto=known)
        if newest > known:
            # A rotation has begun. Without its master key one goes on with one's own: it is wrapped anew another time.
            self._notice()
            _, made = self._insert(keys, upto=2**31 - 1)
        return {subject: keys[subject] for subject in made}

    def _insert(self, keys: dict[UUID, bytes], *, upto: int) -> tuple[int, list[UUID]]:
        """The database's newest epoch, and the subjects whose keys were made: none where it is later than `upto`."""
        master = self._master
        wrapped = [master.wrap(subject.bytes, key) for subject, key in keys.items()]
        values = {"epoch": master.epoch, "subjects": list(keys), "wrapped": wrapped, "newest": upto}
        with self._pool.connection() as connection:
            row = connection.execute(_CREATE, values, binary=True).fetchone()
        if row is None:
            raise KeyringFault("the keys' database answered nothing to an insert")
        return row[0], row[1]

    def destroy(self, subject: UUID) -> None:
        """Forget a key for ever; its row stays, or is made, so that the subject is never given another."""
        with self._pool.connection() as connection:
            connection.execute(
                "insert into keys.subject_key (subject, destroyed_at) values (%s, now())"
                " on conflict (subject) do update set wrapped = null, epoch = null, destroyed_at = now()"
                " where subject_key.destroyed_at is null",
                [subject],
            )

    def secret(self, name: str) -> bytes:
        """32 bytes that are made once and belong to no subject."""
        with self._pool.connection() as connection:
            connection.execute(
                "insert into keys.secret (name, wrapped, epoch) values (%s, %s, %s) on conflict do nothing",
                [name, self._master.wrap(name.encode(), os.urandom(32)), self._master.epoch],
            )
            row = connection.execute("select wrapped, epoch from keys.secret where name = %s", [name]).fetchone()
        if row is None:
            raise KeyringFault("the keys' database lost the secret that it was given")
        return self._master_of(row[1]).unwrap(name.encode(), row[0])

    def rotate(self, new: MasterKey) -> int:
        """Wrap every key anew under `new`, and use it from now on; the number of rows that were wrapped anew.

        Batch by batch, each committed: it may be interrupted, and run again. Other processes must know both master
        keys while it runs; run it once more when the last of them has the new one.
        """
        if new.epoch < max(self._masters):
            raise MasterKeyFault(f"epoch {new.epoch} is older than {max(self._masters)}")
        self._enter_epoch(new)
        self._masters[new.epoch] = self._master = new
        with self._pool.connection() as connection, connection.transaction():
            # Whoever was inserting without having seen the new epoch is waited for; whoever comes later sees it.
            connection.execute("lock table keys.subject_key in share mode")
        return self._rewrap_secrets() + sum(iter(self._rewrap_batch, 0))

    def close(self) -> None:
        self._pool.close()

    def _master_of(self, epoch: int) -> MasterKey:
        if epoch not in self._masters:
            self._notice()
        master = self._masters.get(epoch)
        if master is None:
            raise MasterKeyFault(f"a key is wrapped in epoch {epoch}, whose master key this process was not given")
        return master

    def _notice(self) -> None:
        """Take up the master keys of epochs that others have begun; what is new is wrapped under the newest of them."""
        with self._noticing:
            found = {other.epoch: other for other in self._others()}
            with self._pool.connection() as connection:
                rows = connection.execute("select number, fingerprint from keys.epoch").fetchall()
            begun = {
                epoch: found[epoch] for epoch, print_ in rows if epoch in found and found[epoch].fingerprint == print_
            }
            self._masters = {**begun, **self._masters}
            usable = self._masters.keys() & {epoch for epoch, _ in rows}
            self._master = self._masters[max(usable, default=self._master.epoch)]

    def _enter_epoch(self, master: MasterKey) -> None:
        """Refuse a master key that is not the one its epoch began with, before anything is wrapped under it."""
        ours = {**self._masters, master.epoch: master}
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("lock table keys.epoch in share row exclusive mode")
            known: dict[int, bytes] = dict(connection.execute("select number, fingerprint from keys.epoch").fetchall())
            for epoch in known.keys() & ours.keys():
                if known[epoch] != ours[epoch].fingerprint:
                    raise MasterKeyFault(f"the keys of epoch {epoch} were wrapped under another master key")
            if known and known.keys().isdisjoint(ours):
                raise MasterKeyFault(f"the keys are of epoch {max(known)}, whose master key this process was not given")
            connection.execute(
                "insert into keys.epoch (number, fingerprint) values (%s, %s) on conflict do nothing",
                [master.epoch, master.fingerprint],
            )

    def _rewrap_secrets(self) -> int:
        with self._pool.connection() as connection, connection.transaction():
            rows = connection.execute(
                "select name, wrapped, epoch from keys.secret where epoch < %s for update", [self._master.epoch]
            ).fetchall()
            for name, wrapped, epoch in rows:
                connection.execute(
                    "update keys.secret set wrapped = %s, epoch = %s where name = %s",
                    [self._rewrapped(name.encode(), wrapped, epoch), self._master.epoch, name],
                )
        return len(rows)

    def _rewrap_batch(self) -> int:
        with self._pool.connection() as connection, connection.transaction():
            rows = connection.execute(
                "select subject, wrapped, epoch from keys.subject_key where epoch < %s"
                " order by epoch, subject limit %s for update",
                [self._master.epoch, _BATCH],
                binary=True,
            ).fetchall()
            anew = [self._rewrapped(subject.bytes, wrapped, epoch) for subject, wrapped, epoch in rows]
            connection.execute(
                "update keys.subject_key set wrapped = new.wrapped, epoch = %s"
                " from unnest(%b::uuid[], %b::bytea[]) as new (subject, wrapped)"
                " where subject_key.subject = new.subject",
                [self._master.epoch, [subject for subject, _, _ in rows], anew],
            )
        return len(rows)

    def _rewrapped(self, owner: bytes, wrapped: bytes, epoch: int) -> bytes:
        return self._master.wrap(owner, self._master_of(epoch).unwrap(owner, wrapped))
