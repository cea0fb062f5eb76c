"""The peer of the page: a bare Starlette handler that runs a page's transaction, and writes its rows down.

It knows its reader beforehand and refuses nobody: no token, no parameters, no envelope, no log line, no figures. What
it does is what no gateway can leave out: the same statements as the same role with the same scope, and JSON.

python -m benchmarks.bare PORT, with DATABASE_URL
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.dossiers import ACCOUNT, PROVIDER
from gateway.api import positions
from ledger.account.events import Role as AccountRole
from ledger.log.database import AsyncDatabase, Role
from projections.dossier import listing, queries
from projections.dossier.listing import DossierFilters
from projections.reader import Reader

_READER: Final = Reader(ACCOUNT, AccountRole.PORTAL, (PROVIDER,))
_FILTERS: Final = DossierFilters()
_PAGE: Final = listing._page_query(_FILTERS, after=False).encode()
_PARAMETERS: Final = listing._parameters(_READER, _FILTERS) | {"fetch": 51, "counted": 10_001}
_COUNTERS: Final = {"establishments": [PROVIDER], "side": "provider"}
_PROJECTORS: Final = {"projectors": ["dossier", "person", "establishment", "document"]}

database: Final = AsyncDatabase(os.environ["DATABASE_URL"])


async def page(_: Request) -> Response:
    async with database.transaction(Role.GATEWAY, scope=(PROVIDER,)) as connection:
        position = await (await connection.execute(positions._POSITION, _PROJECTORS)).fetchone()
        items = await (await connection.execute(_PAGE, _PARAMETERS)).fetchall()
        total = await (await connection.execute(listing._ALL.encode(), _PARAMETERS)).fetchone()
        counters = await (await connection.execute(queries._COUNTERS.encode(), _COUNTERS)).fetchone()
    shown = {"position": position, "items": items, "total": total, "counters": counters}
    return Response(orjson.dumps(shown), media_type="application/json")


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    async with database:
        yield


if __name__ == "__main__":
    application = Starlette(routes=[Route("/", page)], lifespan=lifespan)
    uvicorn.run(application, port=int(sys.argv[1]), access_log=False, log_config=None, server_header=False)
