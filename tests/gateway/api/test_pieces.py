"""Pieces that members and providers hand in on their dossiers (rows E9, E14), and all that is refused on the way."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from httpx import Response

from gateway.auth import limits
from ledger.account.commands import EndMembership
from ledger.account.events import Role
from support.company import Company, company
from support.gateway import PDF, Gateway, World
from support.uploading import END, TYPE, kept, line, paper, part

OTHER = part("category", b"other")
FILE = part("file", PDF, filename="Un.pdf")


@dataclass
class Ground:
    """A member company and a provider's establishment of one dossier: `member`, `provider`, and `stranger` to it."""

    gateway: Gateway
    world: World
    firm: Company
    dossier: UUID

    @property
    def path(self) -> str:
        return f"/v1/dossiers/{self.dossier}/pieces"

    def hand_in(
        self, who: str = "member", content: bytes = PDF, *, name: str = "Pièce.pdf", path: str = "", **fields: str
    ) -> Response:
        answer = self.gateway.client.post(
            path or self.path,
            data={"category": "other", **fields},
            files={"file": (name, content, "application/pdf")},
            headers=self.gateway.headers(who),
        )
        self.gateway.description.check(answer)
        self.gateway.settle()
        return answer

    def send(self, body: bytes, *, who: str = "member", content_type: str = TYPE, path: str = "") -> Response:
        headers = {**self.gateway.headers(who), "Content-Type": content_type}
        answer = self.gateway.client.post(path or self.path, content=body, headers=headers)
        self.gateway.description.check(answer)
        return answer

    def counts(self, who: str) -> dict[str, int]:
        answer = self.gateway.get(who, f"/v1/dossiers/{self.dossier}/piece-categories")
        assert answer.status_code == 200, answer.text
        return {item["code"]: item["count"] for item in answer.json()["items"]}

    def names(self, who: str) -> dict[str, str]:
        """What somebody sees of the dossier's documents: their names, with their states."""
        items = self.gateway.get(who, f"/v1/dossiers/{self.dossier}/documents").json()["items"]
        return {item["name"]: item["state"]["code"] for item in items}


@pytest.fixture(scope="module")
def ground(gateway: Gateway, world: World) -> Ground:
    firm = company(gateway, "member")
    firm.member("member", firm.places[0])
    dossier = gateway.dossier(world.first, firm.places[0])
    return Ground(gateway, world, firm, dossier)


@pytest.fixture
def unchanged(ground: Ground):
    """What is refused leaves the log's head, the store and the drafts as they were."""
    before = kept(ground.gateway)
    yield
    assert kept(ground.gateway) == before


def test_a_piece_is_transmitted_without_another_step(ground: Ground):
    """E9: it is counted and in the grid at once; the fund sees it, and the other side never does."""
    gateway = ground.gateway
    before = ground.counts("member")
    answer = ground.hand_in(content=paper(gateway), name="Devis – été.pdf", category="quote")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert answer.headers["location"] == f"/v1/documents/{told['id']}"
    assert (told["state"]["code"], told["already_deposited"]) == ("none", False)
    assert told["position"] == int(answer.headers["ledger-position"])
    assert ground.counts("member") == {**before, "quote": before["quote"] + 1}
    assert ground.names("member")["Devis – été.pdf"] == "none"
    assert ground.names("case-manager")["Devis – été.pdf"] == "none"
    assert "Devis – été.pdf" not in ground.names("provider")
    assert ground.counts("provider")["quote"] == 0
    sent = gateway.get("member", f"/v1/documents/{told['id']}/content")
    assert (sent.status_code, sent.content[:5]) == (200, b"%PDF-")


def test_the_same_bytes_are_the_same_document_and_the_same_name_is_not(ground: Ground):
    """E14: nothing is replaced. Idempotent by what is sent: a lost answer may be asked again without a key."""
    content = paper(ground.gateway)
    first = ground.hand_in(content=content, name="Un.pdf").json()
    before = kept(ground.gateway)
    again = ground.hand_in(content=content, name="Deux.pdf").json()
    assert again == {**first, "already_deposited": True}
    assert kept(ground.gateway) == before
    others = [
        ground.hand_in(content=paper(ground.gateway), name="Un.pdf"),
        ground.hand_in(content=content, name="Un.pdf", category="programme"),
        ground.hand_in("provider", content=content, name="Un.pdf"),
    ]
    assert [answer.status_code for answer in others] == [201] * 3
    assert len({first["id"], *(answer.json()["id"] for answer in others)}) == 4


def test_each_side_has_the_categories_of_its_dossier(ground: Ground):
    """E9: one button for each, with what it takes; a PLAN is not paid without its programme."""
    told = ground.gateway.get("provider", f"/v1/dossiers/{ground.dossier}/piece-categories").json()
    assert (told["side"]["code"], told["open"]) == ("provider", True)
    assert [each["establishment_id"] for each in told["establishments"]] == [str(ground.world.first)]
    items = {item["code"]: item for item in told["items"]}
    assert list(items) == [
        "training-agreement", "programme", "quote", "invoice", "certificate", "attendance", "other",
    ]  # fmt: skip
    assert items["programme"]["required"]
    assert not items["other"]["required"]
    assert items["other"]["limit_bytes"] == 25 * 1024 * 1024
    assert "application/pdf" in items["other"]["types"]
    assert "attendance" not in ground.counts("member")


def test_what_is_not_in_sight_is_not_there_and_nothing_of_the_body_is_read(ground: Ground, unchanged: None):
    """O25: a stranger is answered as for a dossier that does not exist, though no byte of the form has come."""
    answers = []
    for who, dossier in (("other-provider", ground.dossier), ("member", uuid4())):
        with line(ground.gateway) as wire:
            wire.begin(f"/v1/dossiers/{dossier}/pieces", ground.gateway.headers(who), length=10_000_000)
            status, text = wire.answer()
        answers.append((status, text.partition('"correlation_id"')[0].rpartition("\r\n\r\n")[2]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    strange = ground.gateway.get("other-provider", f"/v1/dossiers/{ground.dossier}/piece-categories")
    assert strange.status_code == 404


def test_the_staff_hands_in_by_its_own_way(ground: Ground, unchanged: None):
    answer = ground.hand_in("case-manager")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_a_closed_dossier_takes_nothing_more(ground: Ground):
    """It is said before the file is sent; a settled one still takes its last papers."""
    gateway = ground.gateway
    dossier = gateway.dossier(ground.world.first, ground.firm.places[0])
    gateway.done(
        "case-manager", f"/v1/dossiers/{dossier}/cancellation", {"reason": "Demande en double.", "on": "2026-02-12"}
    )
    before = kept(gateway)
    with line(gateway) as wire:
        wire.begin(f"/v1/dossiers/{dossier}/pieces", gateway.headers("member"), length=10_000_000)
        status, text = wire.answer()
    assert (status, "/problems/dossier-not-open" in text) == (409, True)
    assert gateway.get("member", f"/v1/dossiers/{dossier}/piece-categories").json()["open"] is False
    assert kept(gateway) == before


def test_whoever_stands_on_both_sides_says_on_which(ground: Ground):
    """A company that trains its own people hands in as one of the two."""
    gateway, firm = ground.gateway, ground.firm
    dossier = gateway.dossier(firm.places[0], firm.places[0])
    path = f"/v1/dossiers/{dossier}/pieces"
    refused = ground.hand_in(path=path, content=paper(gateway))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/side")
    asked = gateway.get("member", f"/v1/dossiers/{dossier}/piece-categories")
    assert asked.status_code == 422
    for side in ("member", "provider"):
        assert ground.hand_in(path=path, content=paper(gateway), side=side).status_code == 201
        told = gateway.get("member", f"/v1/dossiers/{dossier}/piece-categories", side=side).json()
        assert {item["code"]: item["count"] for item in told["items"]}["other"] == 1


def test_whoever_has_several_establishments_says_for_which(ground: Ground):
    gateway = ground.gateway
    firm = company(gateway)
    firm.member("two-places")
    told = {"provider_establishment_ids": [str(each) for each in firm.places]}
    dossier = gateway.dossier(firm.places[0], ground.firm.places[0], **told)
    path = f"/v1/dossiers/{dossier}/pieces"
    refused = ground.hand_in("two-places", path=path)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/establishment_id")
    strange = ground.hand_in("two-places", path=path, establishment_id=str(ground.firm.places[0]))
    assert strange.json()["type"] == "/problems/not-party-to-dossier"
    taken = ground.hand_in("two-places", path=path, content=paper(gateway), establishment_id=str(firm.places[1]))
    assert taken.status_code == 201, taken.text
    # A form's parts may stand in any order: what is still to come is not missing.
    place = part("establishment_id", str(firm.places[1]).encode())
    body = OTHER + part("file", paper(gateway), filename="Un.pdf") + place + END
    late = ground.send(body, who="two-places", path=path)
    assert late.status_code == 201, late.text


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (OTHER, 400, "malformed-form", None),
        (b"", 400, "malformed-form", None),
        (OTHER + END, 422, "invalid", "/file"),
        (FILE + END, 422, "invalid", "/category"),
        (part("category", b"autre") + FILE + END, 422, "invalid", "/category"),
        (part("category", b"x" * 5_000) + END, 413, "too-large", None),
        (OTHER * 2 + FILE + END, 422, "invalid", "/category"),
        (OTHER + part("fichier", PDF, filename="Un.pdf") + END, 422, "invalid", "/fichier"),
        (part("name") + OTHER + FILE + END, 422, "invalid", "/name"),
        (part("inconnu") + OTHER + FILE + END, 422, "invalid", "/inconnu"),
        (OTHER + FILE * 2 + END, 413, "too-large", "/file"),
        (OTHER + FILE * 51 + END, 413, "too-large", "/file"),
        (FILE + part("category", b"autre") + END, 422, "invalid", "/category"),
        (OTHER + part("file", PDF, filename="") + END, 422, "invalid", "/name"),
        (OTHER + part("file", PDF, filename="x" * 297 + ".pdf") + END, 422, "invalid", "/name"),
        (OTHER + part("file", PDF, filename="../Un.pdf") + END, 422, "invalid", "/name"),
        (OTHER + part("file", PDF, filename="Un\u202efdp.exe") + END, 422, "invalid", "/name"),
        (part("category", b"attendance") + FILE + END, 409, "category-not-handed-in", "/category"),
    ],
)
def test_what_is_no_piece_is_refused_in_place(
    ground: Ground, unchanged: None, body: bytes, status: int, code: str, pointer: str | None
):
    """Each with its status, a French sentence at its field, and nothing kept."""
    answer = ground.send(body)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{code}"), answer.text
    faults = problem.get("errors", [])
    assert pointer is None or pointer in [fault["pointer"] for fault in faults]
    assert all([problem["detail"], *(fault["detail"] for fault in faults)])
    assert "Un.pdf" not in answer.text
    assert "\u202e" not in answer.text


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 71}"])
def test_a_form_without_a_boundary_is_none(ground: Ground, unchanged: None, content_type: str):
    answer = ground.send(OTHER + FILE + END, content_type=content_type)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-form")
    answer = ground.send(b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")


def test_a_field_after_the_file_and_a_name_from_right_to_left_are_taken(ground: Ground):
    """E9: what was sent is kept under the name that it has, in whatever script."""
    body = part("file", paper(ground.gateway), filename="شهادة.pdf") + part("category", b"certificate") + END
    answer = ground.send(body)
    assert answer.status_code == 201, answer.text
    ground.gateway.settle()
    assert "شهادة.pdf" in ground.names("member")


def test_a_piece_that_is_too_large_is_refused_as_it_comes(ground: Ground, unchanged: None):
    """A megabyte more than is taken, sent on and on: the answer is there before the end."""
    with line(ground.gateway) as wire:
        wire.begin(ground.path, ground.gateway.headers("member"), length=10**12)
        status, _ = wire.answer()
    assert status == 413
    large = PDF + b"%" + b"x" * (25 * 1024 * 1024)
    answer = ground.hand_in(content=large)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file"), answer.text


def test_a_length_that_lies_keeps_nothing(ground: Ground, unchanged: None):
    """Longer than what comes, and the client goes; shorter, and the form ends in its midst. A cut half way as well."""
    gateway = ground.gateway
    body = (
        part("category", b"other")
        + part("file", paper(gateway, b"%" + b"x" * 200_000 + b"\n"), filename="Un.pdf")
        + END
    )
    headers = gateway.headers("member")
    for length, sent in ((len(body) + 1_000, body), (len(body), body[: len(body) // 2])):
        with line(gateway) as wire:
            wire.begin(ground.path, headers, length=length)
            wire.send(sent)
    with line(gateway) as wire:
        wire.begin(ground.path, headers, length=len(body) // 2)
        wire.send(body[: len(body) // 2])
        status, text = wire.answer()
    assert (status, "/problems/malformed-form" in text) == (400, True)


def test_a_right_that_ends_while_a_piece_is_sent_ends_the_piece(ground: Ground):
    """O25: who began may no longer hand in when the last byte comes."""
    gateway = ground.gateway
    organisation, place = ground.firm.organisation, ground.firm.places[0]
    gateway.account("leaving", Role.PORTAL)
    ground.firm.member("leaving", place)
    body = OTHER + part("file", paper(gateway), filename="Un.pdf") + END
    before = kept(gateway)
    with line(gateway) as wire:
        wire.begin(ground.path, gateway.headers("leaving"), length=len(body))
        wire.send(body[:-40])
        end = {
            "account_id": gateway.accounts["leaving"],
            "organisation_id": organisation,
            "kind": "member",
        }
        position = gateway.service.ledger.execute(EndMembership.model_validate(end), actor=None).position
        gateway.settle()
        wire.send(body[-40:])
        status, _ = wire.answer()
    assert status in {403, 404}
    assert kept(gateway) == (position, before[1], ())


def test_deposits_are_rationed(ground: Ground):
    """What fills a disk is counted for each account: 429, and when to come back."""
    gateway = ground.gateway
    ground.firm.member("eager", ground.firm.places[0])
    assert ground.hand_in("eager", content=paper(gateway)).status_code == 201
    bucket = limits.bucket(gateway.service.keyring, limits.DEPOSIT.kind, str(gateway.accounts["eager"]))
    with gateway.service.database.transaction(limits.Role.AUTH) as connection:
        connection.execute("update auth.allowance set level = 1e6 where bucket = %s", (bucket,))
    before = kept(gateway)
    refused = ground.hand_in("eager", content=paper(gateway))
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert kept(gateway) == before
