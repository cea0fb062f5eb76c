"""The security journal: what is written, by whom it can be read, how long it is kept, and what never stands in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from gateway import service as services
from gateway.cli.main import app
from gateway.journal import journal
from gateway.journal.following import Journal
from gateway.journal.journal import Entry, RequestFacts, entry_of, note, write
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings import Settings
from ledger.account.commands import ChangeMembership, CreateAccount, DisableAccount, GrantMembership
from ledger.account.events import Profile, Role
from ledger.kit.ids import uuid7
from ledger.log import database
from support.databases import ORIGIN, Cluster
from support.gateway import Gateway, World

Story = Callable[[Service], Coroutine[Any, Any, None]]
SENDER = RequestFacts(IPv4Address("203.0.113.9"), "Firefox, Linux", uuid7())


@pytest.fixture
def deployment(cluster: Cluster, tmp_path: Path) -> Iterator[Settings]:
    with cluster.deployment() as databases:
        settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path, origin=ORIGIN)
        services.migrate(settings)
        yield settings


def told(settings: Settings, story: Story) -> None:
    async def whole() -> None:
        async with services.serving(settings) as service:
            await story(service)

    asyncio.run(whole())


def lines(settings: Settings, condition: str = "true") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute(
            f"select kind, outcome, account_id, actor_id, target_id, host(address), facts from auth.journal "
            f"where {condition} order by at, entry_id"
        ).fetchall()


def test_a_line_says_who_what_and_from_where(deployment: Settings):
    account = uuid7()

    async def story(service: Service) -> None:
        await note(service, "sign-in", "refused", account_id=account, request=SENDER, method="password", tries=3)
        six = RequestFacts(IPv6Network("2001:db8:1:2::/64"), "", uuid7())
        await note(service, "session", "ended", account_id=account, request=six)

    told(deployment, story)
    first, second = lines(deployment)
    assert first == ("sign-in", "refused", account, None, None, "203.0.113.9", {"method": "password", "tries": 3})
    assert second[5] == "2001:db8:1:2::"


@pytest.mark.parametrize("text", ["Dupont", "exemple@example.org", "un nom", "é", "a" * 65, "", "<b>"])
def test_what_is_no_code_is_not_written(deployment: Settings, text: str, capfd: pytest.CaptureFixture[str]):
    """A name, an e-mail, a free text: refused here and by the table; the answer under way is not disturbed."""

    async def story(service: Service) -> None:
        await note(service, "refusal", "forbidden", action=text)
        await note(service, "sign-out", "done")

    told(deployment, story)
    assert [line[0] for line in lines(deployment)] == ["sign-out"]
    said = capfd.readouterr()
    assert not text or text not in said.err.replace('"a', "")
    with (
        psycopg.connect(deployment.database_url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute(
            "insert into auth.journal (entry_id, kind, outcome, facts) values (%s, 'refusal', 'forbidden', %s)",
            (uuid7(), Jsonb({"action": text})),
        )


@pytest.mark.parametrize("facts", [{"a": {"b": "c"}}, {"a": ["c"]}, ["c"], "c"])
def test_the_table_takes_flat_facts_alone(deployment: Settings, facts: Any):
    with psycopg.connect(deployment.database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "insert into auth.journal (entry_id, kind, outcome, facts) values (%s, 'refusal', 'x', %s)",
            (uuid7(), Jsonb(facts)),
        )


def test_a_database_that_is_gone_breaks_no_answer(deployment: Settings, capfd: pytest.CaptureFixture[str]):
    async def story(service: Service) -> None:
        with psycopg.connect(deployment.database_url, autocommit=True) as connection:
            connection.execute("alter table auth.journal rename to elsewhere")
        await note(service, "sign-in", "refused")

    told(deployment, story)
    with psycopg.connect(deployment.database_url, autocommit=True) as connection:
        connection.execute("alter table auth.elsewhere rename to journal")
    assert lines(deployment) == []


def test_an_attack_does_not_fill_it(deployment: Settings):
    """Refusals of one kind, account and address within a minute are one line; another account has its own."""

    async def story(service: Service) -> None:
        account, other = uuid7(), uuid7()
        for _ in range(30):
            await note(service, "sign-in", journal.THROTTLED, account_id=account, request=SENDER)
            await note(service, "refusal", "forbidden", account_id=account, request=SENDER, action="pay_transfer")
        await note(service, "sign-in", journal.THROTTLED, account_id=other, request=SENDER)
        await note(service, "refusal", "forbidden", account_id=account, request=SENDER, action="open_lot")
        for _ in range(3):
            await note(service, "sign-in", "refused", account_id=account, request=SENDER)

    told(deployment, story)
    count = len(lines(deployment, "outcome <> 'refused'"))
    assert 4 <= count <= 7  # a minute may end in between
    assert len(lines(deployment, "outcome = 'refused'")) == 3


def test_nobody_rewrites_it(deployment: Settings):
    """Its own role inserts and reads; it changes nothing, and takes nothing out that is younger than a month."""

    async def story(service: Service) -> None:
        await note(service, "sign-in", "refused")

    told(deployment, story)
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("set local role ledger_auth")
        assert connection.execute("delete from auth.journal").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update auth.journal set outcome = 'done'")
    for role in (database.Role.GATEWAY, database.Role.STAFF, database.Role.PROJECTOR, database.Role.WRITER):
        with psycopg.connect(deployment.database_url) as connection:
            connection.execute("select set_config('role', %s, true)", [role])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select * from auth.journal")


def test_its_retention_is_its_own(deployment: Settings):
    """JOURNAL_MONTHS: a line of thirteen months ago goes, one of eleven stays."""
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("set local role ledger_auth")
        for months in (0, 11, 13):
            row = connection.execute("select now() - make_interval(months => %s)", (months,)).fetchone()
            assert row is not None
            write(connection, Entry("sign-in", f"months-{months}"), at=row[0])
        journal.sweep(connection, 12)
    assert [line[1] for line in lines(deployment)] == ["months-11", "months-0"]


def test_a_line_that_is_told_twice_is_written_once(deployment: Settings):
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("set local role ledger_auth")
        for _ in range(2):
            write(connection, Entry("rights", "x"), entry_id=entry_of("event", 7), at=datetime(2026, 1, 1, tzinfo=UTC))
    assert len(lines(deployment)) == 1


def test_rights_and_mandates_follow_from_the_log(gateway: Gateway, world: World):
    """Who gave which right to whom, and an auditor's mandate; told twice, written once, nothing in clear."""
    ledger, settings = gateway.service.ledger, gateway.settings
    organisation, place = gateway.organisation()
    given = {"last_name": "Marquise", "first_name": "Aglaé", "email": "aglae.marquise@example.org", "role": Role.PORTAL}
    account = ledger.execute(CreateAccount.model_validate(given), actor=None).resource_id
    team = {"account_id": account, "organisation_id": organisation, "kind": "provider", "establishment_ids": [place]}
    ledger.execute(GrantMembership.model_validate({**team, "profile": Profile.REFERENT}), actor=None)
    other = ledger.execute(
        CreateAccount.model_validate({**given, "email": "second.marquise@example.org"}), actor=None
    ).resource_id
    ledger.execute(
        GrantMembership.model_validate({**team, "account_id": other, "profile": Profile.REFERENT}), actor=None
    )
    ledger.execute(
        ChangeMembership.model_validate({**team, "profile": Profile.USER}), actor=gateway.accounts["operator"]
    )
    ledger.execute(DisableAccount(account_id=account, on=date(2026, 3, 2)), actor=gateway.accounts["operator"])
    runner = Runner(gateway.service, [Journal()])
    runner.catch_up()
    found = lines(settings, f"account_id = '{account}'")
    assert sorted(line[1] for line in found) == sorted(
        [
            "account-created",
            "membership-granted",
            "referent-named",
            "membership-changed",
            "referent-stepped-down",
            "account-disabled",
        ]
    )
    [changed] = [line for line in found if line[1] == "membership-changed"]
    assert changed[3] == gateway.accounts["operator"]
    assert changed[4] == organisation
    assert changed[6]["profile"] == "user"
    mandates = lines(settings, "kind = 'mandate'")
    assert [(line[1], line[6]["ends_on"]) for line in mandates] == [("begun", "2099-12-31")]
    text = str(lines(settings)).lower()
    assert "marquise" not in text
    assert "example.org" not in text
    before = len(lines(settings))
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update auth.policy set position = 0 where name = 'journal'")
    Runner(gateway.service, [Journal()]).catch_up()
    assert len(lines(settings)) == before


def searched(gateway: Gateway, who: str, **body: Any) -> list[dict[str, Any]]:
    answer = gateway.client.post("/v1/journal/search", json=body, headers=gateway.headers(who))
    assert answer.status_code == 200, answer.text
    gateway.description.check(answer)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.fixture(scope="module")
def written(gateway: Gateway) -> UUID:
    """Five lines of one account, from two addresses."""
    account = uuid7()

    with psycopg.connect(gateway.settings.database_url) as connection:
        for n, address in enumerate(["203.0.113.9", "203.0.113.9", "2001:db8:1:2::/64", "2001:db8:1:3::/64", None]):
            connection.execute(
                "insert into auth.journal (entry_id, at, kind, outcome, account_id, address) "
                "values (%s, %s, 'sign-in', %s, %s, %s)",
                (uuid7(), datetime(2026, 3, 1 + n, 23, 30, tzinfo=UTC), f"try-{n}", account, address),
            )
    return account


def outcomes(items: list[dict[str, Any]]) -> list[str]:
    return [item["outcome"] for item in items]


def test_operators_and_auditors_search_it(gateway: Gateway, written: UUID):
    """By kind, account, address (a network of /64 for IPv6) and Paris' days, newest first."""
    account = str(written)
    for who in (Role.OPERATOR, Role.AUDITOR):
        found = outcomes(searched(gateway, who, account_id=account, kind="sign-in"))
        assert found == ["try-4", "try-3", "try-2", "try-1", "try-0"]
    assert outcomes(searched(gateway, "auditor", account_id=account, address="203.0.113.9")) == ["try-1", "try-0"]
    assert outcomes(searched(gateway, "auditor", account_id=account, address="2001:db8:1:2:a:b:c:d")) == ["try-2"]
    assert outcomes(searched(gateway, "auditor", account_id=account, address="2001:db8::/32")) == ["try-3", "try-2"]
    # 23:30 UTC on 2 March is 3 March in Paris.
    assert outcomes(searched(gateway, "auditor", account_id=account, since="2026-03-03", until="2026-03-03")) == [
        "try-1"
    ]
    assert searched(gateway, "auditor", account_id=account, until="9999-12-31", outcome="try-9") == []


def test_it_is_read_page_by_page(gateway: Gateway, written: UUID):
    found: list[str] = []
    cursor = None
    for _ in range(3):
        body = {"account_id": str(written), "kind": "sign-in", "limit": 2, **({"cursor": cursor} if cursor else {})}
        answer = gateway.client.post("/v1/journal/search", json=body, headers=gateway.headers("auditor")).json()
        found += outcomes(answer["items"])
        cursor = answer["next_cursor"]
    assert found == ["try-4", "try-3", "try-2", "try-1", "try-0"]
    assert cursor is None


def test_to_search_it_is_journalled(gateway: Gateway, written: UUID):
    """Who looked for whom: the journal's own readers are in it."""
    searched(gateway, "auditor", account_id=str(written))
    [line, *_] = searched(gateway, "operator", kind="journal", actor_id=str(gateway.accounts["auditor"]))
    assert (line["outcome"], line["account_id"]) == ("searched", str(written))
    assert line["kind_label"] == "Consultation du journal"
    assert line["address"] == "127.0.0.1"
    answer = gateway.get("operator", "/v1/journal", kind="journal", limit=1)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def places(gateway: Gateway) -> dict[str, str]:
    settings = gateway.settings
    return {
        "DATABASE_URL": settings.database_url,
        "KEYS_DATABASE_URL": settings.keys_database_url,
        "DATA_DIR": str(settings.data_dir),
    }


def test_an_operator_reads_it_on_the_server(gateway: Gateway, written: UUID):
    """`journal list`: in French, newest first, for when the API does not answer."""
    asked = ["journal", "list", "--account", str(written), "--kind", "sign-in", "--since", "02/03/2026", "--limit", "3"]
    run = CliRunner().invoke(app, asked, env=places(gateway))
    assert run.exit_code == 0, run.output
    first, *_ = shown = run.output.splitlines()
    assert len(shown) == 3
    assert first == f"06/03/2026 00:30:00  Connexion (try-4)  compte {written}"
    assert "adresse 2001:db8:1:3::/64" in shown[1]
    assert CliRunner().invoke(app, ["journal", "list", "--kind", "tout"], env=places(gateway)).exit_code != 0
    [read] = searched(gateway, "auditor", kind="journal", account_id=str(written), outcome="listed")
    assert read["facts"] == {"via": "cli"}


def test_a_token_made_on_the_server_is_in_it(gateway: Gateway):
    """By `token create` and `token revoke`: what opens doors is told, whichever door it was made behind."""
    account = str(gateway.accounts["operator"])
    made = CliRunner().invoke(app, ["token", "create", account, "--label", "essai"], env=places(gateway))
    assert made.exit_code == 0, made.output
    [token] = re.findall(r"Jeton ([0-9a-f-]{36})", made.output)
    revoked = CliRunner().invoke(app, ["token", "revoke", token], env=places(gateway))
    assert revoked.exit_code == 0, revoked.output
    lines = searched(gateway, "auditor", kind="token", target_id=token)
    assert [(line["outcome"], line["account_id"], line["facts"]["via"]) for line in lines] == [
        ("revoked", account, "cli"),
        ("created", account, "cli"),
    ]


@pytest.mark.parametrize("who", ["provider", Role.CASE_MANAGER, Role.ACCOUNTANT])
def test_nobody_else_reads_it(gateway: Gateway, world: World, who: str):
    before = len(lines(gateway.settings, "kind = 'journal'"))
    assert gateway.get(who, "/v1/journal").status_code == 403
    assert gateway.post(who, "/v1/journal/search", {}).status_code == 403
    assert gateway.get(None, "/v1/journal").status_code == 401
    assert len(lines(gateway.settings, "kind = 'journal'")) == before
    [refused, *_] = lines(gateway.settings, f"kind = 'refusal' and account_id = '{gateway.accounts[who]}'")
    assert refused[6]["action"] in {"list_journal", "search_journal"}


@pytest.mark.parametrize(
    "body",
    [
        {"address": "chez moi"},
        {"kind": "tout"},
        {"outcome": "Réussi"},
        {"account_id": "moi"},
        {"since": "hier"},
        {"email": "a@example.org"},
        {"limit": 0},
        {"cursor": "abc"},
    ],
)
def test_a_search_that_means_nothing_is_refused_in_french(gateway: Gateway, body: dict[str, Any]):
    answer = gateway.client.post("/v1/journal/search", json=body, headers=gateway.headers("auditor"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"]
    assert "example.org" not in answer.text
