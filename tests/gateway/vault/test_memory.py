"""Documents of any size in a bounded memory: measured on a real `serve`, which receives and sends them over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import service as services
from gateway.settings import Settings
from ledger.account.events import Role
from projections.engine.engine import Engine
from projections.registry import ALL
from support import plain
from support.databases import ORIGIN
from support.givens import Givens
from support.large import large_pdf
from support.programs import Program, api, until_ready
from support.s3 import Server

CEILING_KIB = 150 * 1024
MEBIBYTE = 1024 * 1024


def form(establishment: str, size: int, digest: hashlib._Hash) -> Iterator[bytes]:
    """A deposit as it goes over the wire; its file is hashed as it passes."""
    for name, value in {"category": "other", "on": "2026-02-10", "establishment_id": establishment}.items():
        yield f'--lim\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    yield b'--lim\r\nContent-Disposition: form-data; name="file"; filename="Grand.pdf"\r\n\r\n'
    for piece in large_pdf(size):
        digest.update(piece)
        yield piece
    yield b"\r\n--lim--\r\n"


def peak_kib(process: Program) -> int:
    assert process.process is not None
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    [highest] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(highest)


@pytest.mark.parametrize("mebibytes", [64, pytest.param(1024, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
@pytest.mark.parametrize("kind", ["directory", pytest.param("s3", marks=[pytest.mark.s3, pytest.mark.full])])
def test_a_large_document_passes_in_a_bounded_memory(kind, mebibytes, make_databases, tmp_path):
    """Issue E: 64 MiB, and 1 GiB, under 150 MiB of resident memory in all, up and down, on both stores."""
    made = make_databases()
    environment = {
        "DATABASE_URL": made.ledger,
        "KEYS_DATABASE_URL": made.keys,
        "DATA_DIR": str(tmp_path / "data"),
        "ORIGIN": ORIGIN,
        "DOCUMENT_MAX_MIB": "1100",
    }
    if kind == "s3":
        server = Server.of_environment()
        environment |= server.environment(server.bucket())
    settings = Settings.from_environment(environment)
    services.migrate(settings)
    program, address = api("serve", tmp_path, environment)
    with services.opened(settings) as service, Engine(service.database, service.keyring, ALL) as engine:
        givens = Givens(service.ledger)
        establishment = str(givens.establishment())
        token, _ = service.tokens.create(givens.account(Role.CASE_MANAGER), label="essai")
        engine.catch_up()
        program.start()
        try:
            until_ready(program, address)
            assert program.process is not None
            Path(f"/proc/{program.process.pid}/clear_refs").write_text("5")
            with plain.client(base_url=address, timeout=1_500, headers={"Authorization": f"Bearer {token}"}) as client:
                sent, read = hashlib.sha256(), hashlib.sha256()
                headers = {"Content-Type": "multipart/form-data; boundary=lim", "Idempotency-Key": "grand"}
                answer = client.post(
                    "/v1/documents", content=form(establishment, mebibytes * MEBIBYTE, sent), headers=headers
                )
                assert answer.status_code == 201, answer.text
                document_id = answer.json()["id"]
                engine.catch_up()
                with client.stream("GET", f"/v1/documents/{document_id}/content") as download:
                    assert download.status_code == 200
                    for piece in download.iter_raw():
                        read.update(piece)
            assert read.hexdigest() == sent.hexdigest()
            highest = peak_kib(program)
        finally:
            program.terminate()
        print({"kib": highest})
        assert highest < CEILING_KIB
        [key] = service.store.keys()
        assert str(key) == document_id
        assert not list(service.store.incoming.iterdir())
        assert service.store.stat(key) > mebibytes * MEBIBYTE
