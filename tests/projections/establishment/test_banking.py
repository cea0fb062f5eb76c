"""How many establishments wait for bank details (row O11)."""

from __future__ import annotations

from ledger.establishment.commands import RecordBankDetails
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban
from projections.establishment.banking import Banking, banking
from support.givens import STARTS
from support.reading import STAFF, House, holder


def test_a_provider_is_told_how_many_wait(house: House):
    """Its own alone; an account recorded since counts at once; somebody who holds nothing has none."""
    mine, other = house.givens.establishment(), house.givens.establishment(bank=False)
    waiting = house.givens.establishment(bank=False)
    reader = holder(mine, waiting)
    assert house.ask(reader, banking) == Banking(held=2, without=1)
    house.do(
        RecordBankDetails(establishment_id=waiting, iban=fictitious_iban(71), bic=FICTITIOUS_BIC, on=STARTS),
    )
    assert house.ask(reader, banking) == Banking(held=2, without=0)
    assert house.ask(holder(other), banking) == Banking(held=1, without=1)
    assert house.ask(holder(), banking) == Banking(held=0, without=0)
    assert house.ask(STAFF, banking).held >= 3
