"""The PostgreSQL that starts by itself: one private server per data directory, on a unix socket only.

```python
with running(Path("var")) as server:
    psycopg.connect(server.url("ledger"))
```
"""

from ledger.embedded.cluster import EmbeddedStartError
from ledger.embedded.home import EmbeddedHomeError
from ledger.embedded.server import DATABASES, Server, running, start, stop, stop_abandoned

__all__ = [
    "DATABASES",
    "EmbeddedHomeError",
    "EmbeddedStartError",
    "Server",
    "running",
    "start",
    "stop",
    "stop_abandoned",
]
