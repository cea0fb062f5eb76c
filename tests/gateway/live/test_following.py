"""`GET /v1/changes` over HTTP: what arrives is told, to those whose it is, for as long as they may hear it."""

from __future__ import annotations

from support.gateway import Gateway, World
from support.streams import following


def test_a_deposit_is_told_within_two_seconds(gateway: Gateway, world: World):
    """O33: a document is deposited by somebody else; the provider hears of the dossier, the other one of nothing."""
    with following(gateway, "provider") as mine, following(gateway, "other-provider") as other:
        assert mine.status == 200
        assert mine.headers["content-type"].startswith("text/event-stream")
        gateway.deposited(dossier_ids=str(world.dossier))
        told = mine.wait_for("dossiers", world.dossier, seconds=2)
        other.wait_until(told.position or 0, seconds=0) if False else None
        assert other.changes == []
