"""The production shape: what the files promise, checked without a container; whole where docker compose is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import service as services
from gateway.api.metrics import Metrics, StateCollector
from gateway.settings import Settings
from support.databases import ORIGIN

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
RULES = [rule for group in ALERTS for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/ledger.json").read_text(encoding="utf-8"))
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+(\.\d+)+(-[a-z0-9.-]+)?")
# Their images start as root to prepare their files, and then run their server as an account of their own.
PREPARE_AS_ROOT = {"postgresql", "keys", "clamd", "s3"}


def metrics_of(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:ledger_[a-z_]+|up)\b(?=[\s{)\[]|$)", expression))


@pytest.fixture(scope="module")
def exposed(cluster, tmp_path_factory) -> set[str]:
    """The names of the figures that a gateway gives, with those that Prometheus makes of them."""
    metrics = Metrics()
    with cluster.deployment() as databases:
        place = tmp_path_factory.mktemp("deploy")
        settings = Settings(databases.ledger, databases.keys, data_dir=place, origin=ORIGIN)
        services.migrate(settings)
        with services.opened(settings) as service:
            metrics.registry.register(StateCollector(service))
            metrics.answered("GET", "/v1/me", 200, 0.01)
            metrics.commanded("RegisterOrganisation", "recorded")
            families = list(metrics.registry.collect())
    return {sample.name for family in families for sample in family.samples} | {
        family.name for family in families if family.type == "gauge"
    }


def test_it_has_every_part_of_the_shape():
    assert {"postgresql", "keys", "migrate", "gateway-1", "gateway-2", "worker", "prometheus", "grafana", "s3", "clamd",
            "mail"} == set(SERVICES)  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_is_pinned_runs_as_nobody_special_and_is_watched(name):
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    if name not in PREPARE_AS_ROOT:
        assert not str(service["user"]).startswith(("0", "root"))
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "a port for the whole world"
    if name != "migrate":
        assert service["restart"] == "unless-stopped"
        # Our own image brings its own.
        assert "healthcheck" in service or service["image"].startswith("dossier-ledger:")


def test_secrets_are_asked_for_and_stand_nowhere():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for name in ("POSTGRES_PASSWORD", "KEYS_PASSWORD"):
        assert f"${{{name}:?" in text
    assert not re.search(r"(PASSWORD|SECRET_KEY|ACCESS_KEY(_ID)?): (?!\$\{)\S", text)


def test_what_starts_waits_for_what_it_needs():
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], f"{name} waits for ever on {needed}"
    gateways = [SERVICES[name] for name in ("gateway-1", "gateway-2", "worker")]
    assert all(each["depends_on"]["migrate"]["condition"] == "service_completed_successfully" for each in gateways)
    used = {volume.split(":")[0] for each in SERVICES.values() for volume in each.get("volumes", [])}
    assert {each for each in used if not each.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / each).is_dir() for each in used if each.startswith("."))


def test_the_image_is_pinned_hashed_and_without_root():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert all(PINNED.fullmatch(base) for base in bases)
    assert len(set(bases)) == 1  # what was installed on one Python runs on the same
    assert "--require-hashes" in dockerfile
    last = dockerfile.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name.removeprefix("./") for name in copied} == allowed
    assert all((ROOT / name).exists() for name in allowed)


def test_every_setting_of_the_containers_is_one():
    known = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8").partition("ENV ")[2].partition("USER")[0]
    ours = set(re.findall(r"\b([A-Z_]{4,})=", image)) | set(COMPOSE["x-ledger"]["environment"])
    assert {name for name in ours if f"`{name}`" not in known} == {
        "PATH",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_measures_something_and_leads_to_its_page(rule, exposed):
    page = ROOT / rule["annotations"]["runbook"]
    assert f"`{rule['alert']}`" in page.read_text(encoding="utf-8")
    assert f"`{rule['alert']}`" in (page.parent / "README.md").read_text(encoding="utf-8")
    assert rule["labels"]["severity"] in {"warning", "critical"}
    names = metrics_of(rule["expr"])
    assert names
    assert names <= exposed | {"up"}


def test_every_runbook_is_listed_and_every_alert_that_one_names_exists():
    pages = {path.name for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README.md"}
    listed = (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([a-z-]+\.md)\)", listed)) == pages
    told = {
        name
        for page in pages
        for name in re.findall(r"`(Ledger[A-Z]\w+)`", (ROOT / "docs/runbooks" / page).read_text())
    }
    assert told == {rule["alert"] for rule in RULES}


def test_the_dashboard_shows_figures_that_there_are(exposed):
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert len(expressions) >= 8
    for expression in expressions:
        assert metrics_of(expression), expression
        assert metrics_of(expression) <= exposed, expression


def compose() -> list[str] | None:
    """The command that reads compose files on this machine: the plugin, or the older program. Neither needs Docker."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            told = subprocess.run([*command, "version"], capture_output=True, check=False)
            if told.returncode == 0:
                return command
    return None


# Continuous integration installs one: there, a missing one is a failure.
@pytest.mark.skipif(compose() is None and not os.environ.get("CI"), reason="docker compose is not on this machine")
def test_docker_compose_reads_it():
    command = compose()
    assert command is not None
    environment = {**os.environ, "POSTGRES_PASSWORD": "essai", "KEYS_PASSWORD": "essai"}
    profiles = [argument for name in ("documents", "mail") for argument in ("--profile", name)]
    told = subprocess.run(
        [*command, *profiles, "config", "--quiet"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
