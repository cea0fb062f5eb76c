"""The append's statement, prepared once on its connection and given arrays that are already in PostgreSQL's form.

psycopg's own `execute` looks at each parameter's type again for every call, which is most of what an append costs here;
its `pq` layer, public as well, sends bytes as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow

from ledger.log.appending import FORMS
from ledger.log.arrays import OIDS

_NAME: Final = b"append"
_TEXT: Final = b"select base from log.append(" + b",".join(b"$%d" % n for n in range(1, len(FORMS) + 1)) + b")"
_FORMATS: Final = [Format.BINARY] * len(FORMS)


class AppendStatement:
    """`log.append` on a connection in autocommit: each execution is a transaction, in one round trip."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        self.connection = connection
        self._pgconn = connection.pgconn
        self._check(self._pgconn.prepare(_NAME, _TEXT, [OIDS[form] for form in FORMS]), ExecStatus.COMMAND_OK)

    def execute(self, arrays: Sequence[bytes]) -> int:
        """The position before the first event. Raises what psycopg would; the thread waits outside the interpreter."""
        result = self._pgconn.exec_prepared(_NAME, arrays, _FORMATS, Format.BINARY)
        self._check(result, ExecStatus.TUPLES_OK)
        return int.from_bytes(result.get_value(0, 0) or b"", signed=True)

    def _check(self, result: PGresult, expected: ExecStatus) -> None:
        if result.status != expected:
            raise error_from_result(result, self.connection.info.encoding)
