"""The import, on a real ledger: what is accepted, refused, repeated, held (row B7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO
from uuid import UUID

import pytest

from gateway.generator.pdf import one_page
from gateway.importer import EXIT_ALL_IMPORTED, EXIT_SOME_REFUSED, EXIT_UNUSABLE, Summary, import_files
from ledger.kit.fictitious import fictitious_nir, fictitious_siret
from ledger.vault.directory import DirectoryStore
from ledger.vault.vault import Deposited, Vault
from support.back_office import (
    AGREEMENTS,
    DOSSIERS,
    INVOICES,
    PROVIDER,
    TRANSFERS,
    TRANSFERS_HEADER,
    BackOffice,
    transfer_line,
)


def counts(summary: Summary, kind: str) -> tuple[int, int, int]:
    """Imported, there already, refused; what was read is their sum."""
    tally = summary.tally(kind)
    assert tally.read == tally.imported + tally.already_there + tally.refused
    return tally.imported, tally.already_there, tally.refused


def test_a_small_fund_is_imported_whole_then_found_there(office: BackOffice):
    """Whatever order the files are given in; the second import records nothing."""
    office.write_all()
    files = sorted(office.directory.iterdir(), reverse=True)
    summary = office.run(*files)
    assert summary.exit_code == EXIT_ALL_IMPORTED, office.refusals()
    assert {kind: tally.imported for kind, tally in summary.tallies.items() if tally.read} == {
        "organisations": 2, "establishments": 2, "dossiers": 2, "agreements": 2, "invoices": 2,
        "transfers": 2, "payments": 2,
    }  # fmt: skip
    recorded = Counter(office.names())
    assert recorded["invoice.paid.v1"] == recorded["dossier.payment-recorded.v1"] == 2
    assert recorded["transfer.paid.v1"] == recorded["lot.released.v1"] == 1
    before = len(office.events())
    again = office.run()
    assert again.exit_code == EXIT_ALL_IMPORTED
    assert all(tally.imported == 0 for tally in again.tallies.values())
    assert len(office.events()) == before


def test_the_same_line_written_otherwise_is_there_already(office: BackOffice):
    office.write_all()
    office.run()
    iso = DOSSIERS.replace("01/09/2022", "2022-09-01").replace(";", ",").replace("\n", "\r\n")
    office.write(dossiers=iso.encode("cp1252"), agreements=AGREEMENTS.replace("1 000,00", "1000.0"))
    summary = office.run()
    assert counts(summary, "dossiers") == (0, 2, 0)
    assert counts(summary, "agreements") == (0, 2, 0)


def test_the_same_key_with_another_content_is_refused(office: BackOffice):
    office.write_all()
    office.run()
    office.write(dossiers=DOSSIERS.replace("Lecture de plans", "Travail en hauteur"))
    summary = office.run()
    assert counts(summary, "dossiers") == (0, 1, 1)
    [refusal] = office.refusals()
    assert (refusal["file"], refusal["line"]) == ("dossiers.csv", "2")
    assert "autre contenu" in refusal["rule"]


def test_a_line_twice_in_a_file_is_recorded_once(office: BackOffice):
    office.write_all()
    office.write(dossiers=DOSSIERS + DOSSIERS.splitlines(keepends=True)[1])
    assert counts(office.run(), "dossiers") == (2, 1, 0)


def test_one_bad_line_is_reported_and_the_rest_goes_on(office: BackOffice):
    office.write_all()
    unknown = fictitious_siret(77)
    line = f"D-3;PLAN;Titre;{unknown};{PROVIDER};01/09/2022;30/09/2022;01/08/2022\n"
    impossible = f"D-4;PLAN;Titre;{PROVIDER};{PROVIDER};31/02/2022;30/09/2022;01/08/2022\n"
    office.write(dossiers=DOSSIERS + line + impossible)
    summary = office.run()
    assert summary.exit_code == EXIT_SOME_REFUSED
    assert counts(summary, "dossiers") == (2, 0, 2)
    assert counts(summary, "transfers") == (2, 0, 0)
    assert [(each["line"], each["field"]) for each in office.refusals()] == [("5", "starts_on"), ("4", "company_siret")]
    assert unknown not in office.report.read_text(encoding="utf-8")


def test_an_unusable_file_stops_the_import_before_it_begins(office: BackOffice):
    office.write_all()
    office.write(invoices="reference;montant\nX;1\n")
    summary = office.run()
    assert summary.exit_code == EXIT_UNUSABLE
    assert office.events() == []
    [refusal] = office.refusals()
    assert refusal["file"] == "invoices.csv"


@pytest.mark.parametrize("dossier", ["D-1", "D-2"])
def test_an_invoice_above_its_agreement_leaves_nothing_behind(office: BackOffice, dossier: str):
    """Being past excuses nothing: the line is refused whole, received and attested included (row B2)."""
    office.write_all()
    (office.directory / "transfers.csv").unlink()
    line = (
        INVOICES.splitlines(keepends=True)[1]
        .replace("D-1", dossier)
        .replace("F-1", "F-9")
        .replace("1 000,00", "9 500,00")
    )
    office.write(invoices=INVOICES + line)
    summary = office.run()
    assert counts(summary, "invoices") == (2, 0, 1)
    assert Counter(office.names())["invoice.received.v1"] == 2


def test_a_line_that_differs_from_what_was_approved_holds_its_lot(office: BackOffice):
    """A released lot can never be completed: it waits, unreleased, until its line is mended."""
    office.write_all()
    other = TRANSFERS_HEADER + transfer_line("D-1", "F-1", "1 000,01") + transfer_line("D-2", "F-2", "600,00")
    office.write(transfers=other)
    summary = office.run()
    assert counts(summary, "transfers") == (0, 0, 2)
    assert summary.held_lots == ["VIR550"]
    assert summary.exit_code == EXIT_SOME_REFUSED
    assert [each["field"] for each in office.refusals()] == ["amount", "", "lot"]
    assert "lot.released.v1" not in office.names()
    office.write(transfers=TRANSFERS)
    mended = office.run()
    assert mended.exit_code == EXIT_ALL_IMPORTED
    assert Counter(office.names())["invoice.paid.v1"] == 2


@pytest.mark.parametrize(
    "damage", ["VIR550;13/10/2022\n", "VIR550;13/10/2022;x;y;z;D-2;F-2;01/09/2022;30/09/2022;1;\n"]
)
def test_a_damaged_line_holds_its_lot(office: BackOffice, damage: str):
    office.write_all()
    office.write(transfers=TRANSFERS + damage)
    summary = office.run()
    assert counts(summary, "transfers") == (2, 0, 1)
    assert summary.held_lots == ["VIR550"]
    assert "lot.released.v1" not in office.names()


def test_a_lot_in_two_places_is_refused_whole(office: BackOffice):
    office.write_all()
    lines = [
        transfer_line("D-1", "F-1", "1 000,00", lot="VIR550"),
        transfer_line("D-1", "F-1", "1 000,00", lot="VIR551"),
        transfer_line("D-2", "F-2", "600,00", lot="VIR550"),
    ]
    office.write(transfers=TRANSFERS_HEADER + "".join(lines))
    summary = office.run()
    assert counts(summary, "transfers") == (1, 0, 2)
    assert {each["line"] for each in office.refusals()} == {"2", "4"}
    assert Counter(office.names())["lot.opened.v1"] == 1


def test_an_invoice_sent_back_is_paid_by_a_later_lot(office: BackOffice):
    office.write_all()
    header = TRANSFERS_HEADER.replace("paid_on\n", "paid_on;rejected_on;reject_reason\n")
    back = transfer_line("D-1", "F-1", "1 000,00", paid_on="").replace("\n", ";15/10/2022;AC04\n")
    again = transfer_line("D-1", "F-1", "1 000,00", lot="VIR551", paid_on="20/10/2022").replace("\n", ";;\n")
    office.write(transfers=header + back + again)
    assert office.run().exit_code == EXIT_ALL_IMPORTED, office.refusals()
    recorded = Counter(office.names())
    assert recorded["transfer.rejected.v1"] == recorded["transfer.paid.v1"] == recorded["invoice.paid.v1"] == 1
    assert recorded["invoice.scheduled.v1"] == 2


def test_a_lot_that_the_bank_has_not_answered_is_answered_by_a_later_import(office: BackOffice):
    office.write_all()
    office.write(transfers=TRANSFERS.replace("13/10/2022\n", "\n"))
    office.run()
    assert "lot.released.v1" not in office.names()
    office.write(transfers=TRANSFERS)
    later = office.run()
    assert counts(later, "transfers") == (0, 2, 0)
    assert counts(later, "payments") == (2, 0, 0)
    assert Counter(office.names())["transfer.prepared.v1"] == 1


def test_days_filled_in_since_are_applied_once(office: BackOffice):
    """« Soldé » comes after the transfers, and may come in a later file."""
    office.write_all()
    office.run()
    header, first, second = DOSSIERS.splitlines()
    filled = (
        f"{header};started_on;finished_on;settled_on\n{first};01/09/2022;30/09/2022;01/11/2022\n{second};;;01/11/2022\n"
    )
    office.write(dossiers=filled)
    summary = office.run()
    assert counts(summary, "dossiers") == (0, 2, 0)
    assert counts(summary, "milestones") == (4, 0, 0)
    assert counts(office.run(), "milestones") == (0, 4, 0)
    assert Counter(office.names())["dossier.settled.v1"] == 2


def test_trainees_are_one_person_by_nir_and_one_for_each_dossier_without(office: BackOffice):
    office.write_all()
    nir = fictitious_nir(4)
    period = "01/09/2022;30/09/2022"
    text = "dossier_number;last_name;first_name;birth_date;nir;starts_on;ends_on;reference\n"
    text += f"D-1;Krauzeul;Oxandre;;{nir};{period};\nD-2;Krauzeul;Oxandre;;{nir};{period};\n"
    text += f"D-1;Plemibrac;Noxane;1999-01-01;;{period};\nD-2;Plemibrac;Noxane;1999-01-01;;{period};\n"
    text += f"D-2;Plemibrac;Noxane;1999-01-01;;{period};second\n"
    office.write(trainees=text)
    assert counts(office.run(), "trainees") == (5, 0, 0)
    recorded = Counter(office.names())
    assert recorded["person.registered.v1"] == 4
    assert recorded["dossier.trainee-enrolled.v1"] == 5


def test_avis_keep_their_name_and_date_and_are_deposited_once(office: BackOffice):
    """The same name on two dates is two documents (row O42); the same file, moved, is one."""
    office.write_all()
    (office.directory / "a.pdf").write_bytes(one_page(["Avis"]))
    (office.directory / "b.pdf").write_bytes(one_page(["Avis"]))
    (office.directory / "c.pdf").write_bytes(b"%PDF-1.4 \n<html>")
    (office.directory / "d.pdf").write_bytes(b"MZ\x90\x00 not a document")
    name = "Avis de virement - Lot 550 - Page 1.pdf;remittance-advice"
    lines = [
        f"a.pdf;{name};13/10/2022;{PROVIDER};VIR550",
        f"b.pdf;{name};20/10/2022;{PROVIDER};VIR550",
        f"b.pdf;{name};13/10/2022;{PROVIDER};VIR550",
        f"d.pdf;{name};13/10/2022;{PROVIDER};VIR550",
        f"e.pdf;{name};13/10/2022;{PROVIDER};VIR550",
        f"../report.csv;{name};13/10/2022;{PROVIDER};VIR550",
        f"a.pdf;{name};13/10/2022;{fictitious_siret(2)};VIR550",
        f"a.pdf;{name};13/10/2022;;",
    ]
    office.write(avis="file;name;category;deposited_on;siret;lot\n" + "\n".join(lines) + "\n")
    summary = office.run()
    assert counts(summary, "documents") == (2, 1, 5)
    assert {(each["line"], each["field"]) for each in office.refusals()} == {
        ("5", "file"), ("6", "file"), ("7", "file"), ("8", "lot"), ("9", "siret"),
    }  # fmt: skip
    [first, second] = [event for event in office.events() if event.name == "document.deposited.v2"]
    assert {first.data["on"], second.data["on"]} == {"2022-10-13", "2022-10-20"}
    assert first.data["transfer_id"] == second.data["transfer_id"]
    assert b"".join(office.vault.read(first.stream_id)) == one_page(["Avis"])
    assert counts(office.run(), "documents") == (0, 3, 5)


class OvertakenVault(Vault):
    """A vault that lets somebody else act once, before the first bytes are stored."""

    meanwhile: Callable[[], object] | None = None

    def deposit(self, document_id: UUID, stream: Iterator[bytes] | BinaryIO, *, limit_bytes: int) -> Deposited:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return super().deposit(document_id, stream, limit_bytes=limit_bytes)


def test_two_imports_at_once_keep_the_bytes_of_a_document_once(office: BackOffice):
    """Both find that the document is not there yet; the one that comes second takes its bytes out again."""
    office.write_all()
    (office.directory / "a.pdf").write_bytes(one_page(["Avis"]))
    line = f"a.pdf;Avis de virement - Lot 550 - Page 1.pdf;remittance-advice;13/10/2022;{PROVIDER};VIR550"
    office.write(avis=f"file;name;category;deposited_on;siret;lot\n{line}\n")
    store = DirectoryStore(office.directory.parent / "vault")
    vault = OvertakenVault(store, office.keyring)
    vault.meanwhile = office.run
    report = office.directory.parent / "second.csv"
    summary = import_files(office.ledger, office.keyring, vault, [office.directory], report=report)
    assert counts(summary, "documents") == (0, 1, 0)
    [deposited] = [event for event in office.events() if event.name == "document.deposited.v2"]
    assert list(store.keys()) == [deposited.stream_id]
    assert b"".join(office.vault.read(deposited.stream_id)) == one_page(["Avis"])
