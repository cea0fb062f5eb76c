"""Logs: one JSON object on a line, on standard error, by structlog. Ids, codes and figures; never personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

_STANDARD: Final = "%(message)s"


def configure(level: str = "info", *, stream: Any = None) -> None:
    """Send structlog's lines and the libraries' (through the standard module) to `stream`, from `level` up."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    target = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions_without_their_texts,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    # Libraries say too much at `info`, and not in our words: they may quote addresses.
    logging.basicConfig(level=max(threshold, logging.WARNING), format=_STANDARD, stream=target, force=True)
    logging.getLogger("uvicorn").setLevel(threshold)
    # uvicorn's access lines would hold the raw query; ours hold the route's template.
    logging.getLogger("uvicorn.access").disabled = True


def exceptions_without_their_texts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exceptions' types and where they were raised.

    An exception's text quotes values: PostgreSQL's « Key (…)=(…) already exists », a parser's input. They may be names.
    """
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = [_told(each) for each in _chain(error)]
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, then what it came from."""
    known: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in known:
        known.append(following)
        following = following.__cause__ or following.__context__
    yield from known


def _told(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }
    if sqlstate := getattr(error, "sqlstate", None):
        told["sqlstate"] = sqlstate
    return told
