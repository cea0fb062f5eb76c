"""Documents: deposited whole or not at all, and sent as they were, whole or in part."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.api.deposit import LIMITS
from gateway.api.document_reading import disposition
from gateway.api.problems import Problem
from gateway.api.ranges import asked_range
from ledger.document.events import Category
from support.gateway import PDF, Gateway, World

LONG = PDF + b"% " + bytes(65 + n % 26 for n in range(200_000)) + b"\n"


def _stored(gateway: Gateway) -> set[UUID]:
    return set(gateway.service.store.keys())


@pytest.fixture(scope="module")
def document(gateway: Gateway, world: World) -> UUID:
    answer = gateway.deposited(content=LONG, name="Accord n° 1 – été.pdf", dossier_ids=[str(world.dossier)])
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def test_what_was_deposited_is_sent_back_whole(gateway: Gateway, world: World, document: UUID):
    """O33: the file's name and « Déposé le », and its bytes."""
    [row] = gateway.get("provider", f"/v1/dossiers/{world.dossier}/documents").json()["items"]
    assert row["name"] == "Accord n° 1 – été.pdf"
    assert row["deposited_on"] == "2026-02-10"
    assert row["size_bytes"] == len(LONG)
    answer = gateway.get("provider", row["content"])
    assert answer.content == LONG
    assert answer.headers["content-type"] == "application/pdf"
    plain, _, whole = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="Accord n_ 1 _ _t_.pdf"'
    assert whole == "Accord%20n%C2%B0%201%20%E2%80%93%20%C3%A9t%C3%A9.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=65530-65545", 65530, 65546),
        ("bytes=200000-", 200_000, None),
        ("bytes=-10", -10, None),
        ("bytes=100-99999999", 100, None),
        ("bytes=-99999999", 0, None),
    ],
)
def test_a_range_is_the_slice(gateway: Gateway, document: UUID, asked: str, start: int, end: int | None):
    answer = gateway.get("provider", f"/v1/documents/{document}/content", headers={"Range": asked})
    expected = LONG[start:end]
    assert (answer.status_code, answer.content) == (206, expected)
    first = start if start >= 0 else len(LONG) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(LONG)}"


def test_a_range_beyond_the_document_cannot_be_had(gateway: Gateway, document: UUID):
    for asked in (f"bytes={len(LONG)}-", "bytes=-0"):
        answer = gateway.get("provider", f"/v1/documents/{document}/content", headers={"Range": asked})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(LONG)}"


@pytest.mark.parametrize("header", ["lines=1-2", "bytes=", "bytes=-", "bytes=1-2,4-5", "bytes=9-1", "bytes=a-b", None])
def test_what_is_no_range_is_ignored(header: str | None):
    assert asked_range(header, 100, if_range=None, current='"x"') is None


def test_a_range_of_another_version_is_the_whole():
    assert asked_range("bytes=0-1", 100, if_range='"y"', current='"x"') is None
    assert asked_range("bytes=0-1", 100, if_range='"x"', current='"x"') == (0, 2)
    with pytest.raises(Problem):
        asked_range("bytes=0-", 0, if_range=None, current='"x"')


def test_a_name_cannot_break_out_of_its_header():
    shown = disposition('a"; filename="évil\\%41\r\nX: y.pdf')
    assert "\r" not in shown
    assert "\n" not in shown
    assert shown.count('"') == 2


def test_a_deposit_sent_again_is_stored_once(gateway: Gateway, world: World):
    """100 equal answers are for orders; ten at once for files: one document, and no bytes that nothing names."""
    before = _stored(gateway)

    def send(_: int) -> tuple[int, str]:
        fields = {"category": "other", "on": "2026-02-11", "dossier_ids": str(world.dossier)}
        headers = {**gateway.headers("case-manager"), "Idempotency-Key": "dix-fois"}
        files = {"file": ("Dix.pdf", PDF, "application/pdf")}
        answer = gateway.client.post("/v1/documents", data=fields, files=files, headers=headers)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(10) as threads:
        answers = set(threads.map(send, range(10)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert len(_stored(gateway) - before) == 1


def test_another_file_under_the_same_key_is_refused_and_not_kept(gateway: Gateway, world: World):
    first = gateway.deposited(key="un-fichier", dossier_ids=[str(world.dossier)])
    before = _stored(gateway)
    answer = gateway.deposited(key="un-fichier", content=LONG, dossier_ids=[str(world.dossier)])
    assert first.status_code == 201
    assert answer.json()["type"] == "/problems/idempotency-key-reused"
    assert _stored(gateway) == before


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"content": b""}, "/file"),
        ({"content": b"MZ\x90\x00" + b"x" * 100}, "/file"),
        ({"content": b"\n" + PDF}, "/file"),
        ({"name": "../../etc/passwd"}, "/name"),
        ({"category": "inconnue"}, "/category"),
        ({"on": "2026-02-30"}, "/on"),
        ({"dossier_ids": ["x"]}, "/dossier_ids/0"),
        ({"inconnu": "1"}, "/inconnu"),
    ],
)
def test_a_deposit_that_breaks_a_rule_leaves_nothing(
    gateway: Gateway, world: World, changed: dict[str, object], pointer: str
):
    before = _stored(gateway)
    answer = gateway.deposited(**{"dossier_ids": [str(world.dossier)], **changed})
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert _stored(gateway) == before


def test_a_deposit_on_what_is_not_there_leaves_nothing(gateway: Gateway):
    before = _stored(gateway)
    answer = gateway.deposited(dossier_ids=[str(uuid4())])
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-reference")
    assert _stored(gateway) == before


def test_a_field_given_twice_is_refused(gateway: Gateway, world: World):
    """Of two categories one would say who sees the document: which one is not for us to choose."""
    answer = gateway.deposited(category=["other", "agreement"], dossier_ids=[str(world.dossier)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/category"


def test_each_category_has_its_limit(gateway: Gateway, world: World):
    before = _stored(gateway)
    limit = LIMITS[Category.AGREEMENT]
    big = PDF + b"%" * limit
    answer = gateway.deposited(content=big, dossier_ids=[str(world.dossier)])
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["detail"]) == ("/file", "Le fichier dépasse 10 Mo.")
    huge = gateway.deposited(category="other", content=PDF + b"%" * (26 << 20), dossier_ids=[str(world.dossier)])
    assert huge.status_code == 413
    assert _stored(gateway) == before


def test_what_is_no_form_is_refused(gateway: Gateway):
    answer = gateway.post("case-manager", "/v1/documents", {"category": "agreement"})
    assert answer.json()["type"] == "/problems/unsupported-media-type"
    headers = {**gateway.headers("case-manager"), "Idempotency-Key": "formulaire"}
    cut = gateway.client.post(
        "/v1/documents", content=b"--x\r\nrien", headers={**headers, "Content-Type": "multipart/form-data; boundary=x"}
    )
    assert cut.status_code in {400, 422}
    none = gateway.client.post(
        "/v1/documents", content=b"rien", headers={**headers, "Content-Type": "multipart/form-data"}
    )
    assert none.json()["type"] == "/problems/malformed-form"


def test_a_withdrawn_document_is_gone_for_portals_and_still_there_for_staff(gateway: Gateway, world: World):
    document_id = gateway.deposited(dossier_ids=[str(world.other_dossier)]).json()["id"]
    assert gateway.get("other-provider", f"/v1/documents/{document_id}").status_code == 200
    reason = {"reason": "Erreur de dossier", "on": "2026-02-12"}
    gateway.done("case-manager", f"/v1/documents/{document_id}/withdrawal", reason)
    assert gateway.get("other-provider", f"/v1/documents/{document_id}").status_code == 404
    assert gateway.get("other-provider", f"/v1/documents/{document_id}/content").status_code == 404
    assert gateway.get("auditor", f"/v1/documents/{document_id}").json()["withdrawn_on"] == "2026-02-12"


def test_damage_is_never_sent(gateway: Gateway, world: World):
    """Each part is verified before it is sent; damage at the start is known before the answer begins."""
    document_id = UUID(gateway.deposited(dossier_ids=[str(world.dossier)]).json()["id"])
    [file] = [path for path in gateway.settings.vault_dir.rglob("*") if document_id.hex in path.name.replace("-", "")]
    stored = bytearray(file.read_bytes())
    stored[-1] ^= 1
    file.chmod(0o600)
    file.write_bytes(stored)
    answer = gateway.get("provider", f"/v1/documents/{document_id}/content")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/document-damaged")


def test_damage_further_on_cuts_the_answer(gateway: Gateway, world: World):
    """What was sent before is right; what is damaged is not sent, and the client sees that it is not whole."""
    document_id = UUID(gateway.deposited(content=LONG, dossier_ids=[str(world.dossier)]).json()["id"])
    [file] = [path for path in gateway.settings.vault_dir.rglob("*") if document_id.hex in path.name.replace("-", "")]
    stored = bytearray(file.read_bytes())
    stored[-1] ^= 1
    file.chmod(0o600)
    file.write_bytes(stored)
    with pytest.raises(httpx.RemoteProtocolError):
        gateway.get("provider", f"/v1/documents/{document_id}/content")


def test_an_erased_document_says_so(gateway: Gateway, world: World):
    document_id = UUID(gateway.deposited(dossier_ids=[str(world.dossier)]).json()["id"])
    gateway.service.keyring.destroy(document_id)
    answer = gateway.get("provider", f"/v1/documents/{document_id}/content")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/document-erased")
