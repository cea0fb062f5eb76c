"""A form with files (multipart/form-data, RFC 7578), part by part as it comes.

Nothing is spooled: a file's bytes are handed on as they arrive, so that none of them lies on a disk in clear. What is
said before the first file is looked at before a byte of that file is asked of the network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from gateway.api.limits import Limited
from gateway.api.problems import Fault, Problem, problem

TYPE: Final = b"multipart/form-data"
MOST_FILES: Final = 50

SILENCE_SECONDS: Final = 60.0
"""Who sends nothing for so long, or takes as long for what stands before the first file, is sent away."""

_OVERHEAD_BYTES: Final = 256 * 1024
_LONGEST_NAME: Final = 1_024
_LONGEST_BOUNDARY: Final = 70  # RFC 2046, 5.1.1
_AS_IT_IS: Final = frozenset({b"", b"binary", b"8bit", b"7bit"})
_TOO_MANY: Final = "{} fichiers au plus sont reçus à la fois."


@dataclass
class _Head:
    """What a part says of itself; a file has a name, which may be empty."""

    field: str = ""
    name: str | None = None


class _End:
    """A part is over."""


_Event = _Head | _End | bytes


class Upload:
    """One file on its way in. `name` is what the client calls it, not looked at yet; empty where none was chosen."""

    def __init__(self, parts: Parts, field: str, name: str) -> None:
        self.field = field
        self.name = name
        self._parts = parts

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes as they come, none of them empty. Raises what reading the form raises."""
        while self._parts.current is self:
            event = await self._parts.event()
            if not isinstance(event, bytes):
                self._parts.current = None
                return
            yield event


class Parts:
    """One form, in its order. `limit_bytes` holds for all of it; what comes is counted, Content-Length is a claim.

    Reading raises the problems `malformed-form` (also where it ends in its midst), `too-large` and `too-slow`, and
    ClientDisconnect where the client has gone. Whoever stops reading leaves the rest on the wire.
    """

    def __init__(
        self,
        request: Request,
        *,
        limit_bytes: int,
        most_files: int = MOST_FILES,
        most_fields: int = 6_000,
        field_bytes: int = 4_096,
    ) -> None:
        """Nothing is read yet. Raises `unsupported-media-type`, `malformed-form` (no boundary)."""
        self.fields: dict[str, tuple[str, ...]] = {}
        self.current: Upload | None = None
        self._most_files, self._most_fields, self._field_bytes = most_files, most_fields, field_bytes
        self._files_seen = self._fields_seen = self._read_bytes = 0
        self._most_before = most_fields * (field_bytes + _LONGEST_NAME) + _OVERHEAD_BYTES
        self._waiting: _Head | None = None
        self._events: deque[_Event] = deque()
        self._heads = _Heads(self._events)
        self._parser = self._heads.parser(_boundary(request))
        limited: Limited = request.state.limited
        limited.limit_bytes = limit_bytes + _OVERHEAD_BYTES
        self._body = request.stream()

    async def before_files(self) -> dict[str, tuple[str, ...]]:
        """The fields that come before the first file, up to that file's head and not a byte of it."""
        if self._waiting is None and not self._files_seen:
            with _patience():
                self._waiting = await self._next_file()
        return self.fields

    async def uploads(self) -> AsyncIterator[Upload]:
        """The files, one at a time; what is not read of one is skipped. `fields` grows as further ones pass."""
        while (head := self._waiting or await self._next_file()) is not None:
            self._waiting = None
            self.current = Upload(self, head.field, head.name or "")
            yield self.current

    async def event(self) -> _Event | None:
        """What comes next; None where the form is over and the body with it."""
        while not self._events:
            self._check_begun()
            with _patience():
                piece = await anext(self._body, None)
            if piece is None:
                self._check_over()
                return None
            self._read_bytes += len(piece)
            self._feed(piece)
        return self._events.popleft()

    async def _next_file(self) -> _Head | None:
        await self._skip()
        while (event := await self.event()) is not None:
            if not isinstance(event, _Head):
                raise _malformed()
            if event.name is not None:
                self._files_seen += 1
                _check_count(self._files_seen, self._most_files)
                return event
            await self._take(event)
        return None

    async def _skip(self) -> None:
        if self.current is not None:
            async for _ in self.current.pieces():
                pass

    async def _take(self, head: _Head) -> None:
        """A field, whole."""
        self._fields_seen += 1
        text = bytearray()
        while isinstance(event := await self.event(), bytes):
            text += event
            if len(text) > self._field_bytes:
                raise problem("too-large")
        if self._fields_seen > self._most_fields:
            raise problem("too-large")
        self.fields[head.field] = (*self.fields.get(head.field, ()), _text(bytes(text)))

    def _check_begun(self) -> None:
        """What stands before the first file is fields: nobody sends as much of nothing as files may have."""
        if not self._files_seen and self._read_bytes > self._most_before:
            raise problem("too-large")

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError:
            raise problem("malformed-form") from None

    def _check_over(self) -> None:
        if not self._heads.ended:
            raise _malformed()


class _Heads:
    """Turns the parser's calls into what comes next: a part's head, its bytes, its end."""

    def __init__(self, events: deque[_Event]) -> None:
        self.ended = False
        self._events = events
        self._header, self._value = bytearray(), bytearray()
        self._found: dict[bytes, bytes] = {}

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._found.clear,
                "on_header_begin": self._begin,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_head,
                "on_part_data": self._on_data,
                "on_part_end": self._on_end,
                "on_end": self._on_over,
            },
        )

    def _begin(self) -> None:
        self._header.clear()
        self._value.clear()

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        name = bytes(self._header).lower()
        if name in self._found:  # of two dispositions somebody else may take the other one
            raise _malformed()
        self._found[name] = bytes(self._value)

    def _on_head(self) -> None:
        self._events.append(_head(self._found))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(data[start:end])

    def _on_end(self) -> None:
        self._events.append(_End())

    def _on_over(self) -> None:
        self.ended = True


@contextmanager
def _patience() -> Iterator[None]:
    try:
        with anyio.fail_after(SILENCE_SECONDS):
            yield
    except TimeoutError:
        raise problem("too-slow") from None


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != TYPE:
        raise problem("unsupported-media-type")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
        raise _malformed()
    return boundary


def _head(found: dict[bytes, bytes]) -> _Head:
    disposition, options = parse_options_header(found.get(b"content-disposition", b""))
    encoding = found.get(b"content-transfer-encoding", b"").strip().lower()
    if disposition != b"form-data" or b"name" not in options or encoding not in _AS_IT_IS:
        raise _malformed()
    name = options.get(b"filename")
    return _Head(_text(options[b"name"]), None if name is None else _file_name(name))


def _file_name(raw: bytes) -> str:
    # Browsers write a quotation mark so, and but for line ends nothing else otherwise than it is (HTML, 4.10.22.7).
    name = _text(raw).replace("%22", '"')
    if len(name) > _LONGEST_NAME:
        raise _malformed()
    return name


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise _malformed() from None
    if "\x00" in text:
        raise _malformed()
    return text


def _check_count(files: int, most: int) -> None:
    if files > most:
        raise problem("too-large", Fault("body", "/file", "too-many-files", _TOO_MANY.format(most)))


def _malformed() -> Problem:
    return problem("malformed-form")
