"""A back office's files, made for a test, and their import into a ledger of the test's own."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.generator import Expected
from gateway.importer import EXIT_ALL_IMPORTED, Summary, import_files
from ledger.application import Ledger
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siren, fictitious_siret
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log import reader
from ledger.log.database import Database, Role
from ledger.log.recorded import Recorded
from ledger.vault.directory import DirectoryStore
from ledger.vault.vault import Vault
from support.databases import Cluster

AGREED = ("dossier.agreement-issued.v1", "dossier.agreement-amended.v1")
PROVIDER, COMPANY = fictitious_siret(1), fictitious_siret(2)
IBAN = fictitious_iban(1)

ORGANISATIONS = f"""\
siren;name;kinds;member_number
{fictitious_siren(1)};Institut Xandizeul;provider;
{fictitious_siren(2)};Charpente Wexoubrac;member;1234567
"""
ESTABLISHMENTS = f"""\
siret;number;name;postcode;town;iban;bic
{PROVIDER};100001;Institut Xandizeul;00100;Sorbelac;{IBAN};{FICTITIOUS_BIC}
{COMPANY};100002;Charpente Wexoubrac;00110;Clairfable;;
"""
DOSSIERS = f"""\
number;scheme;title;company_siret;provider_sirets;starts_on;ends_on;opened_on
D-1;PLAN;Lecture de plans;{COMPANY};{PROVIDER};01/09/2022;30/09/2022;01/08/2022
D-2;ALTE;CAP Maçon;{COMPANY};{PROVIDER};01/09/2022;30/06/2024;01/08/2022
"""
AGREEMENTS = """\
dossier_number;decision;on;amount
D-1;issued;10/08/2022;1 000,00
D-2;issued;10/08/2022;9 000,00
"""
INVOICES = f"""\
dossier_number;beneficiary_siret;reference;issued_on;received_on;starts_on;ends_on;net;vat_rate;vat;gross;status;attested_on;approved_on
D-1;{PROVIDER};F-1;01/10/2022;03/10/2022;01/09/2022;30/09/2022;1 000,00;0;0;1 000,00;approved;04/10/2022;05/10/2022
D-2;{PROVIDER};F-2;01/10/2022;03/10/2022;01/09/2022;30/09/2022;500,00;20;100,00;600,00;approved;04/10/2022;05/10/2022
"""
TRANSFERS_HEADER = (
    "lot;scheduled_on;beneficiary_siret;iban;bic;dossier_number;invoice_reference;starts_on;ends_on;amount;paid_on\n"
)


def transfer_line(
    dossier: str, reference: str, amount: str, *, lot: str = "VIR550", paid_on: str = "13/10/2022"
) -> str:
    account = f"{PROVIDER};{IBAN};{FICTITIOUS_BIC}"
    return f"{lot};13/10/2022;{account};{dossier};{reference};01/09/2022;30/09/2022;{amount};{paid_on}\n"


TRANSFERS = TRANSFERS_HEADER + transfer_line("D-1", "F-1", "1 000,00") + transfer_line("D-2", "F-2", "600,00")


@dataclass
class BackOffice:
    """A directory of files, and a ledger to import them into."""

    directory: Path
    ledger: Ledger
    keyring: Keyring
    vault: Vault
    database: Database

    @property
    def report(self) -> Path:
        return self.directory.parent / "report.csv"

    def write(self, **files: str | bytes) -> None:
        """Files by kind: text is written as UTF-8."""
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (self.directory / f"{name}.csv").write_bytes(data)

    def write_all(self) -> None:
        """A small fund whole: two dossiers, two invoices, a lot that paid them."""
        self.write(
            organisations=ORGANISATIONS,
            establishments=ESTABLISHMENTS,
            dossiers=DOSSIERS,
            agreements=AGREEMENTS,
            invoices=INVOICES,
            transfers=TRANSFERS,
        )

    def run(self, *paths: Path) -> Summary:
        return import_files(self.ledger, self.keyring, self.vault, paths or (self.directory,), report=self.report)

    def refusals(self) -> list[dict[str, str]]:
        with self.report.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def events(self) -> list[Recorded]:
        with self.database.transaction(Role.AUDITOR) as connection:
            return reader.read_after(connection, 0, 1_000_000)

    def names(self) -> list[str]:
        return [event.name for event in self.events()]


@contextmanager
def back_office(cluster: Cluster, place: Path) -> Iterator[BackOffice]:
    """A back office on fresh databases."""
    directory = place / "files"
    directory.mkdir(parents=True)
    with (
        cluster.deployment() as databases,
        Database(databases.ledger) as database,
        Keyring(databases.keys, MasterKey.generate()) as keyring,
        Ledger(database, keyring) as ledger,
    ):
        yield BackOffice(directory, ledger, keyring, Vault(DirectoryStore(place / "vault"), keyring), database)


def check_against(office: BackOffice, expected: Expected) -> None:
    """Import the office's files: no line is refused, and the log adds up to what the generator expected."""
    summary = office.run()
    assert summary.exit_code == EXIT_ALL_IMPORTED, office.refusals()[:5]
    there = {kind: tally.imported + tally.already_there for kind, tally in summary.tallies.items()}
    assert {kind: there[kind] for kind in expected.rows} == expected.rows
    found = office.events()
    names = Counter(event.name for event in found)
    assert names["dossier.opened.v1"] == expected.rows["dossiers"]
    assert names["dossier.settled.v1"] == expected.statuses["settled"]
    assert names["dossier.cancelled.v1"] == expected.statuses["cancelled"]
    assert names["dossier.agreement-refused.v1"] == expected.statuses["refused"]
    assert names["transfer.paid.v1"] == expected.transfers["paid"]
    assert names["transfer.rejected.v1"] == expected.transfers["rejected"]
    assert names["document.deposited.v2"] == expected.rows["documents"]
    agreements = [event for event in found if event.name in AGREED]
    assert sum({event.stream_id: event.data["amount_cents"] for event in agreements}.values()) == expected.agreed_cents
    for name, cents in (("reserved", expected.reserved_cents), ("recorded", expected.paid_cents)):
        moved = [event for event in found if event.name == f"dossier.payment-{name}.v1"]
        assert sum(event.data["amount_cents"] for event in moved) == cents
