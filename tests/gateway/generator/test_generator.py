"""The generated fund: fictitious, skewed, repeatable; and what its import comes to is what it says."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.generator import Fund, Size, Style, personas, write_files
from gateway.generator.history import History
from gateway.generator.life import Dossier, Lot
from gateway.generator.size import LAST_DAY
from ledger.document.events import Category
from ledger.kit.fictitious import is_fictitious_iban, is_fictitious_nir, is_fictitious_siret
from ledger.vault.inspection import PDF, media_type
from support.back_office import back_office, check_against
from support.databases import Cluster

SMALL = 1 / 20_000
STYLES = [Style(), Style("cp1252", ",", french=False), Style("utf-8-sig", ";", french=False)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("fund")
    write_files(directory, seed=3, scale=SMALL)
    return directory


def cells(files: Path, kind: str) -> list[dict[str, str]]:
    with (files / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_same_seed_gives_the_same_bytes(files: Path, tmp_path: Path):
    write_files(tmp_path / "again", seed=3, scale=SMALL)
    write_files(tmp_path / "other", seed=4, scale=SMALL)
    every = sorted(path.relative_to(files) for path in files.rglob("*") if path.is_file())
    assert all((files / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in every)
    assert (files / "dossiers.csv").read_bytes() != (tmp_path / "other" / "dossiers.csv").read_bytes()


def test_nobody_in_it_exists(files: Path):
    """Every identifier is marked, and every NIR is impossible."""
    assert all(is_fictitious_siret(row["siret"]) for row in cells(files, "establishments"))
    assert all(is_fictitious_iban(row["iban"]) for row in cells(files, "transfers"))
    nirs = [row["nir"] for row in cells(files, "trainees") if row["nir"]]
    assert nirs
    assert all(map(is_fictitious_nir, nirs))
    assert all(persona.email.endswith("@example.org") for persona in personas(Fund(3, Size(SMALL))))


def test_papers_are_pdf_files(files: Path):
    rows = cells(files, "documents")
    assert {row["category"] for row in rows} == {Category.AGREEMENT, Category.REMITTANCE_ADVICE}
    for row in rows:
        with (files / row["file"]).open("rb") as file:
            assert media_type(file) == PDF


def test_an_establishment_holds_avis_of_one_name_on_two_dates(files: Path):
    """Row O42."""
    names = Counter((row["siret"], row["name"]) for row in cells(files, "documents") if row["siret"])
    dates = {(row["siret"], row["name"], row["deposited_on"]) for row in cells(files, "documents") if row["siret"]}
    assert max(names.values()) == 2
    assert len(dates) == sum(names.values())


PROVIDERS = 5_837
"""Of a national fund."""


def test_a_national_fund_has_its_figures():
    size = Size(1.0)
    assert size.dossiers == 1_800_000
    assert size.beneficiaries_of_a_lot == 2_756
    assert size.dossiers_of_the_largest(PROVIDERS) == 1_808
    assert sum(opened for _, opened in size.weeks()) == size.dossiers


@pytest.mark.parametrize(("scale", "providers"), [(0.1, 898), pytest.param(1, PROVIDERS, marks=pytest.mark.full)])
def test_no_two_establishments_have_one_siret(scale: float, providers: int):
    fund = Fund(1, Size(scale))
    assert len(fund.providers.things) == providers
    assert len({each.siret for each in fund.establishments}) == len(fund.establishments)


def test_the_history_is_skewed_and_consistent():
    """Row O42's lots, the September peak, a provider far above the mean, a dossier of two providers."""
    fund = Fund(9, Size(1 / 1_500))
    dossiers: list[Dossier] = []
    lots: list[Lot] = []
    for each in History(fund):
        (lots if isinstance(each, Lot) else dossiers).append(each)
    months = Counter(dossier.opened_on.month for dossier in dossiers)
    assert max(months, key=months.__getitem__) == 9
    largest = sum(any(p.organisation.number == 0 for p in dossier.providers) for dossier in dossiers)
    assert largest >= fund.size.dossiers_of_the_largest(len(fund.providers.things))
    assert largest > 2 * (len(dossiers) - largest) / len(fund.providers.things)
    assert any(len(dossier.providers) == 2 for dossier in dossiers)
    assert all(lot.scheduled_on.weekday() == 3 for lot in lots)
    assert [lot.number for lot in lots] == list(range(lots[0].number, lots[0].number + len(lots)))
    assert max(len(lot.transfers) for lot in lots) == fund.size.beneficiaries_of_a_lot
    for dossier in dossiers:
        assert sum(invoice.gross_cents for invoice in dossier.invoices) <= dossier.agreement_cents
        for invoice in dossier.invoices:
            assert dossier.starts_on <= invoice.starts_on <= invoice.ends_on <= dossier.ends_on
            assert invoice.paid_on is None or invoice.paid_on <= LAST_DAY
    assert date(2020, 11, 2) <= dossiers[0].opened_on


@pytest.mark.parametrize("style", STYLES, ids=["french", "windows", "iso"])
def test_a_small_fund_is_imported_without_a_refusal(cluster: Cluster, tmp_path: Path, fictitious, style: Style):
    with back_office(cluster, tmp_path) as office:
        check_against(office, write_files(office.directory, seed=11, scale=SMALL, style=style))


@pytest.fixture
def fictitious(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(min_value=0, max_value=2**32), style=st.sampled_from(STYLES))
def test_any_seed_is_imported_without_a_refusal(cluster: Cluster, tmp_path: Path, fictitious, seed: int, style: Style):
    shutil.rmtree(tmp_path / "files", ignore_errors=True)
    with back_office(cluster, tmp_path) as office:
        check_against(office, write_files(office.directory, seed=seed, scale=1 / 45_000, style=style))


@pytest.mark.full
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(min_value=0, max_value=2**32), scale=st.floats(min_value=1e-5, max_value=1 / 5_000))
def test_any_seed_and_size_is_imported(cluster: Cluster, tmp_path: Path, fictitious, seed: int, scale: float):
    shutil.rmtree(tmp_path / "files", ignore_errors=True)
    with back_office(cluster, tmp_path) as office:
        check_against(office, write_files(office.directory, seed=seed, scale=scale))
