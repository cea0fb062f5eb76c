"""Two small projections over the real events of dossiers and persons, and ways to append and compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ledger.dossier.events import (
    AgreementIssued,
    DossierCancelled,
    DossierOpened,
    DossierSettled,
    PaymentReserved,
    TraineeEnrolled,
    TraineeWithdrawn,
)
from ledger.dossier.scheme import Scheme
from ledger.kit.event import Event
from ledger.kit.ids import uuid7
from ledger.kit.personal import ERASED, Erased, Personal
from ledger.log.codec import Codec
from ledger.log.database import Database, Role
from ledger.person.events import PersonRegistered, PersonRenamed
from projections.engine import Entry, Projector, Rows, Table, columns, index, key, new, new_index, on

AT = datetime(2022, 9, 1, 8, tzinfo=UTC)
DAY = date(2022, 9, 1)

DDL = """
create table {schema}.toy_dossier (
    dossier_id uuid primary key, title text not null, status text not null, visible uuid[] not null,
    starts_on date not null, reserved_cents bigint not null check (reserved_cents < 1000000), opened_at timestamptz
);
create index toy_dossier_title on {schema}.toy_dossier (title);
create table {schema}.toy_trainee (
    dossier_id uuid, person_id uuid, starts_on date, primary key (dossier_id, person_id)
);
create table {schema}.toy_counter (visible uuid[], status text, dossiers int not null, primary key (visible, status));
grant select, insert, update, delete on {schema}.toy_dossier, {schema}.toy_trainee, {schema}.toy_counter
    to ledger_projector;
grant select on {schema}.toy_dossier, {schema}.toy_trainee, {schema}.toy_counter to ledger_gateway;
alter table {schema}.toy_dossier enable row level security;
alter table {schema}.toy_dossier force row level security;
create policy fold on {schema}.toy_dossier to ledger_projector using (true) with check (true);
create policy scope on {schema}.toy_dossier for select to ledger_gateway
    using (visible && (select nullif(current_setting('led.scope', true), '')::uuid[]));
"""


def _opened(e: Entry) -> tuple[Any, ...]:
    return (new("toy_dossier", e.id), new_index("toy_trainee", "dossier_id", e.id))


def _dossier(e: Entry) -> tuple[Any, ...]:
    return (key("toy_dossier", e.id),)


class DossierToy(Projector):
    """Dossiers, their trainees, and a counter whose key only the dossier's row knows."""

    NAME = "toy-dossier"
    VERSION = 1
    TABLES = (
        Table(
            "toy_dossier",
            key=("dossier_id",),
            columns=columns(
                dossier_id="uuid",
                title="text",
                status="text",
                visible="uuid[]",
                starts_on="date",
                reserved_cents="bigint",
                opened_at="timestamptz",
            ),
        ),
        Table(
            "toy_trainee",
            key=("dossier_id", "person_id"),
            columns=columns(dossier_id="uuid", person_id="uuid", starts_on="date"),
            indexes=("dossier_id",),
        ),
        Table(
            "toy_counter",
            key=("visible", "status"),
            columns=columns(visible="uuid[]", status="text", dossiers="int"),
        ),
    )

    def ddl(self) -> str:
        return DDL

    @on(DossierOpened, needs=_opened)
    def opened(self, event: Entry, rows: Rows) -> None:
        rows.put(
            "toy_dossier",
            {
                "dossier_id": event.id,
                "title": event.data["title"],
                "status": "ongoing",
                "visible": event.data["provider_establishment_ids"],
                "starts_on": event.data["starts_on"],
                "reserved_cents": 0,
                "opened_at": event.recorded_at,
            },
        )
        self._count(rows, event.id, 1)

    @on(TraineeEnrolled, needs=lambda e: (key("toy_trainee", e.id, e.data["person_id"]),))
    def enrolled(self, event: Entry, rows: Rows) -> None:
        data = event.data
        rows.put(
            "toy_trainee", {"dossier_id": event.id, "person_id": data["person_id"], "starts_on": data["starts_on"]}
        )

    @on(TraineeWithdrawn, needs=lambda e: (key("toy_trainee", e.id, e.data["person_id"]),))
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        rows.delete("toy_trainee", event.id, event.data["person_id"])

    @on(PaymentReserved, needs=_dossier)
    def reserved(self, event: Entry, rows: Rows) -> None:
        row = rows.get("toy_dossier", event.id) or {}
        rows.change("toy_dossier", event.id, reserved_cents=row["reserved_cents"] + event.data["amount_cents"])

    @on(DossierSettled, needs=_dossier)
    def settled(self, event: Entry, rows: Rows) -> None:
        self._count(rows, event.id, -1)
        rows.change("toy_dossier", event.id, status="settled")
        self._count(rows, event.id, 1)

    @on(DossierCancelled, needs=lambda e: (*_dossier(e), index("toy_trainee", "dossier_id", e.id)))
    def cancelled(self, event: Entry, rows: Rows) -> None:
        self._count(rows, event.id, -1)
        for trainee in rows.where("toy_trainee", "dossier_id", event.id):
            rows.delete("toy_trainee", event.id, trainee["person_id"])
        rows.delete("toy_dossier", event.id)

    @staticmethod
    def _count(rows: Rows, dossier_id: str, change: int) -> None:
        row = rows.get("toy_dossier", dossier_id) or {}
        counted = (row["visible"], row["status"])
        count = (rows.get("toy_counter", *counted) or {"dossiers": 0})["dossiers"] + change
        if count:
            rows.put("toy_counter", {"visible": counted[0], "status": counted[1], "dossiers": count})
        else:
            rows.delete("toy_counter", *counted)


class PersonToy(Projector):
    """Names in clear, as a small joined table has them."""

    NAME = "toy-person"
    VERSION = 1
    OPENS = frozenset({"last_name"})
    TABLES = (
        Table("toy_person", key=("person_id",), columns=columns(person_id="uuid", last_name="text", sealed="text")),
    )

    def ddl(self) -> str:
        return (
            "create table {schema}.toy_person (person_id uuid primary key, last_name text, sealed text);"
            "grant select, insert, update, delete on {schema}.toy_person to ledger_projector"
        )

    @on(PersonRegistered, PersonRenamed, needs=lambda e: (key("toy_person", e.id),))
    def named(self, event: Entry, rows: Rows) -> None:
        names = {"last_name": event.data["last_name"], "sealed": event.data["first_name"]}
        rows.put("toy_person", {"person_id": event.id, **names})


class Agreements(Projector):
    """Fails on an agreement of 13 cents, until MENDED."""

    NAME = "toy-agreement"
    VERSION = 1
    MENDED = False
    TABLES = (Table("toy_agreement", key=("dossier_id",), columns=columns(dossier_id="uuid", amount_cents="int")),)

    def ddl(self) -> str:
        return (
            "create table {schema}.toy_agreement (dossier_id uuid primary key, amount_cents int not null);"
            "grant select, insert, update, delete on {schema}.toy_agreement to ledger_projector"
        )

    @on(AgreementIssued, needs=lambda e: (key("toy_agreement", e.id),))
    def issued(self, event: Entry, rows: Rows) -> None:
        if event.data["amount_cents"] == 13 and not self.MENDED:
            raise ValueError("treize cents, pour M. Untel")
        rows.put("toy_agreement", {"dossier_id": event.id, "amount_cents": event.data["amount_cents"]})


class Keys:
    """Opens `Personal` whose box is its clear text; a subject of ERASURES has no key left."""

    def __init__(self, *erased: UUID) -> None:
        self.erased = erased

    def open_many(self, sealed: Iterable[Personal[Any]]) -> list[str | Erased]:
        return [ERASED if one.subject in self.erased else one.box.decode() for one in sealed]


def append(url: str, events: Sequence[Event]) -> int:
    """Append events as the recorder would, whatever their order; returns the head."""
    codec = Codec()
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(1818585191, 1)")
        for event in events:
            stored = codec.to_stored_event(event)
            connection.execute(
                "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
                "select coalesce(max(position), 0) + 1, now(), %s, %s, %s, '{}', %s from log.events",
                (event.originator_id, event.originator_version, stored.topic, stored.state),
            )
        connection.execute("notify ledger")
        row = connection.execute("select max(position) from log.events").fetchone()
    assert row
    return int(row[0])


class History:
    """Builds valid events, counting each stream's versions."""

    def __init__(self) -> None:
        self.versions: dict[UUID, int] = {}

    def __call__(self, event_class: type[Event], stream: UUID, **fields: Any) -> Event:
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        return event_class(originator_id=stream, originator_version=version, timestamp=AT, **fields)

    def opened(self, *providers: UUID, title: str = "Cariste") -> Event:
        return self(
            DossierOpened,
            uuid7(),
            number="1819006292.01",
            scheme=Scheme.PLAN,
            title=title,
            company_establishment_id=uuid7(),
            provider_establishment_ids=providers,
            starts_on=DAY,
            ends_on=DAY,
            on=DAY,
        )

    def reserved(self, stream: UUID, cents: int) -> Event:
        return self(PaymentReserved, stream, invoice_id=uuid7(), amount_cents=cents)

    def enrolled(self, stream: UUID, person: UUID) -> Event:
        return self(TraineeEnrolled, stream, person_id=person, starts_on=DAY, ends_on=DAY)


def sealed(text: str, subject: UUID) -> Personal[str]:
    return Personal(subject, text.encode())


def table(url: str, name: str, schema: str = "read") -> list[dict[str, Any]]:
    """A table's rows, in the order of their text."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(f"select * from {schema}.{name} t order by t::text").fetchall()


def snapshot(url: str, schema: str = "read", *projectors: Projector) -> dict[str, list[dict[str, Any]]]:
    """Every row of these projectors' tables (of the dossier toy's, unless told)."""
    tables = [made.name for projector in projectors or (DossierToy(),) for made in projector.TABLES]
    return {name: table(url, name, schema) for name in tables}


def positions(url: str, schema: str = "read") -> dict[str, tuple[int, str]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"select projector, position, state from {schema}.position").fetchall()
    return {name: (position, state) for name, position, state in rows}


def database(url: str) -> Database:
    return Database(url, max_size=4)


ROLE = Role.PROJECTOR
