"""`make demo`, as a newcomer meets it: it answers, its commands work, it comes back, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo.credentials import PASSWORD
from support import plain
from support.browser import Browser
from support.demo import PROGRAM, SMALLEST, Demo, alive, environment, fresh_place, needs_curl, started
from support.eventually import LOADED, PATIENCE_SECONDS, eventually

ROLES = {
    "provider", "provider-user", "member", "case-manager", "accountant", "second-accountant", "auditor", "operator",
}  # fmt: skip


def get(demo: Demo, who: str, path: str) -> httpx.Response:
    return plain.get(f"{demo.file['url']}{path}", headers={"Authorization": f"Bearer {demo.file['tokens'][who]}"})


def test_its_file_is_private_and_has_a_token_for_each_role(demo):
    assert stat.S_IMODE((demo.place / "demo.json").stat().st_mode) == 0o600
    assert set(demo.file["tokens"]) == ROLES
    for who in ROLES:
        assert get(demo, who, "/v1/me").status_code == 200, who


@needs_curl
def test_the_three_commands_that_it_prints_work_as_they_stand(demo):
    at = demo.said.index("À copier :")
    commands = [line.strip() for line in demo.said[at + 1 : at + 4]]
    answers = [
        subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment(), cwd="/", check=True)
        for command in commands
    ]
    dossiers, replayed, status = (answer.stdout for answer in answers)
    assert json.loads(dossiers)["items"]
    assert demo.file["dossier"] in replayed
    assert "Dossier ouvert" in replayed
    assert status.count("sans retard") == 7


def test_whoever_tries_it_can_sign_in_and_read_the_mails(demo):
    """The personas' password and second factor are told; the mails go to a private directory, and to a page of it."""
    with plain.client(base_url=demo.file["pages"]) as client:
        user = Browser(client)
        assert user.sign_in("provider@example.org", PASSWORD).json()["terms_pending"] is True
        staff = Browser(client)
        answer = staff.sign_in("case-manager@example.org", PASSWORD, demo.file["factors"]["case-manager"])
        assert answer.json()["stage"] == "full"
        eventually(lambda: "provider-user@example.org" in client.get("/demo/mails").text)
        mails = client.get("/demo/mails")
        assert mails.text.count("Bienvenue dans votre espace") >= len(ROLES)
        path = re.findall(r'href="(/demo/mails/[^"]+)"', mails.text)[0]
        link = re.findall(r'href="(http://localhost:[0-9]+/liens/[^"]+)"', client.get(path).text)
        assert len(link) == 1
        assert client.get(link[0]).status_code == 200
    assert stat.S_IMODE((demo.place / "mails").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (demo.place / "mails").iterdir()} == {0o600}
    assert PASSWORD in "\n".join(demo.said)


def test_a_provider_sees_its_own_dossiers_and_their_counters_add_up(demo):
    """O30: EN COURS + SOLDÉS = TOTAL; the référent holds every establishment of the provider, the user one."""
    referent, user = (get(demo, who, "/v1/dossiers?limit=200").json() for who in ("provider", "provider-user"))
    counters = referent["counters"]
    assert counters["total"] == counters["ongoing"] + counters["settled"]
    assert referent["total"] >= user["total"] > 0
    assert {item["number"] for item in user["items"]} <= {item["number"] for item in referent["items"]}


def test_what_another_sees_is_absent_for_a_provider(demo):
    mine = {item["dossier_id"] for item in get(demo, "provider", "/v1/dossiers?limit=200").json()["items"]}
    everything = {item["dossier_id"] for item in get(demo, "case-manager", "/v1/dossiers?limit=200").json()["items"]}
    foreign = min(everything - mine)
    absent = "01890a5d-ac96-774b-bcce-b302099a8999"
    answers = [get(demo, "provider", f"/v1/dossiers/{each}") for each in (foreign, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["type"] == answers[1].json()["type"]


def test_its_documents_show_every_side_and_most_states(demo):
    """O33, E9, E14: pieces of a member and of a provider, one withdrawn with its reason, one in quarantine."""

    def documents(who: str, dossier: str) -> list[dict[str, Any]]:
        return get(demo, who, f"/v1/dossiers/{dossier}/documents").json()["items"]

    for who, space in (("provider", "provider"), ("member", "company")):
        theirs = [each["dossier_id"] for each in get(demo, who, f"/v1/dossiers?limit=200&side={space}").json()["items"]]
        found = {each: rows for each in theirs if len(rows := documents("auditor", each)) >= 7}
        assert found, f"no dossier of the {who} has pieces"
        dossier, rows = found.popitem()
        shown = {(each["side"]["code"], each["state"]["code"]) for each in rows}
        assert {("member", "clean"), ("member", "none"), ("member", "withdrawn"), ("fund", "none")} <= shown
        assert {("provider", "clean"), ("provider", "none"), ("provider", "infected")} <= shown
        assert [each["withdrawal_reason"] for each in rows if each["withdrawn_on"]] == [
            "Déposée une seconde fois par erreur."
        ]
        own = documents(who, dossier)
        assert {each["side"]["code"] for each in own} <= {"fund", "member" if who == "member" else "provider"}
        [clean] = [each for each in own if each["state"]["code"] == "clean"]
        assert get(demo, who, clean["content"]).content.startswith(b"%PDF-")


@pytest.fixture(scope="module")
def lived_in() -> Iterator[Path]:
    """A directory whose first start was stopped by SIGTERM: everything that it had started is gone."""
    for place in fresh_place():
        first = started(place)
        processes = first.processes()
        assert len(processes) > 3  # it, its worker, PostgreSQL with its own
        assert first.stop(signal.SIGTERM) == 0
        assert not alive(processes)
        yield place


def test_it_comes_back_with_the_same_data_and_tokens_and_ends_clean(lived_in):
    """The second start imports nothing; Ctrl-C stops everything that was started."""
    before = json.loads((lived_in / "demo.json").read_text())
    second = started(lived_in)
    kept = ("tokens", "dossier", "factors")
    assert [second.file[name] for name in kept] == [before[name] for name in kept]
    assert second.seconds < 10 + LOADED
    assert get(second, "provider", "/v1/dossiers").json()["items"]
    processes = second.processes()
    assert second.stop(signal.SIGINT) == 0
    assert not alive(processes)


def test_killed_outright_it_leaves_no_worker_and_starts_again(lived_in):
    killed = started(lived_in)
    workers = {killed.worker()}
    killed.stop(signal.SIGKILL)
    eventually(lambda: not alive(workers), pause=0.1)

    again = started(lived_in)
    assert get(again, "provider", "/v1/dossiers").json()["items"]
    assert again.stop() == 0


def test_a_worker_that_dies_ends_the_demonstration_loudly(lived_in):
    """A read model that silently stands still is worse than none."""
    demo = started(lived_in)
    os.kill(demo.worker(), signal.SIGKILL)
    assert demo.process.wait(PATIENCE_SECONDS) == 1
    assert demo.process.stdout
    demo.process.stdout.close()


def test_it_never_touches_the_databases_of_the_environment(lived_in):
    """Invented dossiers have no place in a real ledger: these addresses would fail if they were used."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nowhere"
    demo = started(lived_in, DATABASE_URL=nowhere, KEYS_DATABASE_URL=nowhere)
    assert demo.stop() == 0


def test_a_port_that_is_taken_is_said_before_anything_is_begun(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = subprocess.run(
            [PROGRAM, "demo", "--data-dir", tmp_path, "--scale", SMALLEST, "--port", str(port)],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
            timeout=60,
        )
    assert refused.returncode == 2
    assert str(port) in refused.stderr
    assert not list(tmp_path.iterdir())
