"""Establishments and organisations: the one clear copy of their names, and what only their holders see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from ledger.establishment.events import (
    BankDetailsRecorded,
    EstablishmentMoved,
    EstablishmentRegistered,
    EstablishmentRenamed,
    NdaChanged,
)
from ledger.organisation.events import (
    OrganisationKind,
    OrganisationKindAdded,
    OrganisationRegistered,
    OrganisationRenamed,
)
from projections.engine import Entry, Need, Projector, Rows, Table, columns, index, key, new, new_index, on
from projections.words import words_of


def _identity(entry: Entry) -> tuple[Need, ...]:
    return key("establishment", entry.id), key("establishment_identity", entry.id)


class EstablishmentProjector(Projector):
    """A list row elsewhere holds the id alone: renaming an establishment of 100,000 dossiers writes one row here."""

    NAME: ClassVar[str] = "establishment"
    VERSION: ClassVar[int] = 2
    OPENS: ClassVar[frozenset[str]] = frozenset({"name", "trade_name"})
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "establishment_identity",
            key=("establishment_id",),
            columns=columns(
                establishment_id="uuid",
                organisation_id="uuid",
                siret="text",
                name="text",
                trade_name="text",
                postcode="text",
                town="text",
            ),
        ),
        Table(
            "establishment",
            key=("establishment_id",),
            columns=columns(
                establishment_id="uuid",
                organisation_id="uuid",
                number="text",
                siret="text",
                nda="text",
                street_sealed="text",
                iban_sealed="text",
                bic="text",
                bank_details_on="date",
                natural_person="boolean",
                version="bigint",
            ),
        ),
        Table(
            "establishment_word",
            key=("field", "word", "establishment_id"),
            columns=columns(field="text", word="text", establishment_id="uuid"),
            indexes=("establishment_id",),
        ),
        Table(
            "organisation",
            key=("organisation_id",),
            columns=columns(
                organisation_id="uuid",
                siren="text",
                name="text",
                is_provider="boolean",
                is_member="boolean",
                member_number="text",
                legal_category="text",
                version="bigint",
            ),
        ),
    )

    @on(
        EstablishmentRegistered,
        needs=lambda e: (
            new("establishment", e.id),
            new("establishment_identity", e.id),
            new_index("establishment_word", "establishment_id", e.id),
        ),
    )
    def registered(self, event: Entry, rows: Rows) -> None:
        data, address = event.data, event.data["address"]
        common = {"establishment_id": event.id, "organisation_id": data["organisation_id"], "siret": data["siret"]}
        names = {"name": data["name"], "trade_name": data["trade_name"]}
        place = {"postcode": address["postcode"], "town": address["town"]}
        rows.put("establishment_identity", {**common, **names, **place})
        rows.put(
            "establishment",
            {
                **common,
                "number": data["number"],
                "nda": data["nda"],
                "street_sealed": address["street"],
                "natural_person": data["natural_person"],
                "version": event.version,
            },
        )
        _write_words(event.id, names, rows)

    @on(
        EstablishmentRenamed,
        needs=lambda e: (*_identity(e), index("establishment_word", "establishment_id", e.id)),
    )
    def renamed(self, event: Entry, rows: Rows) -> None:
        names = {"name": event.data["name"], "trade_name": event.data["trade_name"]}
        rows.change("establishment_identity", event.id, **names)
        rows.change("establishment", event.id, version=event.version)
        _write_words(event.id, names, rows)

    @on(EstablishmentMoved, needs=_identity)
    def moved(self, event: Entry, rows: Rows) -> None:
        address = event.data["address"]
        rows.change("establishment_identity", event.id, postcode=address["postcode"], town=address["town"])
        rows.change("establishment", event.id, street_sealed=address["street"], version=event.version)

    @on(NdaChanged, needs=lambda e: (key("establishment", e.id),))
    def nda_changed(self, event: Entry, rows: Rows) -> None:
        rows.change("establishment", event.id, nda=event.data["nda"], version=event.version)

    @on(BankDetailsRecorded, needs=lambda e: (key("establishment", e.id),))
    def bank_details_recorded(self, event: Entry, rows: Rows) -> None:
        data = event.data
        held = rows.change("establishment", event.id, version=event.version)
        # The import may record an account of the past after today's.
        if held["bank_details_on"] is None or held["bank_details_on"] <= data["on"]:
            account = {"iban_sealed": data["iban"], "bic": data["bic"], "bank_details_on": data["on"]}
            rows.change("establishment", event.id, **account)

    @on(OrganisationRegistered, needs=lambda e: (new("organisation", e.id),))
    def organisation_registered(self, event: Entry, rows: Rows) -> None:
        data = event.data
        rows.put(
            "organisation",
            {
                "organisation_id": event.id,
                "siren": data["siren"],
                "name": data["name"],
                **_kinds(data["kinds"]),
                "member_number": data["member_number"],
                "legal_category": data["legal_category"],
                "version": event.version,
            },
        )

    @on(OrganisationRenamed, needs=lambda e: (key("organisation", e.id),))
    def organisation_renamed(self, event: Entry, rows: Rows) -> None:
        rows.change("organisation", event.id, name=event.data["name"], version=event.version)

    @on(OrganisationKindAdded, needs=lambda e: (key("organisation", e.id),))
    def organisation_kind_added(self, event: Entry, rows: Rows) -> None:
        added: dict[str, Any] = {name: True for name, is_so in _kinds([event.data["kind"]]).items() if is_so}
        if event.data["member_number"] is not None:
            added["member_number"] = event.data["member_number"]
        rows.change("organisation", event.id, **added, version=event.version)


def _kinds(kinds: Iterable[str]) -> dict[str, bool]:
    held = frozenset(kinds)
    return {"is_provider": OrganisationKind.PROVIDER in held, "is_member": OrganisationKind.MEMBER in held}


def _write_words(establishment_id: str, names: dict[str, str | None], rows: Rows) -> None:
    """The words of the names as they are now, in place of those that they were."""
    wanted = {(field, word) for field, name in names.items() for word in words_of(name)}
    held = {
        (row["field"], row["word"]) for row in rows.where("establishment_word", "establishment_id", establishment_id)
    }
    for field, word in held - wanted:
        rows.delete("establishment_word", field, word, establishment_id)
    # `where` has shown that these are not there.
    rows.add_values("establishment_word", [(field, word, establishment_id) for field, word in wanted - held])
