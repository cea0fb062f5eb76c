"""Every route is tried as everybody; what each is answered is what its row of the rights table says, and nothing else.

The table says it once: routes, database roles, `/v1/me` and the documentation follow it, and here they are held to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from fastapi import APIRouter
from httpx import Response

from gateway.api.app import build
from gateway.audiences import Audience, Scope, Stage
from gateway.page_rights import PAGES
from gateway.rights import RIGHTS, database_role, may, refusal, right_of
from ledger.account.events import Role as AccountRole
from ledger.log.database import Role
from support import page_rights
from support.browser import Browser
from support.company import Company, company
from support.databases import Cluster
from support.gateway import PDF, Gateway, running_gateway
from support.signing_in import accept_terms, enrol_totp
from support.walking import Walked, walk

WHO: Final[Mapping[str, frozenset[Audience]]] = {
    "anonymous": frozenset({Audience.ANONYMOUS}),
    "other-provider": frozenset({Audience.USER, Audience.REFERENT}),
    "user": frozenset({Audience.USER}),
    "referent": frozenset({Audience.USER, Audience.REFERENT}),
    "case-manager": frozenset({Audience.CASE_MANAGER}),
    "accountant": frozenset({Audience.ACCOUNTANT}),
    "auditor": frozenset({Audience.AUDITOR}),
    "operator": frozenset({Audience.OPERATOR}),
}
SIGNED_IN: Final = [who for who in WHO if who != "anonymous"]
ROUTES: Final = walk(build())
ACTIONS: Final = [route for route in ROUTES if route.action not in PAGES]
"""What programs may ask for. Pages have these actions' rights, and say what is refused in French and by detours."""

READS_ONE: Final = {route.action for route in ROUTES if route.method == "GET" and "{" in route.path}
NOTHING_THERE: Final = frozenset({"authorize_frontend", "start_oidc", "finish_oidc", "show_demo_mail"})
"""Let in, and answered that what they ask for is not configured, or that a parameter is missing."""


@dataclass
class Ground:
    """What the paths name, all of it the first provider's; and a browser for each who tries."""

    gateway: Gateway
    first: Company
    other: Company
    ids: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)

    def path(self, route: Walked) -> str:
        path = route.path.format_map(self.ids)
        return f"{path}?max_seconds=0" if route.action == "follow_changes" else path  # it would go on for a while

    def browser(self, who: str) -> Browser:
        """A copy: what one route does to a session is not another's business."""
        return self.browsers[who].copy() if who in self.browsers else self.gateway.browser()

    def send(self, who: str | Browser, route: Walked, *, raw: bytes = b"{") -> Response:
        """The route as it is; with a body that is no JSON, which only whoever may send one gets to hear of."""
        browser = self.browser(who) if isinstance(who, str) else who
        if route.action in PAGES:
            return page_rights.ask(browser, route, self.path(route))
        if route.method == "GET":
            return browser.get(self.path(route))
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        answer = browser.send(route.method, self.path(route), content=raw, headers=headers)
        if isinstance(who, str) and who in self.browsers and answer.is_success:
            self.browsers[who] = self.gateway.session(who)  # what takes no body has ended a session, or renewed it
        return answer


@pytest.fixture(scope="module")
def ground(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    place: Path = tmp_path_factory.mktemp("matrix")
    with running_gateway(cluster, place) as gateway:
        first, other = company(gateway), company(gateway)
        first.referent("referent")
        first.referent("second-referent")
        first.member("user")
        other.referent("other-provider")
        made = Ground(gateway, first, other)
        made.ids = _ids(gateway, first)
        made.browsers = {who: gateway.session(who) for who in SIGNED_IN}
        yield made


def _ids(gateway: Gateway, first: Company) -> dict[str, str]:
    place = first.places[0]
    _, buyer = gateway.organisation("member")
    gateway.done("accountant", f"/v1/establishments/{place}/bank-details", _bank())
    dossier = gateway.dossier(place, buyer)
    lot, transfer = gateway.paid_transfer(gateway.approved_invoice(dossier, place), provider=place, total_cents=60000)
    document = _piece(gateway, str(dossier))
    invitation = first.invite("referent", place).json()["id"]
    person = gateway.get("case-manager", f"/v1/dossiers/{dossier}/trainees").json()["items"][0]["person_id"]
    return {
        "organisation_id": str(first.organisation),
        "kind": first.kind,
        "establishment_id": str(place),
        "dossier_id": str(dossier),
        "invoice_id": gateway.get("case-manager", "/v1/invoices").json()["items"][0]["invoice_id"],
        "lot_id": str(lot),
        "transfer_id": str(transfer),
        "document_id": document,
        "person_id": person,
        "account_id": str(gateway.accounts["user"]),
        "user_id": str(gateway.accounts["user"]),
        "invitation_id": invitation,
        "session_id": str(uuid4()),
        "token_id": str(uuid4()),
        "credential_id": "AAAA",
        "mail_id": str(uuid4()),
        "secret": "A" * 43,
        **page_rights.IDS,
    }


def _piece(gateway: Gateway, dossier: str) -> str:
    """A document of its own: of the fund's it would have no receipt."""
    answer = gateway.client.post(
        f"/v1/dossiers/{dossier}/pieces",
        data={"category": "invoice"},
        files={"file": ("Facture.pdf", PDF, "application/pdf")},
        headers=gateway.headers("user"),
    )
    assert answer.status_code == 201, answer.text
    gateway.settle()
    return str(answer.json()["id"])


def _bank() -> dict[str, str]:
    return {"iban": "FR7630006000011234567890189", "bic": "PSSTFRPP", "on": "2026-01-01"}


def test_every_route_has_its_row_and_every_row_its_route():
    """In the description or not: pages, OAuth and the demo's mailbox too."""
    actions = [route.action for route in ROUTES]
    assert set(actions) == set(RIGHTS)


def test_a_route_without_a_row_is_seen_and_is_nobodys():
    """The comparison above can fail, and the application itself lets nobody in where there is no row."""
    app, forgotten = build(), APIRouter()

    @forgotten.get("/v1/forgotten", operation_id="get_forgotten")
    async def get_forgotten() -> None: ...

    app.include_router(forgotten)
    assert {route.action for route in walk(app)} - set(RIGHTS) == {"get_forgotten"}
    assert not any(may(role, "get_forgotten") for role in AccountRole)


@pytest.mark.parametrize("who", WHO)
def test_everybody_is_answered_by_the_table(ground: Ground, who: str):
    """O25, B3, B5 and every other row: whoever has no right is refused before the body is read."""
    wrong = [
        f"{route.method} {route.path} as {who}: {answer.status_code} {answer.text[:200]}"
        for route in ROUTES
        if (answer := ground.send(who, route)) is not None and not _as_the_row_says(who, route, answer)
    ]
    assert not wrong, "\n".join(wrong)


def _as_the_row_says(who: str, route: Walked, answer: Response) -> bool:
    if route.action in PAGES:
        return page_rights.as_its_row_says(WHO[who], route, answer, foreign=who == "other-provider")
    right = RIGHTS[route.action]
    if Audience.ANONYMOUS in right.audiences:
        return answer.status_code not in {401, 403, 405, 500}
    if who == "anonymous":
        return answer.status_code == 401
    scopes = {right.audiences[each] for each in WHO[who] if each in right.audiences}
    if not scopes:
        return _refused(route, answer)
    if who == "other-provider" and scopes <= {Scope.ESTABLISHMENTS, Scope.TEAM}:
        return _as_absent(route, answer)
    return _let_in(route, answer)


def _refused(route: Walked, answer: Response) -> bool:
    kind = answer.json()["type"]
    if route.action in READS_ONE:
        return (answer.status_code, kind) == (404, "/problems/not-found")
    return (answer.status_code, kind) == (403, "/problems/forbidden")


def _as_absent(route: Walked, answer: Response) -> bool:
    """What is another provider's does not exist; an order is looked at first, and is no JSON."""
    if route.action in READS_ONE:
        return answer.status_code == 404
    if route.method == "GET":
        return answer.status_code == 200
    return answer.status_code in {400, 404}


def _let_in(route: Walked, answer: Response) -> bool:
    if route.method == "GET":
        return answer.status_code == 200 or (route.action in NOTHING_THERE and answer.status_code != 403)
    kind = answer.json().get("type") if "json" in answer.headers.get("content-type", "") else None
    return answer.status_code not in {401, 403, 500} and kind != "/problems/forbidden"


@pytest.mark.parametrize("who", SIGNED_IN)
def test_me_says_what_the_routes_do(ground: Ground, who: str):
    """`/v1/me` derives: its actions are those that a try is not refused, by name."""
    actions = set(ground.browser(who).get("/v1/me").json()["actions"])
    tried = {
        route.action
        for route in ACTIONS
        if Audience.ANONYMOUS not in RIGHTS[route.action].audiences and set(RIGHTS[route.action].audiences) & WHO[who]
    }
    assert actions == tried


def test_lists_hold_nothing_of_another_provider(ground: Ground):
    """The other provider's référent, on every list: not one id of the first's."""
    foreign = {value for name, value in ground.ids.items() if name.endswith("_id") and name != "session_id"}
    foreign -= {ground.ids["mail_id"], ground.ids["token_id"]}
    tried = set()
    for route in ROUTES:
        if "{" in route.path or not (route.method == "GET" or route.action.startswith("search_")):
            continue
        answer = ground.send("other-provider", route, raw=b"{}")
        assert not [each for each in foreign if each in answer.text], route.path
        tried.add(route.action)
    assert {"list_dossiers", "search_dossiers", "search_establishments", "list_transfers", "get_me"} <= tried


def test_orders_about_another_providers_team_find_nothing(ground: Ground):
    """O25: whole and well-formed, by a référent of another organisation: 404, as if there were no such account."""
    browser = ground.browser("other-provider")
    app = build()
    teams = [each for each in app.state.orders if RIGHTS[each.action].audiences.get(Audience.REFERENT) is Scope.TEAM]
    assert len(teams) == 9
    before = ground.gateway.service.ledger.log_recorder.max_notification_id()
    for order in teams:
        told = {**order.example}
        told |= {name: ground.ids[name] for name in ("organisation_id", "kind") if name in told}
        if "establishment_ids" in told:
            told["establishment_ids"] = [ground.ids["establishment_id"]]
        path = f"/v1{order.path}".format_map(ground.ids)
        answer = browser.post(path, told, headers={"Idempotency-Key": str(uuid4())})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), (order.action, answer.text)
        absent = path.replace(ground.ids["account_id"], str(uuid4())).replace(ground.ids["invitation_id"], str(uuid4()))
        same = browser.post(absent, told, headers={"Idempotency-Key": str(uuid4())})
        assert {**answer.json(), "correlation_id": ""} == {**same.json(), "correlation_id": ""}, order.action
    assert ground.gateway.service.ledger.log_recorder.max_notification_id() == before


def test_what_waits_comes_first(ground: Ground):
    """Second factor, then enrolment, then the terms, then the right, then the proof: each by its own name."""
    gateway = ground.gateway
    stages = {
        "second-factor-required": _half(gateway, "half"),
        "enrolment-required": _unenrolled(gateway, "unenrolled"),
        "terms-pending": _before_terms(gateway, "before-terms"),
        "fresh-proof-required": _long_ago(gateway, "long-ago"),
    }
    for code, browser in stages.items():
        for route in ACTIONS:
            right = RIGHTS[route.action]
            if Audience.CASE_MANAGER not in right.audiences or Audience.ANONYMOUS in right.audiences:
                continue
            if not _held_back(code, route.action) and route.method != "GET":
                continue  # the matrix tries these; here some would end the session
            answer = ground.send(browser.copy(), route)
            told = answer.json().get("type") if "json" in answer.headers.get("content-type", "") else None
            assert (told == f"/problems/{code}") is _held_back(code, route.action), (code, route, answer.text[:200])


def _held_back(code: str, action: str) -> bool:
    right = RIGHTS[action]
    if code == "second-factor-required":
        return right.stage is not Stage.SECOND_FACTOR
    if code == "enrolment-required":
        return right.stage is Stage.FULL
    return right.grave if code == "fresh-proof-required" else not right.before_terms


def _half(gateway: Gateway, name: str) -> Browser:
    gateway.account(name, AccountRole.CASE_MANAGER)
    gateway.totp[name] = enrol_totp(gateway, name)
    browser = gateway.browser()
    assert browser.sign_in(gateway.emails[name], gateway.password(name)).json()["stage"] == "second-factor"
    return browser


def _unenrolled(gateway: Gateway, name: str) -> Browser:
    gateway.account(name, AccountRole.CASE_MANAGER)
    browser = gateway.browser()
    assert browser.sign_in(gateway.emails[name], gateway.password(name)).json()["stage"] == "enrolment"
    return browser


def _before_terms(gateway: Gateway, name: str) -> Browser:
    gateway.account(name, AccountRole.CASE_MANAGER)
    gateway.totp[name] = enrol_totp(gateway, name)
    browser = gateway.browser()
    answer = browser.sign_in(gateway.emails[name], gateway.password(name), gateway.totp[name])
    assert answer.json()["terms_pending"] is True
    return browser


def _long_ago(gateway: Gateway, name: str) -> Browser:
    gateway.account(name, AccountRole.CASE_MANAGER)
    accept_terms(gateway, name)
    browser = gateway.session(name)
    with gateway.service.database.transaction(Role.AUTH) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '601 seconds' where account_id = %s",
            (gateway.accounts[name],),
        )
    return browser


def test_a_token_made_for_less_is_kept_from_what_is_grave(ground: Ground):
    """A token that the API made cannot change rights, whoever has stolen it."""
    gateway = ground.gateway
    secret, _ = gateway.service.tokens.create(gateway.accounts["operator"], label="essai", grave=False)
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "essai-grave"}
    answer = gateway.client.post(f"/v1/accounts/{ground.ids['account_id']}/disablement", json={}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/fresh-proof-required")
    me = gateway.client.get("/v1/me", headers=headers).json()
    assert (me["via"], me["grave"], me["grave_until"]) == ("machine", False, None)


@dataclass(frozen=True)
class _Caller:
    role: AccountRole
    managed: tuple[str, ...] = ()
    menus: frozenset[str] = frozenset({"hr", "accounting"})
    via: str = "session"
    stage: str = "full"
    proved_at: Any = None
    terms: str | None = "v"
    grave: bool = True


def test_no_portal_reader_asks_as_staff():
    """Whatever the action, a portal account's question runs as the role that row security binds."""
    portal = _Caller(AccountRole.PORTAL, managed=("x:provider",))
    for action, right in RIGHTS.items():
        scope = right_of(portal, action)
        if scope is not None:
            assert database_role(scope) is Role.GATEWAY, action
        for audience, held in right.audiences.items():
            staff = audience not in {Audience.ANONYMOUS, Audience.USER, Audience.REFERENT}
            assert staff or held is not Scope.FUND, action
            assert (database_role(held) is Role.STAFF) is (held is Scope.FUND), action
    assert database_role(Scope.PUBLIC) is Role.AUTH
    assert refusal(portal, "no_such_action", None, terms="v") == "forbidden"  # type: ignore[arg-type]


def test_row_security_alone_keeps_the_other_provider_out(ground: Ground):
    """The code's own filters aside: every table that the gateway may read, as the other provider's référent."""
    scope = [str(place) for place in ground.other.places]
    foreign = {value for name, value in ground.ids.items() if name.endswith("_id")}
    leaks, tables = [], 0
    with psycopg.connect(ground.gateway.settings.database_url) as connection:
        names = connection.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'read' and c.relkind = 'r' and has_table_privilege('ledger_gateway', c.oid, 'select')"
        ).fetchall()
        connection.execute("set role ledger_gateway")
        connection.execute("select set_config('led.scope', %s, true)", ("{" + ",".join(scope) + "}",))
        connection.execute("select set_config('led.managed', %s, true)", ("{" + ground.other.key + "}",))
        for (name,) in names:
            if name in OPEN_TO_ALL:
                continue
            tables += 1
            rows = connection.execute(f"select t::text from read.{name} t").fetchall()
            leaks += [name for (text,) in rows if any(each in text for each in foreign)]
    assert tables > 10
    assert not leaks


OPEN_TO_ALL: Final = frozenset({"membership", "establishment_identity", "position", "building"})
"""What the gateway must read before there is a scope, and the public identity of companies: see `table.sql` of each."""
