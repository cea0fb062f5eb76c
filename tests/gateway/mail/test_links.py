"""Links of mails (rows O2, O24): looked at by anybody's scanner, used once, by the posted form alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from uuid import UUID

import psycopg
import pytest
from httpx import Response

from gateway.mail import links
from gateway.portal.assets import asset
from gateway.portal.pages import HEADERS
from ledger.account.events import Role as AccountRole
from ledger.kit.personal import Personal
from ledger.log.database import Role
from support.gateway import Gateway

GOOD = "Trois-petits-ours 2026"
FORM = re.compile(r'name="form_token" value="([^"]+)"')


def said(answer: Response) -> str:
    """A page's text as a person reads it."""
    return unescape(answer.text)


@dataclass
class Door:
    """A link of a new account's, and what a browser does with it."""

    gateway: Gateway
    account_id: UUID
    secret: str

    @property
    def path(self) -> str:
        return f"/liens/{self.secret}"

    def look(self, method: str = "GET") -> Response:
        return self.gateway.client.request(method, self.path)

    def form(self) -> tuple[str, str]:
        """The cookie and the hidden field that a browser holds after it has opened the page."""
        page = self.look()
        cookie = page.headers["set-cookie"].partition(";")[0]
        found = FORM.search(page.text)
        assert found, page.text
        return cookie, found[1]

    def post(self, password: str = GOOD, *, form: tuple[str, str] | None = None, **changed: str) -> Response:
        cookie, token = form or self.form()
        fields = {"form_token": token, "password": password, "confirmation": password, **changed}
        return self.gateway.client.post(self.path, data=fields, headers={"Cookie": cookie})

    def row(self) -> tuple[object, ...]:
        (row,) = self.rows("select used_at, void_at from auth.link where digest = %s", links.digest(self.secret))
        return row

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.gateway.settings.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def force(self, query: str) -> None:
        with psycopg.connect(self.gateway.settings.database_url) as connection:
            connection.execute(query.encode(), (links.digest(self.secret),))

    def state(self) -> list[object]:
        """All that using a link changes: the log's head, credentials, mails, the link itself."""
        return [
            self.rows("select max(position) from log.events"),
            self.rows("select account_id, password_hash from auth.credential order by 1"),
            self.rows("select count(*) from auth.mail"),
            self.row(),
        ]


@pytest.fixture
def door(gateway: Gateway) -> Door:
    gateway.account("somebody", AccountRole.PORTAL)
    account_id = gateway.accounts["somebody"]
    with gateway.service.database.transaction(Role.AUTH) as connection:
        made = links.make(connection, "password", account_id=account_id)
        connection.execute("delete from auth.allowance")  # one address asks more in these tests than people would
    return Door(gateway, account_id, made.secret)


def has_password(door: Door) -> bool:
    return bool(door.rows("select 1 from auth.credential where account_id = %s", door.account_id))


def test_scanners_may_open_it_as_often_as_they_like(door):
    """A virus scanner, a preview, a prefetch: twenty at once, by GET and HEAD, change nothing."""
    before = door.state()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(door.look, ["GET", "HEAD"] * 10))
    assert {answer.status_code for answer in answers} == {200}
    assert door.gateway.client.get(door.path, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert door.state() == before
    assert door.post().status_code == 200
    assert has_password(door)


def test_the_page_is_ours_alone_and_says_the_rules(door):
    page = door.look()
    assert page.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "http" not in said(page)  # nothing is fetched from anywhere else
    assert re.findall("<script[^>]*>", said(page)) == [f'<script type="module" src="{asset("password.js")}">']
    assert "De 12 à 50 caractères." in said(page)
    assert door.gateway.client.get(asset("portal.css")).headers["content-type"].startswith("text/css")


def test_of_ten_posts_at_once_one_wins(door):
    form = door.form()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: door.post(f"Trois-petits-ours {n}-AB", form=form), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 9
    assert len(door.rows("select 1 from auth.mail where kind = 'password-set' and cause like 'password-set:%%'")) >= 1
    assert door.row()[0] is not None


def test_a_link_used_twice_is_said_to_be_over(door):
    form = door.form()
    assert door.post(form=form).status_code == 200
    before = door.state()
    for answer in (door.look(), door.look("HEAD"), door.post("Quatre-petits-ours 2026", form=form)):
        assert answer.status_code == 410
    assert "Ce lien n'est plus valable" in said(door.look())
    assert door.state() == before


def test_a_link_that_is_late_is_said_to_be_over(door):
    """The first second after its day."""
    form = door.form()
    door.force(
        "update auth.link set made_at = now() - interval '24 hours 1 second', expires_at = now() - interval '1 second' "
        "where digest = %s"
    )
    before = door.state()
    assert door.look().status_code == 410
    assert door.post(form=form).status_code == 410
    assert door.state() == before


@pytest.mark.parametrize(
    "altered",
    [
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.swapcase(),
        lambda secret: secret[:-1],
        lambda secret: f"{secret}A",
        lambda secret: f"{secret}%00",
        lambda secret: "é" * 43,
    ],
)
def test_a_link_that_was_altered_opens_nothing(door, altered):
    form = door.form()
    wrong = Door(door.gateway, door.account_id, altered(door.secret))
    before = door.state()
    assert wrong.look().status_code == 410
    assert wrong.post(form=form).status_code == 410
    assert "Ce lien n'est plus valable" in said(wrong.look())
    assert door.state() == before


def test_a_newer_link_makes_the_older_void(door):
    with door.gateway.service.database.transaction(Role.AUTH) as connection:
        newer = links.make(connection, "password", account_id=door.account_id)
    assert door.look().status_code == 410
    assert Door(door.gateway, door.account_id, newer.secret).post().status_code == 200


def test_a_form_without_its_token_is_refused(door):
    """One that another site makes people post, and one from a browser that never opened the page."""
    cookie, token = door.form()
    before = door.state()
    foreign = [
        {"form": (cookie, "")},
        {"form": ("__Host-form=", token)},
        {"form": ("__Host-other=1", token)},
        {"form": (cookie, token[:-1] + ("A" if token[-1] != "A" else "B"))},
    ]
    for each in foreign:
        answer = door.post(**each)
        assert answer.status_code == 403
        assert "rechargez la page" in said(answer)
    elsewhere = door.gateway.client.post(
        door.path,
        data={"form_token": token, "password": GOOD, "confirmation": GOOD},
        headers={"Cookie": cookie, "Origin": "https://ailleurs.example"},
    )
    assert elsewhere.status_code == 403
    assert door.state() == before
    assert door.post().status_code == 200


@pytest.mark.parametrize(
    ("password", "code", "text"),
    [
        ("Court-2026", "length", "De 12 à 50 caractères."),
        ("A" + "é1-" * 16 + "bc", "length", "De 12 à 50 caractères."),
        ("TROIS-PETITS-OURS-2026", "lower-case", "minuscule"),
        ("trois-petits-ours-2026", "upper-case", "majuscule"),
        ("Trois-petits-ours-gris", "digit", "chiffre"),
        ("Troispetitsours2026", "special", "spécial"),
        ("Mon-compte-est-bon-2026", "own-name", "Ni votre nom"),
    ],
)
def test_each_broken_rule_is_named_and_the_link_stays(door, password, code, text):
    """O7, by the page and by the API."""
    before = door.state()
    answer = door.post(password)
    assert answer.status_code == 422
    assert re.search(rf'class="broken">[^<]*{text}', said(answer)), said(answer)
    assert password not in said(answer)
    api = door.gateway.client.post("/v1/links/use", json={"secret": door.secret, "password": password})
    assert api.status_code == 422
    assert api.json()["type"] == "/problems/weak-password"
    assert code in {error["code"] for error in api.json()["errors"]}
    assert password not in api.text
    assert door.state() == before
    assert door.post().status_code == 200


def test_two_entries_that_differ_are_refused(door):
    before = door.state()
    answer = door.post(confirmation="Quatre-petits-ours 2026")
    assert answer.status_code == 422
    assert "Les deux saisies sont différentes." in said(answer)
    assert door.state() == before


def test_a_form_too_large_or_of_another_kind_is_refused(door):
    before = door.state()
    cookie, token = door.form()
    assert door.post("A" * 70_000, form=(cookie, token)).status_code == 413
    json = door.gateway.client.post(door.path, json={"form_token": token}, headers={"Cookie": cookie})
    assert json.status_code == 415
    twice = door.gateway.client.post(
        door.path,
        content=f"form_token={token}&password=a&password=b",
        headers={"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert twice.status_code == 400
    assert door.state() == before


def test_the_api_looks_and_uses_as_the_page_does(door):
    look = door.gateway.client.post("/v1/links/look", json={"secret": door.secret})
    door.gateway.description.check(look)
    shown = look.json()
    assert (shown["purpose"], shown["password"]) == ("password", True)
    assert shown["identifier"].startswith("somebody-")
    assert [rule["rule"] for rule in shown["rules"]][:2] == ["length", "lower-case"]
    without = door.gateway.client.post("/v1/links/use", json={"secret": door.secret})
    assert without.json()["errors"] == [
        {"in": "body", "pointer": "/password", "code": "missing", "detail": "Ce champ est obligatoire."}
    ]
    use = door.gateway.client.post("/v1/links/use", json={"secret": door.secret, "password": GOOD})
    door.gateway.description.check(use)
    assert (use.status_code, use.json()["next"]) == (200, "sign-in")
    again = door.gateway.client.post("/v1/links/use", json={"secret": door.secret, "password": GOOD})
    assert (again.status_code, again.json()["type"]) == (410, "/problems/link-not-valid")


def test_a_deactivated_account_has_no_link(door):
    form = door.form()
    answer = door.gateway.post("operator", f"/v1/accounts/{door.account_id}/disablement", {"on": "2026-11-20"})
    assert answer.status_code == 200, answer.text
    assert door.look().status_code == 410
    assert door.post(form=form).status_code == 410
    assert not has_password(door)


def test_a_used_link_does_not_sign_in_and_ends_what_was_open(door):
    """Who reads somebody's mail gets no session by it."""
    answer = door.post()
    cookies = answer.headers.get_list("set-cookie")
    assert not any(cookie.startswith("__Host-session") for cookie in cookies)
    assert door.rows("select count(*) from auth.session where account_id = %s", door.account_id) == [(0,)]


def test_the_journal_says_that_it_was_used_and_the_log_keeps_no_secret(door):
    door.post()
    kinds = door.rows("select kind, outcome from auth.journal where account_id = %s", door.account_id)
    assert {("link", "used"), ("password", "set")} <= set(kinds)
    everything = str(door.rows("select * from auth.journal")) + str(door.rows("select * from auth.link"))
    assert door.secret not in everything


def test_an_unknown_address_gets_the_answer_of_a_known_one(door):
    """O2: one row is written either way; who is there, the worker alone finds out."""
    (email,) = {f"nobody-{door.account_id}@example.org"}
    with door.gateway.service.database.transaction(Role.AUTH) as connection:
        row = connection.execute(
            "select email_sealed from read.account where account_id = %s", (door.account_id,)
        ).fetchone()
    assert row
    known = str(door.gateway.service.keyring.open(Personal.parse(row["email_sealed"])))
    answers = [door.gateway.client.post("/v1/password-reset", json={"email": each}) for each in (email, known)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    waiting = door.rows("select kind, email_digest is null, facts_sealed from auth.wish where done_at is null")
    assert waiting[-2:] == [("password-reset", False, None)] * 2


def test_many_requests_for_one_address_are_slowed_down(door):
    """Nobody's mailbox is filled by us."""
    answers = [
        door.gateway.client.post("/v1/password-reset", json={"email": f"flood-{door.account_id}@example.org"})
        for _ in range(7)
    ]
    assert [answer.status_code for answer in answers[:5]] == [202] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_page_of_mails_is_no_part_of_a_deployment(door):
    """Only `demo` shows mails: not even an operator sees other people's links."""
    for path in ("/demo/mails", "/demo/mails/01890a5d-ac96-774b-bcce-b302099a8001"):
        assert door.gateway.client.get(path).status_code == 404
        assert door.gateway.get("operator", path).status_code == 404


def test_who_tries_many_links_is_slowed_down(door):
    """Nobody finds one by trying; it is journalled, once a minute and address."""
    door.force("delete from auth.journal where outcome = 'throttled' and %s is not null")
    wrong = Door(door.gateway, door.account_id, "A" * 43)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(wrong.look, ["GET"] * 70))
    assert {answer.status_code for answer in answers} == {410, 429}
    late = next(answer for answer in answers if answer.status_code == 429)
    assert int(late.headers["retry-after"]) > 0
    assert "Trop de tentatives" in said(late)
    assert len(door.rows("select 1 from auth.journal where outcome = 'throttled'")) in {1, 2}
