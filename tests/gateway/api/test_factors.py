"""Second factors: codes of an app, passkeys, recovery codes, and the fresh proof that what is grave asks for."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pyotp
import pytest
from httpx import Response

from ledger.account.events import Role
from support.authenticator import Authenticator
from support.browser import Browser
from support.eventually import PATIENCE_SECONDS, eventually
from support.gateway import PASSWORD, Gateway
from support.signing_in import accept_terms, code_of, enrol_totp


def _steady() -> None:
    """Do not begin at the very end of a half minute: the next code would be another's."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left)


def _waiting(gateway: Gateway, name: str, role: Role = Role.ACCOUNTANT) -> tuple[Browser, str]:
    """An account with an app, whose browser has given the password: the browser and the app's secret."""
    gateway.account(name, role)
    gateway.password(name)
    accept_terms(gateway, name)
    secret = enrol_totp(gateway, name)
    browser = gateway.browser()
    assert browser.sign_in(gateway.emails[name], PASSWORD).json()["stage"] == "second-factor"
    return browser, secret


def _code(secret: str, steps_ago: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) - 30 * steps_ago)


def _give(browser: Browser, **shown: Any) -> Response:
    return browser.post("/v1/session/second-factor", shown)


def test_those_who_must_have_a_second_factor_enrol_one_before_anything_else(gateway: Gateway):
    """The first sign-in of an accountant reaches nothing but the enrolment; the app's first code makes it whole."""
    gateway.account("enrolling", Role.ACCOUNTANT)
    gateway.password("enrolling")
    accept_terms(gateway, "enrolling")
    browser = gateway.browser()
    shown = browser.sign_in(gateway.emails["enrolling"], PASSWORD).json()
    assert (shown["stage"], shown["factor_required"], shown["proved_until"]) == ("enrolment", True, None)
    assert code_of(browser.get("/v1/dossiers")) == "enrolment-required"
    assert code_of(browser.post("/v1/session/extension")) == "enrolment-required"
    _steady()
    offered = browser.post("/v1/me/factors/totp").json()
    assert offered["uri"].startswith("otpauth://totp/")
    before = browser.copy()
    wrong = browser.post("/v1/me/factors/totp/confirmation", {"totp": "000000"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/totp")
    assert browser.get("/v1/session").json()["stage"] == "enrolment"
    done = browser.post("/v1/me/factors/totp/confirmation", {"totp": _code(offered["secret"])})
    assert (done.json()["stage"], done.json()["factors"]) == ("full", ["totp"])
    assert browser.session != before.session
    assert before.get("/v1/session").status_code == 401, "what was copied before the rise is dead"
    assert browser.get("/v1/dossiers").status_code == 200


@pytest.mark.parametrize("path", ["totp", "totp/confirmation", "passkeys/options", "passkeys", "recovery-codes"])
def test_a_password_alone_does_not_replace_the_factor_of_a_moment_ago(gateway: Gateway, path: str):
    """Whoever knows the password opens a session before the owner enrols, and waits: it ends at its next step."""
    name = f"overtaken-{path.replace('/', '-')}"
    gateway.account(name, Role.ACCOUNTANT)
    gateway.password(name)
    accept_terms(gateway, name)
    thief = gateway.browser()
    assert thief.sign_in(gateway.emails[name], PASSWORD).json()["stage"] == "enrolment"
    owner = gateway.browser()
    owner.sign_in(gateway.emails[name], PASSWORD)
    _steady()
    secret = owner.post("/v1/me/factors/totp").json()["secret"]
    assert owner.post("/v1/me/factors/totp/confirmation", {"totp": _code(secret)}).json()["stage"] == "full"
    credential = {"challenge_id": "01890a5d-ac96-774b-bcce-b302099a8001", "credential": {"id": "AAAA"}, "label": "x"}
    bodies = {"totp/confirmation": {"totp": _code(secret)}, "passkeys": credential}
    answer = thief.copy().post(f"/v1/me/factors/{path}", bodies.get(path))
    assert (answer.status_code, code_of(answer)) == (401, "unauthenticated"), answer.text
    assert thief.get("/v1/session").status_code == 401
    kept = owner.get("/v1/me/factors").json()
    assert (kept["totp"], kept["passkeys"], kept["recovery_codes"]) == (True, [], 0)


def test_a_code_is_good_once_and_no_older_than_one_window(gateway: Gateway):
    """Bad input: the TOTP of the window before last is refused; that of the last one passes, and only once."""
    browser, secret = _waiting(gateway, "windows")
    _steady()
    answer = _give(browser, totp=_code(secret, steps_ago=2))
    assert (answer.status_code, code_of(answer)) == (401, "second-factor-refused")
    assert browser.get("/v1/session").json()["stage"] == "second-factor"
    before = browser.copy()
    assert _give(browser, totp=_code(secret, steps_ago=1)).json()["stage"] == "full"
    assert before.get("/v1/session").status_code == 401, "what was copied before the rise is dead"
    again = gateway.browser()
    again.sign_in(gateway.emails["windows"], PASSWORD)
    refused = _give(again, totp=_code(secret, steps_ago=1))
    assert refused.json()["detail"] == answer.json()["detail"], "a used code and a wrong one read the same"
    assert _give(again, totp=_code(secret)).status_code == 200
    assert code_of(_give(again, totp=_code(secret, steps_ago=-1))) == "forbidden", "there is nothing left to prove"


def test_two_requests_with_one_code_do_not_both_pass(gateway: Gateway):
    """A code that is seen over somebody's shoulder is of no use once it is typed, nor at the same instant."""
    browser, secret = _waiting(gateway, "at-once")
    others = [gateway.browser() for _ in range(3)]
    for other in others:
        other.sign_in(gateway.emails["at-once"], PASSWORD)
    _steady()
    code = _code(secret)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: _give(each, totp=code), [browser, *others]))
    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]


def test_wrong_codes_wait_longer_and_end_the_sign_in(gateway: Gateway):
    """Five codes at once, then a growing wait; ten wrong ones end the session that waits for one."""
    browser, secret = _waiting(gateway, "guessing")
    statuses = [_give(browser, totp="000000").status_code for _ in range(8)]
    assert statuses[:5] == [401] * 5
    assert statuses[7] == 429
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set failures = 9 where account_id = %s", (gateway.accounts["guessing"],)
        )
        connection.execute("delete from auth.throttle")
    assert browser.session is not None
    assert _give(browser, totp="000000").status_code == 401
    assert browser.session is None, "the browser was told to forget it"
    assert _give(browser, totp=_code(secret)).status_code == 401


def test_a_recovery_code_stands_in_for_a_factor_once(gateway: Gateway):
    """Ten codes, shown once; typed in any case; a mail says that one has served."""
    browser, secret = _waiting(gateway, "recovering")
    _steady()
    _give(browser, totp=_code(secret))
    codes = browser.post("/v1/me/factors/recovery-codes").json()["codes"]
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert browser.get("/v1/me/factors").json()["recovery_codes"] == 10
    again = gateway.browser()
    again.sign_in(gateway.emails["recovering"], PASSWORD)
    assert code_of(_give(again, recovery_code="AAAA-AAAA-AAAA-AAAA")) == "second-factor-refused"
    assert _give(again, recovery_code=codes[0].lower().replace("-", " ")).json()["stage"] == "full"
    once_more = gateway.browser()
    once_more.sign_in(gateway.emails["recovering"], PASSWORD)
    assert _give(once_more, recovery_code=codes[0]).status_code == 401
    with psycopg.connect(gateway.settings.database_url) as connection:
        stored = connection.execute("select r::text from auth.recovery_code r").fetchall()
        mails = connection.execute("select count(*) from auth.mail where kind = 'factor-changed'").fetchone()
    assert not any(code.replace("-", "") in row[0] or code in row[0] for code in codes for row in stored)
    assert mails is not None
    assert mails[0] >= 2


def _enrolled_passkey(gateway: Gateway, name: str) -> tuple[Browser, Authenticator]:
    """An auditor who has a passkey and nothing else."""
    gateway.account(name, Role.AUDITOR)
    gateway.password(name)
    accept_terms(gateway, name)
    browser = gateway.browser()
    browser.sign_in(gateway.emails[name], PASSWORD)
    device = Authenticator(gateway.settings.public_origin)
    offer = browser.post("/v1/me/factors/passkeys/options").json()
    made = {"challenge_id": offer["challenge_id"], "credential": device.make(offer["options"]), "label": "Téléphone"}
    answer = browser.post("/v1/me/factors/passkeys", made)
    assert answer.json()["stage"] == "full", answer.text
    return browser, device


def _by_passkey(browser: Browser, device: Authenticator, path: str = "/v1/session/passkey") -> Response:
    offer = browser.post("/v1/session/passkey-options").json()
    answer = {"challenge_id": offer["challenge_id"], "credential": device.answer(offer["options"])}
    return browser.post(path, answer if path.endswith("/passkey") else {"passkey": answer})


def test_a_passkey_signs_in_alone_and_counts_as_both_factors(gateway: Gateway):
    """It says whose it is, unlocked. After a password it is the second factor, and later a fresh proof."""
    _, device = _enrolled_passkey(gateway, "keyed")
    browser = gateway.browser()
    shown = _by_passkey(browser, device).json()
    assert (shown["stage"], shown["factors"]) == ("full", ["passkey"])
    assert browser.get("/v1/me").json()["account_id"] == str(gateway.accounts["keyed"])
    second = gateway.browser()
    assert second.sign_in(gateway.emails["keyed"], PASSWORD).json()["stage"] == "second-factor"
    assert _by_passkey(second, device, "/v1/session/second-factor").json()["stage"] == "full"
    _forget_proof(gateway, "keyed")
    assert code_of(second.post("/v1/me/factors/totp")) == "fresh-proof-required"
    assert _by_passkey(second, device, "/v1/session/proof").status_code == 200
    assert second.post("/v1/me/factors/totp").status_code == 200


def test_a_passkey_that_is_not_its_owners_own_is_refused(gateway: Gateway):
    """Not unlocked, of another site, a copy whose count went back, a challenge used twice, another's key: refused."""
    _, device = _enrolled_passkey(gateway, "careful")
    browser = gateway.browser()
    refused = []
    device.verifies = False
    refused.append(_by_passkey(browser, device))
    device.verifies = True
    device.origin = "https://autre.example"
    refused.append(_by_passkey(browser, device))
    device.origin = gateway.settings.public_origin
    forged = Authenticator(device.origin, credential_id=device.credential_id, handle=device.handle, count=90)
    refused.append(_by_passkey(browser, forged))
    borrowed = Authenticator(device.origin, key=device.key, credential_id=device.credential_id, count=90)
    borrowed.handle = gateway.accounts["auditor"].bytes
    refused.append(_by_passkey(browser, borrowed))
    assert _by_passkey(browser, device).status_code == 200
    device.count = 0
    refused.append(_by_passkey(gateway.browser(), device))
    device.count = 50
    offer = gateway.browser().post("/v1/session/passkey-options").json()
    first = {"challenge_id": offer["challenge_id"], "credential": device.answer(offer["options"])}
    assert gateway.browser().post("/v1/session/passkey", first).status_code == 200
    second = {"challenge_id": offer["challenge_id"], "credential": device.answer(offer["options"])}
    refused.append(gateway.browser().post("/v1/session/passkey", second))
    refused.append(gateway.browser().post("/v1/session/passkey", {**second, "credential": {"id": "é"}}))
    assert {(each.status_code, each.json()["detail"]) for each in refused} == {(401, refused[0].json()["detail"])}


def test_whoever_must_have_a_factor_keeps_the_last_one(gateway: Gateway):
    """An auditor takes the passkey away once there is an app in its place, not before; a user may take the last."""
    browser, device = _enrolled_passkey(gateway, "keeping")
    passkey = browser.get("/v1/me/factors").json()["passkeys"][0]["credential_id"]
    answer = browser.post(f"/v1/me/factors/passkeys/{passkey}/removal")
    assert (answer.status_code, code_of(answer)) == (409, "last-factor")
    assert _by_passkey(gateway.browser(), device).status_code == 200
    offered = browser.post("/v1/me/factors/totp").json()
    _steady()
    browser.post("/v1/me/factors/totp/confirmation", {"totp": _code(offered["secret"])})
    assert browser.post(f"/v1/me/factors/passkeys/{passkey}/removal").json()["factors"] == ["totp"]
    assert code_of(browser.post("/v1/me/factors/totp/removal")) == "last-factor"
    user, secret = _waiting(gateway, "free", Role.PORTAL)
    _give(user, totp=_code(secret))
    assert user.post("/v1/me/factors/totp/removal").json()["factors"] == []


def test_two_removals_at_once_leave_one_factor(gateway: Gateway):
    """The app is taken away while the passkey's removal is under way, not committed: it waits, and is refused."""
    browser, _ = _enrolled_passkey(gateway, "torn")
    account_id = gateway.accounts["torn"]
    offered = browser.post("/v1/me/factors/totp").json()
    _steady()
    browser.post("/v1/me/factors/totp/confirmation", {"totp": _code(offered["secret"])})
    with psycopg.connect(gateway.settings.database_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("select pg_advisory_xact_lock(hashtextextended('factors ' || %s::text, 0))", (account_id,))
        other.execute("delete from auth.passkey where account_id = %s", (account_id,))
        removal = pool.submit(browser.post, "/v1/me/factors/totp/removal")
        _until_one_waits(gateway, removal)
        other.commit()
        answer = removal.result(timeout=PATIENCE_SECONDS)
    assert (answer.status_code, code_of(answer)) == (409, "last-factor")
    assert browser.get("/v1/me/factors").json()["totp"] is True


def _until_one_waits(gateway: Gateway, request: Future[Response]) -> None:
    """Until the request waits for a lock of the database, or has been answered without."""
    query = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with psycopg.connect(gateway.settings.database_url, autocommit=True) as watching:
        eventually(lambda: request.done() or (watching.execute(query).fetchone() or (0,))[0])


def test_what_is_grave_asks_for_a_proof_of_ten_minutes_at_most(gateway: Gateway):
    """Rights and factors: eleven minutes after the sign-in a fresh proof is asked for, and then it goes on."""
    browser, secret = _waiting(gateway, "grave")
    _steady()
    _give(browser, totp=_code(secret, steps_ago=1))
    assert browser.post("/v1/me/factors/totp").status_code == 200
    _forget_proof(gateway, "grave")
    assert browser.get("/v1/dossiers").status_code == 200
    answer = browser.post("/v1/me/factors/totp")
    assert (answer.status_code, code_of(answer)) == (403, "fresh-proof-required")
    before = browser.session
    for proof in ({"password": "Autre-Phrase-2027", "totp": _code(secret)}, {"password": PASSWORD}):
        assert code_of(browser.post("/v1/session/proof", proof)) == "sign-in-refused"
    assert browser.post("/v1/session/proof", {"totp": _code(secret)}).status_code == 422
    assert browser.session == before
    proved = browser.post("/v1/session/proof", {"password": PASSWORD, "totp": _code(secret)})
    assert proved.status_code == 200, proved.text
    assert browser.session != before
    assert browser.post("/v1/me/factors/totp").status_code == 200


def _forget_proof(gateway: Gateway, name: str) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[name],),
        )
