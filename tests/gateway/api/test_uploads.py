"""A form with files, read part by part: whatever way the network cuts it, and however it is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from gateway.api import uploads
from gateway.api.limits import Limited
from gateway.api.problems import Problem
from gateway.api.uploads import Parts, Upload
from support.uploading import BOUNDARY, END, TYPE, part

TRICKY = b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n-\r\r\n\n" + b"\r\n" * 40  # all but a boundary


@dataclass
class Wire:
    """What a client sends, in pieces; how many of them were asked for."""

    pieces: list[bytes]
    content_type: str = TYPE
    claimed: int | None = None
    gone: bool = False
    pause: float = 0
    asked: int = 0
    limit_bytes: int = 1 << 20
    options: dict[str, int] = field(default_factory=dict)

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(self.pause if self.asked > 1 else 0)
        if self.asked > len(self.pieces):
            return {"type": "http.disconnect"} if self.gone else {"type": "http.request", "body": b""}
        more = self.gone or self.asked < len(self.pieces)
        return {"type": "http.request", "body": self.pieces[self.asked - 1], "more_body": more}

    def parts(self) -> Parts:
        headers = [(b"content-type", self.content_type.encode())]
        if self.claimed is not None:
            headers.append((b"content-length", str(self.claimed).encode()))
        scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": headers}
        limited = Limited(self.receive, scope, 100)
        scope["state"] = {"limited": limited}
        return Parts(Request(scope, limited), limit_bytes=self.limit_bytes, **self.options)

    def read(self) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str, bytes]]]:
        """All of it: the fields, and of each file its field, its name, its bytes."""

        async def read() -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str, bytes]]]:
            parts = self.parts()
            return parts.fields, [(each.field, each.name, await whole(each)) async for each in parts.uploads()]

        return asyncio.run(read())


async def whole(upload: Upload) -> bytes:
    return b"".join([piece async for piece in upload.pieces()])


def sent(*parts: bytes, **told: Any) -> Wire:
    return Wire([b"".join(parts)], **told)


def cut(body: bytes, at: Iterable[int]) -> list[bytes]:
    return [body[start:end] for start, end in pairwise([0, *at, len(body)])]


def refused(wire: Wire) -> tuple[str, int]:
    with pytest.raises(Problem) as caught:
        wire.read()
    return caught.value.code, caught.value.status


def test_a_form_is_the_same_however_the_network_cuts_it():
    """E9: any number of files. What looks like a boundary and is none is the file's."""
    body = b"".join(
        (part("category", b"other"), part("file", TRICKY, filename="Un.pdf"), part("note", "été".encode()),
         part("file", b"", filename="Vide.pdf"), END)
    )  # fmt: skip
    whole = ({"category": ("other",), "note": ("été",)}, [("file", "Un.pdf", TRICKY), ("file", "Vide.pdf", b"")])
    assert Wire([body]).read() == whole
    assert Wire([body[n : n + 1] for n in range(len(body))]).read() == whole
    for at in range(1, len(body)):
        assert Wire(cut(body, [at])).read() == whole, at


def test_the_fields_before_a_file_are_read_before_a_byte_of_it_is_asked_for():
    """Who may not send anything has been told so by then."""
    wire = Wire([part("csrf_token", b"faux"), part("file", b"", filename="Un.pdf")[:-2], b"des octets", b"\r\n" + END])

    async def read() -> tuple[dict[str, tuple[str, ...]], int, list[bytes]]:
        parts = wire.parts()
        before, asked = dict(await parts.before_files()), wire.asked
        assert await parts.before_files() == before
        return before, asked, [piece async for upload in parts.uploads() async for piece in upload.pieces()]

    assert asyncio.run(read()) == ({"csrf_token": ("faux",)}, 2, [b"des octets"])


def test_who_falls_silent_is_sent_away(monkeypatch):
    """Within a field or within a file."""
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", 0.05)
    for body in (part("category", b"other")[:-2], part("file", b"des octets", filename="Un.pdf")[:-2]):
        assert refused(Wire([body, END], pause=30)) == ("too-slow", 408)


def test_fields_that_trickle_in_are_not_waited_for(monkeypatch):
    """A byte now and then is no silence; what stands before the first file is read within a minute all the same."""
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", 0.3)
    wire = Wire([b"x"] * 10_000, pause=0.01)
    wire.pieces[0] = part("category", b"")[:-2]
    with pytest.raises(Problem) as caught:
        asyncio.run(wire.parts().before_files())
    assert caught.value.code == "too-slow"


def test_what_is_not_read_of_a_file_is_skipped():
    wire = sent(part("file", TRICKY * 9, filename="Un.pdf"), part("file", b"deux", filename="Deux.pdf"), END)

    async def read() -> list[tuple[str, bytes]]:
        found = []
        async for upload in wire.parts().uploads():
            first = await anext(upload.pieces()) if upload.name == "Deux.pdf" else b""
            found.append((upload.name, first))
        return found

    assert asyncio.run(read()) == [("Un.pdf", b""), ("Deux.pdf", b"deux")]


def test_a_field_is_known_even_after_the_files():
    fields, _ = sent(part("file", filename="Un.pdf"), part("category", b"other"), END).read()
    assert fields == {"category": ("other",)}


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Devis – été n° 1.pdf", "Devis – été n° 1.pdf"),
        ("مرفق.pdf", "مرفق.pdf"),
        ("a%22b%0D.pdf", 'a"b%0D.pdf'),
        ('un\\"deux; filename=x.pdf', 'un"deux; filename=x.pdf'),
        ("../../etc/passwd", "../../etc/passwd"),
        ("x" * 300 + ".pdf", "x" * 300 + ".pdf"),
        ("C:\\fakepath\\Un.pdf", "Un.pdf"),
        ("", ""),
    ],
)
def test_a_name_is_handed_on_as_the_client_says_it(filename: str, name: str):
    """What a name may be is the ledger's to say, once; here it is only read."""
    [(_, found, _)] = sent(part("file", filename=filename), END).read()[1]
    assert found == name


@pytest.mark.parametrize(
    "wire",
    [
        sent(content_type="multipart/form-data"),
        sent(content_type="multipart/form-data; boundary="),
        sent(content_type=f"multipart/form-data; boundary={'x' * 71}"),
        sent(b""),
        sent(b"--autre\r\n\r\nx\r\n--autre--\r\n"),
        sent(part("a")),
        sent(part("a"), END[:-5]),
        sent(part("file", filename="Un.pdf")[:-20]),
        sent(f"--{BOUNDARY}\r\n\r\nx\r\n".encode(), END),
        sent(f"--{BOUNDARY}\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n".encode(), END),
        sent(f'--{BOUNDARY}\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n'.encode(), END),
        sent(part("a", more='Content-Disposition: form-data; name="b"\r\n'), END),
        sent(part("file", filename="a", more="Content-Transfer-Encoding: base64\r\n"), END),
        sent(part("file", filename="a", more="x: y\r\n" * 3), END),
        sent(part("file", filename="a", more=f"x: {'y' * 5_000}\r\n"), END),
        sent(part("file", filename="x" * 1_025), END),
        sent(part("a", b"\xff"), END),
        sent(part("a", b"\x00"), END),
        sent(part("file", filename="a").replace(b'"a"', b'"\xe9"'), END),
    ],
)
def test_what_is_no_form_is_refused(wire: Wire):
    """No boundary, another's, cut in its midst, a part without a name, a header twice, what is no UTF-8."""
    assert refused(wire) == ("malformed-form", 400)


def test_another_type_is_refused_before_anything_is_read():
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/mixed; boundary=a", "", "x" * 99):
        wire = sent(part("a"), END, content_type=kind)
        assert refused(wire) == ("unsupported-media-type", 415)
        assert wire.asked == 0


def test_what_comes_is_counted_and_what_is_claimed_too():
    """A Content-Length above the limit is refused at once; one that lies changes nothing of what is counted."""
    large = [part("file", filename="Un.pdf")[:-2], *[b"x" * 65_536] * 10, b"\r\n" + END]
    wire = Wire(large, claimed=9, limit_bytes=100_000)
    assert refused(wire) == ("too-large", 413)
    assert wire.asked < len(large)
    claimed = Wire(large, claimed=10**12, limit_bytes=10**6)
    assert (refused(claimed), claimed.asked) == (("too-large", 413), 0)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"most_files": 50}, [part("file", filename="Un.pdf")] * 51),
        ({"most_fields": 3}, [part("a")] * 4),
        ({"field_bytes": 100}, [part("a", b"x" * 101)]),
    ],
)
def test_too_many_parts_are_refused(options: dict[str, int], parts: list[bytes]):
    assert refused(sent(*parts, END, options=options)) == ("too-large", 413)
    assert sent(*parts[1:], END, options=options).read() is not None


def test_a_form_without_a_file_is_not_read_as_far_as_files_may_go():
    """A page reads what comes before the first file to learn who sends it: nobody has it read a gibibyte of nothing."""
    for nothing in (END + b"x", b"\r\n"):
        wire = Wire([nothing, *[b"\r\n" * 32_768] * 1_000], limit_bytes=1 << 30, options={"most_fields": 8})
        with pytest.raises(Problem) as caught:
            asyncio.run(wire.parts().before_files())
        assert caught.value.code == "too-large"
        assert wire.asked < 100


def test_a_client_that_goes_in_the_midst_has_sent_no_form():
    """It has gone: there is nobody to answer, and whoever reads must drop what it has. Even after the last boundary."""
    for body in (part("file", filename="Un.pdf")[:-10], part("file", filename="Un.pdf") + END):
        with pytest.raises(ClientDisconnect):
            Wire([body], gone=True).read()
