"""E14: what names a person stands in clear in the read models alone: not in the log, the keys, the journals."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import httpx
import pytest

from gateway.cli.deployment import located
from gateway.demo.data import SEED
from gateway.generator import Fund, Size, personas
from support.clear_copies import dump, found
from support.demo import SMALLEST, Demo


@pytest.fixture(scope="module")
def people(demo: Demo) -> set[str]:
    """What says who somebody is: names, NIRs and e-mails of every person of the fund, trainees and users."""
    with (demo.place / "files" / "trainees.csv").open(encoding="utf-8") as file:
        trainees = list(csv.DictReader(file, delimiter=";"))
    users = personas(Fund(SEED, Size(float(SMALLEST))))
    names = {each[field] for each in trainees for field in ("last_name", "first_name", "nir")}
    words = names | {text for user in users for text in (user.last_name, user.first_name, user.email)}
    return {word for word in words if len(word) > 3}


def told(demo: Demo, people: set[str]) -> None:
    """Requests that carry names and e-mails, accepted and refused, so that the journals have an occasion to err."""
    name = max(people)

    def ask(who: str, method: str, path: str, **kwargs: object) -> int:
        headers = {"Authorization": f"Bearer {demo.file['tokens'][who]}", "Idempotency-Key": f"{who} {path}"}
        return httpx.request(method, f"{demo.file['url']}{path}", headers=headers, **kwargs).status_code  # type: ignore[arg-type]

    assert ask("provider", "POST", "/v1/dossiers/search", json={"trainee_name": name}) == 200
    assert ask("provider", "GET", f"/v1/dossiers?trainee_name={name}") == 422
    account = {"last_name": name, "first_name": name, "email": "pas une adresse", "role": "auditor"}
    assert ask("operator", "POST", "/v1/accounts", json=account) == 422
    assert ask("operator", "POST", f"/v1/accounts/{name}/memberships", json=account) == 404
    assert ask("operator", "POST", "/v1/accounts", content=f'{{"last_name": "{name}"'.encode()) == 415


def test_the_words_looked_for_are_those_of_the_fund(demo: Demo, people: set[str]):
    """The search itself is able to find: the read models do hold the names."""
    everything = Path(demo.place / "files" / "trainees.csv").read_text(encoding="utf-8")
    assert len(found(people, everything)) > 50


def test_no_name_nir_or_email_stands_in_clear_outside_the_read_models(demo: Demo, people: set[str]):
    told(demo, people)
    with located(demo.place) as settings:
        urls = (settings.database_url, settings.keys_database_url)
        rows = [row for url in urls for row in dump(url)]
    assert Counter(table for table, _ in rows)["log.events"] > 300
    leaks = {(table, word) for table, text in rows for word in found(people, text)}
    assert leaks == set()


def test_no_name_nir_or_email_stands_in_a_journal(demo: Demo, people: set[str]):
    """What the processes printed, and PostgreSQL's own journal."""
    told(demo, people)
    journals = [path for path in demo.place.rglob("*.log*") if path.is_file()]
    assert len(journals) >= 2
    for path in journals:
        assert found(people, path.read_text(encoding="utf-8", errors="replace")) == set(), path.name
    assert found(people, "\n".join(demo.said)) == set()
