"""The engine that folds the log into read tables. What an author of a projector needs is exported here.

A projector lives in `projections/<noun>/projector.py`, its tables in `table.sql` beside it:

    class DossierProjector(Projector):
        NAME = "dossier"
        VERSION = 1
        TABLES = (
            Table("dossier", key=("dossier_id",), columns=columns(dossier_id="uuid", visible="uuid[]", status="text")),
            Table("entry", key=("establishment_id", "dossier_id"), indexes=("dossier_id",),
                  columns=columns(establishment_id="uuid", dossier_id="uuid", status="text")),
        )

        @on(DossierOpened, needs=lambda e: (new("dossier", e.id), new_index("entry", "dossier_id", e.id)))
        def opened(self, event: Entry, rows: Rows) -> None:
            rows.put("dossier", {"dossier_id": event.id, "visible": event.data["provider_establishment_ids"], …})

        @on(DossierSettled, needs=lambda e: (key("dossier", e.id), index("entry", "dossier_id", e.id)))
        def settled(self, event: Entry, rows: Rows) -> None:
            rows.change("dossier", event.id, status="settled")
            for entry in rows.where("entry", "dossier_id", event.id):
                rows.put("entry", {**entry, "status": "settled"})

The rules of a fold
- It is pure: it reads the `Entry` and the `Rows`, writes the `Rows`, and that is all. The same fold serves live,
  catch-up and rebuild, in batches cut anywhere.
- Values are JSON's: ids (`event.id`, `event.data["…_id"]`) and dates are text, in keys, in rows and in needs; amounts
  are `int`; arrays come back as tuples (lists are accepted by `put`); only `timestamptz` columns hold a `datetime`.
- A fold changes no row that it is given: it `put`s a whole new one (columns left out are null), `change`s some columns,
  or, where events come by the million, has memory `revise` or `tally` its own in place: what `get` gave changes too.
- A field of OPENS is clear text, or None once erased. Any other sealed field stays `sealed:…` and may be stored so.
- `needs` says from the entry alone which rows will be asked for: `key`, `new`, `index`, `new_index`. A row left out is
  still found, by a query of its own: correct, and slow when it happens for each event. Several rows that only another
  row tells of are asked for at once inside the fold: `rows.prepare([key(…), …])`.
- `table.sql` names its schema `{schema}` (it is made live as `read` and beside as `read_next`). It grants to
  `ledger_projector` select, insert, update, delete, and has a policy for it where row security is on (`using (true)
  with check (true)`), beside those of the gateway, staff and auditor.
- Any change of a fold or of `table.sql` raises VERSION: operators rebuild and swap (docs/read-models.md).
"""

from projections.engine.entry import Entry
from projections.engine.needs import Need, index, key, new, new_index
from projections.engine.projector import Projector, on
from projections.engine.rows import Rows
from projections.engine.table import Column, Row, Table, columns

__all__ = [
    "Column",
    "Entry",
    "Need",
    "Projector",
    "Row",
    "Rows",
    "Table",
    "columns",
    "index",
    "key",
    "new",
    "new_index",
    "on",
]
