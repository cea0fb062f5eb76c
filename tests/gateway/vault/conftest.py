"""What the files here share: one clamd, a deployment on each kind of store, the command that verifies it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from uuid import UUID

import pytest

from gateway.cli.main import app, guarded
from gateway.settings import VaultSettings
from gateway.settings_vault import S3Bucket
from support.clamd import ClamdServer, clamd_server
from support.gateway import running_gateway
from support.s3 import Server, wired
from support.vault_ground import Ground


@pytest.fixture(scope="session")
def clamd() -> Iterator[ClamdServer]:
    with clamd_server() as server:
        yield server


@pytest.fixture(scope="module", params=["directory", pytest.param("s3", marks=pytest.mark.s3)])
def ground(request, cluster, tmp_path_factory) -> Iterator[Ground]:
    place = tmp_path_factory.mktemp("data")
    if request.param == "directory":
        with running_gateway(cluster, place) as gateway:
            yield Ground(gateway, {}, None)
        return
    server = Server.of_environment()
    with wired(server.address) as wire:
        environment = server.environment(server.bucket(), at=wire.address)
        vault = VaultSettings(s3=S3Bucket.read(environment))
        with running_gateway(cluster, place, vault=vault) as gateway:
            yield Ground(gateway, environment, wire)


@pytest.fixture
def verify(ground, monkeypatch, capsys, tmp_path):
    """Runs the command in this process: its exit code, its output, its report's lines by finding."""

    def run(*options: object, **environment: str) -> tuple[int, str, dict[str, set[UUID]]]:
        settings, report = ground.gateway.settings, tmp_path / "report.jsonl"
        given = {
            "DATABASE_URL": settings.database_url, "KEYS_DATABASE_URL": settings.keys_database_url,
            "DATA_DIR": str(settings.data_dir), "ORIGIN": settings.origin, **ground.environment, **environment,
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        try:
            code = guarded(lambda: app(["vault", "verify", "--report", str(report), *map(str, options)]))
        except SystemExit as end:
            code = end.code or 0
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
        found: dict[str, set[UUID]] = {}
        for line in map(json.loads, report.read_text().splitlines()):
            found.setdefault(line["finding"], set()).add(UUID(line["document_id"]))
        return int(code), capsys.readouterr().out, found

    return run
