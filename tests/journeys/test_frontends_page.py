"""docs/frontends.md: its examples are one program, compiled against the client and run against the demonstration."""

from __future__ import annotations

import re
import subprocess

from gateway.api.typescript import method_name
from gateway.audiences import Audience
from gateway.page_rights import PAGES
from gateway.rights import RIGHTS
from support.demo import Demo, environment
from support.examples_page import PAGE, blocks
from support.node import needs_node
from support.typescript import MISTAKES, Compiled

RUNNER = """\
import { File } from "node:buffer";
import { webcrypto } from "node:crypto";
globalThis.crypto ??= webcrypto;  // Node 18 has both by name only
globalThis.File ??= File;
await import("./examples.js");
"""
PORTAL = {Audience.USER, Audience.REFERENT}
LED_TO = {"authorize_frontend": "GET /v1/oauth/authorize"}


@needs_node
def test_the_client_the_example_and_the_page_compile_strictly(client: Compiled):
    """Without a word of the compiler's: a shape that changes shows here, in what frontends would write. That it would
    complain is part of it: `support/mistakes.ts` expects an error of each of its calls.
    """
    assert MISTAKES.read_text(encoding="utf-8").count("@ts-expect-error") >= 8
    assert client.said == []


@needs_node
def test_each_example_of_the_page_runs(demo: Demo, client: Compiled):
    """As they stand, in their order, with the référent's token."""
    (client.place / "run.mjs").write_text(RUNNER)
    told = subprocess.run(
        ["node", client.place / "run.mjs"],
        env=environment(ORIGIN=demo.file["url"], TOKEN=demo.file["tokens"]["provider"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert [int(each) for each in re.findall(r"^ran (\d+)$", told.stdout, re.MULTILINE)] == list(range(len(blocks())))
    said = told.stdout.splitlines()
    assert said.count("true") >= 2, "what an order recorded once, and shows"
    assert any(line.startswith("422 invalid La demande contient") for line in said)
    assert "[ 409, 'last-referent' ]" in said


def test_every_block_of_typescript_is_run():
    assert PAGE.read_text(encoding="utf-8").count("```ts\n") == len(blocks()) > 10


def test_the_page_names_every_call_that_a_portal_may_make():
    """By its method, for each operation of a portal's users and of whoever comes."""
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:ledger\.)?([a-z][A-Za-z]+)\b", text))
    for action, right in RIGHTS.items():
        if action in PAGES or not PORTAL & set(right.audiences):
            continue
        told = LED_TO[action] in text if action in LED_TO else method_name(action) in named
        assert told, f"docs/frontends.md does not name {method_name(action)}"
