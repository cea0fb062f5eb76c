"""The request that docs/architecture.md follows, followed for real: which files of a noun it runs through."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

from ledger.application import NOUNS
from support.databases import Cluster
from support.gateway import running_gateway

ROOT = Path(__file__).parent.parent.parent
SRC = ROOT / "src"


class Trace:
    """The source files of nouns in which a function ran while it was on, in any thread started after it was made."""

    def __init__(self) -> None:
        self.on = False
        self.files: set[str] = set()

    def __call__(self, frame, event, _):
        if self.on and event == "call" and frame.f_code.co_name != "<module>":
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(SRC) and noun_of(path):
                self.files.add(str(path.relative_to(ROOT)))


def noun_of(path: Path) -> str | None:
    parts = (*path.relative_to(SRC).parts[:-1], path.stem)
    return next((noun for noun in (*NOUNS, "lot") if noun in parts), None)


def documented() -> set[str]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    trace = text.partition("<!-- trace:")[2].partition("\n\nBetween")[0]
    return set(re.findall(r"^\d+\. `([^`]+)`", trace, re.MULTILINE))


def test_issuing_an_agreement_runs_through_the_documented_files_of_one_noun(cluster: Cluster, tmp_path: Path):
    """The trace shows every noun's file that ran, beside those that are declarations: routes, events, tables."""
    trace = Trace()
    threading.setprofile(trace)
    try:
        with running_gateway(cluster, tmp_path) as gateway:
            _, provider = gateway.organisation()
            _, company = gateway.organisation("member")
            n = gateway.number()
            opening = {
                "number": f"18190{n:05d}.01",
                "scheme": "PLAN",
                "title": "Lire un plan",
                "company_establishment_id": str(company),
                "provider_establishment_ids": [str(provider)],
                "starts_on": "2026-12-01",
                "ends_on": "2026-12-04",
                "on": "2026-11-19",
            }
            dossier = gateway.done("case-manager", "/v1/dossiers", opening)
            sys.setprofile(trace)  # this thread folds
            trace.on = True
            gateway.done(
                "case-manager", f"/v1/dossiers/{dossier}/agreement", {"amount_cents": 150000, "on": "2026-11-20"}
            )
            trace.on = False
            sys.setprofile(None)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert "src/ledger/dossier/aggregate.py" in trace.files, "nothing was traced"
    assert "src/projections/dossier/projector.py" in trace.files, "the fold was not traced"
    assert {noun_of(ROOT / name) for name in trace.files} == {"dossier"}
    assert trace.files <= documented()
