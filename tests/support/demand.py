"""Clients that give orders and ask questions over HTTP, whatever is killed, and a journal of what they were answered.

A client that hears nothing, or that the service is unavailable, sends the same order with the same key to the next
address, until it is answered: so that at the end nothing is in doubt, and the log can be held to the journal.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx

from gateway.generator.pdf import one_page
from support import plain

PATIENCE_SECONDS = 60.0
PERIOD = {"starts_on": "2026-03-02", "ends_on": "2026-03-06"}


@dataclass(frozen=True)
class Standing:
    """What the clients work on: made before they start. `tokens` and `accounts` are by role."""

    tokens: Mapping[str, str] = field(repr=False)
    accounts: Mapping[str, UUID]
    provider: UUID
    company: UUID
    dossiers: Sequence[UUID]


@dataclass(frozen=True)
class Entry:
    """An order and its answer. `mark` is a value that no other order has and its event shows; None where refused."""

    who: str
    route: str
    key: str
    status: int
    resource_id: UUID | None
    position: int
    mark: str | None
    send: Callable[[], httpx.Response] = field(repr=False, compare=False)


@dataclass
class Journal:
    """What all clients were answered. `unavailable` counts the answers 503, by problem; `wrong` must stay empty."""

    accepted: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)
    documents: dict[UUID, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    questions: int = 0


class Client(threading.Thread):
    """One client: its choices come from its own seed, their timing does not."""

    def __init__(
        self,
        number: int,
        seed: int,
        addresses: Sequence[str],
        standing: Standing,
        journal: Journal,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"client {number}")
        self.number = number
        self.random = Random(f"{seed} {number}")
        self.addresses = addresses
        self.standing = standing
        self.journal = journal
        self.stop = stop
        self.serial = 0
        self.mine: list[Entry] = []
        self.http = plain.client(timeout=15)
        self.error: BaseException | None = None

    def run(self) -> None:
        actions = [
            (self.amend, 6), (self.open, 4), (self.contend, 2), (self.enrol, 3), (self.bill, 2), (self.deposit, 2),
            (self.ask, 4), (self.ask_own, 3), (self.repeat, 2),
        ]  # fmt: skip
        kinds, weights = zip(*actions, strict=True)
        try:
            with self.http:
                while not self.stop.is_set():
                    self.random.choices(kinds, weights)[0]()
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.error = error

    # Orders

    def amend(self) -> None:
        """Many clients on few dossiers: versions conflict, and are decided again. The amount is the mark."""
        dossier = self.random.choice(self.standing.dossiers)
        cents = 1_000_000_000 + self._next() * 100 + self.number
        body = {"amount_cents": cents, "reason": f"Avenant {cents}", "on": "2026-03-01"}
        self.order("case-manager", "/v1/dossiers/{dossier_id}/amendments", body, mark=str(cents), dossier_id=dossier)

    def open(self) -> None:
        number = f"19{self.number:02d}{self._next():06d}.01"
        self._open(number)

    def contend(self) -> None:
        """A number that several clients want at the same time: one has it, whoever dies meanwhile."""
        self._open(f"2000{len(self.journal.accepted) // 12:06d}.01")

    def enrol(self) -> None:
        name = f"Stagiaire{''.join(self.random.choices('abcdefghij', k=8))}"
        body = {"last_name": name, "first_name": "Ariane", "birth_date": "1990-04-12", **PERIOD}
        dossier = self.random.choice(self.standing.dossiers)
        self.order("case-manager", "/v1/dossiers/{dossier_id}/trainees", body, dossier_id=dossier)

    def bill(self) -> None:
        """Received, attested, approved: the last reserves money on the dossier in the same append."""
        reference = f"F-{self.number}-{self._next()}"
        body = {
            "dossier_id": str(self.random.choice(self.standing.dossiers)),
            "beneficiary_establishment_id": str(self.standing.provider),
            "reference": reference,
            "issued_on": "2026-03-10",
            **PERIOD,
            "net_cents": 100,
            "gross_cents": 100,
            "vat_exemption": "Exonération, art. 261-4-4° du CGI",
            "on": "2026-03-11",
        }
        received = self.order("case-manager", "/v1/invoices", body, mark=reference)
        if received is None or received.resource_id is None:
            return
        invoice = received.resource_id
        self.order("case-manager", "/v1/invoices/{invoice_id}/attestation", {"on": "2026-03-12"}, invoice_id=invoice)
        self.order("accountant", "/v1/invoices/{invoice_id}/approval", {"on": "2026-03-13"}, invoice_id=invoice)

    def deposit(self) -> None:
        content = one_page([f"{self.number}-{self._next()}"])
        dossier = str(self.random.choice(self.standing.dossiers))
        form = {"category": "agreement", "on": "2026-02-10", "dossier_ids": dossier}
        key = self._key()

        def send() -> httpx.Response:
            file = {"file": ("Accord.pdf", content, "application/pdf")}
            return self._call("case-manager", "POST", "/v1/documents", data=form, files=file, key=key)

        entry = self._enter("case-manager", "/v1/documents", key, send, None)
        if entry.resource_id is not None:
            self.journal.documents[entry.resource_id] = content

    def repeat(self) -> None:
        """An order that was answered long ago, sent again: the same answer, nothing recorded."""
        if not self.mine:
            return
        entry = self.random.choice(self.mine)
        answer = entry.send()
        told = (answer.status_code, answer.json().get("id"), answer.json().get("position"))
        if told != (entry.status, str(entry.resource_id), entry.position):
            self.journal.wrong.append(f"repeat of {entry.route}: {told}, first {entry}")
        self.journal.repeats += 1

    # Questions

    def ask(self) -> None:
        """A list, at least as fresh as the client's last order."""
        position = self.mine[-1].position if self.mine else 0
        answer = self._call("case-manager", "GET", "/v1/dossiers", params={"limit": 50, "min_position": position})
        self._check_question(answer, position)

    def ask_own(self) -> None:
        """What one has just written is there to be read."""
        own = [entry for entry in self.mine[-20:] if entry.route == "/v1/dossiers"]
        if own:
            entry = own[-1]
            path = f"/v1/dossiers/{entry.resource_id}"
            self._check_question(
                self._call("case-manager", "GET", path, params={"min_position": entry.position}), entry.position
            )

    def _check_question(self, answer: httpx.Response, position: int) -> None:
        self.journal.questions += 1
        if answer.status_code != 200 or int(answer.headers["Ledger-Position"]) < position:
            self.journal.wrong.append(f"question from {position}: {answer.status_code} {dict(answer.headers)}")

    # What they are made of

    def order(
        self, who: str, route: str, body: dict[str, Any], *, mark: str | None = None, **ids: UUID
    ) -> Entry | None:
        key = self._key()
        path = route.format(**ids)

        def send() -> httpx.Response:
            return self._call(who, "POST", path, json=body, key=key)

        return self._enter(who, route, key, send, mark)

    def _open(self, number: str) -> None:
        body = {
            "number": number,
            "scheme": "PLAN",
            "title": "Lire un plan d'exécution",
            "company_establishment_id": str(self.standing.company),
            "provider_establishment_ids": [str(self.standing.provider)],
            **PERIOD,
            "on": "2026-02-01",
        }
        self.order("case-manager", "/v1/dossiers", body, mark=number)

    def _enter(self, who: str, route: str, key: str, send: Callable[[], httpx.Response], mark: str | None) -> Entry:
        answer = send()
        if answer.status_code in {200, 201}:
            told = answer.json()
            entry = Entry(who, route, key, answer.status_code, UUID(told["id"]), told["position"], mark, send)
            self.mine.append(entry)
            self.journal.accepted.append(entry)
            return entry
        entry = Entry(who, route, key, answer.status_code, None, 0, mark, send)
        self.journal.refused.append(entry)
        if answer.status_code != 409:
            self.journal.wrong.append(f"{route}: {answer.status_code} {answer.text}")
        return entry

    def _call(self, who: str, method: str, path: str, *, key: str | None = None, **given: Any) -> httpx.Response:
        """The answer of whichever API gives one. Hearing nothing, or 503, is no answer."""
        headers = {"Authorization": f"Bearer {self.standing.tokens[who]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            address = self.random.choice(self.addresses)
            try:
                answer = self.http.request(method, f"{address}{path}", headers=headers, **given)
            except httpx.TransportError as error:
                self.journal.lost[type(error).__name__] += 1
            else:
                if answer.status_code < 500:
                    return answer
                if answer.status_code != 503:
                    self.journal.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
                self.journal.lost[f"{answer.status_code} {answer.json()['type'].rsplit('/')[-1]}"] += 1
            time.sleep(self.random.uniform(0.02, 0.2))
        raise TimeoutError(f"{method} {path}: no answer in {PATIENCE_SECONDS:.0f} s; {dict(self.journal.lost)}")

    def _key(self) -> str:
        return f"client-{self.number}-{self._next()}"

    def _next(self) -> int:
        self.serial += 1
        return self.serial
