"""Marked test data: identifiers that pass every check of form and belong to nobody.

For the generator, the demonstration and the tests. Nothing here is random: the same `n` gives the same value.
"""

from __future__ import annotations

from typing import Final

from schwifty import IBAN
from stdnum import luhn

FICTITIOUS_BIC: Final = "PSSTFRPP"
"""A BIC that schwifty's registry knows, as `Bic` asks; the fictitious IBANs have no bank of their own."""

_BANK: Final = "99999"  # no bank has this code
_SIREN_MARK: Final = "999"
_NIC_MARK: Final = "99"
_MONTH_MARK: Final = "13"


def fictitious_siren(n: int) -> str:
    """SIREN `999xxxxxk`, for n below 100,000. INSEE reserves no range for tests: the full mark is the SIRET's."""
    return _with_luhn(f"{_SIREN_MARK}{_within(n, 100_000):05d}")


def fictitious_siret(n: int, establishment: int = 0) -> str:
    """SIRET of `fictitious_siren(n)`, its 100 establishments numbered `99xxk`.

    Nobody has it: establishments are numbered from 1, and no company has come near its 9,900th.
    """
    return _with_luhn(f"{fictitious_siren(n)}{_NIC_MARK}{_within(establishment, 100):02d}")


def is_fictitious_siret(siret: str) -> bool:
    return siret.startswith(_SIREN_MARK) and siret[9:11] == _NIC_MARK


def fictitious_nir(n: int, *, sex: int = 1, year: int = 80) -> str:
    """A NIR of 13 characters born in month 13, for n below 100,000,000; accepted behind LEDGER_FICTITIOUS=1 alone."""
    return f"{sex}{year % 100:02d}{_MONTH_MARK}{_within(n, 10**8):08d}"


def is_fictitious_nir(nir: str) -> bool:
    return nir[3:5] == _MONTH_MARK


def fictitious_iban(n: int) -> str:
    """A French IBAN whose check digits and RIB key are right, at bank code 99999, which is no bank's."""
    return str(IBAN.generate("FR", bank_code=_BANK, branch_code="99999", account_code=f"{_within(n, 10**11):011d}"))


def is_fictitious_iban(iban: str) -> bool:
    return iban.startswith("FR") and iban[4:9] == _BANK


def _with_luhn(digits: str) -> str:
    return digits + luhn.calc_check_digit(digits)


def _within(n: int, bound: int) -> int:
    if not 0 <= n < bound:
        raise ValueError(f"fictitious numbers run from 0 to {bound - 1}")
    return n
