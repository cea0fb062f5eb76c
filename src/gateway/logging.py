"""Logs: one JSON object on a line, on standard error, by structlog. Ids, codes and figures; never personal data."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import structlog

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
            structlog.processors.format_exc_info,
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
