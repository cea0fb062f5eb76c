"""HTTP to the tests' own servers, none of which speaks TLS: clients that trust nobody.

httpx reads the system's authorities for each client, and for each `httpx.get`: tens of milliseconds, hundreds of times.
"""

from __future__ import annotations

import ssl
from functools import partial
from typing import Final

import httpx

NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

client = partial(httpx.Client, verify=NOBODY)
get = partial(httpx.get, verify=NOBODY)
post = partial(httpx.post, verify=NOBODY)
