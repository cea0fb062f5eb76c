"""The staff signs in with the fund's OpenID provider: a real one, which is also made to lie."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pyotp
import pytest
from httpx import Response

from gateway.api.oidc import CALLBACK
from gateway.oidc.provider import MAX_AGE_SECONDS
from gateway.settings import Settings
from gateway.settings_values import OidcProvider
from ledger.account.commands import DisableAccount
from ledger.account.events import Role
from support.browser import Browser
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.node import needs_node
from support.openid import OpenIdProvider, openid_provider, path_of

pytestmark = needs_node
THAT_DAY = "2026-11-02"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    origin = Settings("", "").public_origin
    with openid_provider(origin + CALLBACK) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider) -> Iterator[Gateway]:
    with running_gateway(cluster, tmp_path_factory.mktemp("oidc"), oidc=provider.settings) as running:
        yield running


@pytest.fixture(autouse=True)
def honest(provider: OpenIdProvider) -> Iterator[None]:
    yield
    provider.lies()


@pytest.fixture
def manager(gateway: Gateway) -> str:
    """A case manager with neither a password nor a factor here."""
    return gateway.account(f"gestionnaire-{gateway.number()}", Role.CASE_MANAGER)


def begun(browser: Browser) -> str:
    """Where the gateway sends the browser."""
    answer = browser.get("/v1/oidc/start")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(gateway: Gateway, provider: OpenIdProvider, email: str, **seen: str) -> tuple[Browser, Response]:
    """The whole way, in a new browser."""
    browser = gateway.browser()
    back = provider.sign_in(begun(browser), email, **seen)
    return browser, browser.get(path_of(back))


def rows(gateway: Gateway, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def changed(gateway: Gateway) -> tuple[Any, ...]:
    (found,) = rows(
        gateway, "select (select max(position) from log.events), (select count(*) from auth.session), "
        "(select count(*) from auth.device)"
    )  # fmt: skip
    return found


def why(gateway: Gateway) -> str:
    """What the journal says of the last refusal."""
    found = rows(gateway, "select facts ->> 'why' from auth.journal where kind = 'oidc' order by at desc limit 1")
    return str(found[0][0])


def refused(gateway: Gateway, answer: Response, email: str = "") -> None:
    """One answer for whatever is wrong: in French, no session, nothing of anybody."""
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-refused")
    assert "n'est pas reconnu" in answer.json()["detail"]
    assert not email or email not in answer.text
    assert not [each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-session=dls_")]


def test_a_case_manager_whom_the_provider_saw_with_two_factors_is_in(
    gateway: Gateway, provider: OpenIdProvider, manager: str
):
    """`amr` says mfa: the session is whole, and a fresh proof; only the terms are still asked for."""
    browser, answer = come_back(gateway, provider, gateway.emails[manager], amr="pwd otp mfa")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert browser.session is not None
    session = browser.get("/v1/session").json()
    assert session["stage"] == "full"
    assert session["terms_pending"] is True
    assert session["proved_until"] is not None
    assert "__Host-oidc" not in browser.cookies
    ((method,),) = rows(
        gateway, "select method from auth.session where account_id = %s and ended_at is null", gateway.accounts[manager]
    )
    assert method == "oidc"
    terms = browser.get("/v1/terms").json()
    browser.post("/v1/terms/acceptance", {"version": terms["version"], "sha256": terms["sha256"]})
    gateway.engine.catch_up()
    assert browser.get("/v1/dossiers").status_code == 200


def test_a_password_seen_elsewhere_is_a_password(gateway: Gateway, provider: OpenIdProvider, manager: str):
    """Without `mfa` the second factor is asked for here, or enrolled, as after our own password."""
    browser, answer = come_back(gateway, provider, gateway.emails[manager], amr="pwd")
    assert answer.status_code == 303
    assert browser.get("/v1/session").json()["stage"] == "enrolment"
    assert browser.get("/v1/dossiers").json()["type"] == "/problems/enrolment-required"

    enrolled = gateway.session("case-manager")
    assert enrolled.session is not None
    gateway.forget_steps("case-manager")
    browser, answer = come_back(gateway, provider, gateway.emails["case-manager"])
    assert answer.status_code == 303
    assert browser.get("/v1/dossiers").json()["type"] == "/problems/second-factor-required"
    browser.csrf = browser.get("/v1/session").json()["csrf_token"]
    code = pyotp.TOTP(gateway.totp["case-manager"]).now()
    assert browser.post("/v1/session/second-factor", {"totp": code}).json()["stage"] == "full"
    assert browser.get("/v1/dossiers").status_code == 200


def test_what_is_asked_of_the_provider(gateway: Gateway, provider: OpenIdProvider):
    """A code with its proof, a nonce, a state; recent enough to be a fresh proof; nothing in clear in the database."""
    browser = gateway.browser()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun(browser)).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid email"
    assert asked["max_age"] == str(MAX_AGE_SECONDS)
    assert asked["redirect_uri"] == gateway.settings.public_origin + CALLBACK
    cookie = browser.cookies["__Host-oidc"]
    kept = str(rows(gateway, "select s::text from auth.oidc_state s"))
    for secret in (asked["state"], asked["nonce"], cookie):
        assert len(secret) == 43
        assert secret not in kept
    second = {name: values[0] for name, values in parse_qs(urlsplit(begun(browser)).query).items()}
    assert not {second["state"], second["nonce"], second["code_challenge"]} & set(asked.values())


def stale() -> dict[str, Any]:
    now = int(time.time())
    return {"claims": {"iat": now - 900, "exp": now - 600}}


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"claims": {"nonce": "un-autre"}}, "invalid_claim.nonce"),
        ({"drop": ["nonce"]}, "missing_claim.nonce"),
        ({"claims": {"aud": "un-autre-client"}}, "invalid_claim.aud"),
        ({"claims": {"aud": ["dossier-ledger", "un-autre"], "azp": "un-autre"}}, "invalid_claim.azp"),
        ({"claims": {"iss": "https://ailleurs.example"}}, "invalid_claim.iss"),
        (stale(), "expired_token.exp"),
        ({"drop": ["exp"]}, "missing_claim.exp"),
        ({"drop": ["sub"]}, "missing_claim.sub"),
        ({"claims": {"auth_time": int(time.time()) - 3600}}, "seen-too-long-ago"),
        ({"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, "invalid_claim.at_hash"),
        ({"claims": {"sub": "un-autre"}}, "other-subject"),
        ({"key": "stranger"}, "signature"),
        ({"key": "none"}, "signature"),
        ({"key": "secret"}, "signature"),
        ({"claims": {"email": "x@example.org"}}, "unverified-email"),
        ({"claims": {"email": "x@example.org", "email_verified": "true"}}, "unverified-email"),
    ],
)
def test_an_id_token_that_lies_opens_nothing(
    gateway: Gateway, provider: OpenIdProvider, manager: str, lies: dict[str, Any], code: str
):
    """Wrong nonce, audience, issuer, time, person, signature: signed by its own key, but where it says so."""
    before, email = changed(gateway), gateway.emails[manager]
    provider.lies(**lies)
    _, answer = come_back(gateway, provider, email, amr="mfa")
    refused(gateway, answer, email)
    assert why(gateway) == code
    assert changed(gateway) == before


def test_an_email_that_is_not_verified_opens_nothing(gateway: Gateway, provider: OpenIdProvider):
    """Whoever may write any address into the provider's form is nobody yet."""
    name = gateway.account("unverified", Role.CASE_MANAGER)
    before = changed(gateway)
    assert gateway.emails[name].startswith("unverified")
    _, answer = come_back(gateway, provider, gateway.emails[name], amr="mfa")
    refused(gateway, answer)
    assert why(gateway) == "unverified-email"
    assert changed(gateway) == before


def test_whom_we_do_not_know_is_not_created(gateway: Gateway, provider: OpenIdProvider):
    """An account and its role are facts of the ledger, not of somebody's directory."""
    before = changed(gateway)
    _, answer = come_back(gateway, provider, "inconnue@example.org", amr="mfa")
    refused(gateway, answer, "inconnue@example.org")
    assert why(gateway) == "unknown-email"
    assert changed(gateway) == before


def test_a_portal_account_does_not_come_in_by_the_staffs_door(gateway: Gateway, provider: OpenIdProvider):
    name = gateway.account("portail", Role.PORTAL)
    _, answer = come_back(gateway, provider, gateway.emails[name], amr="mfa")
    refused(gateway, answer)
    assert why(gateway) == "not-staff"


def test_a_deactivated_account_stays_out_whatever_the_provider_says(
    gateway: Gateway, provider: OpenIdProvider, manager: str
):
    """At once: the read model that is not there yet lets nobody in either."""
    order = DisableAccount.model_validate({"account_id": gateway.accounts[manager], "on": THAT_DAY})
    gateway.service.ledger.execute(order, actor=None)
    browser, answer = come_back(gateway, provider, gateway.emails[manager], amr="mfa")
    assert answer.status_code == 503, "the projection is not there yet: late, never let in"
    assert browser.session is None
    gateway.engine.catch_up()
    _, answer = come_back(gateway, provider, gateway.emails[manager], amr="mfa")
    refused(gateway, answer)
    assert why(gateway) == "account-over"


def test_another_spelling_of_the_email_is_the_same_person(gateway: Gateway, provider: OpenIdProvider, manager: str):
    _, answer = come_back(gateway, provider, gateway.emails[manager].upper(), amr="mfa")
    assert answer.status_code == 303


def test_an_address_in_other_letters_is_somebody_elses(gateway: Gateway, provider: OpenIdProvider):
    """The Kelvin sign folds to k and the long s to s: the provider has verified another mailbox than ours."""
    name = gateway.account("kelvin-sens", Role.CASE_MANAGER)
    email = gateway.emails[name].replace("k", "\u212a").replace("s", "\u017f", 1)
    assert email.casefold() == gateway.emails[name]
    _, answer = come_back(gateway, provider, email, amr="mfa")
    refused(gateway, answer)
    assert why(gateway) == "unknown-email"


def test_the_way_back_is_good_once_and_in_its_browser_alone(gateway: Gateway, provider: OpenIdProvider, manager: str):
    """Somebody else's code, or one's own in somebody else's browser, signs nobody in as anybody."""
    browser = gateway.browser()
    address = begun(browser)
    back = path_of(provider.sign_in(address, gateway.emails[manager], amr="mfa"))
    another_code = path_of(provider.sign_in(address, gateway.emails[manager], amr="mfa"))
    victim = gateway.browser()
    refused(gateway, victim.get(back))
    begun(victim)
    refused(gateway, victim.get(back))
    kept = browser.copy()
    assert browser.get(back).status_code == 303
    refused(gateway, kept.copy().get(back))
    refused(gateway, kept.copy().get(another_code))


def test_a_code_of_another_attempt_is_refused(gateway: Gateway, provider: OpenIdProvider, manager: str):
    """The proof of one attempt is not that of another: the provider itself refuses the code."""
    email = gateway.emails[manager]
    stolen = parse_qs(urlsplit(provider.sign_in(begun(gateway.browser()), email, amr="mfa")).query)["code"][0]
    browser = gateway.browser()
    own = parse_qs(urlsplit(provider.sign_in(begun(browser), email, amr="mfa")).query)
    answer = browser.get("/v1/oidc/callback", code=stolen, state=own["state"][0], iss=own["iss"][0])
    refused(gateway, answer)
    assert why(gateway) == "code-refused"


@pytest.mark.parametrize(
    ("changed_to", "code"),
    [({"iss": "https://ailleurs.example"}, "other-issuer"), ({"iss": None}, "other-issuer"), ({"code": None}, "x")],
)
def test_an_answer_that_is_not_the_providers_is_refused(
    gateway: Gateway, provider: OpenIdProvider, manager: str, changed_to: dict[str, str | None], code: str
):
    """RFC 9207: the provider names itself in its answer; whoever mixes two of them up is stopped here."""
    browser = gateway.browser()
    back = parse_qs(urlsplit(provider.sign_in(begun(browser), gateway.emails[manager], amr="mfa")).query)
    told = {**{name: values[0] for name, values in back.items()}, **changed_to}
    refused(gateway, browser.get(CALLBACK, **{name: value for name, value in told.items() if value is not None}))
    assert code == "x" or why(gateway) == code


def test_an_attempt_is_good_for_ten_minutes(gateway: Gateway, provider: OpenIdProvider, manager: str):
    browser = gateway.browser()
    back = path_of(provider.sign_in(begun(browser), gateway.emails[manager], amr="mfa"))
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update auth.oidc_state set expires_at = now() where used_at is null")
    refused(gateway, browser.get(back))


def test_a_provider_may_change_its_keys(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A key that we do not know yet is asked for: at most once a minute, so that no forger has us ask all day."""
    origin = Settings("", "").public_origin
    with openid_provider(origin + CALLBACK) as first:
        settings, port = first.settings, first.port
        with running_gateway(cluster, tmp_path, oidc=settings) as own:
            name = own.account("gestionnaire", Role.CASE_MANAGER)
            assert come_back(own, first, own.emails[name], amr="mfa")[1].status_code == 303
            first.stop()
            with openid_provider(origin + CALLBACK, port=port) as second:
                refused(own, come_back(own, second, own.emails[name], amr="mfa")[1])
                assert why(own) == "signature"
                monkeypatch.setattr("gateway.oidc.provider._RENEWED_SECONDS", 0.0)  # the minute is over
                assert come_back(own, second, own.emails[name], amr="mfa")[1].status_code == 303


def test_whoever_turns_back_at_the_provider_is_not_in(gateway: Gateway, provider: OpenIdProvider):
    browser = gateway.browser()
    state = parse_qs(urlsplit(begun(browser)).query)["state"][0]
    refused(gateway, browser.get(CALLBACK, error="access_denied", state=state, iss=provider.issuer))
    assert why(gateway) == "provider-refused"


def test_the_session_that_was_there_ends(gateway: Gateway, provider: OpenIdProvider, manager: str):
    """Nobody goes on in an old session beside the new one; a planted cookie is not taken over."""
    browser = gateway.session("accountant")
    old = browser.copy()
    back = path_of(provider.sign_in(begun(browser), gateway.emails[manager], amr="mfa"))
    assert browser.get(back).status_code == 303
    assert browser.session != old.session
    assert old.get("/v1/session").status_code == 401


def test_without_a_provider_the_addresses_do_not_exist(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory):
    with running_gateway(cluster, tmp_path_factory.mktemp("without")) as without:
        for path in ("/v1/oidc/start", CALLBACK):
            assert without.client.get(path).status_code == 404


def test_a_provider_that_is_down_is_not_a_refusal(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory):
    """503, in French, and again later: nothing says that the account is unknown."""
    down = OidcProvider("http://127.0.0.1:9", "dossier-ledger", "x")
    with running_gateway(cluster, tmp_path_factory.mktemp("down"), oidc=down) as gateway:
        answer = gateway.client.get("/v1/oidc/start")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert answer.headers["retry-after"] == "30"


def test_beginning_again_and_again_is_slowed_down(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory):
    """Whoever comes writes a row: so many from one address, and no more (429, with when to come back)."""
    down = OidcProvider("http://127.0.0.1:9", "dossier-ledger", "x")
    with running_gateway(cluster, tmp_path_factory.mktemp("often"), oidc=down) as gateway:
        statuses = []
        while 429 not in statuses and len(statuses) < 1000:
            answer = gateway.client.get("/v1/oidc/start")
            statuses.append(answer.status_code)
        assert statuses[:120] == [503] * 120
        assert statuses[-1] == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert rows(gateway, "select count(*) from auth.oidc_state") == [(len(statuses) - 1,)]
