"""Every page, whatever it answers, bears the same strict headers; every template is free of what they forbid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from gateway.api.app import build
from gateway.page_rights import PAGES
from gateway.portal.pages import HEADERS
from gateway.settings_values import Frontend
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.reader import FORM, HTML, Page
from support.walking import Walked, walk

ROUTES: Final = [route for route in walk(build()) if route.action in PAGES and route.action != "show_asset"]
IDS: Final = {"{dossier_id}", "{transfer_id}", "{document_id}", "{session_id}", "{establishment_id}"}
TEMPLATES: Final = sorted(
    (each for each in Path(str(resources.files("gateway.portal") / "templates")).rglob("*.html")), key=str
)
API_PAGES: Final = ("/docs", "/redoc", "/docs/oauth2-redirect", "/openapi.json")
"""What the framework would serve, with scripts from elsewhere: the description is JSON alone, at /v1/openapi.json."""
FORBIDDEN: Final = re.compile(
    r"""\sstyle=|\son[a-z]{3,}=|<script(?![^>]*\ssrc=)|\|\s*safe\b|hx-on|hx-vars|hx-vals=['"]js:|hx-trigger=['"][^'"]*\[|javascript:"""
)


def _path(route: Walked) -> str:
    return re.sub(r"{[a-z_]+}", str(uuid4()), route.path)


@pytest.fixture(scope="module")
def public(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A deployment with an https address and a frontend on an origin of its own."""
    place = tmp_path_factory.mktemp("public")
    frontend = Frontend("essai", "https://essai.example.org/retour")
    with running_gateway(
        cluster, place, public_url="https://portail.example.org", allowed_hosts=("127.0.0.1",), frontends=(frontend,)
    ) as running:
        yield running


def _send(gateway: Gateway, route: Walked) -> dict[str, str]:
    headers = {"Accept": HTML, **({"Content-Type": FORM} if route.method == "POST" else {})}
    answer = gateway.client.request(route.method, _path(route), headers=headers)
    assert answer.status_code < 500, (route, answer.text[:300])
    return dict(answer.headers)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.action}")
def test_every_page_bears_the_headers(gateway: Gateway, route: Walked):
    """Whatever a stranger is answered: page, detour or refusal. Nothing is stored, framed or sent to another origin."""
    found = _send(gateway, route)
    for name, value in HEADERS.items():
        assert found[name.lower()] == value, name
    assert "strict-transport-security" not in found
    assert found["x-content-type-options"] == "nosniff"


def test_there_are_pages_to_look_at():
    assert len(ROUTES) >= 20


def test_https_is_asked_for_and_frontends_may_be_returned_to(public: Gateway):
    """Over https browsers are told to stay there; only the pages on the way in may end at a frontend's origin."""
    open_to = set()
    for route in ROUTES:
        found = _send(public, route)
        assert found["strict-transport-security"] == "max-age=31536000"
        if "https://essai.example.org" in found["content-security-policy"]:
            open_to.add(route.action)
            assert found["content-security-policy"].endswith("form-action 'self' https://essai.example.org")
    assert {"show_sign_in", "enter", "show_second_factor", "give_second_factor"} <= open_to
    assert not {"show_dossiers", "show_home", "show_profile", "leave"} & open_to


def test_the_policy_lets_nothing_in_but_our_own():
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"unsafe|\*|data:|blob:|http", policy)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_template_does_what_the_policy_forbids(template: Path):
    """No inline script, style or handler; nothing of htmx that evaluates text; nothing unescaped; nothing from afar."""
    text = template.read_text(encoding="utf-8")
    assert not FORBIDDEN.search(text), FORBIDDEN.search(text)
    assert not re.search(r"""(src|action)=["']https?:|<link[^>]*https?:""", text)


def test_the_forbidden_is_found():
    """The comparison above can fail."""
    for text in (
        '<p style="x">',
        '<a onclick="x">',
        "<script>x</script>",
        "{{ x|safe }}",
        "hx-on:click",
        "hx-vals='js:x'",
    ):
        assert FORBIDDEN.search(text), text


@pytest.mark.parametrize(
    "path", [*("/nulle-part", "/of/", "/of/dossiers/", "/OF", "/of/dossiers/x", "/documents/1"), *API_PAGES]
)
def test_an_address_that_is_none_is_a_page(gateway: Gateway, path: str):
    """A person is told in French, with a way back; a program is told in JSON."""
    answer = gateway.client.get(path, headers={"Accept": HTML})
    assert answer.status_code in {303, 404}
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    if answer.status_code == 404:
        assert Page.of(answer).heading == "Cette page n'existe pas"
    assert gateway.client.get("/nulle-part").headers["content-type"] == "application/problem+json"


def test_the_wrong_method_is_a_page_too(gateway: Gateway):
    answer = gateway.client.get("/deconnexion", headers={"Accept": HTML})
    assert (answer.status_code, answer.headers["content-type"][:9]) == (405, "text/html")


def test_the_api_answers_json_to_whoever_asks(gateway: Gateway):
    for path in ("/v1/nowhere", "/v1/dossiers"):
        assert gateway.client.get(path, headers={"Accept": HTML}).headers["content-type"] == "application/problem+json"
