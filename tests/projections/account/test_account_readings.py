"""Accounts and memberships: who reads, and through what (rows O23, O25)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.account.commands import (
    ChangeMembership,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
)
from ledger.account.events import Profile, Role
from ledger.organisation.events import OrganisationKind
from projections.account.queries import account, memberships, reader_of
from projections.person.queries import names_of
from projections.reader import Reader
from support.givens import DAY
from support.reading import STAFF, House, holder

KIND = OrganisationKind.PROVIDER


def reader(house: House, account_id: UUID, today: date = DAY) -> Reader | None:
    async def found(connection: Any, _: Reader) -> Reader | None:
        return await reader_of(connection, account_id, today)

    return house.ask(holder(), found)


def test_a_reader_sees_through_its_memberships(house: House):
    """O23: several establishments, even of several organisations; ended and disabled at once."""
    organisations = [house.givens.organisation() for _ in range(2)]
    places = [house.givens.establishment_of(*each) for each in organisations]
    account_id = house.givens.account(Role.PORTAL)
    assert reader(house, account_id) == Reader(account_id, Role.PORTAL)

    for (organisation_id, _), place in zip(organisations, places, strict=True):
        house.do(
            GrantMembership(
                account_id=account_id, organisation_id=organisation_id, kind=KIND, establishment_ids={place}
            )
        )
    assert reader(house, account_id) == Reader(account_id, Role.PORTAL, tuple(sorted(places)))

    organisation_id = organisations[0][0]
    second = house.givens.establishment_of(*organisations[0], nth=1)
    house.do(
        ChangeMembership(
            account_id=account_id,
            organisation_id=organisation_id,
            kind=KIND,
            profile=Profile.REFERENT,
            establishment_ids={second},
        )
    )
    assert reader(house, account_id) == Reader(account_id, Role.PORTAL, tuple(sorted([second, places[1]])))

    house.givens.referent(organisation_id, [second])  # the last one could not go
    house.do(EndMembership(account_id=account_id, organisation_id=organisation_id, kind=KIND))
    assert reader(house, account_id) == Reader(account_id, Role.PORTAL, (places[1],))

    house.do(DisableAccount(account_id=account_id, on=DAY))
    assert reader(house, account_id) is None
    house.do(EnableAccount(account_id=account_id, on=DAY))
    assert reader(house, account_id) is not None


def test_an_auditor_reads_until_the_last_day_of_the_mandate(house: House):
    account_id = house.givens.account(Role.AUDITOR, ends_on=date(2026, 6, 30))
    assert reader(house, account_id, date(2026, 6, 30)) == Reader(account_id, Role.AUDITOR)
    assert reader(house, account_id, date(2026, 7, 1)) is None
    assert reader(house, uuid4()) is None


def test_the_gateway_knows_its_caller_without_reading_an_e_mail(house: House):
    account_id = house.givens.account(Role.PORTAL)

    async def facts(connection: Any, _: Reader) -> Any:
        return await account(connection, account_id), await memberships(connection, account_id)

    found, held = house.ask(holder(), facts)
    assert (found.role, found.disabled, held) == ("portal", False, ())

    async def emails(connection: Any, _: Reader) -> Any:
        return await connection.execute("select email_sealed from read.account")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.ask(holder(), emails)


def test_staff_read_how_a_person_is_called_and_portal_readers_their_trainees_alone(house: House):
    account_id = house.givens.account(Role.PORTAL)

    async def person_of(connection: Any, _: Reader) -> Any:
        found = await account(connection, account_id)
        return await names_of(connection, [found.person_id])

    (person,) = house.ask(STAFF, person_of).values()
    assert person.last_name == "Essai"
    assert house.ask(holder(), person_of) == {}
