"""Every published event has French words, and no label stands for an event that nobody publishes."""

import importlib

import pytest

from gateway.labels import EVENT_LABELS, event_label
from ledger.kit.names import published, retired

NOUNS = (
    "account",
    "document",
    "dossier",
    "establishment",
    "invitation",
    "invoice",
    "organisation",
    "person",
    "transfer",
)


@pytest.fixture(autouse=True)
def _every_event_is_imported():
    for noun in NOUNS:
        importlib.import_module(f"ledger.{noun}.events")


def test_each_published_name_has_its_label():
    """A retired name as well: what was recorded under it is still shown."""
    ours = {name for name, cls in published.items() if cls.__module__.startswith("ledger.")}
    assert ours | {name for name, successor in retired().items() if successor in ours} == set(EVENT_LABELS)


def test_a_name_from_a_newer_writer_is_shown_as_it_is():
    assert event_label("dossier.teleported.v9") == "dossier.teleported.v9"
