"""Files as a person sends them from Chromium: dropped, or over a slow line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Locator, Page

_BYTES_A_SECOND: Final = 20_000
_DROP: Final = """(onto, files) => {
  const data = new DataTransfer();
  for (const [name, held] of files) data.items.add(new File([held.at ? held : new Uint8Array(held)], name));
  for (const type of ["dragover", "drop"]) {
    onto.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


def drop(onto: Locator, *files: tuple[str, str | int]) -> None:
    """Files by their names, with a text that they hold or so many zero bytes, let go over an element."""
    onto.evaluate(_DROP, [list(each) for each in files])


@contextmanager
def uploading_slowly(page: Page) -> Iterator[None]:
    """Twenty kilobytes a second go up, for the length of the block."""
    line = page.context.new_cdp_session(page)
    usual: dict[str, Any] = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {**usual, "uploadThroughput": _BYTES_A_SECOND})
    yield
    line.send("Network.emulateNetworkConditions", usual)
