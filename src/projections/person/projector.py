"""People as dossiers name them, the trainees of each dossier, and the words by which they are searched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.dossier.events import DossierOpened, TraineeEnrolled, TraineeWithdrawn
from ledger.person.events import EmploymentBegan, EmploymentEnded, PersonRegistered, PersonRenamed
from projections.account.team import team_of
from projections.engine import Entry, Need, Projector, Row, Rows, Table, columns, index, key, new, on
from projections.parties import parties_of
from projections.reader import FUND
from projections.words import words_of

_FUND = str(FUND)


def _withdrawal(entry: Entry) -> tuple[Need, ...]:
    person_id = entry.data["person_id"]
    return (
        key("person", person_id),
        key("person_party", entry.id),
        key("dossier_trainee", entry.id, person_id),
        index("dossier_trainee", "person_id", person_id),
    )


class PersonProjector(Projector):
    """Names come in clear out of the keyring, are stored once in `person`, and by word in `trainee_word`."""

    NAME: ClassVar[str] = "person"
    VERSION: ClassVar[int] = 2
    OPENS: ClassVar[frozenset[str]] = frozenset({"last_name", "first_name"})
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "person",
            key=("person_id",),
            columns=columns(
                person_id="uuid",
                last_name="text",
                first_name="text",
                civility_sealed="text",
                birth_date_sealed="text",
                visible="uuid[]",
                teams="text[]",
                version="bigint",
            ),
        ),
        Table("person_party", key=("dossier_id",), columns=columns(dossier_id="uuid", visible="uuid[]")),
        Table(
            "dossier_trainee",
            key=("dossier_id", "person_id"),
            columns=columns(dossier_id="uuid", person_id="uuid", starts_on="date", ends_on="date", visible="uuid[]"),
            indexes=("person_id",),
        ),
        Table(
            "trainee_word",
            key=("establishment_id", "word", "dossier_id", "person_id"),
            columns=columns(establishment_id="uuid", word="text", dossier_id="uuid", person_id="uuid"),
            kept=False,
        ),
    )

    @on(PersonRegistered, needs=lambda e: (new("person", e.id),))
    def registered(self, event: Entry, rows: Rows) -> None:
        data = event.data
        rows.put(
            "person",
            {
                "person_id": event.id,
                "last_name": data["last_name"],
                "first_name": data["first_name"],
                "civility_sealed": data["civility"],
                "birth_date_sealed": data["birth_date"],
                "visible": (),
                "teams": (),
                "version": event.version,
            },
        )

    @on(
        PersonRenamed,
        needs=lambda e: (key("person", e.id), index("dossier_trainee", "person_id", e.id)),
    )
    def renamed(self, event: Entry, rows: Rows) -> None:
        before = _words(rows.get("person", event.id))
        names = {"last_name": event.data["last_name"], "first_name": event.data["first_name"]}
        after = _words(rows.change("person", event.id, **names, version=event.version))
        for enrolment in rows.where("dossier_trainee", "person_id", event.id):
            _forget_words(enrolment, before - after, rows)
            _add_words(enrolment, after - before, rows)

    @on(EmploymentBegan, needs=lambda e: (key("person", e.id),))
    def employment_began(self, event: Entry, rows: Rows) -> None:
        teams = {*_known(rows.get("person", event.id))["teams"], _team(event)}
        rows.change("person", event.id, teams=tuple(sorted(teams)), version=event.version)

    @on(EmploymentEnded, needs=lambda e: (key("person", e.id),))
    def employment_ended(self, event: Entry, rows: Rows) -> None:
        teams = {*_known(rows.get("person", event.id))["teams"]} - {_team(event)}
        rows.change("person", event.id, teams=tuple(sorted(teams)), version=event.version)

    @on(DossierOpened, needs=lambda e: (new("person_party", e.id),))
    def dossier_opened(self, event: Entry, rows: Rows) -> None:
        rows.put("person_party", {"dossier_id": event.id, "visible": parties_of(event.data)})

    @on(
        TraineeEnrolled,
        needs=lambda e: (
            key("person", e.data["person_id"]),
            key("person_party", e.id),
            new("dossier_trainee", e.id, e.data["person_id"]),
        ),
    )
    def enrolled(self, event: Entry, rows: Rows) -> None:
        data = event.data
        person = _known(rows.get("person", data["person_id"]))
        visible = _known(rows.get("person_party", event.id))["visible"]
        enrolment = {
            "dossier_id": event.id,
            "person_id": data["person_id"],
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "visible": visible,
        }
        rows.add("dossier_trainee", [enrolment])
        if not set(visible).issubset(person["visible"]):
            rows.change("person", data["person_id"], visible=tuple(sorted({*person["visible"], *visible})))
        _add_words(enrolment, _words(person), rows)

    @on(TraineeWithdrawn, needs=_withdrawal)
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        person_id = event.data["person_id"]
        enrolment = _known(rows.get("dossier_trainee", event.id, person_id))
        _forget_words(enrolment, _words(rows.get("person", person_id)), rows)
        rows.delete("dossier_trainee", event.id, person_id)
        remaining = rows.where("dossier_trainee", "person_id", person_id)
        rows.change("person", person_id, visible=_union(row["visible"] for row in remaining))


def _team(event: Entry) -> str:
    return team_of(event.data["organisation_id"], event.data["kind"])


def _known(row: Row | None) -> Row:
    if row is None:
        raise LookupError("an earlier event of the log made this row")
    return row


def _union(scopes: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({establishment_id for scope in scopes for establishment_id in scope}))


def _words(person: Row | None) -> frozenset[str]:
    named = _known(person)
    return words_of(named["last_name"], named["first_name"])


def _word_keys(enrolment: Row, words: Iterable[str]) -> list[tuple[str, str, str, str]]:
    dossier_id, person_id = enrolment["dossier_id"], enrolment["person_id"]
    ordered = sorted(words)
    return [
        (establishment_id, word, dossier_id, person_id)
        for establishment_id in (_FUND, *enrolment["visible"])
        for word in ordered
    ]


def _add_words(enrolment: Row, words: Iterable[str], rows: Rows) -> None:
    # A person is enrolled in a dossier once, and has a word once. The columns are those of the key, in its order.
    rows.add_values("trainee_word", _word_keys(enrolment, words))


def _forget_words(enrolment: Row, words: Iterable[str], rows: Rows) -> None:
    keys = _word_keys(enrolment, words)
    rows.prepare_keys("trainee_word", keys)
    for values in keys:
        rows.delete("trainee_word", *values)
