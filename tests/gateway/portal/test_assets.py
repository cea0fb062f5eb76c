"""Style and scripts: addresses that name their bytes, kept for ever, compressed for who takes it."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from gateway.portal.assets import ASSETS, SCRIPTS, STYLE, asset
from support.gateway import Gateway

PLACE = resources.files("gateway.portal").joinpath("assets")


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_an_asset_is_kept_for_ever_under_the_name_of_its_bytes(gateway: Gateway, name: str):
    """The address holds the beginning of the SHA-256, so a new version has another one."""
    answer = gateway.client.get(asset(name), headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert asset(name) == f"/assets/{hashlib.sha256(answer.content).hexdigest()[:12]}/{name}"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_an_asset_is_compressed_for_who_takes_it(gateway: Gateway):
    with gateway.client.stream("GET", asset(STYLE), headers={"Accept-Encoding": "br, gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == ASSETS[STYLE].raw
    refused = gateway.client.get(asset(STYLE), headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("path", ["/assets/000000000000/portal.css", "/assets/x/tokens.css", "/assets/x/..%2Fpages.py"])
def test_another_address_has_nothing(gateway: Gateway, path: str):
    """An old page's style is gone rather than another one's, and nothing else of the directory is served."""
    assert gateway.client.get(path).status_code == 404


def test_what_is_not_ours_is_what_it_says():
    """VENDORED.md names the SHA-256 of htmx; a byte changed by whoever would show."""
    told = PLACE.joinpath("VENDORED.md").read_text(encoding="utf-8")
    assert hashlib.sha256(PLACE.joinpath("htmx.min.js").read_bytes()).hexdigest() in told


@pytest.mark.parametrize("name", SCRIPTS)
def test_own_scripts_are_small_and_need_no_eval(name: str):
    text = PLACE.joinpath(name).read_text(encoding="utf-8")
    assert len(gzip.compress(text.encode())) < 2_000
    assert not re.search(r"\beval\b|innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function", text)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
@pytest.mark.parametrize("name", SCRIPTS)
def test_own_scripts_are_scripts(name: str, tmp_path: Path):
    script = tmp_path / f"{name}.mjs"
    script.write_bytes(PLACE.joinpath(name).read_bytes())
    checked = subprocess.run(["node", "--check", str(script)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
