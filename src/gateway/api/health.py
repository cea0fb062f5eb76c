"""`/healthz`: this process answers. `/readyz`: it can do its work: database, migrations, keys, read models."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from fastapi import APIRouter, Request
from psycopg_pool import PoolTimeout
from starlette.responses import JSONResponse, Response

from gateway.auth import migrations as auth_migrations
from gateway.service import Service
from ledger.kit.ids import uuid7
from ledger.kit.keyring import KeyringFault
from ledger.log import migrations as log_migrations
from ledger.log.database import Role
from ledger.log.outside import read_only_reason

router: Final = APIRouter()
_OK: Final = "ok"
_LATE: Final = "late"
_FAILED: Final = "failed"


@router.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)
async def healthz() -> Response:
    return JSONResponse({"status": _OK})


@router.api_route("/readyz", methods=["GET", "HEAD"], include_in_schema=False)
def readyz(request: Request) -> Response:
    """200 when everything is there, 503 otherwise. A projection that stopped is said, yet others still serve."""
    service: Service = request.app.state.service
    checks = {"database": _database(service), "keys": _keys(service)}
    if checks["database"] == _OK:
        checks["migrations"] = _migrations(service)
    shown: dict[str, Any] = {**checks}
    if checks.get("migrations") == _OK:
        shown |= _projections(service)
    ready = all(value == _OK for name, value in shown.items() if name in {*checks, "lag"})
    return JSONResponse({"status": _OK if ready else "unavailable", **shown}, 200 if ready else 503)


def _database(service: Service) -> str:
    try:
        with service.database.transaction(Role.PROJECTOR) as connection:
            connection.execute("select 1")
    except (psycopg.Error, PoolTimeout):
        return _FAILED
    return _OK


def _keys(service: Service) -> str:
    try:
        service.keyring.key(uuid7())  # nobody's: it is looked up in the database, and found absent
    except (psycopg.Error, PoolTimeout, KeyringFault):
        return _FAILED
    return _OK


def _migrations(service: Service) -> str:
    with service.database.transaction(Role.STAFF) as connection:
        log = {row["name"] for row in connection.execute("select name from log.migration")}
        auth = {row["name"] for row in connection.execute("select name from auth.migration")}
    return _OK if {*log_migrations.scripts()} <= log and {*auth_migrations.scripts()} <= auth else "missing"


def _projections(service: Service) -> dict[str, Any]:
    with service.database.transaction(Role.PROJECTOR) as connection:
        rows = connection.execute("select projector, position, state from read.position order by 1").fetchall()
        row = connection.execute("select coalesce(max(position), 0) as head from log.events").fetchone()
        closed = read_only_reason(connection) is not None
    head = int(row["head"]) if row else 0
    lags = {row["projector"]: max(0, head - row["position"]) for row in rows}
    late = max(lags.values(), default=0) > service.settings.ready_max_lag
    stopped = {row["projector"]: row["state"] for row in rows if row["state"] in {"failed", "waiting"}}
    # A log that is read-only is said, and serves all the same: questions and repeats are answered.
    log = "read-only" if closed else "open"
    return {"lag": _LATE if late else _OK, "log": log, "projections": lags, "stopped": stopped}
