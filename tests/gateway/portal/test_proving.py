"""What is grave asks for the password inside of the same form, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

import gateway.api.app as application
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.databases import Cluster
from support.gateway import PASSWORD, Gateway, running_gateway
from support.orderly import GRAVE, order_pages
from support.reader import PageForm, Reader


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("proving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "ROUTERS", (*application.ROUTERS, order_pages()))
        with running_gateway(cluster, place) as running:
            yield running


@pytest.fixture
def late(gateway: Gateway) -> tuple[str, Reader]:
    """A case manager who signed in longer than ten minutes ago."""
    name = gateway.account(f"tardive-{gateway.number()}", Role.CASE_MANAGER)
    reader = Reader(gateway.session(name))
    _long_ago(gateway, name)
    gateway.forget_steps(name)
    return name, reader


def _long_ago(gateway: Gateway, name: str) -> None:
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '601 seconds' where account_id = %s",
            (gateway.accounts[name],),
        )


def _form(gateway: Gateway, reader: Reader) -> PageForm:
    """The end of an account that nobody else needs."""
    other = gateway.account(f"finie-{gateway.number()}", Role.PORTAL, gateway.organisation())
    token = reader.open("/profil").form("/deconnexion").fields["csrf_token"]
    asked = {"account_id": str(gateway.accounts[other]), "on": "2026-03-01", "demande": f"fin-{other}"}
    return PageForm(GRAVE, {"csrf_token": token, **asked})


def _head(gateway: Gateway) -> int:
    return gateway.service.ledger.log_recorder.max_notification_id() or 0


def test_a_grave_order_asks_and_then_is_done(gateway: Gateway, late: tuple[str, Reader]):
    """The form comes back with all that it held and asks for password and code; sent again it is done at once."""
    name, reader = late
    form = _form(gateway, reader)
    before, secret = _head(gateway), reader.browser.session
    asking = reader.send(form)
    assert (asking.status, asking.heading) == (200, "Confirmez votre identité")
    assert _head(gateway) == before
    again = asking.form("")
    assert {"account_id", "on", "demande", "csrf_token", "proof_password", "proof_code"} <= set(again.fields)
    code = pyotp.TOTP(gateway.totp[name]).now()
    done = reader.send(again, to=GRAVE, proof_password=PASSWORD, proof_code=code)
    assert done.location == "/of"
    assert _head(gateway) == before + 1
    assert reader.browser.session != secret  # a proof is a rise of rights: the old secret is dead
    assert reader.open("/profil").status == 200


def test_what_is_fresh_is_not_asked_again(gateway: Gateway):
    name = gateway.account(f"fraiche-{gateway.number()}", Role.CASE_MANAGER)
    reader = Reader(gateway.session(name))
    assert reader.send(_form(gateway, reader)).location == "/of"


@pytest.mark.parametrize(
    ("password", "code"), [("Faux-1234567", "right"), (PASSWORD, "000000"), (PASSWORD, ""), ("x" * 2000, "1")]
)
def test_a_wrong_proof_changes_nothing(gateway: Gateway, late: tuple[str, Reader], password: str, code: str):
    """One sentence for a wrong password, a wrong code and none: nothing is recorded, and the form stays whole."""
    name, reader = late
    again = reader.send(_form(gateway, reader)).form("")
    before = _head(gateway)
    given = pyotp.TOTP(gateway.totp[name]).now() if code == "right" else code
    page = reader.send(again, to=GRAVE, proof_password=password, proof_code=given)
    assert page.status in {401, 422}
    assert any("n'est pas reconnu" in text for text in page.alerts)
    assert page.form("").fields["account_id"] == again.fields["account_id"]
    assert f'value="{password}"' not in page.text
    assert _head(gateway) == before


def test_a_forged_grave_form_is_never_asked_about(gateway: Gateway, late: tuple[str, Reader]):
    """The token is looked at first: a foreign page cannot even bring up the question."""
    _, reader = late
    page = reader.send(_form(gateway, reader), csrf_token="A" * 43)
    assert (page.status, page.heading) == (403, "La page a expiré")
    page = reader.send(_form(gateway, reader), headers={"Origin": "https://evil.example"}, proof_password=PASSWORD)
    assert page.status == 403


def test_proofs_are_throttled(gateway: Gateway, late: tuple[str, Reader]):
    """Guessing a colleague's password at an open screen soon has to wait, and is told how long."""
    _, reader = late
    again = reader.send(_form(gateway, reader)).form("")
    for _ in range(30):
        page = reader.send(again, to=GRAVE, proof_password="Faux-1234567", proof_code="000000")
        if page.status == 429:
            break
    assert page.status == 429
    assert int(page.answer.headers["retry-after"]) >= 1
