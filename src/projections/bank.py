"""IBANs as readers see them: sealed in every table, opened after the query, in full for who needs it, else masked.

A row says `iban_in_full`: decided by the query, from the reader, never by who shows it. Whoever opens `iban_sealed`
passes the clear text through `shown_iban`.
"""

from __future__ import annotations

from uuid import UUID

from ledger.account.events import Role
from projections.reader import Reader


def iban_in_full(reader: Reader, establishment_id: UUID) -> bool:
    """For those who hold the establishment that is paid, and the fund's accountants."""
    return reader.role is Role.ACCOUNTANT or reader.holds(establishment_id)


def shown_iban(iban: str, *, in_full: bool) -> str:
    """`FR7610011001100000000000123` → « FR76 •••• … 123 » where not in full. What was erased stays as it is."""
    return iban if in_full or not iban[:2].isupper() else f"{iban[:4]} •••• … {iban[-3:]}"
