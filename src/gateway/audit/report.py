"""A replay as an auditor reads it, and as a machine does (`--json`, described in `docs/audit.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from gateway.api.codes import ROLE_LABELS
from gateway.audit.replay import Actor, Replay, Selection, Step
from gateway.audit.words import CODES, FIELD_LABELS
from gateway.labels import event_label
from ledger.kit.clock import PARIS
from ledger.kit.money import format_euros

FORMAT: Final = "dossier-replay.v1"
"""The machine form's own version: fields may be added to it, none changes its meaning."""


def as_json(replay: Replay) -> dict[str, Any]:
    """The machine form: JSON values only, amounts in cents, instants in UTC, days of Paris."""
    return {
        "format": FORMAT,
        "dossier_id": str(replay.dossier_id),
        "selection": _selection(replay.selection),
        "head": replay.head,
        "left_out": replay.left_out,
        "events": [_step(step) for step in replay.steps],
        "state": replay.standing.as_json(),
    }


def as_text(replay: Replay) -> Iterator[str]:
    """The lines that a person reads, in French."""
    yield f"Dossier {replay.standing.number or replay.dossier_id}"
    yield f"{_asked(replay.selection)} — {_count(len(replay.steps), 'événement')}" + _left_out(replay.left_out)
    # What comes later may be selected too (a day, an instant, a position to come): this says what was there to select.
    yield f"Registre lu jusqu'à la position {replay.head}"
    for step in replay.steps:
        yield ""
        yield from _step_lines(step)
    yield ""
    yield from _standing_lines(replay)


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        "at": selection.at.isoformat() if selection.at else None,
        "known_at": selection.known_at.isoformat() if selection.known_at else None,
        "position": selection.position,
    }


def _step(step: Step) -> dict[str, Any]:
    event = step.event
    return {
        "position": event.position,
        "recorded_at": event.recorded_at.isoformat(),
        "effective_on": step.effective_on.isoformat(),
        "name": event.name,
        "label": event_label(event.name),
        "stream_id": event.id,
        "version": event.version,
        "actor": {"account_id": str(step.actor.account_id), "role": step.actor.role} if step.actor else None,
        "correlation_id": str(event.correlation_id) if event.correlation_id else None,
        "fields": step.fields,
        "effects": {name: {"before": before, "after": after} for name, (before, after) in step.effects.items()},
    }


def _asked(selection: Selection) -> str:
    if selection.at:
        return f"Tel qu'il était à la fin du {_day(selection.at)}, d'après la date d'effet des pièces"
    if selection.known_at:
        instant = selection.known_at.astimezone(PARIS)
        return f"Tel que le registre le connaissait le {instant:%d/%m/%Y à %H:%M:%S} (Paris)"
    if selection.position is not None:
        return f"Tel que le registre le connaissait à la position {selection.position}"
    return "Tel qu'il est"


def _left_out(count: int) -> str:
    return f", {_count(count, 'autre')} hors de la sélection" if count else ""


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _step_lines(step: Step) -> Iterator[str]:
    event = step.event
    instant = event.recorded_at.astimezone(PARIS)
    yield f"{event.position:>9}  {instant:%d/%m/%Y %H:%M:%S}  {event_label(event.name)}  ({event.name})"
    yield f"{'':11}effet le {_day(step.effective_on)} · {_actor(step.actor)} · flux {event.id} v{event.version}"
    for name, value in step.fields.items():
        yield f"{'':11}{_label(name)} : {_written(name, value)}"
    for name, (before, after) in step.effects.items():
        yield f"{'':11}→ {_label(name)} : {_written(name, before)} → {_written(name, after)}"


def _standing_lines(replay: Replay) -> Iterator[str]:
    standing = replay.standing
    if not standing.exists:
        yield "État : le dossier n'existe pas encore."
        return
    yield "État"
    for name, value in standing.summary().items():
        if name not in {"dossier_id", "exists"}:
            yield f"  {_label(name)} : {_written(name, value)}"
    yield from _table("Stagiaires", standing.trainees)
    yield from _table("Factures", standing.invoices)
    yield from _table("Virements", standing.transfers)
    yield from _table("Documents", standing.documents)


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"  {title}"
    for row_id, row in rows.items():
        yield f"    {row_id} · " + _pairs(row)


def _pairs(values: Mapping[str, Any]) -> str:
    return " · ".join(f"{_label(name)} : {_written(name, value)}" for name, value in values.items())


def _actor(actor: Actor | None) -> str:
    if actor is None:
        return "par le système"
    return f"par le compte {actor.account_id} ({ROLE_LABELS.get(actor.role or '', 'rôle inconnu')})"


def _label(name: str) -> str:
    return FIELD_LABELS.get(name, name)


def _written(name: str, value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int) and name.endswith("_cents"):
        return format_euros(value)
    if isinstance(value, Mapping):
        return f"{{{_pairs(value)}}}"
    if isinstance(value, str):
        return _text(name, value)
    return ", ".join(_written("", item) for item in value) if isinstance(value, Iterable) else str(value)


def _text(name: str, value: str) -> str:
    if name in CODES:
        return CODES[name].get(value, value)
    if name == "on" or name.endswith("_on"):
        return _day(date.fromisoformat(value))
    return value


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
