from __future__ import annotations

from uuid import uuid4

from ledger.account.events import Role
from projections.bank import iban_in_full, shown_iban
from projections.reader import Reader


def test_an_iban_is_in_full_for_those_who_hold_the_establishment_and_for_accountants():
    """O50, B4: masked for who need not see it."""
    mine, other = uuid4(), uuid4()
    reader = Reader(uuid4(), Role.PORTAL, (mine,))
    assert iban_in_full(reader, mine)
    assert not iban_in_full(reader, other)
    assert iban_in_full(Reader(uuid4(), Role.ACCOUNTANT), other)
    assert not iban_in_full(Reader(uuid4(), Role.CASE_MANAGER), other)
    assert not iban_in_full(Reader(uuid4(), Role.AUDITOR), other)


def test_a_masked_iban_keeps_four_characters_and_three():
    iban = "FR76" + "9" * 20 + "123"
    assert shown_iban(iban, in_full=False) == "FR76 •••• … 123"
    assert shown_iban(iban, in_full=True) == iban
    assert shown_iban("effacé", in_full=False) == "effacé"
