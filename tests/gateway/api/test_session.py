"""Signing in by password, and what becomes of a session (rows O1, O7, O25)."""

from __future__ import annotations

import psycopg
import pytest

from gateway.auth import opaque
from ledger.account.commands import DisableAccount, EnableAccount
from ledger.account.events import Role
from support.browser import SESSION, Browser
from support.gateway import PASSWORD, Gateway, World
from support.signing_in import accept_terms, code_of, rows, standing, user

pytestmark = pytest.mark.usefixtures("world")


def test_a_user_signs_in_with_the_e_mail_and_the_password(gateway: Gateway, world: World):
    """O1, O4: the e-mail, in any case, and the password; the terms come before anything else."""
    gateway.password("provider")
    browser = gateway.browser()
    answer = browser.sign_in(gateway.emails["provider"].upper(), PASSWORD)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    shown = answer.json()
    assert (shown["stage"], shown["terms_pending"], shown["factors"]) == ("full", True, [])
    assert code_of(browser.get("/v1/dossiers")) == "terms-pending"
    accept_terms(gateway, "provider")
    assert [each["dossier_id"] for each in browser.get("/v1/dossiers").json()["items"]] == [str(world.dossier)]
    assert browser.get("/v1/session").json()["terms_pending"] is False
    line = answer.headers.get_list("set-cookie")[0]
    assert line.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")


def test_whatever_is_wrong_the_answer_is_the_same(gateway: Gateway):
    """A wrong password, an unknown e-mail or one of another alphabet, no password yet, disabled: one text."""
    email = user(gateway, "known")
    user(gateway, "disabled")
    gateway.service.ledger.execute(DisableAccount(account_id=gateway.accounts["disabled"], on="2026-01-05"), actor=None)
    gateway.account("newcomer", Role.PORTAL)
    gateway.engine.catch_up()
    before = standing(gateway)
    attempts = [
        (email, "Autre-Phrase-2027"),
        (email, PASSWORD + " "),
        (email, PASSWORD.lower()),
        ("personne@example.org", PASSWORD),
        ("pеrsonne@example.org", PASSWORD),  # a Cyrillic letter, on purpose
        (gateway.emails["disabled"], PASSWORD),
        (gateway.emails["newcomer"], PASSWORD),
        (gateway.emails["newcomer"], ""),
    ]
    answers = [gateway.browser().sign_in(*attempt) for attempt in attempts]
    shown = [{k: v for k, v in each.json().items() if k != "correlation_id"} for each in answers]
    assert all(each == shown[0] for each in shown)
    assert (answers[0].status_code, code_of(answers[0])) == (401, "sign-in-refused")
    assert not any("set-cookie" in each.headers for each in answers)
    assert standing(gateway) == before


def test_the_same_password_is_typed_on_two_keyboards(gateway: Gateway):
    """Bad input: combining characters. An accent typed apart is the accent composed, at sign-in as at the choice."""
    email = user(gateway, "accents")
    gateway.password("accents", "E\N{COMBINING ACUTE ACCENT}toile-du-Nord-27")
    assert gateway.browser().sign_in(email, "\N{LATIN CAPITAL LETTER E WITH ACUTE}toile-du-Nord-27").status_code == 200


def test_each_rule_that_a_new_password_breaks_is_named(gateway: Gateway):
    """O7. Bad input: 51 characters are refused, not cut; the old password goes on, and nothing is recorded."""
    email = user(gateway, "choosing")
    browser = gateway.browser()
    browser.sign_in(email, PASSWORD)
    before = standing(gateway)
    for password, codes in {
        "Aa1-" + "é" * 47: ["length"],
        "Aa1-" + "x\N{COMBINING TILDE}" * 24: ["length"],  # nothing composes them: each counts
        "Girafon-1aB": ["length"],
        "tout-en-bas-2027": ["upper-case"],
        "TOUT-EN-HAUT-2027": ["lower-case"],
        "Aucun-Chiffre-Ici": ["digit"],
        "AucunSigneIci2027": ["special"],
        "M0tdep@sse-2027!": ["common"],
        "Monsieur-Essai-27": ["own-name"],
        "girafonx": ["length", "upper-case", "digit", "special"],
    }.items():
        answer = browser.post("/v1/me/password", {"password": password})
        assert (answer.status_code, code_of(answer)) == (422, "weak-password"), password
        assert [each["code"] for each in answer.json()["errors"]] == codes, password
        assert all(each["pointer"] == "/password" for each in answer.json()["errors"])
        assert password not in answer.text
    assert standing(gateway) == before
    fifty = "Aa1-" + "e\N{COMBINING ACUTE ACCENT}" * 46  # 96 code points as typed, 50 characters as counted
    assert browser.post("/v1/me/password", {"password": fifty}).status_code == 200
    assert gateway.browser().sign_in(email, fifty).status_code == 200
    assert gateway.browser().sign_in(email, PASSWORD).status_code == 401


def test_a_new_password_ends_the_other_sessions(gateway: Gateway):
    """O7, O25: whoever else was signed in is out; the one who chose goes on, with a new secret; a mail says so."""
    email = user(gateway, "renewing")
    browser, other = gateway.browser(), gateway.browser()
    browser.sign_in(email, PASSWORD)
    other.sign_in(email, PASSWORD)
    stolen = browser.copy()
    assert browser.post("/v1/me/password", {"password": "Trombone-Bleu-2028"}).status_code == 200
    assert browser.get("/v1/me").status_code == 200
    assert (other.get("/v1/me").status_code, stolen.get("/v1/me").status_code) == (401, 401)
    assert rows(gateway, "select count(*) from auth.mail where kind = 'password-set'")[0][0] >= 1


def test_each_rise_makes_a_new_secret_and_the_old_one_is_dead(gateway: Gateway):
    """Session fixation: what somebody has planted or copied before a rise is of no use after it."""
    email = user(gateway, "rising")
    browser = gateway.browser()
    browser.cookies[SESSION] = "dls_" + "A" * 43
    assert browser.sign_in(email, PASSWORD).status_code == 200
    assert browser.session != "dls_" + "A" * 43
    for body, path in [
        ({"email": email, "password": PASSWORD}, "/v1/session"),
        ({"password": PASSWORD}, "/v1/session/proof"),
        ({"password": "Trombone-Rouge-2029"}, "/v1/me/password"),
    ]:
        before = browser.copy()
        assert browser.post(path, body).status_code == 200, path
        assert browser.session != before.session, path
        assert browser.csrf != before.csrf, path
        assert before.get("/v1/me").status_code == 401, path
        assert browser.get("/v1/me").status_code == 200, path


def test_one_session_ends_and_the_others_go_on(gateway: Gateway, world: World):
    """One's own sessions are listed by browser, and ended one by one; another's is not there."""
    email = user(gateway, "several")
    first, second, third = gateway.browser(), gateway.browser(), gateway.browser()
    first.sign_in(email, PASSWORD)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    second.post("/v1/session", {"email": email, "password": PASSWORD}, headers=agent)
    third.sign_in(email, PASSWORD)
    items = first.get("/v1/me/sessions").json()["items"]
    assert len(items) == 3
    assert [each["own"] for each in items].count(True) == 1
    [theirs] = [each for each in items if each["label"] == "Firefox, Linux"]
    stranger = gateway.session("other-provider")
    assert stranger.post(f"/v1/me/sessions/{theirs['session_id']}/end").status_code == 404
    assert first.post(f"/v1/me/sessions/{theirs['session_id']}/end").status_code == 204
    assert [each.get("/v1/me").status_code for each in (first, second, third)] == [200, 401, 200]
    assert first.post("/v1/me/sessions/end-others").status_code == 204
    assert [each.get("/v1/me").status_code for each in (first, third)] == [200, 401]
    gone = first.copy()
    assert first.delete("/v1/session").status_code == 204
    assert (first.session, gone.get("/v1/me").status_code) == (None, 401)


@pytest.mark.parametrize(
    ("change", "until"),
    [
        ("ends_at = now() - interval '1 second'", "the absolute limit"),
        ("seen_at = now() - make_interval(secs => idle_seconds + 1)", "the idle limit"),
    ],
)
def test_a_session_ends_by_itself(gateway: Gateway, change: str, until: str):
    name = f"ending-{gateway.number()}"
    browser = gateway.browser()
    browser.sign_in(user(gateway, name), PASSWORD)
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            f"update auth.session set {change} where account_id = %s".encode(), (gateway.accounts[name],)
        )
    assert browser.get("/v1/me").status_code == 401, until
    assert browser.session is None


def test_asking_for_the_session_does_not_put_its_end_off(gateway: Gateway):
    """A page may ask how long there is left; only what its user does begins the idle time anew."""
    name = f"polling-{gateway.number()}"
    browser = gateway.browser()
    browser.sign_in(user(gateway, name), PASSWORD)
    query = "select now() - seen_at > interval '10 minutes' from auth.session where account_id = %s"
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set seen_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[name],),
        )
    assert browser.get("/v1/session").status_code == 200
    assert rows(gateway, query, gateway.accounts[name]) == [(True,)]
    assert browser.get("/v1/me").status_code == 200
    assert rows(gateway, query, gateway.accounts[name]) == [(False,)]


def test_a_deactivated_account_is_out_at_once_though_the_read_models_stand_still(gateway: Gateway):
    """O25: deactivation ends the right for the very next request, also where nothing has been folded since."""
    email = user(gateway, "deactivated")
    browser = gateway.browser()
    browser.sign_in(email, PASSWORD)
    account_id = gateway.accounts["deactivated"]
    token, _ = gateway.service.tokens.create(account_id, label="essai")
    assert browser.get("/v1/me").status_code == 200
    gateway.service.ledger.execute(DisableAccount(account_id=account_id, on="2026-01-05"), actor=None)
    late = browser.get("/v1/me")
    assert (late.status_code, code_of(late)) == (503, "read-model-late"), "nothing was folded: nobody is let in"
    by_token = gateway.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert by_token.status_code == 503
    assert gateway.browser().sign_in(email, PASSWORD).status_code == 503
    gateway.engine.catch_up()
    assert browser.copy().get("/v1/me").status_code == 401
    assert gateway.browser().sign_in(email, PASSWORD).status_code == 401
    gateway.service.ledger.execute(EnableAccount(account_id=account_id, on="2026-01-06"), actor=None)
    gateway.engine.catch_up()
    assert gateway.browser().sign_in(email, PASSWORD).status_code == 200


def test_an_account_made_a_moment_ago_is_late_and_not_unknown(gateway: Gateway):
    """The row that is not folded yet is waited for: a 401 would be a lie."""
    name = f"fresh-{gateway.number()}"
    catch_up = gateway.engine.catch_up
    gateway.engine.catch_up = lambda *_: None  # type: ignore[method-assign] # the worker stands still
    try:
        gateway.account(name, Role.PORTAL)
        assert gateway.client.get("/v1/me", headers=gateway.headers(name)).status_code == 503
    finally:
        gateway.engine.catch_up = catch_up  # type: ignore[method-assign]
    catch_up()
    assert gateway.get(name, "/v1/me").status_code == 200


def _frontend_token(gateway: Gateway, browser: Browser) -> str:
    """A portal's token of the browser's session, as the authorization endpoint makes them."""
    secret = opaque.new_secret(opaque.FRONTEND)
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "insert into auth.token (token_id, account_id, digest, label, expires_at, session_id, client_id) "
            "select gen_random_uuid(), account_id, %s, 'essai', now() + interval '10 minutes', session_id, 'essai' "
            "from auth.session where digest = %s",
            (opaque.digest(secret), opaque.digest(browser.session or "")),
        )
    return secret


def test_a_frontends_token_dies_with_its_session(gateway: Gateway):
    browser = gateway.session("provider")
    header = {"Authorization": f"Bearer {_frontend_token(gateway, browser)}"}
    assert gateway.client.get("/v1/me", headers=header).status_code == 200
    assert browser.delete("/v1/session").status_code == 204
    assert gateway.client.get("/v1/me", headers=header).status_code == 401


def test_an_auditors_account_ends_by_itself_at_its_mandates_date(gateway: Gateway):
    """B5: session, both kinds of token and sign-in, on the day after the mandate's last one, in Paris; nobody does a
    thing.
    """
    browser = gateway.session("auditor")
    account_id = gateway.accounts["auditor"]
    frontend = {"Authorization": f"Bearer {_frontend_token(gateway, browser)}"}
    query = "update read.account set ends_on = (now() at time zone 'Europe/Paris')::date - %s where account_id = %s"
    try:
        for days_past, status in ((0, 200), (1, 401)):
            with psycopg.connect(gateway.settings.database_url) as connection:
                connection.execute(query, (days_past, account_id))
            assert browser.copy().get("/v1/me").status_code == status
            assert gateway.get("auditor", "/v1/me").status_code == status
            assert gateway.client.get("/v1/me", headers=frontend).status_code == status
            signing_in = gateway.browser().sign_in(gateway.emails["auditor"], PASSWORD)
            assert signing_in.status_code == status
    finally:
        with psycopg.connect(gateway.settings.database_url) as connection:
            connection.execute("update read.account set ends_on = '2099-12-31' where account_id = %s", (account_id,))
